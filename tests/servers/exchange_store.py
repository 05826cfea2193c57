"""What the Exchange simulator holds: mailboxes with folders and mails, and what changed when.

Ids are long, base64, case-sensitive, and new after each move; the search key stays, and copies
share it. Source: EWS reference ("item identifier"); own decision 0033.
"""

import base64
import os
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

DEFAULT_FOLDERS = {
    "inbox": ("Posteingang", "IPF.Note"),
    "drafts": ("Entwürfe", "IPF.Note"),
    "sentitems": ("Gesendete Elemente", "IPF.Note"),
    "deleteditems": ("Gelöschte Elemente", "IPF.Note"),
    "junkemail": ("Junk-E-Mail", "IPF.Note"),
    "calendar": ("Kalender", "IPF.Appointment"),
}


def new_id(kind: str) -> str:
    return base64.b64encode(b"\0\x01" + kind.encode() + os.urandom(42)).decode()


def change_key() -> str:
    return base64.b64encode(os.urandom(12)).decode()


FLAGS = (
    "CanCreateItems",
    "CanCreateSubFolders",
    "IsFolderOwner",
    "IsFolderVisible",
    "IsFolderContact",
    "EditItems",
    "DeleteItems",
    "ReadItems",
)
LEVELS = {
    "None": ("false", "false", "false", "false", "false", "None", "None", "None"),
    "Contributor": ("true", "false", "false", "true", "false", "None", "None", "None"),
    "Reviewer": ("false", "false", "false", "true", "false", "None", "None", "FullDetails"),
    "NoneditingAuthor": ("true", "false", "false", "true", "false", "None", "Owned", "FullDetails"),
    "Author": ("true", "false", "false", "true", "false", "Owned", "Owned", "FullDetails"),
    "PublishingAuthor": ("true", "true", "false", "true", "false", "Owned", "Owned", "FullDetails"),
    "Editor": ("true", "false", "false", "true", "false", "All", "All", "FullDetails"),
    "PublishingEditor": ("true", "true", "false", "true", "false", "All", "All", "FullDetails"),
    "Owner": ("true", "true", "true", "true", "true", "All", "All", "FullDetails"),
}
"""Flags of each level, in the order of FLAGS. Source: EWS reference, PermissionLevelType."""


@dataclass(frozen=True)
class Grant:
    """One permission. `who` is an address, "Default", "Anonymous" or a SID without account.

    `flags` in the order of FLAGS; empty where the server says nothing of them.
    """

    who: str
    level: str
    flags: tuple[str, ...] = ()

    @classmethod
    def of(cls, who: str, level: str) -> "Grant":
        return cls(who, level, LEVELS[level])


@dataclass
class Folder:
    name: str
    parent: "Folder | None"
    folder_class: str = "IPF.Note"
    distinguished: str = ""
    id: str = field(default_factory=lambda: new_id("F"))
    change_key: str = field(default_factory=change_key)
    grants: list[Grant] = field(
        default_factory=lambda: [Grant.of("Default", "None"), Grant.of("Anonymous", "None")]
    )
    unknown_entries: list[str] = field(default_factory=list)
    hides_grants: bool = False
    is_hidden: bool = False


@dataclass
class Item:
    """`broken` is the code with which the server refuses to give its MIME.

    With `renderings` from 0 on its MIME is made anew each time: other boundary, headers in turn.
    `other` are MAPI properties that a foreign client sets and reads back.
    """

    mime: bytes
    folder: Folder
    received: datetime
    seq: int
    is_read: bool = False
    is_flagged: bool = False
    broken: str = ""
    headless: bool = False
    renderings: int = -1
    created: datetime = field(default_factory=lambda: datetime.now(tz=UTC))
    search_key: bytes = field(default_factory=lambda: os.urandom(16))
    id: str = field(default_factory=lambda: new_id("I"))
    change_key: str = field(default_factory=change_key)
    changed: int = 0
    only_read_flag: bool = False
    categories: tuple[str, ...] = ()
    was_moved: bool = False
    other: dict[str, str] = field(default_factory=dict)

    def rendered(self) -> bytes:
        """The MIME as it is given now."""
        if self.renderings < 0:
            return self.mime
        self.renderings += 1
        head, _, body = self.mime.partition(b"\n\n")
        lines = re.split(rb"\n(?![ \t])", head)
        at = self.renderings % len(lines)
        whole = b"\n".join(lines[at:] + lines[:at]) + b"\n\n" + body
        return re.sub(rb"=====+\d+==", b"=====%d==" % self.renderings, whole)


@dataclass(frozen=True)
class Tomb:
    """That an item left a folder: for clients that knew it."""

    seq: int
    folder_id: str
    item_id: str
    made: int


