"""Folder permissions of a Maildir tree: the files `dovecot-acl` that Dovecot reads.

    group=ez-435 lrswipte
    user=k-0417 lr

A folder without a file gives nobody but its owner access. Lines that aren't ours to change stay
as they are. Source: Dovecot 2.3, "ACL: file format"; own decisions 0038, 0039.
"""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from ingest.maildir.disk import RIGHTS_FILE, directory_names, disk_errors, sync_directory
from ingest.maildir.postbox import MaildirPostbox
from rules.errors import Refused, Unreadable
from rules.rights.folder_acl import (
    ANONYMOUS,
    DEFAULT,
    LIST_MARK,
    Entry,
    FolderAcl,
    Naming,
    Principal,
    account,
)
from rules.rights.folder_levels import Rights, from_letters, to_letters

_LINE: Final = re.compile(r"(?:\"((?:[^\"\\]|\\.)*)\"|(\S+))[ \t]++([a-z]*+)\s*+", re.ASCII)
_LONGEST_BYTES: Final = 100_000


class MaildirRights:
    """Driver of the port `FolderRights` for a Maildir tree, LAYOUT=fs, on a local disk."""

    naming = Naming.IMAP

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self._root = root

    def folders(self) -> tuple[str, ...]:
        """All folders of the tree, INBOX included, sorted. Raises: TryLater."""
        return MaildirPostbox(self.name, self._root).folders()

    def read(self, folders: Sequence[str]) -> tuple[FolderAcl, ...]:
        """The permissions of these folders, in that order; what can't be read says why."""
        return tuple(self._read(folder) for folder in folders)

    def write(self, folder: str, wanted: Mapping[Principal, Rights]) -> None:
        """Give these accounts these rights; the file is replaced as a whole, durably.

        Raises: Refused: `postbox.folder_missing`, `postbox.no_right`. Unreadable: `rights.file`.
        TryLater: `postbox.disk`.
        """
        path = self._root.joinpath(*directory_names(folder))
        with disk_errors(path):
            if not path.is_dir():
                raise Refused(
                    "postbox.folder_missing",
                    f"Postbox {self.name!r} has no folder {folder!r}: look whether it was renamed.",
                    folder=folder,
                )
            lines = _changed(_lines(path / RIGHTS_FILE), wanted)
            _replace(path / RIGHTS_FILE, "".join(f"{line}\n" for line in lines))

    def close(self) -> None:
        """Nothing is open."""

    def _read(self, folder: str) -> FolderAcl:
        try:
            path = self._root.joinpath(*directory_names(folder)) / RIGHTS_FILE
            with disk_errors(path):
                lines = _lines(path)
        except (Refused, Unreadable) as exc:
            return FolderAcl(folder, unreadable=exc.code)
        entries = [_entry(line) for line in lines if line.strip() and not line.startswith("#")]
        return FolderAcl(folder, tuple(entries))


def _lines(path: Path) -> list[str]:
    """The lines of a file; none where there is none. Raises: Unreadable: `rights.file`."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_BYTES + 1)
    except FileNotFoundError:
        return []
    except IsADirectoryError as exc:
        raise _unreadable(path, "is a folder") from exc
    if len(data) > _LONGEST_BYTES:
        raise _unreadable(path, "is too long")
    try:
        return data.decode("utf-8").splitlines()
    except UnicodeDecodeError as exc:
        raise _unreadable(path, "is not UTF-8") from exc


def _unreadable(path: Path, why: str) -> Unreadable:
    return Unreadable(
        "rights.file", f"{path} {why}: restore it from a backup, or write it anew.", path=str(path)
    )


def _entry(line: str) -> Entry:
    """The entry in a line; one that is not understood says so."""
    found = _LINE.fullmatch(line)
    if found is None:
        return Entry(account(line.split(maxsplit=1)[0]), None, line)
    named = re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
    if named.startswith("-"):
        return Entry(_principal(named[1:]), None, f"-{found[3]}")
    return Entry(_principal(named), from_letters(found[3]), found[3])


def _principal(named: str) -> Principal:
    kind, sign, name = named.partition("=")
    if named in {"anyone", "authenticated"}:
        return DEFAULT
    if named == "anonymous":
        return ANONYMOUS
    if sign and kind in {"group", "group-override"}:
        return account(name if name.upper().startswith("S-1-") else LIST_MARK + name)
    return account(name if sign and kind == "user" else named)


def _identifier(who: Principal) -> str:
    if who == DEFAULT:
        return "anyone"
    if who == ANONYMOUS:
        return "anonymous"
    if who.key.startswith(LIST_MARK):
        return f"group={who.key.removeprefix(LIST_MARK)}"
    return who.key if who.key == "owner" else f"user={who.key}"


def _changed(lines: Sequence[str], wanted: Mapping[Principal, Rights]) -> list[str]:
    """The lines without those of the accounts named, then what is wanted of these."""
    kept = [
        line
        for line in lines
        if not line.strip() or line.startswith("#") or _entry(line).principal not in wanted
    ]
    return [*kept, *(_line(who, rights) for who, rights in wanted.items() if rights)]


def _line(who: Principal, rights: Rights) -> str:
    named = _identifier(who)
    if re.search(r"[\s\"\\]", named):
        named = '"' + re.sub(r"([\"\\])", r"\\\1", named) + '"'
    return f"{named} {to_letters(rights)}"


def _replace(path: Path, text: str) -> None:
    """Put a whole file in the place of the old one, with its owner and mode."""
    handle, name = tempfile.mkstemp(prefix=".dovecot-acl.", dir=path.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        like = path if path.exists() else path.parent
        owner = like.stat()
        made.chmod((path.stat().st_mode if path.exists() else 0o600) & 0o777)
        with suppress(PermissionError):  # only root may give files away
            os.chown(made, owner.st_uid, owner.st_gid)
        made.replace(path)
    except OSError:
        made.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
