"""Supervisors by command: what is stuck, freeing it; and webhooks and working time as settings."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rules.errors import HouseError, Refused
from rules.worktime import WorkingHours
from store.database.engine import Database
from store.desk.claims import Line
from tests.store.samples import claim_next, queue
from triage import settings
from triage.cli import app as cli
from triage.cli import items as cli_items
from triage.wiring import ways_out
from triage.wiring.policy import policy_of

RUN = CliRunner()


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> Path:
    file = tmp_path / "postlotse.toml"
    file.write_text(f'[store]\nurl = "{sqlite_url}"\n')
    return file


def call(*words: str) -> str:
    result = RUN.invoke(cli.app, list(words))
    if isinstance(result.exception, HouseError):
        return result.exception.code
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout  # the log goes to stderr


def test_what_is_held_is_listed_without_a_person_and_freed_by_its_version(
    config: Path, sqlite_url: str
) -> None:
    db = Database.open(sqlite_url)
    item_id = queue(db, "1")
    with db.write() as tx:
        assert claim_next(tx, Line("435"), holder="anna")
    db.close()
    told = call("items", "list", "--agency", "435", "--json", "--config", str(config))
    line = json.loads(told)
    assert (line["item"], line["state"], line["version"]) == (item_id, "held", 2)
    assert "anna" not in told
    free = ("items", "free", str(item_id), "--config", str(config))
    assert call(*free, "--version", "1") == "item.changed"
    assert f"item {item_id} waits" in call(*free, "--version", "2")
    assert call(*free) == "item.state"
    assert call("items", "list", "--config", str(config)) == ""


def test_no_item_is_left_out_of_the_list(config: Path, sqlite_url: str, monkeypatch) -> None:
    db = Database.open(sqlite_url)
    ids = [queue(db, uid) for uid in "123"]
    for _ in ids:
        with db.write() as tx:
            assert claim_next(tx, Line("435"), holder="anna")
    db.close()
    monkeypatch.setattr(cli_items, "LISTED", 2)
    told = call("items", "list", "--json", "--config", str(config)).splitlines()
    assert sorted(json.loads(line)["item"] for line in told) == ids


def checked(raw: dict[str, object]) -> settings.Settings:
    return settings.check(raw, base=Path("/"))


HOOK = {"name": "sc", "url": "https://sc.example/hook", "secret_env": "HOOK_SECRET"}


def test_webhooks_are_wired_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "whsec_" + "QUFB" * 8)
    events = {"allowed_hosts": ["sc.example"]}
    narrow = HOOK | {"types": ["item.closed"], "agencies": ["435"], "regions": ["West"]}
    (one,) = ways_out.subscriptions(checked({"events": events, "webhooks": [narrow]}))
    assert one.reach.types == {"item.closed"}
    assert (one.reach.agencies, one.reach.regions) == ({"435"}, {"West"})
    (all_of_it,) = ways_out.subscriptions(checked({"events": events, "webhooks": [HOOK]}))
    assert (all_of_it.reach.agencies, len(all_of_it.reach.types) > 20) == (None, True)
    with pytest.raises(Refused) as off_the_list:
        ways_out.subscriptions(checked({"webhooks": [HOOK]}))
    assert off_the_list.value.code == "webhook.host"


@pytest.mark.parametrize(
    "raw",
    [
        {"webhooks": [HOOK, HOOK]},
        {"webhooks": [HOOK | {"types": ["item.read"]}]},
        {"webhooks": [HOOK | {"name": "Übel"}]},
        {"desk": {"work_from": "18:00", "work_to": "07:00"}},
        {"desk": {"work_days": []}},
        {"desk": {"work_days": ["so"]}},
    ],
)
def test_settings_that_can_not_work_are_refused(raw: dict[str, object]) -> None:
    with pytest.raises(Refused) as refused:
        checked(raw)
    assert refused.value.code == "settings.invalid"


def test_working_time_comes_from_the_settings_and_can_be_switched_off() -> None:
    desk = {"work_from": "08:30", "work_days": ["mo", "mi"], "open_claims": 0}
    policy = policy_of(checked({"desk": desk}))
    assert policy.working_hours is not None
    assert policy.working_hours.weekdays == {0, 2}
    assert policy.open_claims is None
    default = policy_of(checked({}))
    assert (default.working_hours, default.open_claims) == (WorkingHours(), 1)
    clock = policy_of(checked({"desk": {"lease_counts": "clock"}}))
    assert clock.working_hours is None
