"""What the stations need of the world outside; implemented by ingest and outbox.

A Protocol stands here only where two implementations exist, or where a station would otherwise
know an adapter.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from rules.handover import Package, Paper, Receipt
from rules.mail import ParsedMail
from rules.postbox import (
    Fetched,
    FolderMarks,
    FolderView,
    MarkChange,
    Place,
    TooLarge,
    Watermark,
)
from rules.rights.directory_entry import DirectoryEntry
from rules.rights.distribution import Member
from rules.rights.folder_acl import FolderAcl, Naming, Principal
from rules.rights.folder_levels import Rights
from rules.scan import Scan
from rules.tasks import Task
from rules.verdict import Judgement

INBOX = "INBOX"
"""Where mail arrives in every postbox, whatever its people call it. Source: RFC 3501, 5.1."""


class MailJudge(Protocol):
    """The judge, alone or with a shadow beside it. Threads may share it."""

    @property
    def model_id(self) -> str:
        """What each of its judgements names as its model."""
        ...

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        """Total: every mail gets a judgement; `received_at` is aware."""
        ...

    def judge_many(
        self,
        mails: Sequence[ParsedMail],
        *,
        received_at: Sequence[datetime],
        mailboxes: Sequence[str],
    ) -> Sequence[Judgement]:
        """The same for several at once, in their order; raises where one of them would."""
        ...


class Postbox(Protocol):
    """One regional postbox. Used by one thread at a time, under the lease of that postbox.

    Folder names are human ("435 Kassel/AU", levels separated by "/"); "INBOX" is where mail
    arrives. Every call may raise `TryLater` (away, timeout, broken connection: the next call
    connects anew) or `Refused` (wrong password, no right, no such folder). A driver never
    marks a message as read, and removes one only by `remove`.
    """

    name: str

    def folders(self) -> tuple[str, ...]:
        """All selectable folders, INBOX included, sorted."""
        ...

    def ensure_folder(self, folder: str) -> bool:
        """Create `folder` with its parents where missing. Idempotent. True if it was created."""
        ...

    def view(self, folder: str) -> FolderView:
        """Epoch and all UIDs of the folder now, fresh from the server."""
        ...

    def checked(self) -> dict[str, int | None]:
        """A note of the caller's on this connection (connection_notes.py).

        Empty after each new one: a server that was set back has broken the one before.
        """
        ...

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        """The messages in the order asked; UIDs that are gone are left out.

        Raises: Conflict: the folder has another epoch now (code `postbox.epoch_changed`).
        """
        ...

    def watermark(self, folder: str) -> Watermark:
        """Epoch and next UID of a target folder, read before the move."""
        ...

    def since(self, mark: Watermark) -> tuple[str, ...]:
        """UIDs that came into `mark.folder` at or above the watermark (all of them for Maildir)."""
        ...

    def move(self, place: Place, target: str) -> Place | None:
        """Move one message; the proven new place, or None if the server gave no proof.

        None is no failure: the message may have moved, or may have been gone before. The
        caller looks (`view`, `since`) before it repeats. Raises: Conflict: epoch changed.
        """
        ...

    def move_many(self, places: tuple[Place, ...], target: str) -> Mapping[Place, Place | None]:
        """Move messages of one folder at once; the proven new place of each that has a proof.

        None: the server said OK and no more. To give that command again may make a second copy, so
        the caller looks first, as after `move`. What is left out was refused, gone, or never
        tried; the caller moves those one by one. Raises: Conflict: epoch changed.
        """
        ...

    def moves_whole(self) -> bool:
        """Whether a cut move leaves the message in one place only (no copy-then-remove).

        Not so on any IMAP server: one that dies in the middle of MOVE may have done half of it.
        """
        ...

    def remove(self, place: Place, sha256: str) -> bool:
        """Remove that one message for good, if its bytes have this SHA-256 (hex).

        Only for what a cut move left behind, the caller has proven the copy, and for what was
        deleted after its period. One over the limit is compared by its head, which is all that
        anybody here knows of it. False where it is gone or has other bytes. Raises: Conflict:
        epoch changed.
        """
        ...

    def marks(self, folder: str) -> FolderMarks:
        """Categories or keywords on each message of the folder now, fresh from the server."""
        ...

    def set_marks(self, place: Place, change: MarkChange) -> bool:
        """Put marks on one message and take others off; False where it is gone. Idempotent.

        What people have marked stays, also what they mark at this moment. Reading and answering
        flags are never touched. Raises: Conflict: epoch changed. Refused: this folder takes no
        marks (`postbox.no_marks`).
        """
        ...

    def append(self, folder: str, data: bytes, received_at: datetime | None = None) -> Place | None:
        """Put a message into a folder (demo feed, Sent copies). Durable when it returns.

        `received_at` (aware) is when it counts as received; now, where not given.
        """
        ...

    def close(self) -> None:
        """Log out; never raises."""
        ...


class Bell(Protocol):
    """Tells at once that mail came into the INBOX of a postbox: a hint, never the truth.

    Listens once, in a thread and on a connection of its own; reads no mail and marks nothing.
    """

    def listen(self, ring: Callable[[], None]) -> None:
        """Call `ring` once it listens, and at each mail; returns when the server or `hush` ends it.

        Raises: TryLater, Refused: as the postbox, and `postbox.no_idle`.
        """
        ...

    def hush(self) -> None:
        """End listening, from any thread, also before it began; never raises."""
        ...


class FolderRights(Protocol):
    """Who may do what in the folders of one postbox. Used by one thread at a time.

    Folder names are human, as in `Postbox`. Every call may raise `TryLater` or `Refused` where
    the server as a whole is away or refuses.
    """

    name: str
    naming: Naming

    def folders(self) -> tuple[str, ...]:
        """All folders now, INBOX included, sorted."""
        ...

    def read(self, folders: Sequence[str]) -> tuple[FolderAcl, ...]:
        """The permissions of these folders, in that order; what can't be read says why."""
        ...

    def write(self, folder: str, wanted: Mapping[Principal, Rights]) -> None:
        """Give these accounts these rights, in that order; all others keep what they have.

        No rights means: no entry ("Standard" stays, with none). Proves nothing: read again.
        """
        ...

    def close(self) -> None:
        """Log out; never raises."""
        ...


