"""Who sends mail, and who works in the postbox by hand meanwhile: threads beside our workers."""

import imaplib
import smtplib
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from random import Random

from ingest.imap.move import move_one, remove_one
from ingest.imap.session import ImapSession, connect
from rules.errors import HouseError
from tests.stress import stress_mails
from tests.stress.stress_office import BOXES, Office
from tests.stress.stress_truth import INBOX, Act, Sent, Truth, Way, token_of

LOST = (OSError, smtplib.SMTPException, imaplib.IMAP4.error, HouseError)
"""Whatever a client meets while servers are killed."""

DOOR_TIMEOUT_SECONDS = 8.0


@dataclass(slots=True)
class Pace:
    """Spreads `count` deeds over `seconds`; `over` ends all threads early."""

    count: int
    seconds: float
    over: threading.Event

    def beats(self, random: Random):
        """One beat a deed, at random moments around the mean."""
        begin = time.monotonic()
        for number in range(self.count):
            due = begin + self.seconds * (number + random.random()) / max(self.count, 1)
            if self.over.wait(max(0.0, due - time.monotonic())):
                return
            yield number


@dataclass(slots=True)
class DoorSender:
    """A mail server in front of our door: repeats each delivery until it hears 250."""

    office: Office
    truth: Truth
    random: Random
    waiting: deque[tuple[Sent, bytes, str]] = field(default_factory=deque)
    tries: int = 0
    lost_answers: int = 0

    def run(self, pace: Pace) -> None:
        """Send at that pace, then until the queue is empty."""
        for number in pace.beats(self.random):
            self._new(f"d{number:06d}")
            # Two, so that what waited through an outage is caught up with.
            if self._one_try() and self.waiting:
                self._one_try()
        until = time.monotonic() + 300
        while self.waiting and time.monotonic() < until:
            if not self._one_try():
                time.sleep(0.2)

    def _new(self, token: str) -> None:
        box = self.random.choice(list(BOXES))
        mailbox, agency = self.random.choice(stress_mails.AGENCIES[box])
        data, _ = stress_mails.mail(token, self.random, mailbox=mailbox)
        recipient = f"{mailbox.lower()}@arbeitsagentur.example"
        sent = self.truth.add(token, data, way=Way.DOOR, box=recipient, agency=agency)
        self.waiting.append((sent, data, recipient))

    def _one_try(self) -> bool:
        sent, data, recipient = self.waiting.popleft()
        self.tries += 1
        sent.doubtful = 1
        try:
            self._deliver(data, recipient)
        except LOST:
            self.waiting.append((sent, data, recipient))
            return False
        sent.accepted, sent.doubtful = 1, 0
        return True

    def _deliver(self, data: bytes, recipient: str) -> None:
        with smtplib.LMTP("127.0.0.1", self.office.door_port, timeout=DOOR_TIMEOUT_SECONDS) as lmtp:
            lmtp.ehlo_or_helo_if_needed()
            if self.random.random() < 0.05:
                self.lost_answers += 1
                self._go_away_after_the_dot(lmtp, data, recipient)
            lmtp.sendmail("a@kunde.example", [recipient], data)

    def _go_away_after_the_dot(self, lmtp: smtplib.LMTP, data: bytes, recipient: str) -> None:
        """As a line that breaks while the answer is under way: delivered perhaps, and repeated."""
        lmtp.mail("a@kunde.example")
        lmtp.rcpt(recipient)
        lmtp.putcmd("data")
        lmtp.getreply()
        stuffed = data.replace(b"\r\n.", b"\r\n..")
        lmtp.send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        lmtp.close()
        raise ConnectionAbortedError


