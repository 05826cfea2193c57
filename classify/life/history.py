"""What was done with the models of a folder: one line a deed, only ever added to.

Which model is live follows from these lines alone, so a cut of the power leaves the old state or
the new one. Source: F27; own decision 0029.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from rules.errors import Unreadable

log = structlog.get_logger()

_TORN: Final = b" #torn"
"""Ends a line that was never written whole; it is passed over. Decision 0029."""


@dataclass(frozen=True, slots=True)
class History:
    """The file. Holds no state: another process may add to it."""

    path: Path

    def entries(self) -> list[dict[str, Any]]:
        """All deeds, oldest first. Raises: Unreadable: `model.history`."""
        if not self.path.exists():
            return []
        lines = self.path.read_bytes().split(b"\n")
        if _is_torn(lines[-1]):
            log.warning("model.history_torn", path=str(self.path), size=len(lines.pop()))
        told = [line for line in lines if line and not line.endswith(_TORN)]
        try:
            return [dict(json.loads(line)) for line in told]
        except ValueError as exc:
            raise Unreadable(
                "model.history",
                f"{self.path} is damaged; restore it from a backup",
                path=str(self.path),
            ) from exc

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One deed at a time: a gate passed, or a model gone back from, by two was wrong for one.

        The lock ends with its process.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def add(self, at: datetime, deed: str, model_id: str, *, by: str, reason: str) -> None:
        """Add one line and sync it, under the lock of `alone`."""
        entry = {"at": at.isoformat(), "deed": deed, "id": model_id, "by": by, "reason": reason}
        last = self.path.read_bytes().rpartition(b"\n")[2] if self.path.exists() else b""
        # Nothing is removed, what a cut of the power left neither; it gets a line of its own.
        end = _TORN + b"\n" if _is_torn(last) else b"\n" if last else b""
        with self.path.open("ab") as file:
            file.write(end + json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _is_torn(last: bytes) -> bool:
    """Whether what stands behind the last end of a line is a piece of an entry, not all of it."""
    try:
        return bool(last) and not isinstance(json.loads(last), dict)
    except ValueError:
        return True
