"""Undo, who writes and danger on the pages and in the API of the clerks."""

import pytest

from rules.item import ItemState
from store.desk import items
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk, state, take


@pytest.fixture
def clerk(doors: Doors) -> Person:
    return at_desk(doors.app)


def has_undo(person: Person) -> bool:
    return person.page.query_selector("form.undo") is not None


def test_a_parked_item_is_taken_back_on_the_page_that_follows(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.send("parken", until="1.12.", reason="wartet auf Anlage")
    assert clerk.words("form.undo button") == "Rückgängig Z"
    clerk.send("rueckgaengig")
    assert clerk.url == f"/vorgang/{item_id}"
    assert "rückgängig gemacht" in clerk.words(".notice")
    assert not has_undo(clerk)
    # The browser has the new token: the next deed goes through.
    clerk.send("parken", until="2.12.", reason="wartet auf Anlage")
    assert state(doors, item_id).state is ItemState.PARKED
    clerk.open("/arbeitsplatz")
    assert not has_undo(clerk)


def test_after_closing_the_undo_stands_on_the_next_item(doors: Doors, clerk: Person) -> None:
    first = take(doors, clerk, "Termin absagen")
    doors.hand_in("Termin verschieben")
    clerk.send("abschliessen", reason="done")
    second = int(clerk.url.rpartition("/")[2])
    assert second != first
    clerk.send("rueckgaengig")
    assert clerk.url == f"/vorgang/{first}"
    assert state(doors, first).state is ItemState.HELD


def test_an_undo_that_comes_too_late_is_a_calm_page(doors: Doors, clerk: Person) -> None:
    take(doors, clerk, "Termin absagen")
    clerk.send("parken", until="1.12.", reason="wartet auf Anlage")
    doors.clock.forward(minutes=6)
    clerk.send("rueckgaengig")
    assert clerk.answer.status_code == 409
    assert clerk.words("h1") == "Rückgängig geht nicht mehr"


def test_the_api_takes_back_and_gives_a_new_token(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    doors.kassel.post(f"{item}/close", json={"reason": "done"}, headers=token)
    claim = doors.kassel.post(f"{item}/undo")
    assert claim.status_code == 200
    assert claim.json()["lease_token"] != token["X-Lease-Token"]
    again = doors.kassel.post(f"{item}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "item.nothing_to_undo")
    assert doors.hamburg.post(f"{item}/undo").status_code == 409


def test_a_mail_for_another_person_shows_the_hint_and_records_the_check(
    doors: Doors, clerk: Person
) -> None:
    item_id = take(doors, clerk, "Termin", "Ich schreibe für meinen Mann.")
    assert "ein Bote" in clerk.words("main")
    clerk.send("abgleich")
    assert "Die Adresse ist abgeglichen" in clerk.words(".notice")
    assert "vermerkt" in clerk.words(".todo .state")
    item = doors.kassel.get(f"/v1/items/{item_id}").json()
    assert (item["writer"], item["checks"]) == ("messenger", ["address_compared"])


def test_the_api_records_a_check_under_the_lease(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    said = {"check": "authority_present"}
    assert doors.kassel.post(f"{item}/checks", json=said, headers=token).status_code == 204
    assert doors.kassel.get(item).json()["checks"] == ["authority_present"]
    wrong = {"X-Lease-Token": "wrong"}
    assert doors.kassel.post(f"{item}/checks", json=said, headers=wrong).status_code == 409


def test_danger_is_said_on_top_with_its_words_and_marked_in_the_list(
    doors: Doors, clerk: Person
) -> None:
    doors.hand_in("Bin krank")
    item_id = take(doors, clerk, "Beratung", "Ich will nicht mehr leben.")
    assert "Gefahr für das Leben" in clerk.words("#alarm")
    assert "will nicht mehr leben" in clerk.words("#alarm")
    with doors.house.db.read() as tx:
        assert items.get(tx, item_id).alert == "self_harm"
    clerk.open("/lage?agentur=435")
    assert "sofort lesen" in clerk.words("table")


def test_an_ordinary_mail_shows_neither(doors: Doors, clerk: Person) -> None:
    take(doors, clerk, "Termin absagen")
    assert clerk.page.query_selector("#alarm") is None
    assert "Wer schreibt?" not in clerk.words("main")
