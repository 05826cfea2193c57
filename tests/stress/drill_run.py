"""Backup and restore, tried as a whole: `make drill`.

    python -m tests.stress.drill_run --mails 300

On SQLite and PostgreSQL: mail flows, a backup is made in the middle of it, more mail flows and is
filed, people move some by hand, the database is lost, mail goes on arriving, the backup is
restored, the postbox is read anew, work goes on. Then each mail is looked for by its content: in
the ledger as often as it was delivered, in the postbox as often, at the place the ledger names.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.postbox import Fetched
from store.counts import ledger_counts
from store.mails.originals import fingerprint
from store.places import sightings
from store.tables.ledger import message
from store.upkeep import migrate
from tests.house_fixture import ADMIN, eml, open_house
from tests.servers.postgres import PostgresServer
from tests.triage.way import Eakte, Post
from triage import backup, completeness, log, rereading, wiring
from triage.house import House
from triage.postboxes.round import PostboxJob
from triage.send import Outlets
from triage.settings import load
from triage.worker import Worker

BOX = "SC-Südwest"
BY_HAND = "439 Korbach/Termin"
ELSEWHERE = "Sonstiges"
"""A folder that a person made, of no agency."""
PATIENCE_SECONDS = 120


@dataclass
class Outcome:
    """What came of it. `lost` and `doubled` count ledger and postbox; `misplaced`: places."""

    delivered: int = 0
    in_backup: int = 0
    taken_in: int = 0
    followed: int = 0
    lost: int = 0
    doubled: int = 0
    misplaced: int = 0
    closes: bool = False
    seconds: float = 0.0


@dataclass
class _Office:
    """The postbox, the place of the database, and what was delivered, by SHA-256."""

    url: str
    folder: Path
    delivered: Counter[str] = field(default_factory=Counter)
    numbers: Iterator[int] = field(default_factory=count)

    def box(self) -> MaildirPostbox:
        return MaildirPostbox(BOX, self.folder / "box")

    def deliver(self, mails: int, folder: str = "INBOX") -> None:
        words = ("Termin", "Krankmeldung", "Konto", "Kündigung")
        for number in (next(self.numbers) for _ in range(mails)):
            self.append(eml(f"{words[number % 4]} {number}", f"Nummer {number}"), folder)

    def append(self, mail: bytes, folder: str = "INBOX") -> None:
        box = self.box()
        box.append(folder, mail)
        box.close()
        self.delivered[fingerprint(mail)] += 1

    def house(self) -> House:
        house = open_house(self.url, clock=wiring.utc_now)
        short = replace(house.policy, postbox_lease_seconds=2, grace_seconds=1, look_seconds=1)
        return replace(house, policy=short)


def run(url: str, mails: int, folder: Path, lose: Callable[[], None]) -> Outcome:
    """The drill on the empty database at `url`; `lose` takes it away and leaves its empty place."""
    begun, found = time.monotonic(), Outcome()
    office = _Office(url, folder)
    config = folder / "postlotse.toml"
    config.write_text(f'[store]\nurl = "{url}"\n', encoding="utf-8")
    create_tree(folder / "box")
    migrate.upgrade(url)
    with _at_work(office) as house:
        office.deliver(mails)
        _wait_for(lambda: _sorted(house) >= mails // 2)
        made = backup.make(load(config), ADMIN, config, folder / "backup", clock=wiring.utc_now)
        found.in_backup = made.mails
        office.deliver(mails)
        for _ in range(2):
            office.append(eml("Termin für Zwillinge", "Zweimal dasselbe."))
        _wait_for(lambda: _sorted(house) == 2 * mails + 2 and _inbox_is_empty(office))
        _move_by_hand(office, 3)
    lose()
    office.deliver(5)
    backup.restore(load(config), ADMIN, folder / "backup", clock=wiring.utc_now)
    house = office.house()
    rereading.hold_back(house, ADMIN)
    box = office.box()
    _wait_for(lambda: _leases_are_over(house))
    read = rereading.reread(house, ADMIN, box, region="Südwest", since=made.made_at)
    found.taken_in, found.followed = read.taken_in, read.followed
    house.db.close()
    with _at_work(office) as house:
        total = office.delivered.total()
        _wait_for(lambda: _sorted(house) >= total and _inbox_is_empty(office))
    house = office.house()
    again = rereading.reread(house, ADMIN, box, region="Südwest", since=made.made_at)
    assert again.taken_in == 0
    box.close()
    _judge(office, house, found)
    house.db.close()
    found.delivered = office.delivered.total()
    found.seconds = round(time.monotonic() - begun, 1)
    return found


@contextmanager
def _at_work(office: _Office) -> Iterator[House]:
    house = office.house()
    job = PostboxJob(BOX, "Südwest", office.box, files=True)
    worker = Worker(house, Outlets(Eakte(), Post()), (job,), poll_seconds=0.05)
    worker.start()
    try:
        yield house
    finally:
        worker.stop()
        house.db.close()


def _move_by_hand(office: _Office, mails: int) -> None:
    """As a person in Outlook: out of their folder, into that of another agency."""
    box = office.box()
    for target in (BY_HAND, ELSEWHERE):
        box.ensure_folder(target)
    source = next(f for f in sorted(box.folders()) if f.startswith("435 ") and box.view(f).uids)
    view = box.view(source)
    # Old and new ones: the folder holds mail from before and after the backup.
    chosen = (*view.uids[:mails], *view.uids[-mails:])
    for number, mail in enumerate(list(box.fetch(source, view.epoch, chosen))):
        box.move(mail.place, (BY_HAND, ELSEWHERE)[number % 2])
    box.close()


def _sorted(house: House) -> int:
    with house.db.read() as tx:
        return sum(ledger_counts.counts(tx).values()) - ledger_counts.unsorted_count(tx)


def _inbox_is_empty(office: _Office) -> bool:
    box = office.box()
    try:
        return box.view("INBOX").uids == ()
    finally:
        box.close()


def _leases_are_over(house: House) -> bool:
    from store.tables.ledger import lease

    with house.db.read() as tx:
        ends = tx.run(sa.select(lease.c.until).where(lease.c.owner.is_not(None))).scalars()
        return all(end <= house.clock() for end in ends)


def _judge(office: _Office, house: House, found: Outcome) -> None:
    """Ledger and postbox against what was delivered, by content."""
    with house.db.read() as tx:
        kept = Counter(tx.run(sa.select(message.c.sha256)).scalars())
        places = {
            seen.place: row.sha256
            for row in tx.run(sa.select(message.c.id, message.c.sha256))
            for seen in sightings.of_message(tx, row.id)
            if seen.state.value == "live"
        }
    lying = _lying(office)
    for have in (kept, Counter(lying.values())):
        found.lost += (office.delivered - have).total()
        found.doubled += (have - office.delivered).total()
    found.misplaced = len(set(lying.items()) ^ set(places.items()))
    found.closes = completeness.of_day(house, ADMIN).closes


def _lying(office: _Office) -> dict[object, str]:
    box = office.box()
    found: dict[object, str] = {}
    for folder in box.folders():
        view = box.view(folder)
        for mail in box.fetch(folder, view.epoch, view.uids):
            assert isinstance(mail, Fetched)
            found[mail.place] = fingerprint(mail.data)
    box.close()
    return found


def _wait_for(reached: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.05)


def main() -> None:
    """Print both outcomes; exit code 1 where anything is lost, doubled or misplaced."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=300)
    given = parser.parse_args()
    log.configure(json_lines=True)
    outcomes: dict[str, Outcome] = {}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "postlotse.sqlite"
        outcomes["SQLite"] = run(
            f"sqlite:///{file}", given.mails, Path(folder), lambda: lose_file(file)
        )
    with TemporaryDirectory() as folder, PostgresServer() as server:
        url = server.create("office")
        outcomes["PostgreSQL"] = run(
            url, given.mails, Path(folder), lambda: lose_database(server, "office")
        )
    for name, found in outcomes.items():
        sys.stdout.write(f"{name}: {found}\n")
    bad = [one for one in outcomes.values() if one.lost or one.doubled or one.misplaced]
    sys.exit(bool(bad) or not all(one.closes for one in outcomes.values()))


def lose_file(file: Path) -> None:
    """The disk is gone."""
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def lose_database(server: PostgresServer, name: str) -> None:
    """The database is gone; an empty one stands in its place."""
    server.drop(name)
    server.create(name)


if __name__ == "__main__":
    main()
