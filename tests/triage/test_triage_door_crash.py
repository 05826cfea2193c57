"""The door is killed at every point of a delivery, and its sender repeats as a mail server does.

The door is a process of its own and is ended by SIGKILL. What counts is content: each mail once in
the ledger for each recipient, and no 250 that was not kept.
"""

import hashlib
import signal
import socket
from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from store.database.engine import Database
from store.mails import originals
from store.tables.ledger import message
from tests.house_fixture import eml
from tests.servers.victims import Victim, Victims
from tests.waiting import until

KASSEL, FULDA = "kassel@arbeitsagentur.example", "fulda@arbeitsagentur.example"
MAIL = eml("Termin", "x" * 5000).replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def victims(tmp_path_factory) -> Iterator[Victims]:
    with Victims(tmp_path_factory.mktemp("victims")) as victims:
        yield victims


class Sender:
    """A mail server with one mail for some recipients: repeats what got no 250."""

    def __init__(self, protocol: str) -> None:
        self.protocol, self.owed = protocol, [KASSEL, FULDA]

    def deliver(self, port: int, *, until: str = "", most: int = 2) -> None:
        """One session for at most that many recipients.

        `until` "data" ends in the middle of it, "dot" before the answer.
        """
        with socket.create_connection(("127.0.0.1", port), 10) as line, line.makefile("rb") as file:
            try:
                self._talk(line, file, until, self.owed[:most])
            except (ConnectionError, EOFError):
                return

    def _talk(self, line: socket.socket, file, until: str, asked: list[str]) -> None:
        def say(words: str) -> bytes:
            line.sendall(words.encode() + b"\r\n")
            return answer(file)

        answer(file)
        say("LHLO mta.example" if self.protocol == "lmtp" else "EHLO mta.example")
        say("MAIL FROM:<a@kunde.example>")
        for recipient in asked:
            assert say(f"RCPT TO:<{recipient}>").startswith(b"250")
        assert say("DATA").startswith(b"354")
        if until == "data":
            line.sendall(MAIL[:2000])
            return
        line.sendall(MAIL + b".\r\n")
        if until == "dot":
            return
        for recipient in asked if self.protocol == "lmtp" else [None]:
            if answer(file).startswith(b"250"):
                taken = asked if recipient is None else [recipient]
                self.owed = [one for one in self.owed if one not in taken]


def answer(file) -> bytes:
    """The last line of the next answer."""
    while True:
        said = file.readline()
        if not said:
            raise EOFError
        if said[3:4] != b"-":
            return said


def kept(url: str) -> Counter[str]:
    """How often each recipient's mail is in the ledger, by its bytes."""
    db = Database.open(url)
    try:
        with db.read() as tx:
            rows = tx.run(sa.select(message.c.postbox, message.c.sha256)).all()
            assert all(originals.read(tx, row.sha256) == MAIL for row in rows)
    finally:
        db.close()
    assert {row.sha256 for row in rows} <= {hashlib.sha256(MAIL).hexdigest()}
    return Counter(row.postbox for row in rows)


def repeat_until_taken(sender: Sender, victims: Victims, url: str) -> None:
    door = victims.start("door", url, sender.protocol, "never", 0)
    sender.deliver(int(door.line()))
    assert sender.owed == []
    door.signal(signal.SIGKILL)
    door.wait_for("", "Z")


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_around_a_commit_each_recipient_has_the_mail_once(
    url, victims, protocol, where, number
):
    """Both recipients in one commit, or the first before, and the door dies at the second."""
    sender = Sender(protocol)
    door: Victim = victims.start("door", url, protocol, where, number)
    for _ in range(number):
        sender.deliver(int(door.line()), most=2 // number)
    door.wait_for("", "Z")
    assert sender.owed, "it died before it could answer for both"
    taken = {KASSEL, FULDA} - set(sender.owed)
    assert taken <= kept(url).keys(), "no 250 without a commit"
    repeat_until_taken(sender, victims, url)
    assert kept(url) == {KASSEL: 1, FULDA: 1}


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_killed_in_the_middle_of_the_data_nothing_is_kept(url, victims, protocol):
    sender = Sender(protocol)
    door = victims.start("door", url, protocol, "never", 0)
    sender.deliver(int(door.line()), until="data")
    door.signal(signal.SIGKILL)
    door.wait_for("", "Z")
    assert kept(url) == {}
    repeat_until_taken(sender, victims, url)
    assert kept(url) == {KASSEL: 1, FULDA: 1}


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_a_sender_that_goes_away_after_the_dot_repeats_and_doubles_nothing(url, victims, protocol):
    sender = Sender(protocol)
    door = victims.start("door", url, protocol, "never", 0)
    sender.deliver(int(door.line()), until="dot")
    until(lambda: kept(url).total() >= 2, told=lambda: "the commit ends although nobody waits")
    sender.deliver(int(door.line()))
    assert sender.owed == []
    assert kept(url) == {KASSEL: 1, FULDA: 1}


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_killed_right_after_250_the_mail_is_there(url, victims, protocol):
    sender = Sender(protocol)
    door = victims.start("door", url, protocol, "never", 0)
    sender.deliver(int(door.line()))
    door.signal(signal.SIGKILL)
    assert sender.owed == []
    assert kept(url) == {KASSEL: 1, FULDA: 1}
