"""The door for mail servers, spoken to by real clients and by raw sockets."""

import gc
import shutil
import smtplib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Self

import pytest

from ingest.smtp import talk as smtp_talk
from ingest.smtp.door import DoorPlan, SmtpDoor
from rules.errors import Refused, TryLater
from rules.postbox import Delivered
from tests.servers.dovecot import make_certificate
from tests.waiting import until

SC, EZ = "sc-ost@arbeitsagentur.example", "kassel@arbeitsagentur.example"
MAIL = b"Subject: Termin\r\n\r\nGuten Tag\r\n"
SMTP_SOURCE = shutil.which("smtp-source", path="/usr/sbin:/usr/bin") or "smtp-source"


@dataclass
class Shelf:
    """Keeps in memory; fails, waits or breaks as the test says."""

    kept: list[Delivered] = field(default_factory=list)
    fails_for: dict[str, Exception] = field(default_factory=dict)
    hold: threading.Event | None = None
    begun: threading.Event = field(default_factory=threading.Event)

    def __call__(self, delivered: Sequence[Delivered]) -> None:
        self.begun.set()
        if self.hold is not None:
            assert self.hold.wait(20)
        for one in delivered:
            if one.recipient in self.fails_for:
                raise self.fails_for[one.recipient]
        self.kept += delivered


PLAN = DoorPlan(
    protocol="smtp",
    host="127.0.0.1",
    port=0,
    known=lambda address: address.lower() in {SC, EZ},
    allowed_clients=(ip_network("127.0.0.0/8"),),
    size_limit_bytes=3_000_000,
)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def opened(shelf: Shelf) -> Iterator[Callable[..., SmtpDoor]]:
    doors: list[SmtpDoor] = []

    def make(**changes: object) -> SmtpDoor:
        door = SmtpDoor(replace(PLAN, **changes), shelf)
        door.open()
        doors.append(door)
        return door

    yield make
    if shelf.hold:
        shelf.hold.set()
    for door in doors:
        door.close()


class Line:
    """A raw connection: says bytes, reads whole answers."""

    def __init__(self, door: SmtpDoor, hello: bytes = b"EHLO client.example") -> None:
        self.sock = socket.create_connection(("127.0.0.1", door.port), 10)
        self.file = self.sock.makefile("rb")
        self.greeting = self.answer()
        self.extensions = self.say(hello) if hello else ""

    def answer(self) -> str:
        lines = [self.file.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self.file.readline())
        return b"".join(lines).decode()

    def say(self, words: bytes) -> str:
        self.sock.sendall(words + b"\r\n")
        return self.answer()

    def begin(self, *recipients: str) -> None:
        assert self.say(b"MAIL FROM:<a@kunde.example>").startswith("250")
        for recipient in recipients or (SC,):
            assert self.say(f"RCPT TO:<{recipient}>".encode()).startswith("250")
        assert self.say(b"DATA").startswith("354")

    def close(self) -> None:
        self.file.close()
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def test_what_is_kept_is_what_was_sent_byte_for_byte(opened, shelf):
    body = b"Subject: \xfc\r\n\r\n..two dots\r\n.\rbare\nends\x00" + b"x" * 200_000 + b"\r\n"
    with smtplib.SMTP("127.0.0.1", opened().port) as client:
        client.ehlo()
        client.mail("a@kunde.example")
        client.rcpt(SC)
        client.docmd("DATA")
        client.send(body.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        assert client.getreply()[0] == 250
    assert shelf.kept == [Delivered("a@kunde.example", SC, body)]


def test_a_bounce_has_an_empty_sender(opened, shelf):
    with Line(opened()) as line:
        assert line.say(b"MAIL FROM:<>").startswith("250")
        line.say(f"RCPT TO:<{SC}>".encode())
        line.say(b"DATA")
        assert line.say(MAIL + b".").startswith("250")
    assert shelf.kept[0].sender == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (b"RCPT TO:<jemand@anderswo.example>", "550"),
        (b"RCPT TO:<sc-\xff@arbeitsagentur.example>", "553"),
        (b"RCPT TO:<SC-Ost@arbeitsagentur.example>", "250"),
        (b"VRFY sc-ost", "252"),
        (b"BDAT 4 LAST", "500"),
        (b"AUTH PLAIN AGEAYg==", "5"),
        (b"STARTTLS", "454"),
        (b"DATA", "503"),
    ],
)
def test_each_command_gets_its_code_and_the_session_goes_on(opened, words, code):
    with Line(opened()) as line:
        line.say(b"MAIL FROM:<a@kunde.example>")
        assert line.say(words).startswith(code)
        assert line.say(b"NOOP").startswith("250"), "the session goes on"


