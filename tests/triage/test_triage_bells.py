"""New mail wakes a worker at once; a bell that is away changes nothing but the waiting."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ingest.exchange.bell import ExchangeBell
from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from ingest.login_gate import LoginGate
from rules.backoff import BackoffRule
from rules.errors import HouseError, Refused, TryLater
from tests.house_fixture import eml, open_house
from tests.servers.exchange import ExchangeServer, Fault
from tests.triage.way import Eakte, Post, rows
from tests.waiting import until
from triage import log, send
from triage.house import House
from triage.postboxes import bells
from triage.postboxes.bells import Ringer
from triage.postboxes.round import PostboxJob
from triage.settings import check
from triage.wiring import postboxes
from triage.worker import Worker

FOREVER = 3600.0
"""A worker that only polls would not look again in this test."""


@pytest.fixture
def house(sqlite_url) -> Iterator[House]:
    """On one engine: a bell knows nothing of the database."""
    house = open_house(sqlite_url)
    yield house
    house.db.close()


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeServer]:
    with ExchangeServer({"dienst": "geheim"}) as server:
        yield server
    assert server.violations == []


def job_of(server: ExchangeServer, address: str) -> PostboxJob:
    server.add_mailbox(address, readers={"dienst"})
    account = ExchangeAccount(
        server.url, address, "dienst", "geheim", auth="basic", ca_file=server.ca_file
    )
    gate = LoginGate()
    return PostboxJob(
        name="SC-Südwest",
        region="Südwest",
        open=lambda: ExchangePostbox("SC-Südwest", account, gate=gate),
        files=False,
        open_bell=lambda: ExchangeBell("SC-Südwest", account, gate=gate),
    )


def test_a_mail_is_kept_long_before_the_next_poll_also_after_a_restart(
    house, exchange, monkeypatch
):
    monkeypatch.setattr(bells, "LOOK_SECONDS", 0.02)
    job = job_of(exchange, "sc-suedwest@dienst.example")
    mailbox = exchange.mailboxes["sc-suedwest@dienst.example"]
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=FOREVER)
    worker.start()
    try:
        until(lambda: bool(exchange.events.subscriptions))
        with exchange.lock:
            mailbox.deliver(eml("Krankmeldung 1"))
        until(lambda: rows(house) == 1)
        exchange.restart()
        until(lambda: bool(exchange.events.subscriptions))
        with exchange.lock:
            mailbox.deliver(eml("Krankmeldung 2"))
        until(lambda: rows(house) == 2)
    finally:
        began = time.monotonic()
        worker.stop()
    assert time.monotonic() - began < 10, "nobody waits for a poll or a bell"
    until(lambda: not exchange.events.subscriptions)


def test_the_worker_goes_on_polling_where_nobody_may_listen(house, exchange):
    job = job_of(exchange, "sc-nord@dienst.example")
    mailbox = exchange.mailboxes["sc-nord@dienst.example"]
    fault = Fault("http", "Subscribe", times=10**6)
    mailbox.faults.append(fault)
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=0.05)
    worker.start()
    try:
        until(lambda: fault.times < 10**6)
        with exchange.lock:
            mailbox.deliver(eml("Krankmeldung"))
        until(lambda: rows(house) == 1)
    finally:
        worker.stop()
        mailbox.faults.clear()


class Tolled:
    """A bell that does what a test says."""

    def __init__(self, listen: Callable[[Callable[[], None]], None]) -> None:
        self.listen = listen
        self.hushed = threading.Event()

    def hush(self) -> None:
        self.hushed.set()


def quick(bell: Tolled, **changes) -> Ringer:
    values = {
        "ring": lambda: None,
        "may_listen": lambda: True,
        "rule": BackoffRule(first_seconds=0.01, cap_seconds=0.01, max_tries=10**9),
    }
    return Ringer("nord", lambda: bell, **(values | changes))


def test_nobody_listens_while_the_postbox_does_not_do_well(monkeypatch):
    monkeypatch.setattr(bells, "LOOK_SECONDS", 0.01)
    asked = threading.Semaphore(0)
    opened: list[int] = []

    def may_listen() -> bool:
        asked.release()
        return False

    ringer = quick(Tolled(opened.append), may_listen=may_listen)
    ringer.start()
    for _ in range(3):
        assert asked.acquire(timeout=20)
    ringer.stop()
    assert opened == []


def test_a_row_of_failures_is_told_once_and_the_bell_is_tried_again(monkeypatch, capsys):
    monkeypatch.setattr(bells, "LOOK_SECONDS", 0.01)
    log.configure(json_lines=True)
    tries = threading.Semaphore(0)

    def away(_ring) -> None:
        tries.release()
        raise TryLater("postbox.away", "gone")

    ringer = quick(Tolled(away))
    ringer.start()
    for _ in range(4):
        assert tries.acquire(timeout=20)
    ringer.stop()
    assert capsys.readouterr().err.count('"postbox.not_listening"') == 1


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (TryLater("postbox.away", "x"), 2.0),
        (TryLater("postbox.busy", "x", back_off_seconds=30.0), 30.0),
        (TryLater("postbox.busy", "x", back_off_seconds=1e6), 21_600.0),
        (Refused("postbox.no_idle", "x"), 900.0),
    ],
)
def test_the_wait_is_what_the_server_named_and_long_where_trying_changes_nothing(
    error: HouseError, seconds: float, monkeypatch
):
    monkeypatch.setattr(bells.random, "random", lambda: 0.5)

    def fails(_ring) -> None:
        raise error

    assert quick(Tolled(fails), rule=bells.AGAIN)._listen_once() == seconds


def test_a_server_that_ends_each_stream_at_once_in_order_is_asked_more_and_more_seldom(monkeypatch):
    monkeypatch.setattr(bells.random, "random", lambda: 0.5)
    ringer = quick(Tolled(lambda _ring: None), rule=bells.AGAIN)
    assert [ringer._listen_once() for _ in range(4)] == [2.0, 4.0, 8.0, 16.0]
    monkeypatch.setattr(bells, "STEADY_SECONDS", -1.0)
    assert ringer._listen_once() == 0.0, "after half an hour the next begins at once"


def test_stop_hushes_the_bell_that_listens(monkeypatch):
    monkeypatch.setattr(bells, "LOOK_SECONDS", 0.01)
    listens = threading.Event()
    bell = Tolled(lambda _ring: listens.set())
    bell.listen = lambda _ring: (listens.set(), bell.hushed.wait(20))
    ringer = quick(bell)
    ringer.start()
    assert listens.wait(20)
    ringer.stop()
    assert bell.hushed.is_set()


IMAP = {
    "kind": "imap",
    "name": "SC-Ost",
    "region": "Ost",
    "host": "imap.dienst.example",
    "user": "dienst",
    "password_env": "POSTLOTSE_IMAP",
}
EXCHANGE = {
    "kind": "exchange",
    "region": "Nord",
    "endpoint": "https://mail.dienst.example/EWS/Exchange.asmx",
    "user": r"DIENST\postlotse",
    "password_env": "POSTLOTSE_EXCHANGE",
}


def test_a_bell_hangs_where_it_is_switched_on_and_one_login_has_one_gate(monkeypatch, tmp_path):
    monkeypatch.setenv("POSTLOTSE_IMAP", "geheim")
    monkeypatch.setenv("POSTLOTSE_EXCHANGE", "geheim")
    boxes = [
        IMAP,
        IMAP | {"name": "b", "user": "zweiter", "wake": "poll"},
        EXCHANGE | {"name": "c", "mailbox": "c@dienst.example"},
        EXCHANGE | {"name": "d", "mailbox": "d@dienst.example"},
        EXCHANGE | {"name": "e", "mailbox": "e@dienst.example", "user": "other"},
        {"kind": "maildir", "name": "f", "region": "Ost", "root": str(tmp_path)},
    ]
    jobs = postboxes.postbox_jobs(check({"postboxes": boxes}, base=tmp_path))
    assert [job.open_bell is not None for job in jobs] == [True, False, True, True, True, False]
    gates = [id(gate_of(job.open())) for job in jobs[:5]]
    assert gates[2] == gates[3]
    assert len(set(gates)) == 4
    for job in (jobs[0], jobs[2]):
        assert job.open_bell()._gate is gate_of(job.open())


def gate_of(box):
    """Exchange has it at its line."""
    return (box._line if isinstance(box, ExchangePostbox) else box)._gate


def test_the_wires_lead_to_an_exchange_with_a_ticket_and_no_password(tmp_path):
    ticket = {k: v for k, v in EXCHANGE.items() if k not in {"user", "password_env"}}
    ticket |= {"name": "c", "mailbox": "c@dienst.example", "auth": "kerberos"}
    (box,) = check({"postboxes": [ticket]}, base=tmp_path).postboxes
    account = postboxes.exchange_account(box)
    assert (account.auth, account.user, account.password) == ("kerberos", "", "")
