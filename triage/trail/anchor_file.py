"""The anchor file: lines that name one another, half-written ones passed over, only ever added to.

Source: own decisions 0055, 0130; POSIX.1-2017 fsync().
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from rules.errors import Refused, TryLater

TORN: Final = b" #torn"
"""Ends a line that was never written whole; it is passed over. Own decision 0055."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line: the head of the chain on a local day. `before` is the SHA-256 of the line above.

    `gone`, in a line that records a restore: from which line above to which (from 1, both
    included) the trail was set back behind what they name. Own decision 0130.
    """

    day: str
    seq: int
    hash: str
    before: str
    gone: tuple[tuple[int, int], ...] = ()


def lines_of(path: Path) -> list[bytes]:
    """The whole lines. Raises: Refused: `anchor.missing`. TryLater: `anchor.disk`."""
    try:
        return whole(path.read_bytes())
    except FileNotFoundError as exc:
        raise Refused(
            "anchor.missing",
            f"No anchor file at {path}. A worker makes it on the first day; or is it gone?",
        ) from exc
    except OSError as exc:
        raise _disk(path, exc) from exc


def whole(noted: bytes) -> list[bytes]:
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


def read(line: bytes, number: int) -> Anchor:
    """The line, by its number from 1. Raises: Refused: `anchor.unreadable`."""
    try:
        raw = json.loads(line)
        day = date.fromisoformat(str(raw["day"])).isoformat()
        gone = tuple((int(first), int(last)) for first, last in raw.get("gone", ()))
        return Anchor(day, int(raw["seq"]), str(raw["hash"]), str(raw["before"]), gone)
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise Refused(
            "anchor.unreadable",
            f"Line {number} of the anchor file is none of ours. Compare it with a copy.",
            line=number,
        ) from exc


def digest(lines: list[bytes]) -> str:
    """Of the last line, which names the one before it; 64 zeros before the first."""
    return sha256(lines[-1]).hexdigest() if lines else "0" * 64


@contextmanager
def locked(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading and appending, for one process at a time."""
    try:
        with path.open("a+b") as file:
            path.chmod(0o600)
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            yield file
    except OSError as exc:
        raise _disk(path, exc) from exc


def add(file: BinaryIO, noted: bytes, anchor: Anchor) -> None:
    """Append a line behind what is noted there, and sync it."""
    ending = _end(noted)
    if ending.startswith(TORN):
        log.warning("trail.anchor_torn")
    told = asdict(anchor)
    if not anchor.gone:
        del told["gone"]
    file.write(ending + json.dumps(told, separators=(",", ":")).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """A new name is durable only after its folder is synced. Source: POSIX.1-2017 fsync()."""
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _disk(path: Path, exc: OSError) -> TryLater:
    return TryLater("anchor.disk", f"{path}: {exc.strerror}; check rights and space")
