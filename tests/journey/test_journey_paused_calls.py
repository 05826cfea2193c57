"""The API's process is paused in a call, longer than its key's turn and a clerk's lease.

SIGSTOP after each commit, and in the open transaction; meanwhile another process gets the
repetition, or somebody else the item; then SIGCONT. The paused one writes nothing over it.
"""

import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.house_fixture import NOW, Clock, clerk
from tests.journey.calls_to_kill import CALLS, Ready, lay_ready
from tests.journey.test_journey_killed_calls import on_postgresql, on_sqlite, rows, written
from tests.servers.killed_calls import open_with_postbox
from tests.servers.victims import Victim, Victims
from triage import work
from triage.desk import holding

pytestmark = pytest.mark.journey

LONG = 1000
"""Seconds; the turn of a key takes 120, a clerk's lease 900."""
REPEATED = {"hand over": 2, "take back": 2, "hold": 2, "correct": 2, "next": 1, "aside": 3}
"""Commits before the one that keeps the answer."""
OTHER = clerk("435", name="k-2")


@pytest.fixture(scope="module")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    with Victims(tmp_path_factory.mktemp("victims"), "tests.servers.killed_calls") as victims:
        yield victims


def test_what_the_repetition_did_meanwhile_stays_as_it_is(request, tmp_path, victims):
    base, fresh = on_sqlite(request, tmp_path)
    ready, time = lay_ready(base), written(tmp_path / "time", 0)
    points = {f"{name} {n}": name for name, most in REPEATED.items() for n in range(1, most + 1)}
    calls = {
        point: (fresh(point), written(tmp_path / point, CALLS[name](ready)), time)
        for point, name in points.items()
    }
    paused = {
        point: victims.start("call", *call, "paused", point.split()[-1])
        for point, call in calls.items()
    }
    for victim in paused.values():
        victim.wait_for("T")
    written(time, LONG)
    heirs = {point: victims.start("call", *call, "paused", 0) for point, call in calls.items()}
    for heir in heirs.values():
        heir.wait_for("", "Z")
    assert [point for point, heir in heirs.items() if heir.told[-1][0] == "5"] == []
    before = {point: rows(url) for point, (url, _, _) in calls.items()}
    for point, victim in paused.items():
        go_on(victim)
        assert rows(calls[point][0]) == before[point], (point, victim.told, heirs[point].told)


def test_an_item_that_somebody_else_has_by_now_is_left_alone(request, tmp_path, victims):
    base, fresh = on_sqlite(request, tmp_path)
    ready, time = lay_ready(base), written(tmp_path / "time", 0)
    paused: dict[str, Victim] = {}
    for name in ("hand over", "correct", "forward", "waive"):
        file = written(tmp_path / name, CALLS[name](ready))
        url = fresh(f"paused-{name}")
        paused[url] = victims.start("call", url, file, time, "paused", 1)
    for victim in paused.values():
        victim.wait_for("T")
    written(time, LONG)
    for url, victim in paused.items():
        taken_by_another(url, ready)
        before = rows(url)
        assert go_on(victim) in {"409 item.lease_stale", "404 item.unknown"}
        assert rows(url) == before


def test_in_its_transaction_it_holds_up_others_for_a_minute_only(request, tmp_path, victims):
    """PostgreSQL ends it then (`idle_in_transaction_session_timeout`; a second here)."""
    base, _ = on_postgresql(request, tmp_path)
    ready, time = lay_ready(base), written(tmp_path / "time", 0)
    url = f"{base}?options=-c%20idle_in_transaction_session_timeout%3D1s"
    files = [written(tmp_path / name, CALLS[name](ready)) for name in ("hand over", "take back")]
    paused = [victims.start("call", url, file, time, "inside", 2) for file in files]
    for victim in paused:
        victim.wait_for("T")
    written(time, LONG)
    heirs = [victims.start("call", url, file, time, "paused", 0) for file in files]
    for heir in heirs:
        heir.wait_for("", "Z")
    assert heirs[1].told[-1] == "200 "
    before = rows(base)
    for victim, heir in zip(paused, heirs, strict=True):
        assert go_on(victim)[:3] in {"409", "503"}, (victim.told, heir.told)
    assert rows(base) == before


def go_on(victim: Victim) -> str:
    """Its answer, after all."""
    victim.signal(signal.SIGCONT)
    victim.wait_for("", "Z")
    return victim.told[-1]


def taken_by_another(url: str, ready: Ready) -> None:
    """All leases are over; a second clerk takes what the first one held."""
    house = open_with_postbox(url, Clock(NOW + timedelta(seconds=LONG)))
    with house.db.write() as tx:
        holding.back_to_the_line(house, tx, now=house.clock())
    for name in ("money", "plain"):
        work.claim_item(house, OTHER, ready.held[name][0])
    house.db.close()
