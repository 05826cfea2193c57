"""Values that stations and postbox drivers exchange; the port itself is in triage/ports.py.

`epoch` and `uid` are opaque text: UIDVALIDITY and UID for IMAP, "maildir" and the unique part
of the file name for Maildir, the search key for Exchange. Only equality may be asked of them, but
by `FolderView`.
Source: own decision 0004; RFC 3501 section 2.3.1.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

TOO_LARGE: Final = "mail.too_large"
"""Why only the head was fetched: the mail is over the limit of its postbox. Own decision 0004."""

EPOCH_CHANGED: Final = "postbox.epoch_changed"
"""The numbers of a folder are new: known places in it name nothing. RFC 3501 section 2.3.1.1."""

MIME_BROKEN: Final = "mail.mime_broken"
"""Why only the head was fetched: the server can't turn the mail into MIME. Own decision 0034."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one message lies: unique in its postbox as long as the epoch of the folder lasts."""

    folder: str
    epoch: str
    uid: str


@dataclass(frozen=True, slots=True)
class Watermark:
    """The target folder just before a move; a message that came later lies above it.

    `next_uid` is UIDNEXT for IMAP and empty for Maildir, whose unique names survive a move.
    """

    folder: str
    epoch: str
    next_uid: str


@dataclass(frozen=True, slots=True)
class FolderView:
    """All messages of a folder at one moment. `uids` in the order of arrival, oldest first.

    `next_uid` is UIDNEXT; None where the server did not say, or where places are no numbers.
    """

    folder: str
    epoch: str
    uids: tuple[str, ...]
    next_uid: int | None = None

    def has_given(self, uid: str) -> bool:
        """Whether the server can have given that number; if not, it was set back since.

        Source: RFC 3501 section 2.3.1.1 (UIDNEXT never falls within an epoch).
        """
        return self.next_uid is None or not uid.isdecimal() or int(uid) < self.next_uid

    def follows(self, mark: Watermark) -> bool:
        """Whether the watermark was read from this folder as it is numbered now."""
        if mark.epoch != self.epoch or self.next_uid is None:
            return mark.epoch == self.epoch
        return int(mark.next_uid) <= self.next_uid


def is_numbered(epoch: str) -> bool:
    """Whether places of that epoch are numbers, which a server that was set back gives twice.

    Unique names and search keys never are: there the place alone says which message it is.
    Own decision 0107.
    """
    return epoch[:1].isdecimal()


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message as the postbox gave it: the exact bytes, and when it was taken in (aware UTC).

    `marks` are categories or keywords that stood on it, in the server's spelling. `known_as` is the
    SHA-256 by which the house knows it, where only the line ends are other ones, or where only one
    of the two is whole.
    """

    place: Place
    data: bytes
    received_at: datetime
    marks: frozenset[str] = frozenset()
    known_as: str = ""

    @property
    def kept(self) -> bytes:
        """What the house keeps of it, and knows it by. Own decision 0004."""
        return self.data

    @property
    def size_bytes(self) -> int:
        """As it lies in the postbox. Own decision 0004."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A message over the limit: only its head was fetched, and no more of it ever is.

    So is one whose content the server doesn't give (`reason` is `MIME_BROKEN` then). `marks` and
    `known_as` as of `Fetched`.
    """

    place: Place
    head: bytes
    size_bytes: int
    received_at: datetime
    reason: str = TOO_LARGE
    marks: frozenset[str] = frozenset()
    known_as: str = ""

    @property
    def kept(self) -> bytes:
        """What the house keeps of it, and knows it by. Own decision 0108."""
        return self.head


@dataclass(frozen=True, slots=True)
class FolderMarks:
    """The marks on all messages of a folder now, by UID, in the server's spelling.

    A message without marks is there with none; one that is missing does not lie there.
    """

    folder: str
    epoch: str
    by_uid: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class MarkChange:
    """Marks to be put on and to be taken off; all others, those of people, stay."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message that a mail server hands over by SMTP or LMTP, for one recipient.

    `sender` is that of the envelope, empty for bounces; `data` the exact bytes without envelope.
    """

    sender: str
    recipient: str
    data: bytes
