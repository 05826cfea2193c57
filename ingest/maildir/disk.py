"""The files of one Maildir folder: names, listing, durable writes, and what disk errors mean.

Source: D. J. Bernstein, maildir(5); Dovecot manual, "Maildir" (info part ":2,FLAGS").
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ingest.folder_names import INBOX, NAMES_KEPT, encode_level, levels, name_refused
from rules.errors import Refused, TryLater

RIGHTS_FILE = "dovecot-acl"
"""Where Dovecot keeps the permissions of a folder. Source: Dovecot 2.3, "ACL: file format"."""

_BOXES = ("tmp", "new", "cur")
_NO_UNIQUE_NAME = re.compile("^$|^\\.|[/:\0]")
_ARRIVAL = re.compile(r"(\d{1,11})\.(?:[^.M]*M(\d+))?")
_NO_TEXT = re.compile("[\udc80-\udcff]")
_NO_TEXT_WRITTEN = re.compile("/([89A-F][0-9A-F])")


@dataclass(frozen=True, slots=True)
class MailFile:
    """One message file. `uid` is the name before the colon (`uid_of`), `info` what is behind it.

    `is_twice`: another mail lies there under the same name, and nobody can tell which one is meant.
    Small, and all files of a directory share its `box`: tens of thousands wait in a backlog.
    """

    box: Path
    name: str
    uid: str
    info: str
    is_twice: bool = False

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self.box / self.name

    def arrival(self) -> tuple[float, int, str]:
        """Sort key: seconds since 1970 (UTC) and microseconds by the name, then the name.

        A file without a time in its name counts by its mtime; one that vanished meanwhile
        comes first, and `fetch` will not find it. Source: maildir(5).
        """
        match = _ARRIVAL.match(self.uid)
        if match:
            return float(match[1]), int(match[2] or 0), self.uid
        try:
            return self.path.stat().st_mtime, 0, self.uid
        except FileNotFoundError:
            return 0.0, 0, self.uid


@lru_cache(maxsize=NAMES_KEPT)
def directory_names(folder: str) -> tuple[str, ...]:
    """The directories below the root that lead to a folder; none for INBOX.

    Raises: Refused: no folder name, or a level that is a reserved name on disk
    (`postbox.folder_name`).
    """
    parts = levels(folder)
    if parts == (INBOX,):
        return ()
    encoded = tuple(encode_level(part) for part in parts)
    if any(is_reserved(part) for part in encoded):
        raise name_refused(
            folder, "has a level 'cur', 'new', 'tmp' or one that starts with '.' or '~'"
        )
    return encoded


def is_reserved(encoded: str) -> bool:
    """True for names that can't be a folder in a Maildir tree. Source: Dovecot, LAYOUT=fs."""
    return encoded in _BOXES or encoded.startswith((".", "~"))


def is_mail_directory(path: Path) -> bool:
    """True if `path` can hold mail. tmp/ is not asked for: backups often leave it out."""
    return (path / "cur").is_dir() and (path / "new").is_dir()


def inherit_rights(path: Path) -> None:
    """Give a new folder the permissions of the one above it, as Dovecot does when it makes one.

    Else nobody whom a list lets into an agency's folder could open the subfolder. Source: Dovecot
    documentation, ACL: a new mailbox copies its parent's `dovecot-acl`.
    """
    above, own = path.parent / RIGHTS_FILE, path / RIGHTS_FILE
    is_new = not (path / "cur").is_dir()
    if is_new and above.is_file() and not own.exists():
        shutil.copy2(above, own)


def make_boxes(path: Path) -> bool:
    """Make cur/, new/ and tmp/ in an existing directory, durably. True if cur/ was not there.

    cur/ comes last: it is what makes the directory a folder, also for Dovecot.
    """
    created = not (path / "cur").is_dir()
    for box in _BOXES:
        (path / box).mkdir(mode=0o700, exist_ok=True)
    if created:
        sync_directory(path)
    return created