def test_senders_with_umlauts_may_write_and_bytes_that_are_no_text_may_not(opened, shelf):
    with Line(opened()) as line:
        assert "SMTPUTF8" in line.extensions
        assert "AUTH" not in line.extensions
        for unusable in (b"\xff", b"a\x07b", b"a" * 310):
            assert line.say(b"MAIL FROM:<%s@kunde.example>" % unusable).startswith("553")
        assert line.say("MAIL FROM:<jörg@kunde.example> SMTPUTF8".encode()).startswith("250")
        line.say(f"RCPT TO:<{SC}>".encode())
        line.say(b"DATA")
        assert line.say(MAIL + b".").startswith("250")
    assert shelf.kept[0].sender == "jörg@kunde.example"


def test_too_large_is_refused_at_once_where_the_size_is_told_and_else_after_the_data(opened, shelf):
    with Line(opened(size_limit_bytes=1000)) as line:
        assert line.say(b"MAIL FROM:<a@kunde.example> SIZE=1001").startswith("552")
        line.begin()
        assert line.say(MAIL + b"x" * 1001 + b"\r\n.").startswith("552")
        line.begin()
        assert line.say(MAIL + b".").startswith("250")
    assert len(shelf.kept) == 1


@pytest.mark.parametrize(
    "error",
    [
        TryLater("store.away", "db.example does not answer"),
        Refused("store.statement", "for good"),
        RuntimeError("db down: user=secret"),
    ],
)
@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_any_trouble_of_ours_is_a_451_that_tells_nothing(opened, shelf, error, protocol):
    shelf.fails_for = {SC: error}
    with Line(opened(protocol=protocol), hello=greeting(protocol)) as line:
        line.begin()
        assert line.say(MAIL + b".") == "451 4.3.0 not kept, try again later\r\n"
        shelf.fails_for = {}
        line.begin()
        assert line.say(MAIL + b".").startswith("250"), "the session goes on"


def greeting(protocol: str) -> bytes:
    return b"LHLO client.example" if protocol == "lmtp" else b"EHLO client.example"


def test_without_a_thread_to_keep_in_it_is_a_451_and_the_next_delivery_is_kept(
    opened, shelf, monkeypatch
):
    class Poor(ThreadPoolExecutor):
        """Starts its thread at the second asking, as beside a limit of processes."""

        has_refused = False

        def submit(self, *args, **kwargs):
            if not self.has_refused:
                self.has_refused = True
                raise RuntimeError("can't start new thread")
            return super().submit(*args, **kwargs)

    monkeypatch.setattr("ingest.smtp.door.ThreadPoolExecutor", Poor)
    with Line(opened()) as line:
        for code in ("451", "250"):
            line.begin()
            assert line.say(b"Subject: x\r\n\r\nx\r\n.").startswith(code)
    assert len(shelf.kept) == 1


def test_a_bug_at_the_recipient_is_a_451_too(shelf):
    def breaks(address: str) -> bool:
        raise RuntimeError(f"a bug: {address}")

    door = SmtpDoor(replace(PLAN, known=breaks), shelf)
    door.open()
    with Line(door) as line:
        line.say(b"MAIL FROM:<a@kunde.example>")
        assert line.say(f"RCPT TO:<{SC}>".encode()).startswith("451 4.3.0 not kept")
        again = line.say(b"MAIL FROM:<b@kunde.example>")
        assert again.startswith("250"), "the next mail may come on the same line"
    door.close()


def test_smtp_says_250_only_if_all_recipients_have_it(opened, shelf):
    shelf.fails_for = {EZ: TryLater("store.away", "x")}
    with Line(opened()) as line:
        line.begin(SC, EZ)
        assert line.say(MAIL + b".").startswith("451")
    assert [one.recipient for one in shelf.kept] == [SC]


