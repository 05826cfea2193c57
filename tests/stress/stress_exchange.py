"""What can go wrong with Exchange, at random, and every mail once in the end: `make chaos`.

    python -m tests.stress.stress_exchange --first 100 --seeds 20

First the four crash walks (two of them are in CI). Then, for each seed, 40 mails arrive during 40
rounds of the whole way, while replies are cut, lines break before and after the work, the server
is busy or answers 503, single items fail, MoveItem's answer is lost, sync states expire, the
server restarts, a worker dies and another takes over, and a person drags mail away and back. Ends
with 1 where a mail is lost, doubled or in the wrong place. The same seed is the same plan.
"""

import argparse
import itertools
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from rules.errors import HouseError
from store.counts import ledger_counts
from store.mails import originals
from store.places import sightings
from store.upkeep import migrate
from tests.house_fixture import Clock, eml, make_house
from tests.servers.exchange import ExchangeServer, Fault
from tests.triage.test_triage_crash import one_pass, walk
from triage.house import House

TURNS = 40
TARGET = "435 Kassel/AU"
KINDS = ("drop_before", "drop_after", "truncate", "http", "busy", "item")
OPERATIONS = ("", "MoveItem", "GetItem", "SyncFolderItems", "FindFolder", "CreateFolder")
NAME = "SC-Südwest"


@dataclass(slots=True)
class _World:
    """One mailbox, one house, and the worker of the moment."""

    server: ExchangeServer
    address: str
    house: House
    clock: Clock
    chance: random.Random
    sent: list[bytes] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    boxes: list[ExchangePostbox] = field(default_factory=list)

    def new_worker(self) -> None:
        """The one before is dead: its lease runs out, its connection was never closed."""
        account = ExchangeAccount(
            self.server.url,
            self.address,
            "dienst",
            "geheim",
            auth="basic",
            ca_file=self.server.ca_file,
            timeout_seconds=20,
        )
        self.boxes.append(ExchangePostbox(NAME, account))

    def look(self) -> None:
        """One round of the worker; what failed is counted by its code."""
        self.clock.forward(seconds=200)
        try:
            one_pass(self.house, self.boxes[-1], f"worker-{len(self.boxes)}")
        except HouseError as exc:
            self.counts[exc.code] += 1

    def trouble(self) -> None:
        """What happens in this round."""
        chance, mailbox = self.chance, self.server.mailboxes[self.address]
        for _ in range(chance.randrange(3)):
            self.server.faults.append(_fault(chance))
        if chance.random() < 0.1:
            self.counts["restart"] += 1
            self.server.restart()
        if chance.random() < 0.1:
            self.counts["sync state expired"] += 1
            mailbox.expire_sync_states()
        if chance.random() < 0.1:
            self.counts["worker died"] += 1
            self.new_worker()
        lying = mailbox.lying_in(mailbox.inbox)
        if lying and chance.random() < 0.2:
            self.counts["dragged away and back"] += 1
            with self.server.lock:
                away = mailbox.move(chance.choice(lying), mailbox.default("drafts"))
                mailbox.move(away, mailbox.inbox)


def _fault(chance: random.Random) -> Fault:
    return Fault(
        chance.choice(KINDS),
        chance.choice(OPERATIONS),
        skip=chance.randrange(4),
        code=chance.choice(("ErrorServerBusy", "ErrorInternalServerTransientError")),
        status=chance.choice((502, 503)),
        back_off_ms=chance.choice((1, 20, 50)),
        keep=chance.random(),
    )


@contextmanager
def _world(server: ExchangeServer, seed: int) -> Iterator[_World]:
    address = f"seed-{seed}@dienst.example"
    server.add_mailbox(address, readers={"dienst"})
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        house = make_house(f"sqlite:///{Path(folder) / 'p.sqlite'}", clock=clock)
        world = _World(server, address, house, clock, random.Random(seed))
        world.new_worker()
        try:
            yield world
        finally:
            server.faults.clear()
            for box in world.boxes:
                box.close()
            house.db.close()


