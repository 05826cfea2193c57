"""A pass over an Exchange mailbox that is told to wait at each of its calls in turn.

As the walk of test_triage_crash.py, but nobody dies: the server is busy before or after the work.
All points share one server and one house; each has a mailbox of its own.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from ingest import login_gate
from ingest.exchange import fetch as exchange_fetch
from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from ingest.login_gate import LoginGate
from rules.errors import Refused, TryLater
from store.counts import ledger_counts
from store.places import sightings
from store.processes import leases
from tests import one_sorter
from tests.house_fixture import NOW, Clock, eml, open_house
from tests.servers.exchange import ExchangeServer, Fault
from tests.servers.exchange_store import Mailbox
from triage import receive, reconcile
from triage.filing import filing
from triage.house import House

MAILS = (eml("Krankmeldung"), eml("Neues Konto", to="Hanau@arbeitsagentur.de"))
TARGETS = {"435 Kassel/AU": MAILS[0], "431 Hanau/Bankverbindung": MAILS[1]}
BACK_OFF_SECONDS = 300
"""Longer than a lease and the grace time: what is in doubt is not looked for before it is over."""


@dataclass(frozen=True)
class World:
    """One house, one server, and one login of all its mailboxes."""

    house: House
    clock: Clock
    server: ExchangeServer
    gate: LoginGate

    def postbox(self, name: str) -> tuple[ExchangePostbox, Mailbox]:
        address = f"{name}@dienst.example"
        mailbox = self.server.add_mailbox(address, readers={"dienst"})
        account = ExchangeAccount(
            self.server.url, address, "dienst", "geheim", auth="basic", ca_file=self.server.ca_file
        )
        return ExchangePostbox(name, account, gate=self.gate), mailbox

    def filled_postbox(self, name: str) -> tuple[ExchangePostbox, Mailbox]:
        """With `MAILS` in its INBOX, and the folders that they go into."""
        box, mailbox = self.postbox(name)
        for mail in MAILS:
            mailbox.deliver(mail)
        for path in TARGETS:
            mailbox.folder(path)
        return box, mailbox

    def pass_over(self, box: ExchangePostbox) -> str:
        """What a worker does in a round; the code with which it ends."""
        with self.house.db.write() as tx:
            lease = leases.take(
                tx, f"postbox:{box.name}", owner="w", now=self.house.clock(), seconds=60
            )
        assert lease is not None
        try:
            receive.receive(self.house, box, lease, region="Südwest")
            one_sorter.sort_pending(self.house)
            filing.file_due(self.house, box, lease)
        except (TryLater, Refused) as exc:
            return exc.code
        finally:
            with self.house.db.write() as tx:
                leases.release(tx, lease, now=self.house.clock())
        return ""

    def look(self, box: ExchangePostbox) -> None:
        with self.house.db.write() as tx:
            lease = leases.take(
                tx, f"postbox:{box.name}", owner="w", now=self.house.clock(), seconds=60
            )
        assert lease is not None
        try:
            reconcile.reconcile(self.house, box, lease)
        finally:
            with self.house.db.write() as tx:
                leases.release(tx, lease, now=self.house.clock())


@pytest.fixture
def world(sqlite_url, monkeypatch) -> Iterator[World]:
    clock = Clock()
    monkeypatch.setattr(
        login_gate.time, "monotonic", lambda: 10_000 + (clock.now - NOW).total_seconds()
    )
    house = open_house(sqlite_url, clock=clock)
    with ExchangeServer({"dienst": "geheim"}) as server:
        yield World(house, clock, server, LoginGate())
    house.db.close()
    assert server.violations == []


@pytest.mark.parametrize("when", ["busy", "busy_after"])
def test_told_to_wait_at_any_call_nothing_is_lost_doubled_or_asked_too_soon(world, when):
    other, others = world.postbox("other")
    for point in itertools.count():
        box, mailbox = world.filled_postbox(f"box-{point}")
        fault = Fault(when, skip=point, back_off_ms=BACK_OFF_SECONDS * 1000)
        mailbox.faults.append(fault)
        told = world.pass_over(box)
        if fault.times:
            break
        assert told == "postbox.busy", point
        if point == 3:
            others.deliver(MAILS[0])
            assert world.pass_over(other) == "", "other postboxes go on"
        world.clock.forward(seconds=BACK_OFF_SECONDS - 1)
        assert world.pass_over(box) == "postbox.busy", point
        assert mailbox.too_soon == [], point
        world.clock.forward(seconds=2)
        assert world.pass_over(box) == "", point
        check(world, box, mailbox, point)
        box.close()
    box.close()
    assert point >= 7, "the walk went through the whole pass"
    assert len(others.lying_in(others.folder("435 Kassel/AU"))) == 1
    other.close()


def check(world: World, box: ExchangePostbox, mailbox: Mailbox, point: int) -> None:
    lying = {item.folder.name: item.mime for item in mailbox.items.values()}
    assert len(mailbox.items) == len(MAILS), point
    assert lying == {path.split("/")[1]: mail for path, mail in TARGETS.items()}, point
    with world.house.db.read() as tx:
        for folder in (*TARGETS, "INBOX"):
            here = {seen.uid for seen in sightings.live(tx, box.name, folder=folder)}
            assert here == set(box.view(folder).uids), (point, folder)


def test_a_server_that_has_enough_after_each_few_mails_gives_all_in_the_end(world, monkeypatch):
    """With a batch of the house as large as two requests, no pass would ever fill one."""
    monkeypatch.setattr(exchange_fetch, "_BATCH_MAILS", 2)
    house = replace(world.house, policy=replace(world.house.policy, batch_mails=4))
    box, mailbox = world.postbox("enough")
    for number in range(6):
        mailbox.deliver(eml("Krankmeldung", str(number)))
    for turn in range(3):
        mailbox.faults[:] = [Fault("busy", "GetItem", skip=1, times=99, back_off_ms=1000)]
        world.clock.forward(seconds=2)
        assert World(house, world.clock, world.server, world.gate).pass_over(box) == (
            "postbox.busy" if turn < 2 else ""
        )
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == 6
    box.close()