def test_lmtp_answers_once_for_each_recipient_in_their_order(opened, shelf):
    shelf.fails_for = {EZ: TryLater("store.away", "x")}
    with Line(opened(protocol="lmtp"), hello=b"LHLO client.example") as line:
        line.begin(SC, EZ, SC.upper())
        codes = [line.say(MAIL + b".")[:3], line.answer()[:3], line.answer()[:3]]
        assert codes == ["250", "451", "250"]
        # A line too many would be taken for the answer to the next mail.
        assert line.say(b"NOOP") == "250 OK\r\n", "exactly three lines, the next is for NOOP"


@pytest.mark.parametrize(
    "body", [b"x" * 4_000_000 + b"\r\n.", (b"x" * 900 + b"\r\n") * 4000 + b"."]
)
def test_lmtp_refuses_too_large_data_once_for_each_recipient(opened, body):
    with Line(opened(protocol="lmtp"), hello=b"LHLO client.example") as line:
        line.begin(SC, EZ)
        first, second = line.say(body), line.answer()
        assert first == second
        assert first.startswith("5")
        assert line.say(b"NOOP").startswith("250")


def test_lmtp_is_no_smtp(opened):
    with Line(opened(protocol="lmtp"), hello=b"") as line:
        assert line.say(b"EHLO client.example").startswith("500")
        assert line.say(b"HELO client.example").startswith("500")
        assert line.say(b"LHLO client.example").startswith("250")


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r\n.\r",
        b"\r\n\0.\r\n",
        b"\r.\n",
        b"\n\n.\r\n",
    ],
)
def test_nobody_smuggles_a_second_mail(opened, shelf, end):
    hidden = b"MAIL FROM:<boss@arbeitsagentur.example>\r\nRCPT TO:<%s>\r\nDATA\r\n" % SC.encode()
    with Line(opened()) as line:
        line.begin()
        assert line.say(MAIL + b"text" + end + hidden + MAIL + b".").startswith("250")
        assert line.say(b"QUIT").startswith("221")
    assert [one.sender for one in shelf.kept] == ["a@kunde.example"]
    assert b"boss@" in shelf.kept[0].data


def test_a_pipelined_session_in_one_packet_is_answered_in_order(opened, shelf):
    words = b"MAIL FROM:<a@kunde.example>\r\nRCPT TO:<%s>\r\nDATA\r\n%s.\r\nQUIT" % (
        SC.encode(),
        MAIL,
    )
    with Line(opened()) as line:
        codes = [line.say(words)[:3], *(line.answer()[:3] for _ in range(4))]
    assert codes == ["250", "250", "354", "250", "221"]
    assert len(shelf.kept) == 1


def test_a_cut_before_the_end_keeps_nothing(opened, shelf):
    door = opened()
    with Line(door) as line:
        line.begin()
        line.sock.sendall(MAIL)
    with Line(door) as line:
        assert line.say(b"NOOP").startswith("250")
    assert shelf.kept == []


def test_a_client_that_goes_away_does_not_stop_the_commit(opened, shelf):
    shelf.hold = threading.Event()
    with Line(opened()) as line:
        line.begin(SC, EZ)
        line.sock.sendall(MAIL + b".\r\n")
        assert shelf.begun.wait(10)
    shelf.hold.set()
    until(lambda: len(shelf.kept) >= 2)
    assert {one.recipient for one in shelf.kept} == {SC, EZ}


def test_one_slow_commit_holds_up_nobody_else(opened, shelf):
    shelf.hold = threading.Event()
    door = opened()
    with Line(door) as slow, Line(door) as other:
        slow.begin()
        slow.sock.sendall(MAIL + b".\r\n")
        assert shelf.begun.wait(10)
        other.begin()
        assert shelf.kept == []
        shelf.hold.set()
        assert slow.answer().startswith("250")
        assert other.say(MAIL + b".").startswith("250")