class Denied(Exception):  # noqa: N818 - named after what happened
    """The caller has no right in a folder; the text is the code that the server gives."""


class Mailbox:
    def __init__(self, address: str) -> None:
        self.address = address.lower()
        self.items: dict[str, Item] = {}
        self.faults: list = []  # of `exchange.Fault`, for requests that name this mailbox
        self.denied: dict[str, list] = {}
        self.quiet_until = 0.0
        self.too_soon: list[str] = []
        self.tombs: list[Tomb] = []
        self.rules: list = []
        self.generation = os.urandom(4).hex()
        self.seq = 0
        self.root = Folder("", None, "", "root")
        self.top = Folder("Oberste Ebene", self.root, "IPF.Root", "msgfolderroot")
        self.folders = {folder.id: folder for folder in (self.root, self.top)}
        for name, (label, folder_class) in DEFAULT_FOLDERS.items():
            self._add(Folder(label, self.top, folder_class, name))

    def _add(self, folder: Folder) -> Folder:
        self.folders[folder.id] = folder
        return folder

    def require_right(self, folder: Folder) -> None:
        """Raises: Denied: no right in that folder any more, after so many calls that use it."""
        if folder.id not in self.denied:
            return
        if self.denied[folder.id][0] > 0:
            self.denied[folder.id][0] -= 1
            return
        raise Denied(self.denied[folder.id][1])

    def wants_quiet(self, seconds: float) -> None:
        """Requests before that time is over are noted in `too_soon`; a busy Exchange answers so."""
        self.quiet_until = max(self.quiet_until, time.monotonic() + seconds)

    def hears(self, operation: str) -> None:
        if time.monotonic() < self.quiet_until:
            self.too_soon.append(operation)

    def tick(self) -> int:
        self.seq += 1
        return self.seq

    def default(self, name: str) -> Folder:
        return next(f for f in self.folders.values() if f.distinguished == name)

    @property
    def inbox(self) -> Folder:
        return self.default("inbox")

    def children(self, folder: Folder) -> list[Folder]:
        return [f for f in self.folders.values() if f.parent is folder]

    def below(self, folder: Folder) -> list[Folder]:
        found = []
        for child in self.children(folder):
            found += [child, *self.below(child)]
        return found

    def folder(self, path: str, under: Folder | None = None) -> Folder:
        """The folder that people call `path`; made where it is missing."""
        here = under or self.inbox
        if path.upper() == "INBOX":
            return self.inbox
        for name in path.split("/"):
            known = [f for f in self.children(here) if f.name == name]
            here = known[0] if known else self.create_folder(here, name)
        return here

    def create_folder(self, parent: Folder, name: str) -> Folder:
        """A new folder begins with the permissions of the one above it."""
        return self._add(Folder(name, parent, grants=list(parent.grants)))

    def remove_folder(self, folder: Folder) -> None:
        for one in (*self.below(folder), folder):
            for item in self.lying_in(one):
                self.remove(item)
            del self.folders[one.id]

    def lying_in(self, folder: Folder) -> list[Item]:
        """Mails of the folder, in the order they came."""
        here = [item for item in self.items.values() if item.folder is folder]
        return sorted(here, key=lambda item: item.seq)

    def deliver(
        self, mime: bytes, folder: Folder | None = None, received: datetime | None = None
    ) -> Item:
        at = received or datetime.now(tz=UTC).replace(microsecond=0)
        item = Item(mime, folder or self.inbox, at, self.tick())
        self.items[item.id] = item
        return item

    def move(self, item: Item, target: Folder) -> Item:
        """It gets a new id; the old one is gone for good."""
        self.remove(item)
        moved = replace(
            item, folder=target, id=new_id("I"), change_key=change_key(), seq=self.tick(), changed=0
        )
        moved.was_moved = True
        self.items[moved.id] = moved
        return moved

    def copy(self, item: Item, target: Folder) -> Item:
        """A copy has an id of its own and the search key of the original."""
        made = datetime.now(tz=UTC) + timedelta(seconds=1)
        twin = replace(
            item, folder=target, id=new_id("I"), seq=self.tick(), changed=0, created=made
        )
        self.items[twin.id] = twin
        return twin

    def remove(self, item: Item) -> None:
        del self.items[item.id]
        self.tombs.append(Tomb(self.tick(), item.folder.id, item.id, item.seq))

    def touch(self, item: Item, *, only_read_flag: bool = False) -> None:
        item.change_key, item.changed = change_key(), self.tick()
        item.only_read_flag = only_read_flag

    def expire_sync_states(self) -> None:
        """As after a restore or a move of the mailbox: clients must start over."""
        self.generation = os.urandom(4).hex()
