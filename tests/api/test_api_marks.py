"""Marks of people at the doors: on the item, on the page of postboxes, in figures."""

from dataclasses import replace

import pytest

from api.app import make_app
from rules.marks import Outcome
from store.acts import marks_seen
from store.acts.marks_seen import NewMark
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.desk_samples import cookie, gallery
from tests.api.door_client import DoorClient
from tests.api.small_door import door_settings
from triage.house import House, PostboxPlan


def mark(doors: Doors, message_id: int, *found: tuple[str, str, Outcome], times: int = 1) -> None:
    new = [
        NewMark(message_id, "SC-West", name, effect, outcome, "435")
        for name, effect, outcome in found
    ]
    with doors.house.db.write() as tx:
        marks_seen.add_many(tx, new * times, now=doors.clock())


@pytest.fixture
def message_id(doors: Doors) -> int:
    """A mail in Kassel's line that moves money."""
    return int(doors.hand_in("Krankmeldung")["message_id"])


def test_the_item_shows_its_marks_and_that_one_waits_for_a_decision(
    doors: Doors, message_id: int
) -> None:
    mark(doors, message_id, ("Erledigt", "done", Outcome.RECEIPT_MISSING))
    (row,) = doors.kassel.get("/v1/agencies/435/items").json()["items"]
    shown = doors.kassel.get(f"/v1/items/{row['item']['id']}").json()
    (found,) = shown["marks"]
    assert (found["name"], found["outcome"], found["is_open"]) == (
        "Erledigt",
        "receipt_missing",
        True,
    )
    assert "outlook_mark" in [gate["code"] for gate in shown["gates"]]


def test_a_mark_that_was_taken_off_asks_for_nothing(doors: Doors, message_id: int) -> None:
    mark(doors, message_id, ("Erledigt", "done", Outcome.HELD))
    with doors.house.db.write() as tx:
        (one,) = marks_seen.of_message(tx, message_id)
        marks_seen.taken_off(tx, [one.id], now=doors.clock())
    (row,) = doors.kassel.get("/v1/agencies/435/items").json()["items"]
    shown = doors.kassel.get(f"/v1/items/{row['item']['id']}").json()
    assert [m["is_open"] for m in shown["marks"]] == [False]
    assert "outlook_mark" not in [gate["code"] for gate in shown["gates"]]


def test_figures_tell_no_small_number_and_no_name_that_nobody_configured(
    doors: Doors, message_id: int
) -> None:
    mark(doors, message_id, ("Lage Nord", "note", Outcome.NOTED), times=5)
    mark(doors, message_id, ("Frau Beispiel", "", Outcome.NOTED), times=4)
    told = doors.admin.get("/v1/admin/marks").json()
    assert told["since"] == told["until"] == "2026-11-23"
    assert told["marks"] == [
        {"agency_code": "435", "mark": "", "count": None},
        {"agency_code": "435", "mark": "Lage Nord", "count": 5},
    ]
    before = doors.admin.get("/v1/admin/marks?since=2026-11-01&until=2026-11-22").json()
    assert before["marks"] == []
    assert doors.kassel.get("/v1/admin/marks").status_code == 403


def test_the_page_of_postboxes_tells_when_a_mark_was_last_read(
    doors: Doors, message_id: int
) -> None:
    mark(doors, message_id, ("Erledigt", "done", Outcome.RECEIPT_MISSING))
    plans = (PostboxPlan("SC-West", "West", is_observed=False),)
    house: House = replace(doors.house, policy=replace(doors.house.policy, postboxes=plans))
    admin = at_desk(make_app(house, door_settings(demo=True)), seat="admin")
    admin.open("/postfaecher")
    (row,) = (" ".join(row.text.split()) for row in admin.page.query_selector_all("tbody tr"))
    assert "heute 1, zuletzt" in row
    assert "1 wartet am Vorgang" in row


def test_the_items_page_says_what_became_of_a_mark() -> None:
    client = DoorClient(gallery())
    client.cookies.update(cookie())
    page = client.get("/muster/vorgang-owed").text
    assert "In Outlook markiert" in page
    assert "die eAkte-Quittung fehlte" in page
    assert "Bitte entscheiden." in page
