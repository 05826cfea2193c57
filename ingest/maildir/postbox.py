"""A postbox that is a Maildir tree on disk: the embedded default, and readable by any Dovecot.

The layout is Dovecot's `LAYOUT=fs`: INBOX at the root, every other folder a directory of its
own name (modified UTF-7) with cur/, new/ and tmp/. Nothing is cached, because other processes
deliver into the same tree at any time. Moves are one rename; the unique part of the file name
survives it and is the UID.
Source: D. J. Bernstein, maildir(5); Dovecot manual, "Maildir" and "LAYOUT=fs"; measurement
2026-11-23 (the cache of mailbox.Maildir hides a second process's mail within its mtime window).
"""

import hashlib
import itertools
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ingest.folder_names import INBOX, SEPARATOR, decode_level
from ingest.keywords import set_by_people
from ingest.maildir import disk, keywords
from ingest.maildir import move as maildir_move
from ingest.maildir.disk import MailFile, disk_errors
from ingest.maildir.fetch import Reader
from ingest.maildir.move import rename, sync
from ingest.refusals import folder_missing, require_epoch
from rules.errors import Refused, TryLater
from rules.postbox import (
    Fetched,
    FolderMarks,
    FolderView,
    MarkChange,
    Place,
    TooLarge,
    Watermark,
)

EPOCH = "maildir"
"""The one epoch of every folder: unique names are never given twice. Source: maildir(5)."""

SIZE_LIMIT_BYTES = 64 * 1024 * 1024
"""Messages above it are not read into memory. Source: own decision 0004."""

_deliveries = itertools.count()


