"""Handing items out: one clerk at a time, under a lease that its token opens.

The order: items that came back to this clerk, then by due day (none last), then by receipt. The
cost of a claim does not grow with the backlog. A clerk who goes away loses the item when the
lease is over, and everybody may have it again.
Source: own decision 0005; claim measurement 2026-11-23 (20,000 rows : 2 million rows = 1.00).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from rules.codes import Concern, Team
from rules.errors import Conflict
from rules.item import ItemState
from store import items, rows
from store.engine import Tx
from store.items import COLUMNS, Item
from store.statements import spelled
from store.tables import item as table

TOKEN_BYTES = 16
"""128 bits from the system's random source can't be guessed. Source: own decision 0005."""


@dataclass(frozen=True, slots=True)
class Line:
    """A waiting line: items of one agency (None: clearing) and team, or of one concern of it."""

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
    waiting = [
        spelled(table.c.state, ItemState.WAITING),
        table.c.agency_code == line.agency_code,
        table.c.team == line.team,
    ]
    if line.concern is not None:
        waiting.append(table.c.first_concern == line.concern)
    # Two subqueries, each in the order of an index: one ORDER BY over both would sort the backlog.
    own = _first(*waiting, table.c.preferred_holder == holder)
    any_ = _first(*waiting)
    return _take(
        tx,
        table.c.id == sa.func.coalesce(own.scalar_subquery(), any_.scalar_subquery()),
        holder=holder,
        now=now,
        lease_seconds=lease_seconds,
    )


def claim_one(tx: Tx, item_id: int, *, holder: str, now: datetime, lease_seconds: int) -> Claimed:
    """Hand out one certain item that waits, or is held under a lease that is over.

    Raises: Refused: `item.unknown`. Conflict: `item.not_waiting`.
    """
    free = sa.or_(
        table.c.state == ItemState.WAITING,
        sa.and_(table.c.state == ItemState.HELD, table.c.lease_until <= now),
    )
    wanted = sa.and_(table.c.id == item_id, free)
    claimed = _take(tx, wanted, holder=holder, now=now, lease_seconds=lease_seconds)
    if claimed is None:
        item = items.get(tx, item_id)
        raise Conflict(
            "item.not_waiting",
            f"Item {item_id} is {item.state.value}, not waiting. Take the next one.",
            item_id=item_id,
            state=item.state.value,
        )
    return claimed


def renew(tx: Tx, item_id: int, *, token: str, now: datetime, lease_seconds: int) -> datetime:
    """The holder's sign of life; the new end of the lease.

    Raises: Refused: `item.unknown`. Conflict: `item.lease_stale`.
    """
    until = now + timedelta(seconds=lease_seconds)
    statement = (
        sa.update(table)
        .where(table.c.id == item_id, items.holds(token, now))
        .values(lease_until=until)
    )
    if not tx.run(statement).rowcount:
        raise items.stale(items.get(tx, item_id))
    return until


def held(tx: Tx, item_id: int, *, token: str, now: datetime) -> Item:
    """The item, if the token holds it now; locked until the transaction ends.

    Raises: Refused: `item.unknown`. Conflict: `item.lease_stale`.
    """
    statement = (
        sa.select(*COLUMNS).where(table.c.id == item_id, items.holds(token, now)).with_for_update()
    )
    item = rows.one_as(tx, Item, statement)
    if item is None:
        raise items.stale(items.get(tx, item_id))
    return item


def expire(tx: Tx, now: datetime) -> tuple[int, ...]:
    """Leases that are over: their items wait again. The ids, for the audit."""
    statement = (
        sa.update(table)
        .where(spelled(table.c.state, ItemState.HELD), table.c.lease_until <= now)
        .values(
            state=ItemState.WAITING,
            holder=None,
            lease_token=None,
            lease_until=None,
            version=table.c.version + 1,
        )
        .returning(table.c.id)
    )
    return tuple(sorted(tx.run(statement).scalars()))


def _first(*conditions: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    """The first in the order of hand-out that no other transaction is just taking."""
    return (
        sa.select(table.c.id)
        .where(*conditions)
        .order_by(table.c.queue_day, table.c.received_at, table.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _take(
    tx: Tx,
    wanted: sa.ColumnElement[bool],
    *,
    holder: str,
    now: datetime,
    lease_seconds: int,
) -> Claimed | None:
    token = secrets.token_hex(TOKEN_BYTES)
    statement = (
        sa.update(table)
        .where(wanted)
        .values(
            state=ItemState.HELD,
            holder=holder,
            lease_token=token,
            lease_until=now + timedelta(seconds=lease_seconds),
            version=table.c.version + 1,
        )
        .returning(*COLUMNS)
    )
    item = rows.one_as(tx, Item, statement)
    return None if item is None else Claimed(item, token)
