"""Handing items out: one clerk at a time, under a lease that its token opens.

The order: items that came back to this clerk, then by due day (none last), then by receipt. The
cost of a claim does not grow with the backlog. A clerk who goes away loses the item when the
lease is over, and everybody may have it again.
Source: own decision 0005; claim measurement 2026-11-23 (20,000 rows : 2 million rows = 1.00).
"""

from dataclasses import dataclass
from datetime import datetime

from rules.codes import Concern, Team
from store.engine import Tx
from store.items import Item


@dataclass(frozen=True, slots=True)
class Line:
    """A waiting line: the items of one agency (None: clearing) and team, or of one concern of it."""

    agency_code: str | None
    team: Team = Team.EZ
    concern: Concern | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """An item in the hands of a clerk; `token` opens every write until `item.lease_until`."""

    item: Item
    token: str


def claim_next(
    tx: Tx, line: Line, *, holder: str, now: datetime, lease_seconds: int
) -> Claimed | None:
    """Hand out the next waiting item of a line, or None where nobody waits.

    One statement: two callers never get the same item, and none waits for the other.
    """
    raise NotImplementedError


def claim_one(tx: Tx, item_id: int, *, holder: str, now: datetime, lease_seconds: int) -> Claimed:
    """Hand out one certain item that waits, or is held under a lease that is over.

    Raises: Refused: `item.unknown`. Conflict: `item.not_waiting`.
    """
    raise NotImplementedError


def renew(tx: Tx, item_id: int, *, token: str, now: datetime, lease_seconds: int) -> datetime:
    """The holder's sign of life; the new end of the lease. Raises: Conflict: `item.lease_stale`."""
    raise NotImplementedError


def held(tx: Tx, item_id: int, *, token: str, now: datetime) -> Item:
    """The item, if the token holds it now. Raises: Refused: `item.unknown`. Conflict: `item.lease_stale`."""
    raise NotImplementedError


def expire(tx: Tx, now: datetime) -> tuple[int, ...]:
    """Leases that are over: their items wait again. The ids, for the audit."""
    raise NotImplementedError
