"""Asks for the record of a Kundennummer before anything is handed over. It only reads.

    http     GET record_url             200 with {"kundennummer": "…"}; 404 or 410: no such record
    webdav   PROPFIND record_url        207: the folder is there; 404 or 410: it is not
    folder   record_folder              a folder, or none; what lies above it must be there

Off where no address is set; documented for receivers in docs/handover.md.
Source: F50; own decision 0058.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from outbox.line import Answer, Line, failure, require_url
from rules.errors import Refused, TryLater, Unreadable
from rules.handover import is_same_record

MARK: Final = "{kundennummer}"
PROBE: Final = "000A000000"
"""Of the form of a Kundennummer, and nobody's: the doctor asks with it."""

_GONE: Final = frozenset({404, 410})
_PROPFIND: Final = (
    b'<?xml version="1.0" encoding="utf-8"?><d:propfind xmlns:d="DAV:"><d:prop>'
    b"<d:resourcetype/></d:prop></d:propfind>"
)


@dataclass(frozen=True, slots=True)
class LineRecords:
    """A RecordLook (triage/ports.py) over the line; `path` below its address has the mark.

    `is_folder`: a WebDAV server is asked for a folder, else the answer names the Kundennummer.
    """

    line: Line
    path: str
    is_folder: bool
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def require(self, kundennummer: str) -> None:
        """Pass if the record is there and is that person's.

        Raises: Refused: `eakte.record_missing`, `eakte.record_other`, `eakte.refused`. TryLater:
        `eakte.record_unreadable`, and as line.py tells.
        """
        path = self.path.replace(MARK, quote(kundennummer, safe=""))
        answer = self._asked(path)
        if answer.status in _GONE:
            raise missing()
        if not answer.is_good:
            raise failure(answer, now=self.clock())
        if self.is_folder:
            return
        told = _told(answer.body)
        if told is None:
            raise _unreadable()
        if not is_same_record(told, kundennummer):
            raise Refused("eakte.record_other", "the eAkte's record is of another Kundennummer")

    def probe(self) -> None:
        """Ask for nobody's record: for the doctor. Raises: TryLater: as `require`."""
        _probed(self.require)

    def _asked(self, path: str) -> Answer:
        try:
            if self.is_folder:
                headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": "0"}
                return self.line.ask("PROPFIND", path, headers=headers, body=_PROPFIND)
            return self.line.ask("GET", path, headers={"Accept": "application/json"})
        except Unreadable as exc:
            raise _unreadable() from exc


@dataclass(frozen=True, slots=True)
class FolderRecords:
    """A RecordLook over folders that both sides reach; one name of `folder` has the mark."""

    folder: Path

    def require(self, kundennummer: str) -> None:
        """Pass if the record's folder is there.

        Raises: Refused: `eakte.record_missing`. TryLater: `eakte.drop_missing`, `eakte.disk`.
        """
        root, below = _cut(self.folder)
        try:
            if not root.is_dir():
                raise TryLater("eakte.drop_missing", f"{root} is no folder: mount it")
            # A number that could lead elsewhere is nobody's.
            named = Path(*(name.replace(MARK, kundennummer) for name in below))
            if not kundennummer.isalnum() or not (root / named).is_dir():
                raise missing()
        except OSError as exc:
            raise TryLater("eakte.disk", f"{root} can't be read ({type(exc).__name__})") from exc

    def probe(self) -> None:
        """Look where the records lie: for the doctor. Raises: TryLater: as `require`."""
        _probed(self.require)


def missing() -> Refused:
    """There is no record of that Kundennummer."""
    return Refused("eakte.record_missing", "the eAkte has no record of that Kundennummer")


def cut_url(url: str) -> tuple[str, str]:
    """Base and path of an address with the mark in its path or query.

    Raises: Refused: `eakte.record_url`, `eakte.url`.
    """
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if path.count(MARK) != 1 or url.count(MARK) != 1 or parts.fragment:
        raise Refused("eakte.record_url", f"record_url has {MARK} once, in its path or query")
    base = f"{parts.scheme}://{parts.netloc}"
    require_url(base)
    return base, path.lstrip("/")


def require_folder(folder: Path) -> None:
    """Raises: Refused: `eakte.record_folder`: without the mark, or with nothing above it."""
    marked = [name for name in folder.parts if MARK in name]
    if len(marked) != 1 or str(folder).count(MARK) != 1 or folder.parts[0] == marked[0]:
        raise Refused("eakte.record_folder", f"record_folder has {MARK} once, below a folder")


def _cut(folder: Path) -> tuple[Path, tuple[str, ...]]:
    at = next(number for number, name in enumerate(folder.parts) if MARK in name)
    return Path(*folder.parts[:at]), folder.parts[at:]


def _told(body: bytes) -> str | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = told.get("kundennummer") if isinstance(told, dict) else None
    return number if isinstance(number, str) else None


def _unreadable() -> TryLater:
    return TryLater("eakte.record_unreadable", "the eAkte's answer about a record can't be read")


def _probed(require: Callable[[str], None]) -> None:
    try:
        require(PROBE)
    except Refused as exc:
        if exc.code == "eakte.refused":
            raise
