"""A worker that is paused longer than its lease, while another takes over, writes nothing more.

SIGSTOP at every point between two steps of a pass, in a process of its own; the heir ends the work;
then SIGCONT. All points run at the same time, each with a postbox and a database of its own.
And one that is killed while it sorts: another takes its mails over.
"""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.ledger import OpState
from store.database.columns import metadata
from store.database.engine import Database
from store.mails import keeping, ledger
from store.processes import leases
from store.tables.ledger import beat, lease
from tests import one_sorter
from tests.conftest import TEMPLATE
from tests.house_fixture import Clock, eml, open_house
from tests.servers.victims import BOX, Victim, Victims
from tests.store.samples import NOW, act_counts, arrival
from triage import receive, sort_turns, wiring
from triage.filing import filing

MAILS = (eml("Krankmeldung"), eml("Krankmeldung"), eml("Termin"), eml("Neues Konto"))
POINTS = {"call": 9, "called": 9, "begin": 5, "done": 5}
"""How many of each kind a pass has at most; where it has fewer, the child ends by itself."""


@pytest.fixture(scope="module")
def victims(tmp_path_factory) -> Iterator[Victims]:
    with Victims(tmp_path_factory.mktemp("victims")) as victims:
        yield victims


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request, tmp_path) -> Iterator[Callable[[str], str]]:
    """An empty database for each point; its name is that of the point."""
    made: list[str] = []

    def on_sqlite(name: str) -> str:
        file = tmp_path / f"{name}.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"

    def on_postgresql(name: str) -> str:
        made.append(f"paused_{name}")
        return request.getfixturevalue("postgres").create(made[-1], template=TEMPLATE)

    yield on_sqlite if request.param == "sqlite" else on_postgresql
    for name in made:
        request.getfixturevalue("postgres").drop(name)


def everything(url: str, root: Path) -> set[str]:
    """All rows but leases and signs of life, and all files with their bytes."""
    db = Database.open(url)
    try:
        with db.read() as tx:
            rows = {
                f"{table.name} {tuple(row)}"
                for table in metadata.sorted_tables
                if table.name not in {lease.name, beat.name}
                for row in tx.run(sa.select(table))
            }
    finally:
        db.close()
    return rows | {f"{path} {path.read_bytes()!r}" for path in root.rglob("*") if path.is_file()}


def take_over(url: str, root: Path) -> None:
    """The heir: ends what the paused one began. Nothing of his is under way, so no grace."""
    whole = open_house(url, clock=wiring.utc_now)
    house = replace(whole, policy=replace(whole.policy, grace_seconds=0))
    box = MaildirPostbox(BOX, root)
    until = time.monotonic() + 30
    held = None
    while held is None and time.monotonic() < until:
        with house.db.write() as tx:
            held = leases.take(tx, f"postbox:{BOX}", owner="heir", now=house.clock(), seconds=60)
        time.sleep(0.05)
    assert held is not None
    ended = False
    while not ended and time.monotonic() < until:
        receive.receive(house, box, held, region="Südwest")
        one_sorter.sort_pending(house)
        filing.file_due(house, box, held)
        with house.db.read() as tx:
            states = act_counts(tx)
        ended = not box.view("INBOX").uids and not states[OpState.NEW] + states[OpState.SENT]
    house.db.close()


@pytest.fixture
def every(request) -> int:
    """A database of PostgreSQL takes long to make: there some points must do."""
    return 1 if "sqlite" in request.node.name else 5


def test_after_sigcont_nothing_is_written_any_more(fresh_url, every, victims, tmp_path):
    paused: list[tuple[str, Path, Victim]] = []
    for where, most in POINTS.items():
        for number in range(1, most + 1, every):
            name = f"{where}{number}"
            root = tmp_path / name
            create_tree(root)
            box = MaildirPostbox(BOX, root)
            for mail in MAILS:
                box.append("INBOX", mail)
            url = fresh_url(name)
            paused.append((url, root, victims.start("pass", url, root, where, number)))
    stopped = [one for one in paused if one[2].wait_for("T", "", "Z") == "T"]
    assert len(stopped) >= len(paused) * 0.6, [one[2].told for one in paused]
    for url, root, victim in stopped:
        take_over(url, root)
        before = everything(url, root)
        victim.signal(signal.SIGCONT)
        victim.wait_for("", "Z")
        after = everything(url, root)
        assert (after - before, before - after) == (set(), set()), (root.name, victim.told)


def test_what_a_killed_sorter_had_is_taken_over_after_the_grace_time(url, victims):
    clock = Clock(wiring.utc_now())
    house = open_house(url, clock=clock)
    with house.db.write() as tx:
        keeping.keep_many(tx, [arrival(str(n), mail) for n, mail in enumerate(MAILS)], now=NOW)
    victim = victims.start("sort", url, "killed", 2)
    victim.wait_for("", "Z")
    assert victim.told == ["Krankmeldung", "Krankmeldung"]
    clock.forward(seconds=sort_turns.TURN_SECONDS + house.policy.grace_seconds - 10)
    assert sort_turns.one_round(house, "heir") == 0
    clock.forward(hours=1)
    assert sort_turns.one_round(house, "heir") == len(MAILS)
    with house.db.read() as tx:
        assert ledger.unsorted(tx, limit=9) == ()
    house.db.close()