def test_closing_answers_the_commit_under_way_and_sends_the_others_away(opened, shelf):
    shelf.hold = threading.Event()
    door = opened()
    with Line(door) as busy, Line(door) as idle:
        busy.begin()
        busy.sock.sendall(MAIL + b".\r\n")
        assert shelf.begun.wait(10)
        closing = threading.Thread(target=door.close)
        closing.start()
        assert idle.answer().startswith("421 4.3.2")
        assert idle.file.readline() == b""
        shelf.hold.set()
        assert busy.answer().startswith("250")
        assert busy.answer().startswith("421")
        closing.join(10)
    assert not door.is_open
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", door.port), 5)


def test_a_closed_door_opens_again(opened, shelf):
    door = opened()
    door.open()
    door.close()
    door.close()
    door.open()
    with Line(door) as line:
        line.begin()
        assert line.say(MAIL + b".").startswith("250")


def test_more_connections_than_allowed_are_told_to_come_later(opened):
    door = opened(max_connections=1)
    with Line(door), socket.create_connection(("127.0.0.1", door.port), 5) as second:
        assert second.recv(100).startswith(b"421 4.3.2")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.create_connection(("127.0.0.1", door.port), 5) as third:
            if third.recv(100).startswith(b"220"):
                return
    pytest.fail("the place was never free again")


def test_a_client_that_is_not_listed_is_turned_away(opened):
    door = opened(allowed_clients=(ip_network("192.0.2.0/24"),))
    with socket.create_connection(("127.0.0.1", door.port), 5) as client:
        assert client.recv(100).startswith(b"554 5.7.1")
        assert client.recv(100) == b""


def test_what_a_client_says_that_is_turned_away_is_not_heard(opened, caplog):
    door = opened(allowed_clients=(ip_network("192.0.2.0/24"),))
    with socket.create_connection(("127.0.0.1", door.port), 5) as client:
        client.sendall(b"EHLO client.example\r\nMAIL FROM:<a@kunde.example>\r\n")
        assert client.recv(100).startswith(b"554 5.7.1")
    door.close()
    assert caplog.text == ""


def test_a_silent_client_and_an_endless_session_are_ended(opened):
    with Line(opened(command_seconds=0.2)) as silent:
        assert silent.file.readline() == b""
    with Line(opened(session_seconds=0.2)) as endless:
        assert endless.answer().startswith("421 4.4.2")
        assert endless.file.readline() == b""


def test_a_client_that_never_reads_its_answers_loses_its_place(opened, monkeypatch):
    monkeypatch.setattr(smtp_talk, "LAST_WORDS_SECONDS", 0.1)
    door = opened(command_seconds=0.3)
    with Line(door) as deaf:
        [talk] = door._sessions
        narrow = talk.transport.get_extra_info("socket")
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        deaf.sock.sendall(b"RCPT TO:<a>\r\n" * 8_000)
        until(lambda: not door._sessions)


def test_who_sends_thousands_of_commands_at_once_is_served_by_turns_with_the_others(opened):
    asked: list[str] = []
    begun = threading.Event()

    def known(address: str) -> bool:
        asked.append(address)
        begun.set()
        return False

    door = opened(known=known)
    with Line(door) as hasty:
        hasty.say(b"MAIL FROM:<a@kunde.example>")
        hasty.sock.settimeout(None)
        threading.Thread(
            target=hasty.sock.sendall, args=(b"RCPT TO:<x>\r\n" * 15_000,), daemon=True
        ).start()
        assert begun.wait(10)
        before = len(asked)
        with Line(door) as other:
            assert other.greeting.startswith("220")
            assert len(asked) - before < 2_000


def test_too_many_recipients_and_too_many_odd_commands(opened):
    with Line(opened()) as line:
        line.say(b"MAIL FROM:<a@kunde.example>")
        answers = [line.say(f"RCPT TO:<{SC}>".encode())[:3] for _ in range(101)]
        assert answers == ["250"] * 100 + ["452"]
        odd = [line.say(b"VRFY x")[:3] for _ in range(21)]
        assert odd == ["252"] * 20 + ["421"]


