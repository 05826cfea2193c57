"""At the desk one sees the agencies of one's lists; a change of the lists holds within a minute."""

from dataclasses import replace

import pytest

from api.app import make_app
from rules.access import Caller
from rules.codes import Role
from rules.item import ItemState
from store.desk import items
from store.trail import audit
from tests.api.conftest import Doors
from tests.api.desk_person import Person
from tests.api.small_door import door_settings
from triage.house import House, RightsPolicy
from triage.rights import reporting as rights_reporting

ADMIN = Caller("admin-1", Role.ADMIN, agencies=None)
REGION = "Südwest"
HEAD = "verteiler;agentur;region;mitglied\n"
TWO = f"{HEAD}ez-435@x.example;435;;anna@x.example\nez-415@x.example;415;;anna@x.example\n"
ONE = f"{HEAD}ez-435@x.example;435;;bert@x.example\nez-415@x.example;415;;anna@x.example\n"
SERVICE = f"{HEAD}sc@x.example;;{REGION};anna@x.example\n"


def report(house: House, csv: str) -> None:
    rights_reporting.import_lists(house, ADMIN, REGION, data=csv.encode(), source="x.csv")


def guard(person: Person) -> dict[str, str]:
    """What a page sends along with each deed."""
    person.open("/arbeitsplatz")
    return {"X-CSRF-Token": person.page.query_selector("input[name=csrf]").getattr("value")}


@pytest.fixture
def house(doors: Doors) -> House:
    rights = RightsPolicy(clerks_follow_lists=True)
    policy = replace(doors.house.policy, rights=rights, open_claims=1)
    return replace(doors.house, policy=policy)


def sign_in(house: House, agency: str = "435") -> Person:
    person = Person(make_app(house, door_settings(demo=True)))
    person.open("/anmelden")
    person.send("anmelden", seat="ez", agency=agency)
    return person


def agencies(person: Person) -> set[str]:
    paths = {code: f"/v1/agencies/{code}/items" for code in ("435", "415", "123")}
    return {code for code, path in paths.items() if person.client.get(path).status_code == 200}


def test_a_person_sees_the_agencies_of_her_lists_and_a_change_holds_soon(
    doors: Doors, house: House
) -> None:
    report(house, TWO)
    anna = sign_in(house)
    assert agencies(anna) == {"435", "415"}
    report(house, ONE)
    assert agencies(anna) == {"435", "415"}
    doors.clock.forward(minutes=1)
    assert agencies(anna) == {"415"}
    report(house, f"{HEAD}ez-435@x.example;435;;bert@x.example\n")
    doors.clock.forward(minutes=1)
    anna.open("/arbeitsplatz")
    assert anna.answer.status_code == 403
    report(house, ONE)
    doors.clock.forward(hours=-5)  # NTP, or the machine was restored
    assert agencies(anna) == {"415"}


def test_an_open_claim_of_a_lost_agency_goes_back_and_does_not_block_the_next(
    doors: Doors, house: House
) -> None:
    report(house, TWO)
    doors.hand_in("Termin", "34117 Kassel")
    anna = sign_in(house)
    took = anna.client.post("/v1/agencies/435/items/next", headers=guard(anna)).json()
    item, sent = took["item_id"], guard(anna) | {"X-Lease-Token": took["lease_token"]}
    report(house, ONE)
    doors.clock.forward(minutes=1)
    # A page of the claim that is still open writes nothing, and is told nothing.
    close = {"reason": "answered"}
    refused = anna.client.post(f"/v1/items/{item}/close", json=close, headers=sent)
    assert (refused.status_code, refused.json()["code"]) == (404, "item.unknown")
    # It does not keep her from the next; a sign of life (below) puts it back as well.
    free = anna.client.post("/v1/agencies/415/items/next", headers=guard(anna))
    assert free.status_code == 204
    with house.db.read() as tx:
        found = items.get(tx, item)
        actions = [one.action for one in audit.of_subject(tx, f"message:{found.message_id}")]
    assert (found.state, found.holder) == (ItemState.WAITING, None)
    assert actions.count("item.agency_lost") == 1


def test_the_sign_of_life_of_a_lost_item_puts_it_back_into_the_line(
    doors: Doors, house: House
) -> None:
    report(house, TWO)
    doors.hand_in("Termin", "34117 Kassel")
    anna = sign_in(house)
    took = anna.client.post("/v1/agencies/435/items/next", headers=guard(anna)).json()
    path, sent = (
        f"/v1/items/{took['item_id']}/lease",
        guard(anna) | {"X-Lease-Token": took["lease_token"]},
    )
    assert anna.client.put(path, headers=sent).status_code == 200
    report(house, ONE)
    doors.clock.forward(minutes=1)
    for _ in range(2):
        assert anna.client.put(path, headers=sent).json()["code"] == "item.unknown"
    with house.db.read() as tx:
        assert items.get(tx, took["item_id"]).state is ItemState.WAITING


def test_who_comes_onto_the_list_of_the_service_center_sees_its_region(
    doors: Doors, house: House
) -> None:
    report(house, TWO)
    anna = sign_in(house)
    report(house, SERVICE)
    doors.clock.forward(minutes=1)
    anna.open("/arbeitsplatz")
    assert "Klärung" in anna.words("main")


def test_an_agency_without_members_lets_nobody_in(house: House) -> None:
    report(house, f"{HEAD}ez-435@x.example;435;;\n")
    assert sign_in(house).answer.status_code == 403


def test_where_the_lists_are_not_followed_all_is_as_it_was(doors: Doors) -> None:
    report(doors.house, TWO)
    assert agencies(sign_in(doors.house)) == {"435"}


@pytest.mark.parametrize("what", ["next", "task"])
def test_a_kept_answer_is_not_given_again_to_who_has_lost_the_agency(
    doors: Doors, house: House, what: str
) -> None:
    report(house, TWO)
    doors.hand_in("Termin", "34117 Kassel")
    anna = sign_in(house)
    sent = guard(anna) | {"Idempotency-Key": "once"}
    took = anna.client.post("/v1/agencies/435/items/next", headers=sent)
    path = "/v1/agencies/435/items/next"
    if what == "task":
        path = f"/v1/items/{took.json()['item_id']}/waiver"
        sent |= {"X-Lease-Token": took.json()["lease_token"], "Idempotency-Key": "twice"}
    body = {"reason": "Es geht nicht um Geld."} if what == "task" else None
    first = took if what == "next" else anna.client.post(path, json=body, headers=sent)
    assert anna.client.post(path, json=body, headers=sent).content == first.content
    report(house, ONE)
    doors.clock.forward(minutes=1)
    again = anna.client.post(path, json=body, headers=sent | guard(anna))
    assert (again.status_code, again.json()["code"]) == (403, "access.narrowed")
    report(house, TWO)
    doors.clock.forward(minutes=1)
    assert anna.client.post(path, json=body, headers=sent | guard(anna)).content == first.content