def create_tree(root: Path) -> None:
    """Make an empty postbox at `root`, parents included. Idempotent; for set-up, demo and tests.

    The driver itself never makes its root: on an unmounted disk that would hide the real mail.

    Raises: Refused, TryLater: no right, disk full (`postbox.no_right`, `postbox.disk`).
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        disk.make_boxes(root)


class MaildirPostbox:
    """Driver of the port `Postbox` for a Maildir tree. Holds no connection and no state.

    `root` must be a Maildir when a call comes (else `TryLater`, code `postbox.away`: an
    unmounted disk comes back, and a wrong path is named in the message).
    """

    def __init__(self, name: str, root: Path, *, size_limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
        self.name = name
        self._root = root
        self._reader = Reader(name, size_limit_bytes)

    def folders(self) -> tuple[str, ...]:
        """All directories of the tree that hold mail, INBOX included, sorted. Raises: TryLater."""
        self._require_root()
        with disk_errors(self._root):
            return tuple(sorted({INBOX, *_walk(self._root, ())}))

    def ensure_folder(self, folder: str) -> bool:
        """Create `folder` and its parents, each able to hold mail. True if `folder` was made.

        Raises: Refused: the name can't be a folder (`postbox.folder_name`), no right
        (`postbox.no_right`). TryLater: disk full, root away.
        """
        self._require_root()
        names = disk.directory_names(folder)
        created = False
        path = self._root
        for name in names:
            path = path / name
            with disk_errors(path):
                if not path.exists():
                    path.mkdir(mode=0o700)
                    disk.sync_directory(path.parent)
                if path.parent != self._root:
                    disk.inherit_rights(path)
                # Above "INBOX/x" stands a plain directory: INBOX itself is the root.
                created = path != self._root / INBOX and disk.make_boxes(path)
        return created

    def view(self, folder: str) -> FolderView:
        """All messages of the folder now, by time of arrival. Raises: Refused, TryLater."""
        path = self._existing(folder)
        with disk_errors(path):
            files = disk.scan(path)
            ordered = sorted(files.values(), key=MailFile.arrival)
        for file in ordered:
            if file.is_twice:  # also where one of the two is known, so that nobody fetches it
                self._reader.tell(folder, file.uid, disk.named_twice(file.path).code)
        return FolderView(folder, EPOCH, tuple(file.uid for file in ordered))

    def checked(self) -> dict[str, int | None]:
        """Nothing to check: a unique name is never given twice."""
        return {}

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        """The messages in the order asked, read one by one; what is gone is left out.

        So is a file that can't be read: it is named in the log and holds up no other.

        Raises: Conflict: `epoch` is not from a Maildir (`postbox.epoch_changed`). Refused: no
        such folder. TryLater: root or disk away.
        """
        path = self._existing(folder)
        require_epoch(self.name, folder, epoch, ours=EPOCH)
        with disk_errors(path):
            files = disk.scan(path)
        for uid in uids:
            message = self._reader.read(path, Place(folder, EPOCH, uid), files.get(uid))
            if message is not None:
                yield message

    def watermark(self, folder: str) -> Watermark:
        """Without next UID: a unique name survives the move. Raises: Refused, TryLater."""
        self._existing(folder)
        return Watermark(folder, EPOCH, "")

    def since(self, mark: Watermark) -> tuple[str, ...]:
        """All UIDs of the folder. Raises: Conflict, Refused, TryLater."""
        require_epoch(self.name, mark.folder, mark.epoch, ours=EPOCH)
        return self.view(mark.folder).uids

    def move(self, place: Place, target: str) -> Place | None:
        """One rename into the target's cur/, flags kept; durable when it returns.

        None if the message was gone before. A mail that nobody has seen stays unseen: from
        new/ it comes to cur/ without the flag S.

        Raises: Conflict: the place is not of a Maildir (`postbox.epoch_changed`). Refused: no
        such folder, target is the same folder, or the target holds a file of that name
        (`postbox.name_taken`). TryLater: root or disk away.
        """
        require_epoch(self.name, place.folder, place.epoch, ours=EPOCH)
        source, destination = self._existing(place.folder), self._existing(target)
        if source == destination:
            raise Refused(
                "postbox.same_folder",
                f"Message already lies in {target!r} of postbox {self.name!r}: nothing to move.",
                folder=target,
            )
        with disk_errors(source):
            # Twice: somebody may have changed its flags between our two looks.
            tries = (rename(source, destination, place.uid, {}) for _ in range(2))
            found = next(filter(None, tries), None)
            if found:
                sync(destination, {found.parent})
        return Place(target, EPOCH, place.uid) if found else None

    def move_many(self, places: tuple[Place, ...], target: str) -> dict[Place, Place]:
        """One rename each, then all of them made durable together; those that moved.

        What breaks on the way ends the set, and `move` says why. Raises: Conflict, TryLater.
        """
        for place in places:
            require_epoch(self.name, place.folder, place.epoch, ours=EPOCH)
        moved: dict[Place, Place] = {}
        left: set[Path] = set()
        sources: dict[str, Path] = {}
        listed: dict[Path, dict[str, MailFile]] = {}
        destination = self._path(target)
        with suppress(Refused, TryLater):
            self._existing(target)
            for place in places:
                if place.folder not in sources:
                    sources[place.folder] = self._existing(place.folder)
                source = sources[place.folder]
                if source == destination:
                    continue
                with disk_errors(source):
                    found = rename(source, destination, place.uid, listed)
                if found:
                    moved[place] = Place(target, EPOCH, place.uid)
                    left.add(found.parent)
        if moved:
            with disk_errors(destination):
                sync(destination, left)
        return moved

    def moves_whole(self) -> bool:
        """Always: a move is one rename."""
        return True

    def remove(self, place: Place, sha256: str) -> bool:
        """Compare and unlink; durable when it returns. Raises: Conflict, Refused, TryLater."""
        path = self._existing(place.folder)
        require_epoch(self.name, place.folder, place.epoch, ours=EPOCH)
        file = disk.find(path, place.uid)
        found = self._reader.read(path, place, file)
        if file is None or found is None:
            return False
        if hashlib.sha256(found.kept).hexdigest() != sha256:
            return False
        with disk_errors(path):
            try:
                file.path.unlink()
            except FileNotFoundError:  # somebody changed its flags meanwhile: left alone
                return False
            disk.sync_directory(file.path.parent)
        return True

    def marks(self, folder: str) -> FolderMarks:
        """The keywords of each message. Raises: Refused, TryLater."""
        path = self._existing(folder)
        with disk_errors(path):
            known = keywords.names(path)
            by_uid = {
                uid: set_by_people(keywords.on(file.info, known))
                for uid, file in disk.scan(path).items()
            }
        return FolderMarks(folder, EPOCH, by_uid)

    def set_marks(self, place: Place, change: MarkChange) -> bool:
        """Change the keywords of one message, durably; False if it is gone.

        Raises: Conflict: the place is not of a Maildir. Refused: no letter is left
        (`postbox.no_marks`). TryLater: somebody holds the folder's lock (`postbox.busy`).
        """
        require_epoch(self.name, place.folder, place.epoch, ours=EPOCH)
        path = self._existing(place.folder)
        with disk_errors(path):
            return maildir_move.mark(path, place.uid, change)

    def append(self, folder: str, data: bytes, received_at: datetime | None = None) -> Place | None:
        """Deliver the bytes unchanged into new/; durable when it returns.

        Raises: Refused, TryLater.
        Source: maildir(5) (write and fsync in tmp/, then rename into new/).
        """
        path = self._existing(folder)
        uid = _unique_name(received_at)
        with disk_errors(path):
            draft = path / "tmp" / uid
            draft.parent.mkdir(mode=0o700, exist_ok=True)  # backups leave empty directories out
            try:
                disk.write_durably(draft, data)
                draft.rename(path / "new" / uid)
            except OSError:
                draft.unlink(missing_ok=True)
                raise
            disk.sync_directory(path / "new")
        return Place(folder, EPOCH, uid)

    def close(self) -> None:
        """Nothing is held open."""

    def _require_root(self) -> None:
        with disk_errors(self._root):
            present = disk.is_mail_directory(self._root)
        if not present:
            raise TryLater(
                "postbox.away",
                f"Postbox {self.name!r}: {self._root} is no Maildir (cur, new, tmp). Mount the"
                " disk, or correct the path in the configuration.",
                postbox=self.name,
                path=str(self._root),
            )

    def _path(self, folder: str) -> Path:
        return self._root.joinpath(*disk.directory_names(folder))

    def _existing(self, folder: str) -> Path:
        self._require_root()
        path = self._path(folder)
        with disk_errors(path):
            present = disk.is_mail_directory(path)
        if not present:
            raise folder_missing(self.name, folder)
        return path


def _walk(directory: Path, above: tuple[str, ...]) -> Iterator[str]:
    """Human names of all folders below `directory`, itself left out."""
    with os.scandir(directory) as entries:
        subdirectories = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    for encoded in subdirectories:
        level = decode_level(encoded)
        if level is None or disk.is_reserved(encoded):
            continue
        names = (*above, level)
        path = directory / encoded
        if disk.is_mail_directory(path):
            yield SEPARATOR.join(names)
        yield from _walk(path, names)


def _unique_name(received_at: datetime | None) -> str:
    """Seconds, then microseconds, process and counter, then host. Source: maildir(5)."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    if received_at is not None:
        seconds = int(received_at.timestamp())
    host = socket.gethostname().replace("/", "\\057").replace(":", "\\072")
    middle = f"M{nanoseconds // 1000:06d}P{os.getpid()}Q{next(_deliveries)}"
    return f"{seconds}.{middle}.{host}"
