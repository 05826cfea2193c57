"""Killed at any point between two steps, started again: every mail once, in its place.

A crash is a BaseException that no station catches, raised before or after the n-th call of the
postbox or the n-th commit. Killing the process for real is in tests/journey.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.ledger import LedgerState
from store.counts import ledger_counts
from store.mails import originals
from store.places import sightings
from store.processes import leases
from tests import one_sorter
from tests.conftest import empty
from tests.house_fixture import Clock, eml, open_house
from tests.servers.dovecot import DovecotServer
from tests.servers.exchange import ExchangeServer
from tests.triage.mortal import Countdown, Crash, MortalBox, MortalDatabase
from tests.triage.renumbering import Renumbering
from triage import receive, reconcile
from triage.filing import filing
from triage.house import House
from triage.ports import Postbox

MAILS = tuple(
    mail.replace(b"\n", b"\r\n")
    for mail in (
        eml("Krankmeldung 1"),
        eml("Neues Konto", to="Hanau@arbeitsagentur.de"),
        eml("Krankmeldung 1"),
        eml("Abwesend", Auto_Submitted="auto-replied"),
    )
)
"""A byte-identical pair, one of another agency, one machine mail; all with one Message-ID.

With the line ends that every server gives back as they came.
"""


ACCOUNTS = tuple(f"postfach{number}" for number in range(250))
_accounts = iter(ACCOUNTS)


def one_pass(house: House, box, owner: str) -> None:
    """What a worker does in a round, with a lease of its own run."""
    with house.db.write() as tx:
        lease = leases.take(tx, "postbox:SC-Südwest", owner=owner, now=house.clock(), seconds=60)
    if lease is None:
        return
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    filing.file_due(house, box, lease)


def settle(house: House, box: Postbox, clock: Clock) -> None:
    """Fresh workers until nothing moves; each waits for lease and grace of the one before."""
    for turn in range(4):
        clock.forward(seconds=200)
        one_pass(house, box, f"after-{turn}")


def look(house: House, box: Postbox, clock: Clock) -> None:
    """Where folders have new numbers, only a look at all of them tells what lies where."""
    clock.forward(seconds=200)
    with house.db.write() as tx:
        lease = leases.take(tx, "postbox:SC-Südwest", owner="look", now=house.clock(), seconds=60)
    assert lease is not None
    reconcile.reconcile(house, box, lease)


def check(house: House, box: Postbox) -> None:
    folders = {
        folder: sorted(
            originals.fingerprint(mail.data) for mail in box.fetch(folder, view.epoch, view.uids)
        )
        for folder in box.folders()
        for view in [box.view(folder)]
    }
    found = sorted(itertools.chain.from_iterable(folders.values()))
    assert found == sorted(originals.fingerprint(mail) for mail in MAILS), "once on the server"
    assert folders["INBOX"] == []
    assert len(folders["435 Kassel/AU"]) == 2
    assert len(folders["431 Hanau/Bankverbindung"]) == 1
    assert len(folders["Maschinell"]) == 1
    with house.db.read() as tx:
        counts = ledger_counts.counts(tx)
        assert counts[LedgerState.SORTED] == 3, "once in the database"
        assert counts[LedgerState.ASIDE] == 1
        assert sum(counts.values()) == 4
        for folder in box.folders():
            here = {seen.uid for seen in sightings.live(tx, box.name, folder=folder)}
            assert here == set(box.view(folder).uids), "database place = server place"


@pytest.fixture
def fresh_postgresql(postgresql_url) -> Callable[[int], str]:
    def on_postgresql(_point: int) -> str:
        empty(postgresql_url)
        return postgresql_url

    return on_postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request) -> Callable[[int], str]:
    """An empty database for each point of the matrix."""
    return request.getfixturevalue(f"fresh_{request.param}")


@pytest.fixture
def fresh_maildir(tmp_path) -> Callable[[int], Postbox]:
    """An empty postbox for each point of the matrix."""

    def on_disk(point: int) -> Postbox:
        root = tmp_path / f"box-{point}"
        create_tree(root)
        return MaildirPostbox("SC-Südwest", root, size_limit_bytes=1_000_000)

    return on_disk


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeServer]:
    with ExchangeServer({"dienst": "geheim"}) as server:
        yield server
    assert server.violations == []


@pytest.fixture
def fresh_exchange(exchange) -> Iterator[Callable[[int], Postbox]]:
    boxes: list[Postbox] = []

    def on_server(point: int) -> Postbox:
        address = f"box-{point}-{len(exchange.mailboxes)}@dienst.example"
        exchange.add_mailbox(address, readers={"dienst"})
        account = ExchangeAccount(
            exchange.url, address, "dienst", "geheim", auth="basic", ca_file=exchange.ca_file
        )
        boxes.append(ExchangePostbox("SC-Südwest", account, size_limit_bytes=1_000_000))
        return boxes[-1]

    yield on_server
    for box in boxes:
        box.close()


@pytest.fixture(scope="module")
def dovecot() -> Iterator[DovecotServer]:
    with DovecotServer(users=ACCOUNTS) as server:
        yield server


@pytest.fixture
def fresh_dovecot(dovecot) -> Iterator[Callable[[int], Postbox]]:
    boxes: list[Postbox] = []

    def on_server(_point: int) -> Postbox:
        account = ImapAccount(
            "localhost", dovecot.imaps_port, next(_accounts), dovecot.password,
            ca_file=dovecot.ca_file,
        )  # fmt: skip
        boxes.append(ImapPostbox("SC-Südwest", account, size_limit_bytes=1_000_000))
        return boxes[-1]

    yield on_server
    for box in boxes:
        box.close()


def walk(
    fresh_url,
    fresh_box: Callable[[int], Postbox],
    *,
    what: str,
    when: str,
    meanwhile: Callable[[Postbox], None] = lambda _box: None,
) -> None:
    """Kill the first worker at each point in turn; others finish what he began."""
    points = 0
    while True:
        clock = Clock()
        house = open_house(fresh_url(points), clock=clock)
        inner = fresh_box(points)
        for mail in MAILS:
            inner.append("INBOX", mail)
        count = Countdown(points)
        idle = Countdown(10**9)
        pair = {
            "before": count if when == "before" else idle,
            "after": count if when == "after" else idle,
        }
        victim = MortalBox(inner, **pair) if what == "postbox" else inner
        doomed = replace(house, db=MortalDatabase(house.db, **pair)) if what == "commit" else house
        with suppress(Crash):
            one_pass(doomed, victim, "first")
        meanwhile(inner)
        settle(house, inner, clock)
        look(house, inner, clock)
        check(house, inner)
        house.db.close()
        if not count.dead:
            break
        points += 1
    assert points >= 5, "the matrix walked through the whole pass"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["postbox", "commit"])
def test_every_crash_point_ends_with_each_mail_once(fresh_maildir, fresh_url, what, when):
    walk(fresh_url, fresh_maildir, what=what, when=when)


@pytest.mark.parametrize(
    ("engine", "what", "when"),
    [
        ("fresh_sqlite", "postbox", "before"),
        ("fresh_sqlite", "postbox", "after"),
        ("fresh_sqlite", "commit", "before"),
        ("fresh_sqlite", "commit", "after"),
        ("fresh_postgresql", "postbox", "after"),
        ("fresh_postgresql", "commit", "before"),
    ],
)
def test_the_same_where_the_server_numbers_all_folders_anew_meanwhile(
    fresh_maildir, request, engine, what, when
):
    walk(
        request.getfixturevalue(engine),
        lambda point: Renumbering(fresh_maildir(point)),
        what=what,
        when=when,
        meanwhile=lambda box: box.number_anew(*box.folders()),
    )


def given_twice(box: Renumbering) -> None:
    for folder in box.folders():
        box.set_back(folder, 1)


@pytest.mark.parametrize(("what", "when"), [("postbox", "after"), ("commit", "before")])
def test_the_same_where_the_server_gives_all_numbers_twice(fresh_maildir, fresh_sqlite, what, when):
    walk(
        fresh_sqlite,
        lambda point: Renumbering(fresh_maildir(point)),
        what=what,
        when=when,
        meanwhile=given_twice,
    )


@pytest.mark.parametrize(("what", "when"), [("postbox", "after"), ("commit", "before")])
def test_every_crash_point_on_exchange_ends_as_on_a_maildir(
    fresh_exchange, fresh_sqlite, what, when
):
    """What was done and not heard of, and what was heard of and not written: the other two walks
    and PostgreSQL would show no other state of an Exchange mailbox, and cost a minute."""
    walk(fresh_sqlite, fresh_exchange, what=what, when=when)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["postbox", "commit"])
def test_every_crash_point_on_a_real_dovecot_ends_as_on_a_maildir(
    fresh_dovecot, fresh_url, what, when
):
    walk(fresh_url, fresh_dovecot, what=what, when=when)
