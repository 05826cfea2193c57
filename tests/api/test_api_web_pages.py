"""Long lists of the desk come in pages, and a page shows what was asked for or says why not."""

import re
from dataclasses import replace

import pytest

from api.app import make_app
from api.session import DEMO_COOKIE
from api.web import pager
from rules.access import Caller
from rules.sweep import HoldKind
from store.deletion.holds import NewHold
from tests.api.conftest import Doors
from tests.api.desk_person import Person
from tests.api.small_door import door_settings
from tests.house_fixture import ADMIN, MACHINE, clerk, eml, service_center
from triage import accept, work
from triage.sweep import holds as sweep_holds

ROWS = 3


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three rows, so that eight make three of them."""
    monkeypatch.setattr(pager, "PAGE_ROWS", ROWS)


def seated(doors: Doors, caller: Caller) -> Person:
    app = make_app(doors.house, door_settings(demo=True))
    person = Person(app)
    number = app.state.sessions.begin(caller, account="", provider_session="")
    person.client.cookies.set(DEMO_COOKIE, number)
    return person


def walked(person: Person, address: str, rows: str, more: str) -> list[str]:
    """The first word of each row, page by page, until no page follows."""
    found: list[str] = []
    for _ in range(50):
        person.open(address)
        assert person.answer.status_code == 200, person.answer.text
        shown = [" ".join(row.text.split()) for row in person.page.query_selector_all(rows)]
        assert len(shown) <= ROWS
        found += shown
        links = [a.getattr("href") for a in person.page.query_selector_all("p.in a.btn")]
        onward = [link for link in links if re.search(more, link)]
        if not onward:
            return found
        address = onward[0]
    raise AssertionError("no last page")


@pytest.mark.parametrize("order", ["", "&reihe=eingang"])
@pytest.mark.usefixtures("small")
def test_each_waiting_item_stands_on_one_page(doors: Doors, order: str) -> None:
    for number in range(8):
        doors.hand_in(f"Termin {number}")
    person = seated(doors, clerk("435"))
    found = walked(person, f"/lage?agentur=435{order}", "table tbody tr th a[href^='/vorgang']",
                   "nach=")  # fmt: skip
    assert sorted(found, key=int) == [str(number) for number in range(1, 9)]


@pytest.mark.parametrize("order", ["", "&reihe=eingang"])
def test_an_address_of_the_list_with_an_id_still_leads_behind_that_item(
    doors: Doors, order: str
) -> None:
    for number in range(3):
        doors.hand_in(f"Termin {number}")
    person = seated(doors, clerk("435"))
    person.open(f"/lage?agentur=435{order}&nach=1")
    shown = person.page.query_selector_all("table tbody tr th a[href^='/vorgang']")
    assert [row.text.strip() for row in shown] == ["2", "3"]
    person.open(f"/lage?agentur=435{order}&nach=x")
    assert person.answer.status_code == 422


@pytest.mark.usefixtures("small")
def test_each_item_that_is_stuck_stands_on_one_page(doors: Doors) -> None:
    for number in range(7):
        doors.hand_in(f"Termin {number}")
        work.claim_item(doors.house, clerk("435", name=f"k-{number}"), number + 1)
    person = seated(doors, ADMIN)
    found = walked(person, "/lage?agentur=435", "section[aria-labelledby=w] tbody th", "nach=")
    assert sorted(found, key=int) == [str(number) for number in range(1, 8)]


@pytest.mark.usefixtures("small")
def test_each_text_stands_on_one_page(doors: Doors) -> None:
    person = seated(doors, clerk("435"))
    found = walked(person, "/texte", ".texts a strong", "nach=")
    person.open("/texte")
    told = re.match(r"([\d.]+)", person.words(".head p"))
    assert told
    assert len(found) == int(told[1].replace(".", ""))
    assert len(set(found)) > ROWS


@pytest.mark.usefixtures("small")
def test_each_hold_stands_on_one_page(doors: Doors) -> None:
    for number in range(1, 8):
        doors.hand_in(f"Termin {number}")
        sweep_holds.hold(
            doors.house, ADMIN, NewHold(HoldKind.LEGAL, f"P {number}", message_id=number)
        )
    person = seated(doors, ADMIN)
    found = walked(person, "/loeschung", "section[aria-labelledby=sp] tbody th", "sperren=")
    assert found == [str(number) for number in range(7, 0, -1)]


@pytest.mark.usefixtures("small")
def test_each_line_of_the_preview_and_each_mail_that_differs_stands_on_one_page(
    doors: Doors,
) -> None:
    for plz in ("34117 Kassel", "20095 Hamburg", "80331 München", "50667 Köln", "01067 Dresden"):
        doors.hand_in("Termin", plz)
    person = seated(doors, ADMIN)
    found = walked(person, "/loeschung", "section[aria-labelledby=vo] tbody td:nth-child(2)",
                   "nach=")  # fmt: skip
    assert len(found) == len(set(found)) > ROWS


def test_a_part_after_a_row_that_is_gone_begins_anew() -> None:
    rows = [str(number) for number in range(250)]
    first = pager.part(rows, str, after="")
    assert (len(first.rows), first.total, first.more) == (100, 250, "99")
    assert pager.part(rows, str, after="99").rows[0] == "100"
    last = pager.part(rows, str, after="199")
    assert (last.rows[-1], last.more) == ("249", "")
    assert pager.part(rows, str, after="gone").rows == first.rows
    assert pager.part([], str, after="x") == pager.Part((), 0, "")


def test_the_clearing_folder_is_shown_where_it_was_asked_for(doors: Doors) -> None:
    doors.hand_in("Termin", "34117 Kassel")
    accept.hand_in(doors.house, MACHINE, eml("Termin", "Guten Tag", to="x@post.example"))
    person = seated(doors, service_center())
    person.open("/lage?agentur=klaerung")
    assert person.words(".where") == "Klärung"
    shown = person.page.query_selector_all("section[aria-labelledby=ag] tbody th")
    assert [" ".join(row.text.split()) for row in shown] == ["Klärung"]
    assert person.words("section[aria-labelledby=w] tbody th") == "2"


@pytest.mark.parametrize(
    ("caller", "code", "status", "says"),
    [
        (clerk("435"), "klaerung", 403, "Das ist Ihnen nicht freigegeben"),
        (clerk("435"), "123", 403, "Das ist Ihnen nicht freigegeben"),
        (replace(ADMIN, regions=frozenset({"West"})), "435", 403, "Das ist Ihnen nicht"),
        (clerk("435"), "999", 404, "Diese Agentur kennt Postlotse nicht"),
        (ADMIN, "<b>", 404, "Diese Agentur kennt Postlotse nicht"),
    ],
)
def test_an_agency_that_is_unknown_or_not_hers_is_refused_calmly(
    doors: Doors, caller: Caller, code: str, status: int, says: str
) -> None:
    person = seated(doors, caller)
    person.open(f"/lage?agentur={code}")
    assert person.answer.status_code == status
    assert person.words("h1").startswith(says)
