"""Counts of items for the live overview. No person, no time of a person (promise 8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from store.engine import Tx


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One agency's open items now. `oldest` is the receipt of the oldest waiting one (aware UTC).

    `due_today` and `overdue` count all open items by their due day.
    """

    agency_code: str | None
    region: str
    waiting: int
    held: int
    parked: int
    pending: int
    due_today: int
    overdue: int
    oldest: datetime | None


def lines(
    tx: Tx, *, agency_codes: Collection[str | None] | None, today: date
) -> tuple[AgencyLine, ...]:
    """One line for each agency with open items, by code, clearing first; all where codes are None."""
    raise NotImplementedError


def waiting_by_concern(
    tx: Tx, *, agency_codes: Collection[str | None] | None
) -> tuple[tuple[str, int], ...]:
    """Waiting items by first concern, most first."""
    raise NotImplementedError


def closed_between(
    tx: Tx, *, agency_codes: Collection[str | None] | None, since: datetime, until: datetime
) -> int:
    """Items closed in `[since, until)`."""
    raise NotImplementedError


def receipts_open(tx: Tx, *, agency_codes: Collection[str | None] | None) -> int:
    """Items whose hand-over is on its way and has no receipt yet."""
    raise NotImplementedError
