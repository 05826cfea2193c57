"""Keys of machines: made by command, shown once, ended by their day or by command."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from api.keyring import KeyRing
from rules.access import Caller
from rules.codes import Role
from rules.errors import Conflict, Refused
from store.trail import audit
from store.upkeep import migrate
from tests import house_fixture
from tests.house_fixture import Clock
from tests.quick_key import quick_key
from triage import keys
from triage.cli.app import app
from triage.house import House

ADMIN = Caller("admin-1", Role.ADMIN, agencies=None)
WEST = Caller("sc-west", Role.AUTOMATION, agencies=None, regions=frozenset({"West"}))
AS_CALLED = replace(WEST, is_person=False)
KEY, HASH = quick_key("sc-west")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(sqlite_url: str, clock: Clock):
    made = house_fixture.open_house(sqlite_url, clock=clock)
    yield made
    made.db.close()


def opens(house: House, key: str = KEY) -> bool:
    try:
        return KeyRing((), house).caller(key) == AS_CALLED
    except Refused:
        return False


def test_a_key_opens_the_door_up_to_its_last_day(house, clock):
    keys.create(house, ADMIN, WEST, hashed=HASH, days=10)
    assert opens(house)
    clock.forward(days=10)
    assert opens(house)
    clock.forward(days=1)
    assert not opens(house)


def test_a_revoked_key_opens_nothing_at_the_next_request_in_the_same_process(house):
    keys.create(house, ADMIN, WEST, hashed=HASH, days=10)
    ring = KeyRing((), house)
    assert ring.caller(KEY) == AS_CALLED
    keys.revoke(house, ADMIN, "sc-west")
    with pytest.raises(Refused) as refused:
        ring.caller(KEY)
    assert refused.value.code == "auth.key_wrong"


def test_what_a_process_has_seen_of_a_key_lets_nobody_in_after_its_end(house, clock):
    keys.create(house, ADMIN, WEST, hashed=HASH, days=10)
    ring = KeyRing((), house)

    def known(key: str = KEY) -> Caller | None:
        return asyncio.run(ring.known(key))

    assert known() is None
    assert (ring.caller(KEY), known(), known("sc-west.guessed")) == (AS_CALLED, AS_CALLED, None)
    clock.forward(days=1)
    assert known() is None, "the first use of a day is noted, by the longer way"
    assert (ring.caller(KEY), known()) == (AS_CALLED, AS_CALLED)
    keys.revoke(house, ADMIN, "sc-west")
    assert known() is None


def test_who_made_a_key_and_who_ended_it_stands_in_the_trail(house):
    other = replace(ADMIN, name="admin-2")
    keys.create(house, ADMIN, WEST, hashed=HASH, days=keys.LONGEST_DAYS)
    keys.revoke(house, other, "sc-west")
    with house.db.read() as tx:
        told = [(one.actor, one.action) for one in audit.of_subject(tx, "key:sc-west")]
    assert sorted(told) == [("admin-1", "key.created"), ("admin-2", "key.revoked")]


def test_a_wrong_key_of_a_right_name_opens_nothing(house):
    keys.create(house, ADMIN, WEST, hashed=HASH, days=10)
    assert not opens(house, "sc-west.guessed")
    assert not opens(house, "sc-ost." + KEY.partition(".")[2])


def test_a_revoked_name_is_not_given_again(house):
    keys.create(house, ADMIN, WEST, hashed=HASH, days=10)
    keys.revoke(house, ADMIN, "sc-west")
    with pytest.raises(Conflict) as exists:
        keys.create(house, ADMIN, WEST, hashed=HASH, days=10)
    assert exists.value.code == "key.exists"


@pytest.mark.parametrize(
    ("changes", "days", "code"),
    [
        ({}, 0, "key.days"),
        ({}, 731, "key.days"),
        ({"regions": frozenset({"Mond"})}, 10, "key.region"),
        ({"agencies": frozenset({"999"})}, 10, "key.agency"),
    ],
)
def test_a_key_for_nowhere_or_for_ever_is_refused(house, changes, days, code):
    with pytest.raises(Refused) as refused:
        keys.create(house, ADMIN, replace(WEST, **changes), hashed=HASH, days=days)
    assert refused.value.code == code


def test_keys_are_for_admins_only(house):
    for call in (
        lambda: keys.create(house, WEST, WEST, hashed=HASH, days=1),
        lambda: keys.revoke(house, WEST, "x"),
        lambda: keys.listing(house, WEST),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.code == "access.denied"


def test_the_day_of_the_last_use_is_kept_and_no_more(house, clock):
    keys.create(house, ADMIN, WEST, hashed=HASH, days=100)
    assert keys.listing(house, ADMIN)[0].row.last_used_on is None
    for _ in range(3):
        assert opens(house)
        clock.forward(days=1)
    assert (
        keys.listing(house, ADMIN)[0].row.last_used_on
        == (house.local_now() - timedelta(days=1)).date()
    )


def test_the_log_tells_of_a_key_that_ends_soon_once_a_day(house, clock):
    keys.create(house, ADMIN, WEST, hashed=HASH, days=32)
    with structlog.testing.capture_logs() as said:
        for _ in range(4):
            opens(house)
            opens(house)
            clock.forward(days=1)
    told = [line for line in said if line["event"] == "key.expiring"]
    assert [(line["key"], line["days"]) for line in told] == [("sc-west", 30), ("sc-west", 29)]
    assert keys.listing(house, ADMIN)[0].state == "expiring"


def test_the_commands_make_list_and_revoke(tmp_path: Path):
    url = house_fixture.sqlite_url(tmp_path)
    migrate.upgrade(url)
    config = tmp_path / "postlotse.toml"
    config.write_text(f'[store]\nurl = "{url}"\n', "utf-8")

    def run(*words: str) -> list[str]:
        done = CliRunner().invoke(app, ["keys", *words, "--config", str(config)])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output.splitlines()

    shown = run("create", "sc-west", "--region", "West", "--days", "20")
    key = shown[0].partition(": ")[2]
    database = Path(url.removeprefix("sqlite:///"))
    assert key.encode() not in database.read_bytes()
    row = json.loads(run("list", "--json")[0])
    assert (row["state"], row["regions"], row["days_left"]) == ("expiring", ["West"], 20)
    run("revoke", "sc-west")
    assert json.loads(run("list", "--json")[0])["state"] == "revoked"