@dataclass(slots=True)
class PostboxSender:
    """Mail that arrives in the postbox itself: by the server's own LMTP, or by APPEND.

    What got no answer is not repeated: it may lie there once or not at all, and both are right,
    as long as ledger and server agree.
    """

    office: Office
    truth: Truth
    random: Random

    def run(self, pace: Pace) -> None:
        """Send at that pace."""
        for number in pace.beats(self.random):
            box = self.random.choice(list(BOXES))
            mailbox, agency = self.random.choice(stress_mails.AGENCIES[box])
            way = self.random.choice((Way.LMTP, Way.LMTP, Way.APPEND))
            token = f"p{number:06d}"
            data, machine = stress_mails.mail(token, self.random, mailbox=mailbox)
            folder = stress_mails.MACHINE_FOLDER if machine else agency
            sent = self.truth.add(token, data, way=way, box=box, agency=folder)
            twins = 2 if way is Way.APPEND and self.random.random() < 0.2 else 1
            for _ in range(twins):
                self._deliver(sent, data)

    def _deliver(self, sent: Sent, data: bytes) -> None:
        sent.doubtful += 1
        try:
            if sent.way is Way.LMTP:
                self.office.dovecot.deliver(BOXES[sent.box][0], data)
            else:
                self._append(sent.box, data)
        except LOST:
            return
        sent.doubtful -= 1
        sent.accepted += 1

    def _append(self, box: str, data: bytes) -> None:
        session = connect(self.office.account(box))
        try:
            session.client.append(INBOX, data)
        finally:
            session.end()


@dataclass(slots=True)
class Person:
    """Somebody with Outlook: moves, copies, flags, removes and puts back mails, at random."""

    office: Office
    truth: Truth
    random: Random
    done: dict[str, int] = field(default_factory=dict)
    _sessions: dict[str, ImapSession] = field(default_factory=dict)

    def run(self, pace: Pace) -> None:
        """One act a beat."""
        for _ in pace.beats(self.random):
            box = self.random.choice(list(BOXES))
            try:
                self._act(box)
            except LOST:
                self._hang_up(box)
        for box in list(self._sessions):
            self._hang_up(box)

    def _hang_up(self, box: str) -> None:
        session = self._sessions.pop(box, None)
        if session:
            session.end()

    def _act(self, box: str) -> None:
        session = self._sessions.get(box) or connect(self.office.account(box))
        self._sessions[box] = session
        folders = [agency for _, agency in stress_mails.AGENCIES[box]]
        known = [
            session.names.to_human(name)
            for _, _, name in session.client.list_folders()
            if not name.startswith(("shared", "Public"))
        ]
        known = [name for name in known if name and name.startswith(tuple(folders))]
        # Seldom in the INBOX, where our own moves are under way: there nothing can be promised.
        if not known:
            return
        source = INBOX if self.random.random() < 0.05 else self.random.choice(known)
        session.for_writing(source)
        session.client.noop()
        uids = session.client.search(["ALL"])
        if not uids:
            return
        uid = self.random.choice(uids)
        answer = session.client.fetch([uid], ["BODY.PEEK[HEADER]"]).get(uid, {})
        token = token_of(answer.get(b"BODY[HEADER]", b""))
        if not token:
            return
        sent = self.truth.get(token)
        # Until the server has answered, nobody knows.
        was_raced, sent.raced = sent.raced, True
        kind = self.random.choices(
            ("move", "own folder", "back", "copy", "copy in", "flag", "remove"),
            (5, 2, 1, 2, 1, 4, 1),
        )[0]
        self._do(session, sent, kind, source=source, uid=uid, known=known)
        if source != INBOX:
            sent.raced = was_raced
        self.done[kind] = self.done.get(kind, 0) + 1

    def _do(
        self, session: ImapSession, sent: Sent, kind: str, *, source: str, uid: int,
        known: list[str],
    ) -> None:  # fmt: skip
        client = session.client
        if kind == "flag":
            flag = self.random.choice((b"\\Seen", b"\\Flagged"))
            client.add_flags([uid], [flag])
            sent.flags.add(flag)
            return
        if kind == "remove":
            sent.removal_tried = True
            remove_one(session, uid)
            sent.acts.append(Act(source, ""))
            return
        target = self.random.choice(known) if kind in {"move", "copy"} else INBOX
        if kind == "own folder" or target == source:
            target = "Von Hand"
        keeps = kind.startswith("copy")
        name = session.names.to_server(target)
        if not client.folder_exists(name):
            client.create_folder(name)
        if keeps:
            session.proof("COPYUID")
            client.copy([uid], name)
        if (session.proof("COPYUID") if keeps else move_one(session, uid, name)) is None:
            raise ConnectionAbortedError  # moved away under our hands: nobody can say what it was
        sent.acts.append(Act(source, target, keeps_source=keeps))


def start(*threads: tuple[str, object]) -> list[threading.Thread]:
    """Run each in a thread of its own."""
    made = [
        threading.Thread(target=work, name=name, daemon=True)  # type: ignore[arg-type]
        for name, work in threads
    ]
    for thread in made:
        thread.start()
    return made
