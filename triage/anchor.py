"""The trail's head, noted once a day in a file outside the database.

Whoever may write to the database can forge a whole new chain; he can't change a file that lies
elsewhere, or that only grows. Each line names its predecessor, so that the file itself can't lose
one unseen. Source: F52, N20; BSI Mindeststandard Protokollierung und Detektion v2.1; own decision
0055.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from rules.errors import Refused, TryLater
from store import audit
from store.audit import Entry
from store.engine import Database, Tx
from triage.house import BERLIN

TORN: Final = b" #torn"
"""Ends a line that was never written whole; it is passed over. Own decision 0055."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line: the head of the chain on a local day. `before` is the SHA-256 of the line above."""

    day: str
    seq: int
    hash: str
    before: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not fit: `line` of the file (from 1, without torn ones), and a stable code.

    `anchor.unreadable`, `anchor.line_missing` (the file was changed), `anchor.behind` (lines are
    gone from its end, or nobody notes them); `trail.truncated` (the entry is gone from the end),
    `trail.rewritten` (another entry stands there).
    """

    line: int
    seq: int
    code: str


def note(database: Database, path: Path, *, now: datetime) -> bool:
    """Append the head of the sealed chain, once a local day; whether it was done now. Durable.

    Several workers may share the file. An empty trail has no head. A line that a full disk or a cut
    of the power left half written was never noted, and is marked as torn.
    Raises: TryLater: `anchor.disk`, `store.away`. Refused: `anchor.unreadable`.
    """
    day = now.astimezone(BERLIN).date()
    with database.read() as tx:
        seq, digest = audit.head(tx)
    if not seq:
        return False
    with _locked(path) as file:
        noted = file.read()
        lines = _whole(noted)
        if lines and not _is_due(_read(lines[-1], len(lines)), day):
            return False
        end = _end(noted)
        if end.startswith(TORN):
            log.warning("trail.anchor_torn")
        _append(file, end + _line(day, seq, digest, before=_digest(lines)))
    _sync_folder(path)
    log.info("trail.anchored", seq=seq, hash=digest)
    return True


def _is_due(last: Anchor, day: date) -> bool:
    """Not on the day of the last line, nor before it, where a clock is late by some hours.

    A last line of days to come is a clock's that was wrong then: waiting for that day, nothing
    would be noted until then.
    """
    noted = date.fromisoformat(last.day)
    return noted < day or noted > day + timedelta(days=1)


def check(database: Database, path: Path) -> tuple[Finding, ...]:
    """Hold the trail against each line of the file; empty if all fit.

    The chain itself is checked by `audit.verify`; this finds what was forged as a whole or cut off.
    Raises: Refused: `anchor.missing`, `anchor.unreadable`. TryLater: `store.away`, `anchor.disk`.
    """
    # Before the file is read: a line that is noted meanwhile is none that was behind.
    with database.read() as tx:
        head = audit.last_sealed(tx)
    lines = _lines(path)
    found: list[Finding] = []
    with database.read() as tx:
        for number, line in enumerate(lines, start=1):
            anchor = _read(line, number)
            if anchor.before != _digest(lines[: number - 1]):
                found.append(Finding(number, anchor.seq, "anchor.line_missing"))
            code = _compared(tx, anchor)
            if code:
                found.append(Finding(number, anchor.seq, code))
    found += _behind(head, lines)
    return tuple(found)


def _behind(head: Entry | None, lines: list[bytes]) -> list[Finding]:
    """The job that seals entries notes the head right afterwards: no seal is younger than a line.

    By local days, as the lines are.
    """
    noted = _read(lines[-1], len(lines)).day if lines else ""
    if head is None or head.at.astimezone(BERLIN).date().isoformat() <= noted:
        return []
    return [Finding(len(lines), head.seal_seq or 0, "anchor.behind")]


def _compared(tx: Tx, anchor: Anchor) -> str:
    """The code of what differs, or an empty text."""
    stands = audit.hash_at(tx, anchor.seq)
    if stands is None:
        return "trail.truncated"
    return "" if stands == anchor.hash else "trail.rewritten"


def _lines(path: Path) -> list[bytes]:
    try:
        return _whole(path.read_bytes())
    except FileNotFoundError as exc:
        raise Refused(
            "anchor.missing",
            f"No anchor file at {path}. A worker makes it on the first day; or is it gone?",
        ) from exc
    except OSError as exc:
        raise _disk(path, exc) from exc


def _whole(noted: bytes) -> list[bytes]:
    """The lines without what a full disk or a cut of the power left of one.

    A line that somebody cut is missed all the same: by its day, or by the line that names it.
    """
    *lines, last = noted.split(b"\n")
    if not _is_torn(last):
        lines.append(last)
    return [line for line in lines if line and not line.endswith(TORN)]


def _end(noted: bytes) -> bytes:
    """What ends the last line where its end is missing: the file only grows."""
    last = noted.rpartition(b"\n")[2]
    return TORN + b"\n" if _is_torn(last) else b"\n" if last else b""


def _is_torn(last: bytes) -> bool:
    """Whether what stands behind the last end of a line is a piece of a line, not all of it."""
    try:
        return bool(last) and not isinstance(json.loads(last), dict)
    except ValueError:
        return True


def _read(line: bytes, number: int) -> Anchor:
    try:
        raw = json.loads(line)
        day = date.fromisoformat(str(raw["day"])).isoformat()
        return Anchor(day, int(raw["seq"]), str(raw["hash"]), str(raw["before"]))
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise Refused(
            "anchor.unreadable",
            f"Line {number} of the anchor file is none of ours. Compare it with a copy.",
            line=number,
        ) from exc


def _line(day: date, seq: int, digest: str, *, before: str) -> bytes:
    anchor = Anchor(day.isoformat(), seq, digest, before)
    return json.dumps(asdict(anchor), separators=(",", ":")).encode() + b"\n"


def _digest(lines: list[bytes]) -> str:
    """Of the last line, which names the one before it; 64 zeros before the first."""
    return sha256(lines[-1]).hexdigest() if lines else "0" * 64


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading and appending, for one process at a time."""
    try:
        with path.open("a+b") as file:
            path.chmod(0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            yield file
    except OSError as exc:
        raise _disk(path, exc) from exc


def _append(file: BinaryIO, line: bytes) -> None:
    file.write(line)
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """A new name is durable only after its folder is synced. Source: POSIX.1-2017 fsync()."""
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _disk(path: Path, exc: OSError) -> TryLater:
    return TryLater("anchor.disk", f"{path}: {exc.strerror}; check rights and space")
