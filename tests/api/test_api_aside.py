"""Mail set aside: replayed one or all, by reason, and by an admin of a region for it alone."""

import pytest

from api.app import make_app
from api.doors import ApiKey
from rules.codes import Role
from store.counts import ledger_counts
from store.mails import keeping, ledger
from store.mails.keeping import Arrival
from tests import one_sorter
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.door_client import DoorClient
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import ADMIN, eml
from tests.quick_key import quick_key
from triage import aside, rounds
from triage.house import House

WEST, _HASH = quick_key("admin-west")
ROBOT, _ROBOT_HASH = quick_key("robot-west")
KEYS = (
    ApiKey("admin-west", _HASH, Role.ADMIN, regions=("West",)),
    ApiKey("robot-west", _ROBOT_HASH, Role.AUTOMATION, regions=("West",)),
)


@pytest.fixture
def west(doors: Doors) -> DoorClient:
    return DoorClient(make_app(doors.house, door_settings(keys=KEYS)), bearer(WEST))


@pytest.fixture
def lying(doors: Doors) -> dict[str, list[int]]:
    """In the West two machine mails and a bug, in the East one machine mail, elsewhere another."""
    machine = eml("Newsletter", Auto_Submitted="auto-generated")
    return {
        "West": [
            keep(doors.house, "West", machine),
            keep(doors.house, "West", machine),
            keep(doors.house, "West", eml("explodiere")),
        ],
        "Ost": [keep(doors.house, "Ost", machine)],
        "": [keep(doors.house, None, machine)],
    }


def keep(house: House, region: str | None, data: bytes) -> int:
    now = house.clock()
    postbox = f"SC-{region}" if region else None
    with house.db.write() as tx:
        arrival = Arrival(data, now, "smtp", postbox=postbox, region=region)
        kept = keeping.keep(tx, arrival, now=now)
    rounds.sort_guarded(house, kept.message_id)
    return kept.message_id


def state_of(house: House, message_id: int) -> str:
    with house.db.read() as tx:
        return ledger.message(tx, message_id).state.value


def listed(client: DoorClient, query: str = "") -> list[int]:
    return [row["message_id"] for row in client.get(f"/v1/admin/aside{query}").json()["mails"]]


def test_an_admin_of_a_region_sees_its_mail_only(
    doors: Doors, west: DoorClient, lying: dict[str, list[int]]
) -> None:
    assert listed(west) == lying["West"][::-1]
    assert len(listed(doors.admin)) == 5
    assert west.get("/v1/admin/figures").json()["aside"] == 3


@pytest.mark.parametrize("deed", ["replay", "intake"])
@pytest.mark.parametrize("region", ["Ost", ""])
def test_an_admin_of_a_region_can_not_touch_the_mail_of_another(
    doors: Doors, west: DoorClient, lying: dict[str, list[int]], deed: str, region: str
) -> None:
    (other,) = lying[region]
    refused = west.post(f"/v1/admin/aside/{other}/{deed}")
    assert (refused.status_code, refused.json()["code"]) == (404, "mail.unknown")
    assert west.get(f"/v1/mails/{other}/original").status_code == 404
    assert state_of(doors.house, other) == "aside"


def test_all_are_replayed_within_the_region_only(
    doors: Doors, west: DoorClient, lying: dict[str, list[int]]
) -> None:
    assert west.post("/v1/admin/aside/replay", json={}).json() == {"replayed": 3}
    assert {state_of(doors.house, one) for one in lying["West"]} == {"kept"}
    assert state_of(doors.house, lying["Ost"][0]) == "aside"
    assert west.post("/v1/admin/aside/replay", json={}).json() == {"replayed": 0}


def test_one_reason_is_listed_and_replayed_and_tries_are_counted(
    doors: Doors, west: DoorClient, lying: dict[str, list[int]]
) -> None:
    assert listed(west, "?reason_code=bug") == lying["West"][2:]
    done = west.post("/v1/admin/aside/replay", json={"reason_code": "bug"})
    assert done.json() == {"replayed": 1}
    assert {state_of(doors.house, one) for one in lying["West"][:2]} == {"aside"}
    one_sorter.sort_pending(doors.house)
    (row,) = west.get("/v1/admin/aside?reason_code=bug").json()["mails"]
    assert (row["message_id"], row["tries"]) == (lying["West"][2], 2)


def test_one_postbox_is_chosen(doors: Doors, lying: dict[str, list[int]]) -> None:
    assert listed(doors.admin, "?postbox=SC-Ost") == lying["Ost"]
    done = doors.admin.post("/v1/admin/aside/replay", json={"postbox": "SC-Ost"})
    assert done.json() == {"replayed": 1}


def test_more_than_one_batch_is_replayed_and_each_stands_in_the_trail(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, lying: dict[str, list[int]]
) -> None:
    monkeypatch.setattr(aside, "BATCH", 2)
    assert aside.replay_all(doors.house, ADMIN) == 5
    trail = doors.admin.get("/v1/admin/trail?limit=500").json()["entries"]
    replayed = [entry["subject"] for entry in trail if entry["action"] == "mail.replayed"]
    assert len(set(replayed)) == len(replayed) == 5


def test_the_page_filters_by_reason_and_replays_what_it_shows(
    doors: Doors, lying: dict[str, list[int]]
) -> None:
    admin = at_desk(doors.app, seat="admin")
    admin.open("/beiseite?grund=bug")
    assert len(admin.page.query_selector_all("tbody tr")) == 1
    admin.send("alle")
    assert "1" in admin.words(".notice")
    assert state_of(doors.house, lying["West"][2]) == "kept"
    assert len(admin.page.query_selector_all("tbody tr")) == 4
    admin.send("alle")
    assert "Nichts liegt beiseite" in admin.words("tbody")
    admin.open("/beiseite?grund=bug")
    assert "Aus diesem Grund liegt nichts beiseite" in admin.words("tbody")


def test_a_machine_of_a_region_hands_in_for_its_mailboxes_only(doors: Doors) -> None:
    robot = DoorClient(make_app(doors.house, door_settings(keys=KEYS)), bearer(ROBOT))

    def hand_in(mailbox: str) -> int:
        sent = robot.post(
            f"/v1/mails?mailbox={mailbox}",
            content=eml("Newsletter", Auto_Submitted="auto-generated"),
            headers={"Content-Type": "message/rfc822"},
        )
        return sent.status_code

    assert hand_in("SC-West") == 201
    assert hand_in("Kassel@arbeitsagentur.de") == 403
    with doors.house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == 1
