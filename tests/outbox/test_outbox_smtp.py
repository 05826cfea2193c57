import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from outbox.smtp import SmtpAccount, SmtpOutlet
from rules.errors import HouseError, Refused, TryLater
from tests.servers.smtp_sink import SmtpSink, smtp_sink

MAIL = b"Subject: x\r\n\r\nGr=C3=BC=C3=9Fe\r\n.Punkt\r\n..\r\n"
FROM = "eingang@agentur.example"
TO = "jana@kundin.example"


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSink]:
    with smtp_sink(tmp_path_factory.mktemp("sink"), mode="starttls") as running:
        yield running


def account(sink: SmtpSink) -> SmtpAccount:
    return SmtpAccount(sink.host, sink.port, ca_file=sink.ca_file, timeout_seconds=5)


def test_a_mail_arrives_byte_for_byte_over_starttls(sink: SmtpSink) -> None:
    answer = SmtpOutlet(account(sink)).send(FROM, TO, MAIL)
    taken = sink.taken.pop()
    assert (taken.envelope_from, taken.recipient, taken.over_tls) == (FROM, TO, True)
    assert taken.data == MAIL
    assert answer == "250 2.0.0 queued as 1"


@pytest.mark.parametrize(
    ("recipient", "error", "code"),
    [
        ("550@kundin.example", Refused, "smtp.refused"),
        ("554@kundin.example", Refused, "smtp.refused"),
        ("451@kundin.example", TryLater, "smtp.later"),
        ("452@kundin.example", TryLater, "smtp.later"),
        ("hangup@kundin.example", TryLater, "smtp.away"),
    ],
)
def test_the_servers_answer_decides_between_never_and_later(
    sink: SmtpSink, recipient: str, error: type[HouseError], code: str
) -> None:
    with pytest.raises(error) as caught:
        SmtpOutlet(account(sink)).send(FROM, recipient, MAIL)
    assert caught.value.code == code
    assert "kundin" not in caught.value.message


def test_who_takes_too_long_before_the_data_gets_none(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, ticks = len(sink.taken), iter((0.0, 5.1))
    monkeypatch.setattr("outbox.smtp.monotonic", lambda: next(ticks))
    with pytest.raises(TryLater) as caught:
        SmtpOutlet(account(sink)).send(FROM, TO, MAIL)
    assert caught.value.code == "smtp.away"
    assert len(sink.taken) == before


def test_the_status_is_kept_without_the_servers_words(sink: SmtpSink) -> None:
    with pytest.raises(Refused) as caught:
        SmtpOutlet(account(sink)).send(FROM, "550@kundin.example", MAIL)
    assert caught.value.details == {"status": "550 5.1.1"}


def test_implicit_tls_works_too(tmp_path: Path) -> None:
    with smtp_sink(tmp_path, mode="implicit") as running:
        SmtpOutlet(replace(account(running), tls="implicit")).send(FROM, TO, MAIL)
        assert [taken.over_tls for taken in running.taken] == [True]


def test_a_server_without_tls_gets_nothing(tmp_path: Path) -> None:
    with smtp_sink(tmp_path, mode="plain") as running:
        with pytest.raises(TryLater) as caught:
            SmtpOutlet(account(running)).send(FROM, TO, MAIL)
        assert caught.value.code == "smtp.tls"
        assert running.taken == []


def test_a_certificate_nobody_vouches_for_is_no_tls(sink: SmtpSink) -> None:
    before = len(sink.taken)
    with pytest.raises(TryLater) as caught:
        SmtpOutlet(replace(account(sink), ca_file=None)).send(FROM, TO, MAIL)
    assert caught.value.code == "smtp.tls"
    assert len(sink.taken) == before


def test_a_plain_line_is_for_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        SmtpOutlet(SmtpAccount("mail.agentur.example", 25, tls="none-loopback-only"))
    assert caught.value.code == "smtp.tls_required"
    SmtpOutlet(SmtpAccount("mail.agentur.example", 25))
    with smtp_sink(tmp_path, mode="plain") as running:
        plain = replace(account(running), tls="none-loopback-only")
        assert SmtpOutlet(plain).send(FROM, TO, MAIL).startswith("250 ")


def test_a_wrong_or_missing_login_is_never_the_mails_fault(tmp_path: Path) -> None:
    with smtp_sink(tmp_path, mode="starttls", password="richtig") as running:
        known = replace(account(running), user="postlotse", password="richtig")
        assert SmtpOutlet(known).send(FROM, TO, MAIL).startswith("250 ")
        SmtpOutlet(known).probe()
        with pytest.raises(TryLater) as probed:
            SmtpOutlet(replace(known, password="falsch")).probe()
        assert probed.value.code == "smtp.login"
        for wrong in (replace(known, password="falsch"), account(running)):
            with pytest.raises(TryLater) as caught:
                SmtpOutlet(wrong).send(FROM, TO, MAIL)
            assert caught.value.code == "smtp.login"


def test_the_password_is_not_in_the_repr() -> None:
    assert "geheim" not in repr(SmtpAccount("127.0.0.1", 25, password="geheim"))


def test_nobody_there_means_later() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(TryLater) as caught:
        SmtpOutlet(SmtpAccount("127.0.0.1", port, timeout_seconds=1)).send(FROM, TO, MAIL)
    assert caught.value.code == "smtp.away"


@pytest.mark.parametrize(
    ("greeting", "code"),
    [(b"554 5.3.2 closed today\r\n", "smtp.greeting"), (b"", "smtp.away")],
)
def test_a_server_that_turns_away_or_says_nothing_means_later(greeting: bytes, code: str) -> None:
    with scripted(greeting) as port, pytest.raises(TryLater) as caught:
        SmtpOutlet(SmtpAccount("127.0.0.1", port, timeout_seconds=0.3)).send(FROM, TO, MAIL)
    assert caught.value.code == code


class scripted:  # noqa: N801 - reads as a verb in `with`
    """A server that says one line to one caller, then waits until the test is over."""

    def __init__(self, greeting: bytes) -> None:
        self.greeting = greeting
        self.over = threading.Event()

    def __enter__(self) -> int:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        caller, _ = self.listener.accept()
        with caller:
            caller.sendall(self.greeting)
            self.over.wait(5)

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.listener.close()
