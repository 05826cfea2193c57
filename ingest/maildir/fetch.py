"""Messages of a Maildir folder: the bytes of a file or its head, its time of arrival, its keywords.

Source: maildir(5); own decision 0004.
"""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import structlog

from ingest.head_only import HEAD_LIMIT_BYTES, head_of
from ingest.keywords import set_by_people
from ingest.maildir import disk, keywords
from ingest.maildir.disk import MailFile, disk_errors
from rules.errors import Refused, TryLater
from rules.postbox import Fetched, Place, TooLarge

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads messages of one postbox; of those over the limit only the head."""

    postbox: str
    size_limit_bytes: int

    def read(self, path: Path, place: Place, file: MailFile | None) -> Fetched | TooLarge | None:
        """The message; None if it is gone, or if just this one file can't be read."""
        if file is None:
            return None
        try:
            with disk_errors(file.path):
                try:
                    return self._content(path, place, file)
                except FileNotFoundError:  # gone, or somebody changed its flags meanwhile
                    again = disk.find(path, place.uid)
                    return self._content(path, place, again) if again else None
        except (Refused, TryLater) as exc:
            # One bad sector must not hold up all other mail (promise 3); it stays where it lies.
            self.tell(place.folder, place.uid, exc.code)
            return None

    def tell(self, folder: str, uid: str, code: str) -> None:
        """Name a message that is not read in the log."""
        _log.warning(
            "postbox.message_unreadable",
            postbox=self.postbox,
            folder=folder,
            uid=uid,
            code=code,
        )

    def _content(self, path: Path, place: Place, file: MailFile) -> Fetched | TooLarge:
        if file.is_twice:
            raise disk.named_twice(file.path)
        at = file.path
        with open(at, "rb", opener=_at_once) as handle:
            size_bytes = _size(handle, at)
            received_at = datetime.fromtimestamp(file.arrival()[0], tz=UTC)
            marks = _marks(path, file.info)
            if size_bytes <= self.size_limit_bytes:
                data = handle.read()
                if len(data) != size_bytes or _size(handle, at) != size_bytes:
                    raise TryLater("postbox.busy", f"{at} is in the writing still.")
                return Fetched(place, data, received_at, marks)
            head = head_of(handle.read(HEAD_LIMIT_BYTES))
            return TooLarge(place, head, size_bytes, received_at, marks=marks)


def _at_once(path: str, flags: int) -> int:
    """A pipe is not waited for: nobody may ever write into it. Source: open(2), fifo(7)."""
    return os.open(path, flags | os.O_NONBLOCK)


def _size(handle: BinaryIO, path: Path) -> int:
    found = os.fstat(handle.fileno())
    if not stat.S_ISREG(found.st_mode):
        raise Refused("postbox.no_mail", f"{path} is no file: a pipe or a device. Take it away.")
    return found.st_size


def _marks(folder: Path, info: str) -> frozenset[str]:
    """Most mail bears none; then the folder's names are not read."""
    if not any(letter.islower() for letter in info):
        return frozenset()
    return set_by_people(keywords.on(info, keywords.names(folder)))
