"""Moves that a postbox refused: listed in pages, by region, and tried again, one, some or all."""

from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa

from api.app import make_app
from api.doors import ApiKey
from api.web.move_words import move_reason, move_remedy
from rules.codes import Role
from rules.ledger import OpState
from rules.postbox import Place
from store.acts import ops, refused_acts
from store.mails import keeping
from store.mails.keeping import Arrival
from store.tables.ledger import op
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.api.door_client import DoorClient
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import eml
from tests.quick_key import quick_key
from triage.house import House, PostboxPlan

URL = "/v1/admin/filing"
KEYS = {
    name: (quick_key(name), Role.ADMIN, regions)
    for name, regions in {"all": None, "west": ("West",), "nord": ("Nord",)}.items()
}
BOXES = tuple(PostboxPlan(f"SC-{name}", name, is_observed=False) for name in ("West", "Ost"))


@dataclass(frozen=True, slots=True)
class Admins:
    """Admins of all, of West and of Nord, before a house in which four moves were given up."""

    house: House
    all: DoorClient
    west: DoorClient
    nord: DoorClient
    person: Person
    moves: tuple[int, ...]


@pytest.fixture
def admins(doors: Doors) -> Admins:
    house = replace(doors.house, policy=replace(doors.house.policy, postboxes=BOXES))
    codes = ("postbox.no_right", "postbox.too_big", "postbox.too_big", "postbox.no_right")
    regions = ("West", "West", "West", "Ost")
    moves = tuple(given_up(house, *told) for told in zip(regions, codes, strict=True))
    keys = tuple(
        ApiKey(name, key[1], role, regions=regions) for name, (key, role, regions) in KEYS.items()
    )
    app = make_app(house, door_settings(keys=keys, demo=True))
    callers = {name: DoorClient(app, bearer(key[0])) for name, (key, *_) in KEYS.items()}
    return Admins(house, **callers, person=at_desk(app, seat="admin"), moves=moves)


def given_up(house: House, region: str, code: str) -> int:
    """A mail that lies in its INBOX since its move was refused; the move's id."""
    now = house.clock()
    with house.db.write() as tx:
        uid = str(tx.run(sa.select(sa.func.count()).select_from(op)).scalar_one() + 1)
        arrival = Arrival(
            eml(f"Termin {uid}"), now, "postbox", postbox=f"SC-{region}", region=region,
            place=Place("INBOX", "1", uid),
        )  # fmt: skip
        kept = keeping.keep(tx, arrival, now=now)
        statement = sa.insert(op).values(
            message_id=kept.message_id, postbox=f"SC-{region}", kind="move", src_folder="INBOX",
            src_epoch="1", src_uid=uid, dst_folder="435 Kassel/Termin", state=OpState.REFUSED,
            created_at=now, next_try_at=now, tries=20, error_code=code,
        )  # fmt: skip
        number: int = tx.run(statement.returning(op.c.id)).scalar_one()
    return number


def listed(client: DoorClient, query: str = "") -> list[int]:
    return [one["id"] for one in client.get(f"{URL}{query}").json()["moves"]]


def test_what_was_given_up_is_listed_in_pages_and_by_region(admins: Admins) -> None:
    first = admins.all.get(f"{URL}?limit=3").json()
    rest = admins.all.get(f"{URL}?limit=3&cursor={first['next_cursor']}").json()
    assert [one["id"] for one in first["moves"] + rest["moves"]] == list(admins.moves)
    assert rest["next_cursor"] is None
    (shown,) = rest["moves"]
    assert shown.items() >= {
        "message_id": 4, "postbox": "SC-Ost", "folder": "435 Kassel/Termin", "tries": 20,
        "error_code": "postbox.no_right",
    }.items()  # fmt: skip
    assert listed(admins.west) == list(admins.moves[:3])
    assert listed(admins.west, "?error_code=postbox.no_right") == [admins.moves[0]]
    assert listed(admins.nord) == []


def test_all_of_one_error_or_all_stand_again_within_the_region(admins: Admins) -> None:
    done = admins.west.post(f"{URL}/again", json={"error_code": "postbox.too_big"})
    assert (done.status_code, done.json()) == (202, {"again": 2})
    assert admins.nord.post(f"{URL}/again", json={}).json() == {"again": 0}
    assert admins.west.post(f"{URL}/again", json={}).json() == {"again": 1}
    assert listed(admins.all) == [admins.moves[3]]


def test_one_stands_again_once_and_none_of_another_region(admins: Admins) -> None:
    one = {"id": admins.moves[0]}
    unknown = admins.nord.post(f"{URL}/again", json=one)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "filing.unknown")
    assert admins.west.post(f"{URL}/again", json=one).json() == {"again": 1}
    twice = admins.west.post(f"{URL}/again", json=one)
    assert (twice.status_code, twice.json()["code"]) == (409, "filing.changed")
    with admins.house.db.read() as tx:
        act = ops.find(tx, admins.moves[0])
    assert act is not None
    assert (act.state, act.tries) == (OpState.NEW, 0)


def test_a_repeated_call_is_done_once_and_answered_as_before(admins: Admins) -> None:
    key = {"Idempotency-Key": "filing-1"}
    first, second = (
        admins.all.post(f"{URL}/again", json={"id": admins.moves[1]}, headers=key) for _ in "12"
    )
    assert [one.status_code for one in (first, second)] == [202, 202]
    assert first.json() == second.json() == {"again": 1}


def test_clerks_and_machines_file_nothing_again(doors: Doors) -> None:
    for caller in (doors.kassel, doors.machine):
        assert caller.get(URL).json()["code"] == "access.denied"
        assert caller.post(f"{URL}/again", json={}).status_code == 403


def test_the_page_tells_why_and_files_one_or_all_again(admins: Admins) -> None:
    person = admins.person
    person.open("/nicht-abgelegt?grund=postbox.no_right")
    words = person.words("table")
    assert "Kein Recht am Ordner" in words
    assert "Zu groß, oder Postfach voll" not in words
    assert "Alle 2 Nachrichten dieses Grundes" in person.words(
        "form[action='/nicht-abgelegt/alle']"
    )
    person.send("nochmal")
    assert "Noch einmal abgelegt wird: 1." in person.answer.text
    person.send("alle")
    assert "Noch einmal abgelegt wird: 3." in person.answer.text
    assert "Alles ist abgelegt." in person.words("tbody")


def test_a_reason_of_which_nothing_is_left_does_not_look_as_if_all_were_filed(
    admins: Admins,
) -> None:
    person = admins.person
    person.open("/nicht-abgelegt?grund=postbox.busy")
    assert "zu anderen schon" in person.words(".head")
    assert "Alles ist abgelegt" not in person.answer.text


def test_a_thing_in_the_folders_place_is_not_called_a_full_postbox() -> None:
    assert "voll" not in move_reason("postbox.name_taken") + move_remedy("postbox.name_taken")


def test_the_page_tells_calmly_that_somebody_was_faster(admins: Admins) -> None:
    person = admins.person
    person.open("/nicht-abgelegt")
    with admins.house.db.write() as tx:
        act = refused_acts.get(tx, ["SC-West"], admins.moves[0])
        assert refused_acts.again(tx, act, now=admins.house.clock())
    person.send("nochmal")
    assert person.answer.status_code == 409
    assert "Das ist schon geschehen" in person.answer.text
