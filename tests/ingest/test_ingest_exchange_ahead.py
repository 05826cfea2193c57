"""While the house keeps some mails the next are under way; nobody notices but the clock."""

import threading
import time

import pytest

from ingest import exchange_fetch
from ingest.exchange import EPOCH
from ingest.exchange_xml import mime_of
from rules.errors import TryLater
from rules.postbox import Fetched
from tests.ingest.conftest import ExchangeCase
from tests.servers.exchange import Fault
from tests.servers.exchange_xml import of_message, of_type


def mail(number: int) -> bytes:
    return b"Message-ID: <%d@post.example>\r\n\r\nNummer %d\r\n" % (number, number)


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
    until = time.monotonic() + 30
    while asked(case) < before + 2:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert case.box.view("INBOX") == view, "between two mails the postbox serves other calls"
    rest = [one.data for one in found if isinstance(one, Fetched)]
    assert [first.data, *rest] == MAILS
    assert asked(case) == before + 3
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
    case.server.faults.append(Fault("busy", "GetItem", skip=1, back_off_ms=1))
    found = case.box.fetch("INBOX", EPOCH, view.uids)
    assert [next(found).data for _ in range(3)] == MAILS[:3]
    with pytest.raises(TryLater) as caught:
        next(found)
    assert caught.value.code == "postbox.busy"
    assert ahead() == []


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
