"""Freeing items at the doors, the limit of open claims, and a clerk's own wish."""

from dataclasses import replace

import pytest
from fastapi import FastAPI

from api.app import make_app
from rules.item import ItemState
from store.desk import items
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.small_door import door_settings


@pytest.fixture
def strict(doors: Doors) -> FastAPI:
    """The same house with the limit of one open claim that is the default of the settings."""
    house = replace(doors.house, policy=replace(doors.house.policy, open_claims=1))
    return make_app(house, door_settings(demo=True))


def state(doors: Doors, item_id: int) -> ItemState:
    with doors.house.db.read() as tx:
        return items.get(tx, item_id).state


def test_an_admin_sees_what_is_stuck_and_frees_it_by_its_version(doors: Doors) -> None:
    item, _ = doors.take("Termin absagen")
    listed = doors.admin.get("/v1/admin/items?agency=435")
    (row,) = listed.json()["items"]
    assert row["state"] == "held"
    assert "holder" not in listed.text
    assert "Termin absagen" not in listed.text
    old = doors.admin.post(f"{item}/free", headers={"If-Match": 'W/"1"'})
    assert (old.status_code, old.json()["code"]) == (412, "item.precondition")
    etag = f'W/"{row["version"]}"'
    assert doors.admin.post(f"{item}/free", headers={"If-Match": etag}).status_code == 204
    assert state(doors, row["id"]) is ItemState.WAITING
    bad = doors.admin.post(f"{item}/free", headers={"If-Match": "new"})
    assert (bad.status_code, bad.json()["code"]) == (422, "etag.bad")


def test_clerks_and_machines_free_nothing(doors: Doors) -> None:
    item, _ = doors.take("Termin absagen")
    for caller in (doors.kassel2, doors.machine):
        assert caller.post(f"{item}/free").status_code == 403
        assert caller.get("/v1/admin/items").status_code == 403


@pytest.mark.parametrize("seat", ["sc", "admin"])
def test_a_lead_frees_an_item_on_the_page(doors: Doors, seat: str) -> None:
    item, _ = doors.take("Termin absagen")
    item_id = int(item.rpartition("/")[2])
    lead = at_desk(doors.app, seat=seat)
    lead.open("/lage?agentur=435")
    assert "Termin absagen" not in lead.answer.text
    lead.send("freigeben")
    assert lead.words(".notice") == f"Vorgang {item_id} wartet wieder in der Warteliste."
    assert state(doors, item_id) is ItemState.WAITING


def test_an_admin_sees_no_line_that_is_empty_but_what_hangs(doors: Doors) -> None:
    """Six wait, and below "Warteliste" stood that nothing is there."""
    doors.hand_in("Termin absagen")
    for seat, title in (("admin", "Was hängt: 435 Kassel"), ("ez", "Warteliste 435 Kassel")):
        person = at_desk(doors.app, seat=seat)
        person.open("/lage?agentur=435")
        assert person.words("#w") == title


def test_a_clerk_sees_no_button_to_free(doors: Doors) -> None:
    doors.take("Termin absagen")
    clerk = at_desk(doors.app)
    clerk.open("/lage?agentur=435")
    assert clerk.page.query_selector("form[action='/lage/freigeben']") is None


def test_the_second_next_leads_back_to_the_open_item(doors: Doors, strict: FastAPI) -> None:
    for subject in ("Termin 1", "Termin 2"):
        doors.hand_in(subject)
    clerk = at_desk(strict)
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    held = clerk.url
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    assert clerk.url == held
    assert "noch offen" in clerk.words(".notice")


def test_taking_a_second_item_from_the_list_is_a_page_with_the_way_back(
    doors: Doors, strict: FastAPI
) -> None:
    ids = [doors.hand_in(subject)["item_id"] for subject in ("Termin 1", "Termin 2")]
    clerk = at_desk(strict)
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    held = int(clerk.url.rpartition("/")[2])
    (other,) = set(ids) - {held}
    clerk.open(f"/vorgang/{other}")
    clerk.send("uebernehmen")
    assert clerk.answer.status_code == 409
    assert clerk.words("h1") == "Ihr Vorgang ist noch offen"
    assert clerk.page.query_selector(f"a[href='/vorgang/{held}']") is not None


def test_a_wish_stays_for_the_session_and_says_what_it_hides(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    wanted = doors.hand_in("Termin absagen")["item_id"]
    clerk = at_desk(doors.app)
    clerk.open("/arbeitsplatz?anliegen=termin&sprache=")
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    assert clerk.url == f"/vorgang/{wanted}"
    clerk.open("/arbeitsplatz?anliegen=rente&sprache=other")
    clerk.send("naechster")
    assert clerk.words("h1") == "Zu Ihrer Auswahl wartet nichts"
    clerk.open("/arbeitsplatz?anliegen=&sprache=")
    clerk.send("naechster")
    assert clerk.words("h1") == "Krankmeldung"


def test_the_wish_by_api_takes_a_language(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    line = "/v1/agencies/435/items/next"
    assert doors.kassel.post(f"{line}?language=other").status_code == 204
    assert doors.kassel.post(f"{line}?language=klingon").status_code == 422
    assert doors.kassel.post(f"{line}?language=de").status_code == 200
