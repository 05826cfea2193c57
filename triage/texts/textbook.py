"""The shelf that counts: versions approved at the desk over the stock of the files.

What was approved or retired is read again after two seconds, and at once after a change in this
process. Source: F41, F42; own decision 0052.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

import structlog

from rules.errors import HouseError
from rules.rulesets.force import READ_AGAIN
from rules.texts.file import parse_text
from store.approved import text_versions
from store.approved.text_versions import TextVersion
from store.approved.texts import Approval, ShelvedText, TextShelf
from store.database.engine import Database

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read at a moment, over which stock, and the stamp of the rows then."""

    read_at: datetime
    stock: TextShelf
    stamp: tuple[int, int]
    shelf: TextShelf


@dataclass(slots=True)
class TextBook:
    """Safe to share between threads; one for each house."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: _Known | None = None

    def shelf(self, db: Database, stock: TextShelf, *, now: datetime) -> TextShelf:
        """All approved versions as of now. Raises: TryLater: `store.away`."""
        with self._lock:
            known = self._known
            if known is None or not known.read_at <= now < known.read_at + READ_AGAIN:
                known = self._known = _read(db, stock, known, now=now)
            return known.shelf

    def forget(self) -> None:
        """Read again at the next question: something was changed here."""
        with self._lock:
            self._known = None


def _read(db: Database, stock: TextShelf, before: _Known | None, *, now: datetime) -> _Known:
    with db.read() as tx:
        stamp = text_versions.stamp(tx)
        if before is not None and (before.stamp, before.stock) == (stamp, stock):
            return _Known(now, stock, stamp, before.shelf)
        rows = text_versions.decided(tx)
    return _Known(now, stock, stamp, _over(stock, rows))


def _over(stock: TextShelf, rows: Iterable[TextVersion]) -> TextShelf:
    """What can't be trusted is on no shelf, not even as a file of the same number says it."""
    found = {(row.text_id, row.version): shelved(row) for row in rows}
    good = [one for one in found.values() if one is not None]
    rest = [one for one in stock.stock() if (one.text.id, one.text.version) not in found]
    return TextShelf([*rest, *good])


def shelved(row: TextVersion) -> ShelvedText | None:
    """An approved version for the shelf; None where its bytes are no longer those approved."""
    try:
        text = parse_text(row.data.encode(), id=row.text_id)
    except HouseError as exc:
        log.warning("text.unreadable", text=row.text_id, version=row.version, code=exc.code)
        return None
    if not row.is_whole:
        log.error("text.tampered", text=row.text_id, version=row.version)
        return None
    return ShelvedText(text, row.sha256, _approval(row), "", row.data, row.retired_on)


def _approval(row: TextVersion) -> Approval:
    return Approval(
        id=row.text_id,
        version=row.version,
        sha256=row.sha256,
        author=" und ".join(row.authors),
        approved_by=row.approved_by,
        approved_on=row.approved_on or date.min,
    )
