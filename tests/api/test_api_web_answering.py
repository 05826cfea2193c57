"""Answers at the desk before a real house: which text is offered, ticked, filled and sent."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from store.sending import outgoing
from store.tables import ledger as tables
from store.tables.draft import reply_draft
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk, take


@pytest.fixture
def clerk(doors: Doors) -> Person:
    return at_desk(doors.app)


def test_an_approved_text_is_ordered_and_the_page_says_so(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/vorgang/{item_id}?text=allgemein.anlage_fehlt")
    clerk.send("antwort")
    assert clerk.words(".notice") == "Antwort beauftragt."
    assert "Antwort beauftragt" in clerk.words(".story")
    assert "Eine Antwort ist beauftragt." in clerk.words(".answer")


@pytest.mark.parametrize("ticked", ["keine", "termin.bestaetigung"])
def test_without_scripts_no_answer_leaves_that_is_not_the_one_ticked(
    doors: Doors, clerk: Person, ticked: str
) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    page = clerk.open(f"/vorgang/{item_id}?text=allgemein.anlage_fehlt")
    first = page.query_selector("form[action$='/antwort']").getattr("id")
    choices = page.query_selector_all("[name=choice]")
    assert {one.getattr("form") for one in choices} == {first}
    clerk.send("antwort", choice=ticked)
    assert clerk.answer.status_code == 422
    assert "Nichts gesendet" in clerk.words(".fault")
    assert "beauftragt" not in clerk.words(".story")
    clerk.send("antwort", choice="allgemein.anlage_fehlt")
    assert clerk.words(".notice") == "Antwort beauftragt."


@pytest.mark.parametrize("typed", ["morgen", "31.02.2027 10:30"])
def test_a_gap_that_is_no_time_is_said_at_its_field(
    doors: Doors, clerk: Person, typed: str
) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/vorgang/{item_id}?text=termin.bestaetigung")
    page = clerk.send("antwort", **{"gap-termin": typed})
    assert clerk.answer.status_code == 422
    blank = page.query_selector("[data-letter='termin.bestaetigung'] [name=gap-termin]")
    assert blank.getattr("value") == typed
    assert blank.getattr("aria-invalid") == "true"
    clerk.send("antwort", **{"gap-termin": "02.12.2026 10:30"})
    assert clerk.words(".notice") == "Antwort beauftragt."


def test_who_wants_nothing_is_sent_nothing_unless_the_clerk_says_so(
    doors: Doors, clerk: Person
) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    with doors.house.db.write() as tx:
        tx.run(sa.update(tables.item).values(first_concern="kein_anliegen"))
    clerk.open(f"/vorgang/{item_id}")
    assert clerk.page.query_selector("[name=choice][value='keine'][checked]") is not None
    assert clerk.page.query_selector("#send[aria-disabled=true]") is not None
    assert clerk.words(".actions .main").startswith("Abschließen")
    clerk.open(f"/vorgang/{item_id}?text=allgemein.erledigt")
    assert clerk.page.query_selector("[name=choice][value='allgemein.erledigt'][checked]")


def test_a_draft_from_outlook_that_stayed_is_told_at_its_item(doors: Doors, clerk: Person) -> None:
    policy = replace(doors.house.policy, drafts_folder="Antworten")
    doors.app.state.house = replace(doors.house, policy=policy)
    item_id = take(doors, clerk, "Termin absagen")
    with doors.house.db.write() as tx:
        tx.run(
            sa.insert(reply_draft).values(
                postbox="SC", folder="Antworten", epoch="e", uid="1", sha256="0" * 64,
                state="refused", code="reply.differs", text_id="termin.vereinbaren",
                places=[{"before": "Sie uns an:", "missing": "0000", "surplus": 3}],
                item_id=item_id, seen_at=doors.house.clock(),
            )
        )  # fmt: skip
    clerk.open(f"/vorgang/{item_id}")
    told = clerk.words("main")
    assert "Entwurf im Ordner „Antworten“ nicht gesendet." in told
    assert "nach „… Sie uns an:“: fehlt: 0000 fehlt, dort stehen 3 andere Wörter" in told
    (found,) = doors.kassel.get(f"/v1/items/{item_id}").json()["drafts"]
    assert (found["code"], found["places"][0]["surplus"]) == ("reply.differs", 3)


def test_a_second_text_stands_below_where_the_clerk_wants_it(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/vorgang/{item_id}?text=termin.bestaetigung")
    shown = "[data-letter='termin.bestaetigung']"
    assert clerk.page.query_selector(f"{shown} [name=second][value=''][checked]") is not None
    assert clerk.page.query_selector(f"{shown} [data-below='en-1'][hidden][lang=en]") is not None
    page = clerk.send("antwort", **{"gap-termin": "morgen", "second": "en-1"})
    assert page.query_selector(f"{shown} [name=second][value='en-1'][checked]") is not None
    assert page.query_selector(f"{shown} [data-below='en-1']:not([hidden])") is not None
    clerk.send("antwort", **{"gap-termin": "02.12.2026 10:30", "second": "en-1"})
    assert clerk.words(".notice") == "Antwort beauftragt."
    with doors.house.db.read() as tx:
        [row] = outgoing.of_item(tx, item_id)
    assert row.payload["second"]["text_id"] == "termin.bestaetigung.en"


def test_a_mail_in_another_language_suggests_the_english_text(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    with doors.house.db.write() as tx:
        tx.run(sa.update(tables.item).values(language="other"))
    clerk.open(f"/vorgang/{item_id}?text=termin.bestaetigung")
    chosen = "[data-letter='termin.bestaetigung'] [name=second][value='en-1'][checked]"
    assert clerk.page.query_selector(chosen) is not None


@pytest.mark.parametrize("channel", [{"Auto_Submitted": "auto-replied"}])
def test_machine_mail_taken_in_gets_no_answer(doors: Doors, channel: dict[str, str]) -> None:
    doors.hand_in("Abwesend", **channel)
    admin = at_desk(doors.app, seat="admin")
    admin.open("/beiseite")
    admin.send("aufnehmen")
    person = at_desk(doors.app)
    person.send("naechster")
    assert "werden nicht beantwortet" in person.words(".answer")
    assert person.page.query_selector("[name=choice]") is None


def test_a_text_found_by_search_is_the_chosen_one(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/texte?vorgang={item_id}&suche=anlage")
    take_it = clerk.page.query_selector(f'a[href^="/vorgang/{item_id}?text="]')
    assert take_it is not None
    clerk.open(take_it.getattr("href"))
    chosen = clerk.page.query_selector("[name=choice][checked]")
    assert chosen.getattr("value") in take_it.getattr("href")