def run_seed(server: ExchangeServer, seed: int) -> Counter[str]:
    """One seed; what went wrong, counted. Raises: AssertionError: a mail is not where it should."""
    with _world(server, seed) as world:
        for turn in range(TURNS):
            data = eml(f"Krankmeldung {seed}-{turn}")
            world.sent.append(data)
            with server.lock:
                server.mailboxes[world.address].deliver(data)
            world.trouble()
            world.look()
        faults = sum(fault.times == 0 for fault in server.faults)
        server.faults.clear()
        for _ in range(8):
            time.sleep(0.06)  # the longest time that the server has asked to be left alone
            world.look()
        _check(world)
        world.counts["faults met"] = faults
        return world.counts


def _check(world: _World) -> None:
    box = world.boxes[-1]
    there = {
        folder: sorted(
            originals.fingerprint(mail.data) for mail in box.fetch(folder, view.epoch, view.uids)
        )
        for folder in box.folders()
        for view in [box.view(folder)]
    }
    wanted = sorted(originals.fingerprint(data) for data in world.sent)
    assert sorted(itertools.chain.from_iterable(there.values())) == wanted, "once on the server"
    assert there[TARGET] == wanted, "in its folder"
    with world.house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == len(wanted), "once in the ledger"
        for folder in box.folders():
            here = {seen.uid for seen in sightings.live(tx, box.name, folder=folder)}
            assert here == set(box.view(folder).uids), "place in the ledger = place on the server"


def _walks(server: ExchangeServer) -> None:
    """The four crash walks of `test_triage_crash`, on SQLite."""
    boxes: list[ExchangePostbox] = []

    def fresh(point: int) -> ExchangePostbox:
        address = f"walk-{point}-{len(server.mailboxes)}@dienst.example"
        server.add_mailbox(address, readers={"dienst"})
        account = ExchangeAccount(
            server.url, address, "dienst", "geheim", auth="basic", ca_file=server.ca_file
        )
        boxes.append(ExchangePostbox(NAME, account, size_limit_bytes=1_000_000))
        return boxes[-1]

    for what, when in itertools.product(("postbox", "commit"), ("before", "after")):
        with tempfile.TemporaryDirectory() as folder:
            seconds = _seconds(lambda: walk(_migrated(folder), fresh, what=what, when=when))  # noqa: B023 - used at once
        points = len(boxes)
        sys.stdout.write(f"crash {when} each {what}: {points} points, {seconds:.0f} s, held\n")
        sys.stdout.flush()
        for box in boxes:
            box.close()
        boxes.clear()


def _migrated(folder: str) -> Callable[[int], str]:
    """An empty database for each point: a copy of one that was migrated once."""
    template = Path(folder) / "template.sqlite"
    migrate.upgrade(f"sqlite:///{template}")

    def url(point: int) -> str:
        file = Path(folder) / f"{point}.sqlite"
        shutil.copyfile(template, file)
        return f"sqlite:///{file}"

    return url


def _seconds(what: Callable[[], object]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def main(first: int, seeds: int, *, walks: str) -> int:
    """Walks, then seeds; the number of those that did not hold."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    broken = 0
    total: Counter[str] = Counter()
    with ExchangeServer({"dienst": "geheim"}) as server:
        if walks == "all":
            _walks(server)
        for seed in range(first, first + seeds):
            try:
                counts = run_seed(server, seed)
            except AssertionError as exc:
                broken += 1
                sys.stdout.write(f"seed {seed}: BROKEN {str(exc)[:300]}\n")
                continue
            total.update(counts)
            sys.stdout.write(f"seed {seed}: held; {dict(sorted(counts.items()))}\n")
            sys.stdout.flush()
        broken += len(server.violations)
        for violation in server.violations[:10]:
            sys.stdout.write(f"VIOLATION {violation}\n")
    sys.stdout.write(f"{seeds} seeds, {broken} broken; {dict(sorted(total.items()))}\n")
    return broken


if __name__ == "__main__":
    told = argparse.ArgumentParser()
    told.add_argument("--first", type=int, default=100)
    told.add_argument("--seeds", type=int, default=20)
    told.add_argument("--walks", choices=("all", "none"), default="all")
    options = told.parse_args()
    sys.exit(1 if main(options.first, options.seeds, walks=options.walks) else 0)