class ListServer(Protocol):
    """A mail server that knows who stands on a list. Every call may raise as the server."""

    def members(self, address: str) -> tuple[Member, ...] | None:
        """Who stands on the list itself; None if it is no list that this server can open."""
        ...

    def close(self) -> None:
        """Log out; never raises."""
        ...


class Groups(Protocol):
    """Groups and people of a directory. Used by one thread; every call may raise as the server."""

    def named(self, names: Sequence[str]) -> tuple[DirectoryEntry, ...]:
        """All groups of one of these names, by key; a star stands for anything."""
        ...

    def entry(self, key: str) -> DirectoryEntry | None:
        """Whom the key names, or None."""
        ...

    def close(self) -> None:
        """Log out; never raises."""
        ...


class Door(Protocol):
    """Where mail servers come in. Delivers into `door_intake.keep_all`, from threads of its own."""

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        ...

    def open(self, ring: Callable[[], None]) -> None:
        """Listen; nothing to do where it does. `ring` is called after each commit, from a thread.

        Raises: Refused: `door.port`, `door.certificate`.
        """
        ...

    def close(self) -> None:
        """Take nothing more; what was begun is kept and answered first."""
        ...


class RecordLook(Protocol):
    """Asks the eAkte for a record before something is handed over. Threads may share it."""

    def require(self, kundennummer: str) -> None:
        """Pass if there is a record of that person. It writes nothing, here or there.

        Raises: Refused: `eakte.record_missing`, `eakte.record_other`. TryLater: it can't tell now.
        """
        ...


class FileOutlet(Protocol):
    """Takes hand-overs and gives receipts back; at least once, deduplicated by `Package.key`."""

    def deliver(self, package: Package) -> Receipt | None:
        """Durable when it returns; the receipt, where the other side gives one at once.

        Raises: TryLater (with `after_seconds` where it named a time), Refused.
        """
        ...

    def receipts(self) -> Iterator[Paper]:
        """All papers that lie ready and were not confirmed yet.

        Raises: TryLater. Unreadable: after the last good one, names those nobody can read.
        """
        ...

    def received_between(self, since: datetime, until: datetime) -> tuple[Receipt, ...]:
        """What the other side says it received then, confirmed or not. Raises: TryLater."""
        ...

    def told(self, keys: Collection[str], *, since: datetime) -> tuple[Receipt, ...]:
        """What was said to these hand-overs since then, also what was put away; one each at most.

        An acceptance before a rejection. Raises: TryLater, Unreadable.
        """
        ...

    def confirm(self, paper: Paper) -> None:
        """The paper is in our database; the outlet may put it away. Idempotent."""
        ...

    def set_aside(self, paper: Paper) -> None:
        """It is for nothing that we handed over; kept for a person. Idempotent."""
        ...

    def holds(self, key: str) -> bool:
        """Whether anything of that hand-over lies there. Raises: TryLater."""
        ...

    def discard(self, key: str) -> bool:
        """Remove package and receipt of a hand-over that was answered; False if none lay there.

        Durable when it returns. Idempotent. Raises: TryLater.
        """
        ...


class TaskOutlet(Protocol):
    """Takes tasks for other units and gives receipts back; deduplicated by `Task.key`."""

    def deliver(self, task: Task) -> Receipt | None:
        """As `FileOutlet.deliver`."""
        ...

    def receipts(self) -> Iterator[Paper]:
        """As `FileOutlet.receipts`; each only from the receiver that the task was for."""
        ...

    def confirm(self, paper: Paper) -> None:
        """As `FileOutlet.confirm`."""
        ...

    def set_aside(self, paper: Paper) -> None:
        """As `FileOutlet.set_aside`."""
        ...

    def holds(self, key: str) -> bool:
        """As `FileOutlet.holds`."""
        ...

    def discard(self, key: str) -> bool:
        """As `FileOutlet.discard`."""
        ...


class MailOutlet(Protocol):
    """Sends one finished reply (RFC 5322 bytes)."""

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        """The server's last answer, or a file name; durable when it returns.

        Raises: TryLater: 4xx or away. Refused: 5xx.
        """
        ...

    def discard(self, answer: str) -> bool:
        """Remove what `send` left with us under that answer; False if nothing of it lies here.

        Durable when it returns. Idempotent. Raises: TryLater.
        """
        ...


class HookOutlet(Protocol):
    """Posts one event to a receiver; at least once, deduplicated there by `key`."""

    def post(self, key: str, body: bytes) -> str:
        """The status of the answer. Raises: TryLater, Refused."""
        ...


class Scanner(Protocol):
    """Looks for malicious code. Away, slow or confused, it says `unscanned`; it never raises."""

    def scan(self, data: bytes) -> Scan:
        """What is known of these bytes, within a bounded time."""
        ...
