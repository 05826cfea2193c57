"""While the house keeps some mails the next are under way; nobody notices but the clock."""

import threading

import pytest

from ingest.exchange import fetch as exchange_fetch
from ingest.exchange.ahead import AHEAD_BATCHES, AHEAD_BYTES, Ahead
from ingest.exchange.postbox import EPOCH
from ingest.exchange.service import Unread
from ingest.exchange.xml import mime_of
from rules.errors import TryLater
from rules.postbox import Fetched
from tests.ingest.conftest import ExchangeCase
from tests.servers.exchange import Fault
from tests.servers.exchange_xml import SoapFault, envelope, fault_xml, of_message, of_type
from tests.waiting import until


def mail(number: int) -> bytes:
    return b"Message-ID: <%d@post.example>\r\n\r\nNummer %d\r\n" % (number, number)


LONG = 4096
MAILS = [mail(number) for number in range(9)]


@pytest.fixture
def case(exchange_case: ExchangeCase, monkeypatch) -> ExchangeCase:
    monkeypatch.setattr(exchange_fetch, "_BATCH_MAILS", 3)
    exchange_case.deliver(*MAILS)
    return exchange_case


def asked(case: ExchangeCase) -> int:
    return case.server.calls.count("GetItem")


def ahead() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("ahead:")]


def test_the_next_batch_is_asked_for_while_one_is_worked_on(case):
    view = case.box.view("INBOX")
    before = asked(case)
    found = case.box.fetch("INBOX", EPOCH, view.uids)
    first = next(found)
    until(lambda: asked(case) >= before + 2)
    assert case.box.view("INBOX") == view, "between two mails the postbox serves other calls"
    rest = [one.data for one in found if isinstance(one, Fetched)]
    assert [first.data, *rest] == MAILS
    assert asked(case) == before + 3
    assert ahead() == []


def test_replies_are_read_by_who_wants_the_mail_not_by_who_asks_for_the_next(case, monkeypatch):
    readers: list[threading.Thread] = []
    real = Unread.read

    def read(self):
        if len(self.reply.content) > LONG:  # a short one may be a fault
            readers.append(threading.current_thread())
        return real(self)

    monkeypatch.setattr(Unread, "read", read)
    case.deliver(*(mail(number) + b"x" * LONG for number in range(9, 15)))
    view = case.box.view("INBOX")
    assert sum(1 for _ in case.box.fetch("INBOX", EPOCH, view.uids)) == 15
    assert readers == [threading.current_thread()] * 2


class Line:
    """A server that answers with the batch itself; `failing` batches fail."""

    def __init__(self, *, failing: frozenset[int] = frozenset()) -> None:
        self.failing = failing
        self.asked: list[int] = []
        self.noticed = threading.Condition()

    def ask(self, batch: int) -> int:
        with self.noticed:
            self.asked.append(batch)
            self.noticed.notify_all()
        if batch in self.failing:
            raise TryLater("postbox.busy", "later")
        return batch

    def wait_for(self, number: int) -> None:
        with self.noticed:
            assert self.noticed.wait_for(lambda: len(self.asked) >= number, timeout=30)


@pytest.mark.parametrize(
    ("sizes", "ahead_of_the_first"),
    [
        ([1000] * 12, AHEAD_BATCHES - 1),
        ([AHEAD_BYTES // 2] * 12, 1),
        ([AHEAD_BYTES * 4] * 3, 0),
        ([1000, AHEAD_BYTES * 4, 1000], 0),
    ],
)
def test_as_much_is_ahead_as_a_commit_takes_and_no_more(sizes, ahead_of_the_first):
    line = Line()
    coming = Ahead("b", line.ask, sizes.__getitem__).each(range(len(sizes)))
    first = next(coming)
    line.wait_for(1 + ahead_of_the_first)
    assert (first, len(line.asked)) == ((0, 0), 1 + ahead_of_the_first)
    assert list(coming) == [(number, number) for number in range(1, len(sizes))]
    assert line.asked == list(range(len(sizes)))


def test_behind_what_failed_nothing_more_is_asked_for():
    line = Line(failing=frozenset({2}))
    coming = Ahead("b", line.ask, lambda _: 1).each(range(9))
    assert [next(coming), next(coming)] == [(0, 0), (1, 1)]
    with pytest.raises(TryLater):
        next(coming)
    assert line.asked == [0, 1, 2]
    assert ahead() == []


def test_who_stops_in_the_middle_leaves_nothing_behind(case):
    view = case.box.view("INBOX")
    found = case.box.fetch("INBOX", EPOCH, view.uids)
    next(found)
    found.close()
    assert ahead() == []
    case.box.close()
    assert case.box.view("INBOX") == view


def test_what_fails_ahead_is_told_when_its_turn_comes(case):
    view = case.box.view("INBOX")
    case.mailbox.faults.append(Fault("busy", "GetItem", skip=1, back_off_ms=1))
    found = case.box.fetch("INBOX", EPOCH, view.uids)
    assert [next(found).data for _ in range(3)] == MAILS[:3]
    with pytest.raises(TryLater) as caught:
        next(found)
    assert caught.value.code == "postbox.busy"
    assert ahead() == []


def test_a_long_reply_that_is_a_fault_keeps_the_postbox_quiet_as_a_short_one_does(case):
    busy = SoapFault("ErrorServerBusy", {"BackOffMilliseconds": 30_000})
    told = envelope(fault_xml(busy)).replace(b"</", b" " * LONG + b"</", 1)
    assert failed(case, told) == "postbox.busy"
    case.server.calls.clear()
    with pytest.raises(TryLater, match="named a wait of 30"):
        case.box.folders()
    assert case.server.calls == []


def test_after_a_long_reply_that_is_no_ews_the_line_is_made_anew(case):
    assert failed(case, b"<html>" + b"x" * LONG + b"</html>") == "postbox.answer_unclear"
    with case.server.lock:
        before = set(case.server.lines)
    assert [one.data for one in case.box.fetch("INBOX", EPOCH, uids_of(case))] == MAILS
    with case.server.lock:
        assert case.server.lines - before


def failed(case: ExchangeCase, page: bytes) -> str:
    """The code with which reading ends where the second reply is that page."""
    uids = uids_of(case)
    case.mailbox.faults.append(Fault("http", "GetItem", skip=1, status=200, page=page))
    found = case.box.fetch("INBOX", EPOCH, uids)
    assert [next(found).data for _ in range(3)] == MAILS[:3]
    with pytest.raises(TryLater) as caught:
        next(found)
    return caught.value.code


def uids_of(case: ExchangeCase) -> tuple[str, ...]:
    return case.box.view("INBOX").uids


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("TWFpbA==", b"Mail"),
        ("TWF\r\n  pbA==\n", b"Mail"),
        ("", b""),
        ("TWFpbA=", None),
        ("TWF*bA==", None),
        ("TWFpbÄ==", None),
    ],
)
def test_mime_is_taken_in_one_line_or_many_and_never_half(text, data):
    answer = of_message("Message", of_message("Items", of_type("Message")))
    answer.find("*/*").append(of_type("MimeContent", text))
    found = mime_of(answer)
    assert (isinstance(found, Exception), None if data is None else found[1]) == (
        data is None,
        data,
    )
