"""Any bytes at the door, cut anywhere: no 250 without a commit, no hang, no bug in the log."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.smtp.door import SmtpDoor
from tests.ingest.test_ingest_smtp_door import EZ, PLAN, SC, Shelf

ANSWER_SECONDS = 10
"""Nothing that a client says may take longer to answer here."""

LINES = st.sampled_from(
    [
        b"EHLO client.example\r\n", b"LHLO client.example\r\n", b"HELO x\r\n", b"EHLO\r\n",
        b"MAIL FROM:<a@kunde.example>\r\n", b"MAIL FROM:<>\r\n", b"MAIL FROM:<a\r\n",
        b"MAIL FROM:<a@kunde.example> SIZE=99999999999\r\n", b"MAIL FROM:<\xff@x> SMTPUTF8\r\n",
        b"MAIL FROM:<a@kunde.example> BODY=8BITMIME SMTPUTF8\r\n",
        f"RCPT TO:<{SC}>\r\n".encode(), f"RCPT TO:<{EZ}>\r\n".encode(),
        b"RCPT TO:<niemand@x.example>\r\n", b"RCPT TO:<\xc3\xbc@x>\r\n", b"RCPT TO:\r\n",
        b"DATA\r\n", b"DATA x\r\n", b"RSET\r\n", b"NOOP\r\n", b"VRFY a\r\n", b"HELP\r\n",
        b"STARTTLS\r\n", b"AUTH PLAIN AGEAYQ==\r\n", b"BDAT 5 LAST\r\nhallo", b"EXPN x\r\n",
        b"Subject: Termin\r\n\r\nGuten Tag\r\n", b".\r\n", b"..\r\n", b".\n", b"\n.\n", b"\r.\r",
        b"\r\n.\r", b"\n.\r\n", b"\r\n.\n", b"\0", b"\xff\xfe\r\n", b"x" * 5000, b"\r\n",
    ]
)  # fmt: skip
TRANSACTION = [
    b"MAIL FROM:<a@kunde.example>\r\n", f"RCPT TO:<{SC}>\r\n".encode(), b"DATA\r\n",
    b"Subject: Termin\r\n\r\nGuten Tag\r\n", b".\r\n",
]  # fmt: skip
"""A whole one, so that deliveries happen; what hypothesis adds and leaves out breaks it."""

SPEECH = st.lists(
    st.one_of(LINES, LINES, st.just(b"".join(TRANSACTION)), st.binary(max_size=40)), max_size=14
).map(b"".join)


@pytest.fixture(scope="module", params=["smtp", "lmtp"])
def fuzzed(request) -> Iterator[tuple[SmtpDoor, Shelf]]:
    shelf = Shelf()
    door = SmtpDoor(replace(PLAN, protocol=request.param, size_limit_bytes=20_000), shelf)
    door.open()
    yield door, shelf
    door.close()


def said(door: SmtpDoor, speech: bytes, cuts: list[int]) -> bytes:
    """Everything that the door answers to the speech in pieces, until it hangs up."""
    heard: list[bytes] = []
    with socket.create_connection(("127.0.0.1", door.port), ANSWER_SECONDS) as line:
        line.settimeout(ANSWER_SECONDS)

        def listen() -> None:
            with suppress(ConnectionError):
                while part := line.recv(65_536):
                    heard.append(part)

        listener = threading.Thread(target=listen)
        listener.start()
        borders = [0, *sorted({cut % (len(speech) + 1) for cut in cuts}), len(speech)]
        with suppress(OSError):
            for start, end in pairwise(borders):
                line.sendall(speech[start:end])
            line.shutdown(socket.SHUT_WR)
        listener.join(ANSWER_SECONDS)
        assert not listener.is_alive(), "the door hangs"
    return b"".join(heard)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(speech=SPEECH, cuts=st.lists(st.integers(0, 10_000), max_size=6))
@example(speech=b"EHLO x\r\n" + b"".join(TRANSACTION) * 3 + b"QUIT\r\n", cuts=[9, 60, 130])
@example(speech=b"LHLO x\r\n" + b"".join(TRANSACTION) * 3 + b"QUIT\r\n", cuts=[9, 60, 130])
@example(speech=b"LHLO x\r\n" + b"".join(TRANSACTION)[:-3], cuts=[])
def test_no_250_without_a_commit_no_hang_and_no_bug(fuzzed, caplog, speech, cuts):
    door, shelf = fuzzed
    before = len(shelf.kept)
    with caplog.at_level(logging.WARNING), structlog.testing.capture_logs() as events:
        answers = said(door, speech, cuts)
    promised = answers.count(b"250 2.0.0 kept")
    assert promised <= len(shelf.kept) - before, "each 250 is a commit"
    assert [event for event in events if event["log_level"] == "error"] == []
    assert [record.getMessage() for record in caplog.records] == []
    assert b"Traceback" not in answers
    assert b"Error: (" not in answers, "the text of an exception"
    for line in answers.split(b"\r\n")[:-1]:
        assert line[:3].isdigit(), "whole answers"
