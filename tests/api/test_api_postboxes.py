"""Postboxes and their freshness at the doors: for admins, each for his regions."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from api.app import make_app
from api.doors import ApiKey
from rules.codes import Role
from store.mails import keeping
from store.mails.keeping import Arrival
from store.processes import halts, heartbeats
from store.processes.halts import Halt
from store.tables.ledger import audit as trail
from store.trail import audit
from tests import house_fixture
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.door_client import DoorClient
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import eml
from tests.quick_key import quick_key
from triage.house import House, PostboxPlan
from triage.trail import standing

PLANS = (
    PostboxPlan("SC-West", "West", is_observed=False),
    PostboxPlan("SC-Ost", "Ost", is_observed=True),
)
WEST, _HASH = quick_key("admin-west")
KEYS = (ApiKey("admin-west", _HASH, Role.ADMIN, regions=("West",)),)


@pytest.fixture
def house(doors: Doors) -> House:
    """With one mail that has waited 95 minutes in the West."""
    house = replace(doors.house, policy=replace(doors.house.policy, postboxes=PLANS))
    with house.db.write() as tx:
        since = house.clock() - timedelta(minutes=95)
        arrival = Arrival(eml("x"), since, "postbox", postbox="SC-West", region="West")
        keeping.keep(tx, arrival, now=house.clock())
        heartbeats.beat(tx, "postbox:SC-West", code="", message="", now=house.clock())
    return house


def test_an_admin_of_a_region_sees_its_postboxes_only(doors: Doors, house: House) -> None:
    app = make_app(house, door_settings(keys=KEYS))
    (box,) = DoorClient(app, bearer(WEST)).get("/v1/admin/postboxes").json()["postboxes"]
    assert (box["name"], box["ok"]) == ("SC-West", True)
    assert (box["age_seconds"], box["is_overdue"]) == (5700, True)


def test_postboxes_are_shown_as_the_worker_last_found_them(house: House) -> None:
    with house.db.write() as tx:
        heartbeats.beat(tx, "postbox:SC-West", code="postbox.away", message="", now=house.clock())
    app = make_app(house, door_settings(keys=KEYS))
    (box,) = DoorClient(app, bearer(WEST)).get("/v1/admin/postboxes").json()["postboxes"]
    assert (box["ok"], box["message"]) == (False, "postbox.away")
    assert box["remedy"]


def test_the_page_names_the_postbox_that_waits_too_long(doors: Doors, house: House) -> None:
    admin = at_desk(make_app(house, door_settings(demo=True)), seat="admin")
    admin.open("/postfaecher")
    rows = [" ".join(row.text.split()) for row in admin.page.query_selector_all("tbody tr")]
    assert "SC-West" in rows[0]
    assert "wartet 1 Std." in rows[0]
    assert "nur beobachten" in rows[1]
    assert "noch nie bedient" in rows[1]
    clerk = at_desk(make_app(house, door_settings(demo=True)))
    clerk.open("/postfaecher")
    assert clerk.answer.status_code == 403


def test_the_page_tells_the_mode_and_that_a_first_day_was_not_said_yet(house: House) -> None:
    plans = (
        PostboxPlan("SC-West", "West", is_observed=False, sends=False),
        PostboxPlan("SC-Ost", "Ost", is_observed=False),
    )
    house = replace(house, policy=replace(house.policy, postboxes=plans))
    with house.db.write() as tx:
        name = halts.of_postbox("SC-West")
        halts.place(tx, Halt(name, house.clock(), "worker", "observed"))
    admin = at_desk(make_app(house, door_settings(demo=True)), seat="admin")
    admin.open("/postfaecher")
    rows = [" ".join(row.text.split()) for row in admin.page.query_selector_all("tbody tr")]
    assert "nichts geht hinaus" in rows[0]
    assert "sobald gesagt ist, ab wann" in rows[0]
    assert "begin-writing" in rows[0]
    assert "alles geht hinaus" in rows[1]


def test_the_metric_tells_the_age_by_postbox(doors: Doors, house: House) -> None:
    told = DoorClient(make_app(house, door_settings())).get("/metrics").text
    assert 'postlotse_oldest_unsorted_seconds{postbox="SC-West"} 5700.0' in told
    assert 'postlotse_oldest_unsorted_seconds{postbox="SC-Ost"} 0.0' in told


def test_an_admin_sees_how_the_trail_stands_and_where_it_breaks(house: House) -> None:
    with house.db.write() as tx:
        for n in range(5):
            audit.add(
                tx, "a", action="item.read", subject=f"item:{n}", details={}, at=house.clock()
            )
        sealed = audit.seal(tx, limit=100)
    admin = at_desk(make_app(house, door_settings(demo=True)), seat="admin")
    admin.open("/postfaecher")
    assert f"{sealed} Einträge sind versiegelt" in admin.words("main")
    assert f"Eben geprüft: die letzten {sealed}." in admin.words("main")
    with house.db.write() as tx:
        changed = sa.update(trail).where(trail.c.seal_seq == 2).values(actor="b")
        tx.run(changed)
    admin.open("/postfaecher")
    assert "Bei Eintrag 2 passt die Kette nicht" in admin.words("main .note.bad")
    assert "Eben geprüft" not in admin.words("main")


def test_a_long_trail_is_checked_at_its_end_and_a_gap_before_is_told(house: House) -> None:
    me = house_fixture.ADMIN
    with house.db.write() as tx:
        notes = [audit.Note("item.read", f"item:{n}", {}) for n in range(standing.LOOKED_AT + 5)]
        audit.add_many(tx, "a", notes, at=house.clock())
        sealed = audit.seal(tx, limit=10_000)
    found = standing.look(house, me)
    assert (found.sealed, found.checked, found.broken_at) == (sealed, standing.LOOKED_AT, None)
    gone = sealed - standing.LOOKED_AT
    with house.db.write() as tx:
        tx.run(sa.delete(trail).where(trail.c.seal_seq == gone))
    assert standing.look(house, me).broken_at == gone
