"""The trail: who did what to what, in the same transaction as the deed, sealed in a chain later.

Entries are written unsealed, so that no writer waits for the tail of the chain; one leased job
numbers them and chains their hashes. Details hold ids and codes, never content (promise 8).
Source: own decision 0008.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.engine import Tx


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `subject` is "item:12", "message:7", …; the last three are None until sealed."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    seal_seq: int | None
    prev_hash: str | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the chain was checked. `broken_at` is the first seal number that does not fit, or None."""

    checked: int
    last_seq: int
    broken_at: int | None


def add(
    tx: Tx,
    actor: str,
    *,
    action: str,
    subject: str,
    details: Mapping[str, Any],
    at: datetime,
) -> int:
    """Write an entry in the transaction of the deed; its id."""
    raise NotImplementedError


def seal(tx: Tx, *, limit: int) -> int:
    """Number and chain up to `limit` unsealed entries, oldest first; how many.

    Called by one job at a time, under its lease, in a write transaction of its own.
    """
    raise NotImplementedError


def verify(tx: Tx, *, after_seq: int = 0, limit: int = 10_000) -> Verified:
    """Check the chain from the seal after `after_seq`: nothing changed, missing or put in between."""
    raise NotImplementedError


def of_subject(tx: Tx, subject: str, *, limit: int = 200) -> tuple[Entry, ...]:
    """The story of one thing, oldest first."""
    raise NotImplementedError


def listing(tx: Tx, *, after: int = 0, limit: int, subject: str | None = None) -> tuple[Entry, ...]:
    """Entries with an id above `after`, oldest first: a cursor over all events."""
    raise NotImplementedError


def unsealed(tx: Tx) -> int:
    """How many entries wait for their seal."""
    raise NotImplementedError