def scan(path: Path) -> dict[str, MailFile]:
    """All message files of a folder by UID. new/ is listed first: mail only goes new -> cur."""
    found: dict[str, MailFile] = {}
    infos: dict[str, str] = {}
    for box in (path / "new", path / "cur"):
        for name in os.listdir(box):  # noqa: PTH208 - names only; a Path each costs 4 times
            if name.startswith("."):
                continue
            unique, _, info = name.partition(":")
            uid = uid_of(unique)
            file = MailFile(box, name, uid, infos.setdefault(info, info))
            is_twice = uid in found and _are_two(found[uid].path, file.path)
            found[uid] = replace(file, is_twice=True) if is_twice else file
    return found


def _are_two(one: Path, other: Path) -> bool:
    """False for one file that somebody renamed while the folder was listed."""
    try:
        return not one.samefile(other)
    except FileNotFoundError:
        return False


def named_twice(path: Path) -> Refused:
    """The error for a mail that shares its name with another one of the folder."""
    return Refused(
        "postbox.name_taken",
        f"{path} and another file beside it have the same unique name: somebody copied files."
        " Give the younger one another name; it is kept as a mail of its own then.",
        path=str(path),
    )


def find(
    path: Path, uid: str, listed: dict[Path, dict[str, MailFile]] | None = None
) -> MailFile | None:
    """One message by its UID; looks at the two usual names before it lists the folder.

    A caller who asks for many passes `listed`, in which each folder that had to be listed stays.
    """
    name = name_of(uid)
    if _NO_UNIQUE_NAME.search(name):
        return None
    for box, info in (("new", ""), ("cur", "2,")):
        file = MailFile(path / box, f"{name}:{info}" if info else name, uid, info)
        if file.path.exists():
            return file
    known = {} if listed is None else listed
    if path not in known:
        known[path] = scan(path)
    return known[path].get(uid)


def is_twice(path: Path, uid: str, listed: dict[Path, dict[str, MailFile]]) -> bool:
    """Whether two mails of the folder have that name; `listed` as in `find`."""
    if path not in listed:
        listed[path] = scan(path)
    file = listed[path].get(uid)
    return file is not None and file.is_twice


def uid_of(name: str) -> str:
    """The unique part of a file's name as text that any database takes.

    A byte that is no UTF-8 becomes "/" and two digits: no name on a disk has a slash.
    """
    if name.isascii():
        return name
    return _NO_TEXT.sub(lambda byte: f"/{ord(byte[0]) & 0xFF:02X}", name)


def name_of(uid: str) -> str:
    """The unique part of the file's name again, as the operating system has it."""
    return _NO_TEXT_WRITTEN.sub(lambda byte: chr(0xDC00 + int(byte[1], 16)), uid)


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read, and force it to the disk.

    Where that fails, it is not there: it may be a lock, which others would wait for.
    Raises: FileExistsError, OSError: for the caller's `disk_errors`.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def sync_directory(path: Path) -> None:
    """Make renames and new names in `path` durable; fsync of the file alone does not.

    Source: fsync(2), notes.
    """
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Translate what the operating system says about a folder into errors of the house.

    Raises: Refused: no right (`postbox.no_right`), name too long (`postbox.folder_name`), a file
    where a folder belongs (`postbox.name_taken`): that stays until a person acts, and must not
    hold up the other folders. TryLater: the rest: full, read-only, unmounted (`postbox.disk`).
    """
    try:
        yield
    except PermissionError as exc:
        raise Refused(
            "postbox.no_right",
            f"No right to read or write {path}: give the user of Postlotse rights on this tree.",
            path=str(path),
        ) from exc
    except NotADirectoryError as exc:
        raise Refused(
            "postbox.name_taken",
            f"{path} is no directory: remove what stands in the place of the folder.",
            path=str(path),
        ) from exc
    except OSError as exc:
        if exc.errno == errno.ENAMETOOLONG:
            raise name_refused(path.name, "is too long for this disk") from exc
        raise TryLater(
            "postbox.disk",
            f"{path}: {os.strerror(exc.errno or errno.EIO)}. Look after disk and mount.",
            path=str(path),
        ) from exc
