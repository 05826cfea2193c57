"""Figures at the doors: by API, as a page and as a file, for admins and no clerk."""

from typing import Any

import pytest
from resiliparse.parse.html import HTMLTree

from api.app import make_app
from tests import one_sorter
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.api.desk_samples import cookie, gallery
from tests.api.door_client import DoorClient
from tests.api.item_samples import ADMIN
from tests.api.small_door import door_settings
from tests.house_fixture import MACHINE, eml
from triage import accept
from triage.house import House


@pytest.fixture
def admin(doors: Doors) -> Person:
    """An admin at the desk of a house with six mails for Kassel."""
    hand_in(doors.house)
    return at_desk(make_app(doors.house, door_settings(demo=True)), seat="admin")


def hand_in(house: House) -> None:
    for number in range(6):
        accept.hand_in(house, MACHINE, eml(f"Termin {number}", "34117 Kassel"))
    one_sorter.sort_pending(house)


def asked(admin: Person, query: str) -> dict[str, Any]:
    admin.open(f"/v1/admin/figures/period?{query}")
    body: dict[str, Any] = admin.answer.json()
    return body


def test_the_api_tells_a_period_by_each_key(admin: Person) -> None:
    days = "since=2026-11-23&until=2026-11-23"
    told = asked(admin, days)
    assert told["lines"] == [{"key": "termin", "numbers": [6, 0, 0, 0, 6]}]
    assert asked(admin, f"{days}&by=agency")["lines"][0]["key"] == "435"
    assert asked(admin, f"{days}&agency=439")["lines"] == []
    assert asked(admin, "since=2026-11-24&until=2026-11-23")["code"] == "figures.period"
    assert told["trend"] == {
        "starts": ["2026-11-23"], "is_monthly": False, "overall": [None], "concerns": [],
    }  # fmt: skip
    assert told["marks"] == {"names": [], "lines": [], "total": [], "days": []}
    assert asked(admin, f"{days}&by=person")["code"] == "request.invalid"


def test_an_agency_that_is_none_is_refused_and_not_counted_as_nothing(admin: Person) -> None:
    days = "since=2026-11-23&until=2026-11-23"
    assert asked(admin, f"{days}&agency=999")["code"] == "agency.unknown"
    for page in ("/zahlen?", "/zahlen.csv?", "/zahlen-markierungen.csv?"):
        admin.open(f"{page}agentur=999")
        assert admin.answer.status_code == 404
        assert "Diese Agentur kennt Postlotse nicht" in admin.words("h1")


def test_a_file_for_a_day_that_is_none_says_how_days_are_written(admin: Person) -> None:
    admin.open("/zahlen.csv?von=31.02.2026")
    assert admin.answer.status_code == 422
    assert "01.12.2026" in admin.words("main")


def test_the_page_shows_table_and_curve_and_survives_a_wrong_day(admin: Person) -> None:
    admin.open("/zahlen?von=01.11.2026&bis=23.11.2026&je=agency")
    assert admin.answer.status_code == 200
    assert "435 Kassel" in admin.answer.text
    assert 'role="img"' in admin.answer.text
    for von, bis in (("31.02.2026", ""), ("24.11.2026", "01.11.2026")):
        admin.open(f"/zahlen?von={von}&bis={bis}")
        assert admin.answer.status_code == 422
        assert admin.words(".fault")


def test_the_file_is_for_spreadsheets_in_german(admin: Person) -> None:
    admin.open("/zahlen.csv?von=23.11.2026&bis=23.11.2026")
    assert admin.answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "Kassel;termin;6;0;0;0" in admin.answer.text
    admin.open("/zahlen.csv?von=31.02.2026")
    assert admin.answer.status_code == 422


def test_the_page_shows_how_the_machine_did_and_what_was_marked_with_both_as_tables() -> None:
    client = DoorClient(gallery())
    client.cookies.update(cookie(ADMIN))
    page = HTMLTree.parse(client.get("/muster/zahlen").text).document
    agreed, marked = (
        page.query_selector(f'section[aria-labelledby="{name}"]') for name in ("ma", "mk")
    )
    assert agreed.query_selector('svg[role="img"]') is not None
    assert [cell.text for cell in agreed.query_selector_all("tfoot td.num")] == [
        "98", "97", "–", "96", "91",
    ]  # fmt: skip
    assert [head.text for head in marked.query_selector_all("thead th.num")][1:] == [
        "Erledigt",
        "Lage Nord",
        "andere",
    ]


def test_marks_come_as_a_file(admin: Person) -> None:
    admin.open("/zahlen-markierungen.csv?von=23.11.2026&bis=23.11.2026")
    assert admin.answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert admin.answer.text.lstrip("\ufeff").startswith("Tag;Region;Dienststelle;Name;Markierung")
    admin.open("/zahlen-markierungen.csv?von=31.02.2026")
    assert admin.answer.status_code == 422


def test_a_clerk_sees_no_figures(doors: Doors) -> None:
    clerk = at_desk(make_app(doors.house, door_settings(demo=True)))
    for path in (
        "/zahlen",
        "/zahlen.csv",
        "/zahlen-markierungen.csv",
        "/v1/admin/figures/period?since=2026-11-23&until=2026-11-23",
    ):
        clerk.open(path)
        assert clerk.answer.status_code == 403
