"""A bell rings within a second of new mail, is harmless when it breaks, and is never the truth."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ingest import login_gate
from ingest.exchange import stream
from ingest.exchange.bell import ExchangeBell
from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.stream import _first
from ingest.exchange.wire import ExchangeAccount
from ingest.imap.bell import ImapBell
from ingest.imap.session import ImapAccount
from ingest.login_gate import LoginGate
from rules.errors import HouseError, Refused, TryLater
from rules.postbox import Place
from tests.ingest.conftest import ExchangeCase, ImapCase
from tests.servers import exchange_events
from tests.servers.dovecot import make_certificate
from tests.servers.exchange import Fault
from tests.servers.exchange_events import Events
from tests.servers.exchange_xml import envelope, of_message
from tests.servers.scripted_imap import ScriptedImap
from tests.waiting import until
from triage.ports import Bell

MAIL = b"Message-ID: <1@post.example>\r\nSubject: Umzug\r\n\r\nNeu\r\n"


class Listener:
    """A thread that listens; counts the rings and remembers how it ended."""

    def __init__(self, bell: Bell) -> None:
        self.bell = bell
        self.rings = threading.Semaphore(0)
        self.error: HouseError | None = None
        self.thread = threading.Thread(target=self._listen)

    def _listen(self) -> None:
        try:
            self.bell.listen(self.rings.release)
        except HouseError as exc:
            self.error = exc

    def rang(self, seconds: float = 20) -> bool:
        return self.rings.acquire(timeout=seconds)

    def ended(self) -> HouseError | None:
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.error


@contextmanager
def listening(bell: Bell) -> Iterator[Listener]:
    """From the first ring on, which says that it listens."""
    one = Listener(bell)
    one.thread.start()
    try:
        assert one.rang()
        yield one
    finally:
        bell.hush()
        one.thread.join(20)
    assert not one.thread.is_alive()


@pytest.fixture(params=["exchange", "imap"])
def case(request: pytest.FixtureRequest) -> ExchangeCase | ImapCase:
    found: ExchangeCase | ImapCase = request.getfixturevalue(f"{request.param}_case")
    return found


def bell_of(case: ExchangeCase | ImapCase, **changes: object) -> Bell:
    gate = changes.pop("gate", LoginGate())
    account = replace(case.account, **changes)
    kind = ExchangeBell if isinstance(case.account, ExchangeAccount) else ImapBell
    return kind("nord", account, gate=gate)


def mail_comes(case: ExchangeCase | ImapCase) -> None:
    if isinstance(case.account, ExchangeAccount):
        case.deliver(MAIL)
    else:
        case.server.deliver(case.user, MAIL)


def test_it_rings_within_a_second_of_new_mail_and_ends_when_hushed(case):
    case.box.view("INBOX")
    with listening(bell_of(case)) as one:
        for _ in range(2):
            mail_comes(case)
            assert one.rang(10)
    if isinstance(case.account, ExchangeAccount):
        assert not case.server.events.subscriptions


def test_one_that_was_hushed_before_does_not_listen(case):
    bell = bell_of(case)
    bell.hush()
    one = Listener(bell)
    one.thread.start()
    assert one.ended() is None
    assert not one.rings.acquire(blocking=False)


def test_nothing_rings_for_what_the_house_moves(exchange_case):
    exchange_case.box.ensure_folder("Ablage")
    exchange_case.deliver(MAIL)
    view = exchange_case.box.view("INBOX")
    with listening(bell_of(exchange_case)) as one:
        moved = tuple(Place(view.folder, view.epoch, uid) for uid in view.uids)
        assert len(exchange_case.box.move_many(moved, "Ablage")) == 1
        exchange_case.deliver(MAIL)
        assert one.rang()
        assert not one.rings.acquire(blocking=False)


def test_a_restarted_server_ends_it_with_a_reason_to_try_later(exchange_case):
    with listening(bell_of(exchange_case)) as one:
        exchange_case.server.restart()
        assert isinstance(one.ended(), TryLater)
    with listening(bell_of(exchange_case)):
        pass


def test_a_line_cut_in_the_middle_of_a_stream_is_noticed(exchange_case):
    with listening(bell_of(exchange_case)) as one:
        exchange_case.mailbox.faults.append(Fault("drop_after", "GetStreamingEvents"))
        exchange_case.deliver(MAIL)
        assert one.ended().code == "postbox.away"


def test_a_fault_of_one_mailbox_is_left_alone_by_streams_of_others(exchange_case, monkeypatch):
    # No sign of life, which would take the fault as well, comes in between on a slow machine.
    monkeypatch.setattr(exchange_case.server.events, "beat_seconds", 600)
    other = ExchangeCase(exchange_case.server, f"anderes-{exchange_case.address}")
    fault = Fault("drop_after", "GetStreamingEvents")
    with listening(bell_of(other)) as untouched, listening(bell_of(exchange_case)) as one:
        exchange_case.mailbox.faults.append(fault)
        other.deliver(MAIL)
        assert untouched.rang()
        assert fault.times == 1
        exchange_case.deliver(MAIL)
        assert one.ended().code == "postbox.away"
        assert untouched.thread.is_alive()
    other.box.close()


def test_a_fourth_hanging_connection_is_a_busy_server(exchange_case, monkeypatch):
    monkeypatch.setattr(exchange_case.server, "events", Events(hanging_limit=1))
    with listening(bell_of(exchange_case)):
        other = Listener(bell_of(exchange_case))
        other.thread.start()
        assert other.ended().code == "postbox.busy"


def test_a_subscription_that_the_server_forgot_is_no_dead_end(exchange_case, monkeypatch):
    class Forgetful(Events):
        def begin(self, request) -> list[str]:
            self.subscriptions.clear()
            return super().begin(request)

    monkeypatch.setattr(exchange_case.server, "events", Forgetful())
    with pytest.raises(HouseError) as caught:
        bell_of(exchange_case).listen(lambda: None)
    assert isinstance(caught.value, TryLater), "the next subscription is as good"


def told(*inside: object, code: str = "NoError") -> bytes:
    return envelope(exchange_events._message(*inside, code=code))


ALIVE = told(of_message("ConnectionStatus", "OK"))


def slowly(*pieces: bytes) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("pieces", "rings"),
    [
        ((), 0),
        ((ALIVE,), 1),
        ((ALIVE, ALIVE[:200]), 1),
        ((ALIVE, b"<html>away</html>"), 1),
        ((ALIVE, told(code="ErrorMissedNotificationEvents")), 1),
        ((ALIVE, told(code="ErrorSubscriptionNotFound")), 1),
        ((ALIVE, *[b" "] * 30), 1),
    ],
    ids=["nothing", "no end", "half", "html", "missed", "forgotten", "bytes that say nothing"],
)
def test_a_stream_that_dies_is_noticed_and_leaves_nothing_behind(
    exchange_case, monkeypatch, pieces, rings
):
    monkeypatch.setattr(stream, "SILENCE_SECONDS", 0.5)
    server = exchange_case.server
    monkeypatch.setattr(server, "stream", lambda _request: slowly(*pieces))
    with server.lock:
        lines = set(server.lines)
    threads = threading.active_count() - len(lines)
    rung: list[int] = []
    # An error that somebody keeps holds its frames, and with them the pool of lines.
    kept: list[TryLater] = []
    for _ in range(2):
        with pytest.raises(TryLater) as caught:
            bell_of(exchange_case).listen(lambda: rung.append(1))
        kept.append(caught.value)
    assert len(rung) == 2 * rings
    until(lambda: server.lines <= lines)
    until(lambda: threading.active_count() - len(server.lines) <= threads)
    assert not server.events.subscriptions


def test_a_stream_that_says_nothing_any_more_is_given_up(exchange_case, monkeypatch):
    monkeypatch.setattr(stream, "SILENCE_SECONDS", 0.2)
    ends = threading.Event()

    def silent(_request: bytes) -> Iterator[bytes]:
        yield ALIVE
        ends.wait(20)

    monkeypatch.setattr(exchange_case.server, "stream", silent)
    rung: list[int] = []
    with pytest.raises(TryLater) as caught:
        bell_of(exchange_case).listen(lambda: rung.append(1))
    ends.set()
    assert (caught.value.code, rung) == ("postbox.away", [1])


def test_the_bell_and_the_postbox_try_a_wrong_password_once_together(case):
    gate, account = LoginGate(), replace(case.account, password="falsch")
    if isinstance(case.account, ExchangeAccount):
        case.server.logins.clear()
        box = ExchangePostbox("nord", account, gate=gate)
        with pytest.raises(Refused):
            box.folders()
    with pytest.raises(Refused) as caught:
        bell_of(case, password="falsch", gate=gate).listen(lambda: None)
    assert caught.value.code == "postbox.login_refused"
    if isinstance(case.account, ExchangeAccount):
        assert case.server.logins == [False]


def test_five_postboxes_of_one_account_try_a_wrong_password_once(exchange_case):
    exchange_case.server.logins.clear()
    gate, account = LoginGate(), replace(exchange_case.account, password="falsch")
    boxes = [ExchangePostbox(f"box-{n}", account, gate=gate) for n in range(5)]
    codes: list[str] = []

    def look(box: ExchangePostbox) -> None:
        try:
            box.folders()
        except HouseError as exc:
            codes.append(exc.code)

    threads = [threading.Thread(target=look, args=(box,)) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert codes == ["postbox.login_refused"] * 5
    assert exchange_case.server.logins == [False]


def test_who_waits_too_long_for_another_login_comes_back_later(monkeypatch):
    monkeypatch.setattr(login_gate, "_TURN_SECONDS", 0.01)
    gate, entered, goes_on = LoginGate(), threading.Event(), threading.Event()

    def slow() -> None:
        with gate.passing():
            entered.set()
            goes_on.wait(20)

    thread = threading.Thread(target=slow)
    thread.start()
    assert entered.wait(20)
    with pytest.raises(TryLater) as caught, gate.passing():
        raise AssertionError("nobody passes")
    goes_on.set()
    thread.join(20)
    assert caught.value.code == "postbox.away"
    with gate.passing():
        pass


def test_a_server_without_idle_is_polled(tmp_path):
    make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with ScriptedImap({}, context) as server:
        account = ImapAccount("localhost", server.port, "nord", "x", ca_file=tmp_path / "cert.pem")
        bell = ImapBell("nord", account, gate=LoginGate())
        with pytest.raises(Refused) as caught:
            bell.listen(lambda: None)
    assert caught.value.code == "postbox.no_idle"


@pytest.mark.parametrize(
    ("text", "length"),
    [
        (b"<s:Envelope>1", None),
        (b"<s:Envelope xmlns:s='x'>1</s:Envelope>", 38),
        (b"<Envelope>1</Envelope><Envelope>", 22),
        (b"", None),
    ],
)
def test_an_envelope_ends_with_its_end_tag(text, length):
    found = _first(text)
    assert (None if found is None else len(found)) == length