def test_with_a_certificate_nothing_goes_without_tls(opened, shelf, tmp_path):
    make_certificate(tmp_path)
    door = opened(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    with Line(door) as line:
        assert line.say(b"MAIL FROM:<a@kunde.example>").startswith("530")
    with smtplib.SMTP("localhost", door.port) as client:
        client.starttls(context=ssl.create_default_context(cafile=tmp_path / "cert.pem"))
        assert client.sendmail("a@kunde.example", [SC], MAIL) == {}
        assert not client.has_extn("auth")
    assert shelf.kept[0].data == MAIL


def test_a_client_behind_tls_is_counted_once(opened, tmp_path):
    make_certificate(tmp_path)
    door = opened(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem", max_connections=1)
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    with smtplib.SMTP("localhost", door.port) as client:
        client.starttls(context=context)
        assert client.sendmail("a@kunde.example", [SC], MAIL) == {}


def test_what_was_said_before_tls_is_forgotten(opened, tmp_path):
    make_certificate(tmp_path)
    door = opened(certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem")
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    with Line(door) as line:
        line.sock.sendall(b"STARTTLS\r\nMAIL FROM:<boss@arbeitsagentur.example>\r\n")
        assert line.answer().startswith("220")
        with context.wrap_socket(line.sock, server_hostname="localhost") as tls:
            tls.sendall(b"EHLO client.example\r\nRCPT TO:<%s>\r\n" % SC.encode())
            heard = b""
            while b"\r\n503" not in heard:
                heard += tls.recv(4096)


def test_a_port_that_is_taken_and_a_bad_certificate_are_named(opened, shelf, tmp_path):
    taken = opened()
    second = SmtpDoor(replace(PLAN, port=taken.port), shelf)
    with pytest.raises(Refused) as caught:
        second.open()
    assert caught.value.code == "door.port"
    assert not second.is_open
    second.close()
    third = SmtpDoor(replace(PLAN, certificate=tmp_path / "no.pem", key=tmp_path / "no"), shelf)
    with pytest.raises(Refused) as caught:
        third.open()
    assert caught.value.code == "door.certificate"


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_swaks_delivers(opened, shelf, protocol):
    door = opened(protocol=protocol)
    swaks = ["swaks", "--protocol", "LMTP" if protocol == "lmtp" else "ESMTP"]
    told = subprocess.run(
        [*swaks, "--server", f"127.0.0.1:{door.port}", "--from", "a@kunde.example", "--to", SC],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert [one.recipient for one in shelf.kept] == [SC]


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_smtp_source_delivers_from_many_connections_at_once(opened, shelf, protocol):
    door = opened(protocol=protocol)
    # -d keeps connections, -s sessions at once, -m mails, -l bytes of a mail
    words = ["-d", "-s", "8", "-m", "200", "-l", "5000", "-f", "a@kunde.example", "-t", SC]
    lmtp = ["-L"] if protocol == "lmtp" else []
    told = subprocess.run(
        [SMTP_SOURCE, *lmtp, *words, f"inet:127.0.0.1:{door.port}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.returncode == 0, told.stderr
    assert len(shelf.kept) == 200


def test_no_address_and_no_text_comes_into_the_log(opened, shelf, capfd, caplog):
    shelf.fails_for = {SC: RuntimeError("db down: user=secret")}
    with Line(opened()) as line:
        line.begin()
        line.say(MAIL + b".")
    told = caplog.text + "".join(capfd.readouterr())
    assert "kunde.example" not in told
    assert "secret" not in told


def test_nor_where_the_client_went_away_before_it_could_be_told(opened, shelf, capfd, caplog):
    shelf.hold = threading.Event()
    shelf.fails_for = {SC: RuntimeError("db down: user=secret")}
    door = opened(max_connections=1)
    with Line(door) as line:
        line.begin()
        line.sock.sendall(MAIL + b".\r\n")
        assert shelf.begun.wait(10)
    until(lambda: is_admitted(door))  # so the first has gone
    shelf.hold.set()
    door.close()
    gc.collect()  # asyncio tells of an error that nobody asked for when its future goes
    assert "secret" not in caplog.text + "".join(capfd.readouterr())


def is_admitted(door: SmtpDoor) -> bool:
    with Line(door, hello=b"") as line:
        return line.greeting.startswith("220")


def test_the_test_programs_are_there():
    assert Path(SMTP_SOURCE).exists()
