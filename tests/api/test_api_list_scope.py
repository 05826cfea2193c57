"""At the desk one sees the agencies of one's lists; a change of the lists holds within a minute."""

from dataclasses import replace

import pytest

from api.app import make_app
from rules.access import Caller
from rules.codes import Role
from tests.api.conftest import Doors
from tests.api.desk_person import Person
from tests.api.small_door import door_settings
from triage import rights_reporting
from triage.house import House, RightsPolicy

ADMIN = Caller("admin-1", Role.ADMIN, agencies=None)
REGION = "Südwest"
HEAD = "verteiler;agentur;region;mitglied\n"
TWO = f"{HEAD}ez-435@x.example;435;;anna@x.example\nez-415@x.example;415;;anna@x.example\n"
ONE = f"{HEAD}ez-435@x.example;435;;bert@x.example\nez-415@x.example;415;;anna@x.example\n"
SERVICE = f"{HEAD}sc@x.example;;{REGION};anna@x.example\n"


def report(house: House, csv: str) -> None:
    rights_reporting.import_lists(house, ADMIN, REGION, data=csv.encode(), source="x.csv")


@pytest.fixture
def house(doors: Doors) -> House:
    policy = replace(doors.house.policy, rights=RightsPolicy(clerks_follow_lists=True))
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
