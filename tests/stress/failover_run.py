"""The primary dies while mail comes in, its standby is promoted, and all goes on: `make failover`.

    python -m tests.stress.failover_run --mails 600 --rounds 3

The sharpest moment is chosen: nothing reaches the standby any more, so the primary has commits it
may not acknowledge; then it is killed with all its processes (SIGKILL), and the standby goes on as
primary without them. PostgreSQL with synchronous replication
(`synchronous_standby_names`, `synchronous_commit = on`).
A worker with its door and a postbox has one address that names all servers. Two senders hand mail
over by LMTP and repeat until they hear 250; meanwhile mail lies down in the postbox. The primary
dies in the middle of it. In the end every mail is there once.
"""

import argparse
import smtplib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from psycopg import sql

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import HouseError
from store.counts import ledger_counts
from store.tables.ledger import message
from store.upkeep import migrate
from tests.house_fixture import ADMIN, eml, open_house
from tests.servers.postgres import REPLICATION, PostgresServer, free_port
from tests.triage.way import Eakte, Post
from triage import completeness, log, wiring
from triage.house import House
from triage.postboxes.round import PostboxJob
from triage.send import Outlets
from triage.settings import Settings
from triage.settings.door import DoorSettings
from triage.worker import Worker

KASSEL = "kassel@arbeitsagentur.example"
BOX = "SC-Südwest"
PATIENCE_SECONDS = 120


@dataclass
class Outcome:
    """What came of it. `away_seconds`: from each kill to the next 250."""

    accepted: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    closes: bool = False
    away_seconds: list[float] = field(default_factory=list)


@dataclass
class _Senders:
    """What the two senders have heard so far; the kill waits for a number of 250s."""

    port: int
    heard: list[str] = field(default_factory=list)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hand_over(self, subject: str) -> None:
        """Until 250, as a mail server does."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._accepted(subject):
            assert time.monotonic() < until
            time.sleep(0.05)
        with self.lock:
            self.heard.append(subject)

    def _accepted(self, subject: str) -> bool:
        try:
            with smtplib.LMTP("127.0.0.1", self.port, timeout=60) as client:
                client.sendmail("a@kunde.example", [KASSEL], eml(subject, "x" * 3000))
        except (smtplib.SMTPException, OSError):
            with self.lock:
                self.refused += 1
            return False
        return True


def run(mails: int, rounds: int, folder: Path) -> Outcome:
    """`mails` by the door and half as many by the postbox, with `rounds` dead primaries."""
    found = Outcome()
    with ExitStack() as servers, ExitStack() as stack:
        primary = servers.enter_context(PostgresServer(REPLICATION))
        primary.create("office")
        migrate.upgrade(primary.url("office"))
        standby_ports = [free_port() for _ in range(rounds)]
        hosts = "&".join(f"host=127.0.0.1:{port}" for port in (primary.port, *standby_ports))
        url = f"postgresql://postlotse@/office?{hosts}&target_session_attrs=read-write"
        house = open_house(url, clock=wiring.utc_now)
        # A move that the kill left in doubt is looked at again after the grace time.
        house = replace(house, policy=replace(house.policy, grace_seconds=1))
        stack.callback(house.db.close)
        create_tree(folder / "box")
        box = stack.enter_context(_opened(folder))
        senders = _Senders(stack.enter_context(_at_work(house, folder)))
        pool = stack.enter_context(ThreadPoolExecutor(2))
        subjects: list[str] = []
        for turn, port in enumerate(standby_ports):
            standby = _with_standby(servers, primary, port)
            sending = []
            for number in range(turn * mails // rounds, (turn + 1) * mails // rounds):
                subjects.append(f"Termin {number}")
                sending.append(pool.submit(senders.hand_over, subjects[-1]))
                if number % 2:
                    subjects.append(f"Krankmeldung {number}")
                    box.append("INBOX", eml(subjects[-1]))
            found.away_seconds.append(_fail_over(primary, standby, senders))
            primary = standby
            for one in sending:
                one.result(timeout=PATIENCE_SECONDS)
        _wait_for(lambda: box.view("INBOX").uids == ())
        _wait_for(lambda: _all_sorted(house))
        _judge(house, subjects, found)
        found.accepted, found.refused = len(senders.heard), senders.refused
    return found


def _fail_over(primary: PostgresServer, standby: PostgresServer, senders: _Senders) -> float:
    """Kill the one and promote the other while mail is under way; seconds until the next 250."""
    before = len(senders.heard)
    _wait_for(lambda: len(senders.heard) > before + 5)
    primary.cut_off_standby()
    _wait_for(primary.holds_back_commits)
    primary.kill_all()
    died, heard = time.monotonic(), len(senders.heard)
    standby.execute(sql.SQL("SELECT pg_promote()"))
    _wait_for(lambda: len(senders.heard) > heard)
    return round(time.monotonic() - died, 2)


def _with_standby(stack: ExitStack, primary: PostgresServer, port: int) -> PostgresServer:
    """A standby that follows, and from now on no commit is acknowledged without it."""
    standby = primary.clone(port=port)
    stack.callback(standby.stop)
    primary.execute(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = '*'"))
    primary.execute(sql.SQL("SELECT pg_reload_conf()"))
    _wait_for(primary.is_followed)
    return standby


@contextmanager
def _opened(folder: Path) -> Iterator[MaildirPostbox]:
    box = MaildirPostbox(BOX, folder / "box")
    yield box
    box.close()


@contextmanager
def _at_work(house: House, folder: Path) -> Iterator[int]:
    """A worker with its door and postbox; the door's port."""
    door = wiring.letterbox(house, Settings(door=DoorSettings(port=0)))
    assert door is not None
    job = PostboxJob(BOX, "Südwest", lambda: MaildirPostbox(BOX, folder / "box"), files=True)
    worker = Worker(house, Outlets(Eakte(), Post()), (job,), poll_seconds=0.05, door=door)
    worker.start()
    try:
        _wait_for(lambda: door.port)
        yield door.port
    finally:
        worker.stop()


def _all_sorted(house: House) -> bool:
    try:
        with house.db.read() as tx:
            return not ledger_counts.unsorted_count(tx)
    except HouseError:
        return False


def _judge(house: House, subjects: list[str], found: Outcome) -> None:
    with house.db.read() as tx:
        kept = Counter(tx.run(sa.select(message.c.subject)).scalars())
    found.lost = [subject for subject in subjects if not kept[subject]]
    found.doubled = [subject for subject, number in kept.items() if number > 1]
    found.closes = completeness.of_day(house, ADMIN).closes


def _wait_for(reached: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.02)


def main() -> None:
    """Print the outcome; exit code 1 where anything is lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    log.configure(json_lines=True)
    with TemporaryDirectory() as folder:
        found = run(given.mails, given.rounds, Path(folder))
    sys.stdout.write(f"{found}\n")
    sys.exit(bool(found.lost or found.doubled or not found.closes))


if __name__ == "__main__":
    main()
