"""Keywords in a Maildir folder, as Dovecot keeps them: letters a to z in the name of the file.

What a letter means stands in the folder's `dovecot-keywords` ("0 Name" is the letter a). Dovecot
changes that file only while it holds `dovecot-uidlist.lock`, and each time with a later mtime, by
which the others notice; so do we, and it may run beside us.
Source: Dovecot documentation, "Maildir" (keywords); Dovecot 2.3, maildir-keywords.c (read, not
copied); measurement 2026-11-26 (tests/ingest/test_ingest_maildir_marks.py); own decision 0047.
"""

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ingest.maildir.disk import sync_directory, write_durably
from rules.errors import TryLater

NAMES_FILE = "dovecot-keywords"
_LOCK_FILE = "dovecot-uidlist.lock"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
"""Of the 27th keyword and later ones nothing stands in file names. Source: Dovecot, "Maildir"."""

_STALE_SECONDS = 120.0
"""A lock that old is nobody's. Source: Dovecot 2.3, maildir-uidlist.c (stale timeout)."""

_WAIT_SECONDS = 2.0
"""Dovecot holds the lock for milliseconds; after that it is tried again with the next pass."""


def names(folder: Path) -> dict[str, str]:
    """What the letters mean in that folder; none where nobody has set a keyword yet."""
    try:
        text = (folder / NAMES_FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        number, _, name = line.partition(" ")
        if number.isascii() and number.isdigit() and int(number) < len(_LETTERS) and name:
            found[_LETTERS[int(number)]] = name
    return found


def on(info: str, known: Mapping[str, str]) -> frozenset[str]:
    """The keywords of a file with that `info` ("2,Sab"); letters that mean nothing are left out."""
    return frozenset(known[letter] for letter in _of(info) if letter in known)


def changed(folder: Path, info: str, *, add: Iterable[str], remove: Iterable[str]) -> str | None:
    """The `info` afterwards; None where the folder has no letter left for one of `add`.

    Raises: TryLater: somebody holds the lock (`postbox.busy`).
    """
    off = {name.casefold() for name in remove}
    known = names(folder)
    stays = {letter for letter in _of(info) if known.get(letter, "").casefold() not in off}
    wanted = tuple(add)
    letters = _letters(folder, wanted, known)
    return _info(info, stays | set(letters)) if len(letters) == len(wanted) else None


def carried(info: str, source: Path, target: Path) -> str:
    """The `info` for another folder, where the same letter may mean another keyword.

    Raises: TryLater: somebody holds the lock (`postbox.busy`).
    """
    letters = _of(info)
    known = names(source) if letters else {}
    if not known:
        return info or "2,"
    return _info(info, set(_letters(target, tuple(sorted(on(info, known))), names(target))))


def _of(info: str) -> tuple[str, ...]:
    return tuple(letter for letter in info.partition(",")[2] if letter in _LETTERS)


def _info(info: str, letters: Iterable[str]) -> str:
    """Flags in ASCII order, capitals first. Source: maildir(5)."""
    flags = {letter for letter in info.partition(",")[2] if letter not in _LETTERS}
    return "2," + "".join(sorted(flags)) + "".join(sorted(letters))


def _letters(folder: Path, wanted: tuple[str, ...], known: Mapping[str, str]) -> list[str]:
    """The letters of these keywords, new ones made; shorter where the folder has none left."""
    by_name = {name.casefold(): letter for letter, name in known.items()}
    if not all(name.casefold() in by_name for name in wanted):
        with _locked(folder):
            by_name = _extended(folder, wanted)
    return [by_name[name.casefold()] for name in wanted if name.casefold() in by_name]


def _extended(folder: Path, wanted: tuple[str, ...]) -> dict[str, str]:
    known = names(folder)
    by_name = {name.casefold(): letter for letter, name in known.items()}
    free = [letter for letter in _LETTERS if letter not in known]
    for name in wanted:
        if name.casefold() not in by_name and free:
            letter = free.pop(0)
            known[letter] = name
            by_name[name.casefold()] = letter
    _write(folder, known)
    return by_name


def _write(folder: Path, known: Mapping[str, str]) -> None:
    """Under the lock: a new file in the place of the old, with its rights and a later mtime."""
    path, draft = folder / NAMES_FILE, folder / f"{NAMES_FILE}.lock"
    lines = "".join(f"{_LETTERS.index(at)} {known[at]}\n" for at in sorted(known))
    draft.unlink(missing_ok=True)
    write_durably(draft, lines.encode("utf-8"))
    try:
        _like(draft, path if path.exists() else folder / "cur")
        before = int(path.stat().st_mtime) if path.exists() else 0
        moment = max(int(time.time()), before + 1)
        os.utime(draft, (moment, moment))
        draft.rename(path)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)  # Dovecot takes it for a lock
        raise
    sync_directory(folder)


def _like(draft: Path, other: Path) -> None:
    """Rights and owner of a file that Dovecot must be able to read."""
    about = other.stat()
    draft.chmod(about.st_mode & 0o666)
    if os.geteuid() == 0:
        os.chown(draft, about.st_uid, about.st_gid)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock under which Dovecot changes names and UIDs. Raises: TryLater."""
    lock = folder / _LOCK_FILE
    until = time.monotonic() + _WAIT_SECONDS
    while not _taken(lock):
        if time.monotonic() > until:
            raise TryLater(
                "postbox.busy",
                f"{lock} is held by somebody else. If no Dovecot runs, remove it.",
                path=str(lock),
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _taken(lock: Path) -> bool:
    try:
        write_durably(lock, f"{os.getpid()}:{socket.gethostname()}".encode())
    except FileExistsError:
        try:
            is_stale = time.time() - lock.stat().st_mtime > _STALE_SECONDS
        except FileNotFoundError:
            return False
        if is_stale:
            lock.unlink(missing_ok=True)
        return False
    return True
