"""What has left, noted on a disk beside the worker, between the server's yes and our commit.

    left/<day>/<id>.json    the last sending of that row on that day: key's checksum, when, answer

Whoever takes a row that the database believes to be waiting looks here first. No content: a number,
a checksum, a time, the codes of an answer. Source: own decision 0140.
"""

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from outbox.durable import clear_folder, publish_file, sync_folder
from rules.errors import TryLater

KEPT: Final = timedelta(days=8)
"""A standby is seconds behind, an outage lasts a weekend. Own decision 0140."""

_CODES: Final = re.compile(r"\d{3}(?: \d\.\d{1,3}\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LeftNote:
    """One sending that the other side took. `answer` has its codes only; `at` is aware."""

    key_sha256: str
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeftNotes:
    """The notes below `root`, of one machine's processes, or of all that share the folder."""

    root: Path

    def write(self, outgoing_id: int, *, key: str, answer: str, at: datetime) -> None:
        """Durable when it returns. Raises: TryLater: `left.disk`."""
        codes = _CODES.match(answer)
        note = LeftNote(_digest(key), codes[0] if codes else "", at.astimezone(UTC))
        day = self.root / note.at.date().isoformat()
        name = f"{outgoing_id}.json"
        data = json.dumps(asdict(note) | {"at": note.at.isoformat()}).encode()
        try:
            if not day.is_dir():
                day.mkdir(parents=True, exist_ok=True)
                sync_folder(self.root)
                self._forget(before=note.at - KEPT)
            publish_file(day / name, data, by_way_of=day / f".{name}.new")
        except OSError as exc:
            raise self._disk(exc) from exc

    def last(self, outgoing_id: int, *, key: str) -> LeftNote | None:
        """The newest note of that row under that key; None where none can be read.

        Raises: TryLater: `left.disk`: nobody knows, so nothing should leave.
        """
        try:
            for day in self._days():
                note = _read(day / f"{outgoing_id}.json")
                if note is not None:
                    return note if note.key_sha256 == _digest(key) else None
        except OSError as exc:
            raise self._disk(exc) from exc
        return None

    def _days(self) -> list[Path]:
        """Newest first."""
        if not self.root.is_dir():
            return []
        return sorted((one for one in self.root.iterdir() if _day(one)), reverse=True)

    def _forget(self, *, before: datetime) -> None:
        for day in self._days():
            named = _day(day)
            if named is not None and named < before.date():
                clear_folder(day)

    def _disk(self, exc: OSError) -> TryLater:
        return TryLater(
            "left.disk",
            f"{exc.filename or self.root}: {exc.strerror}; check rights and space of"
            " replies.left_notes",
        )


def _read(path: Path) -> LeftNote | None:
    """None where it is not there, or is no note."""
    try:
        raw = json.loads(path.read_bytes())
        return LeftNote(raw["key_sha256"], raw["answer"], datetime.fromisoformat(raw["at"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _day(folder: Path) -> date | None:
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return None


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()
