"""Handing items out: one clerk at a time, under a lease that its token opens.

The order: an alert before all, items that came back to this clerk, then by due day (none: four
weeks after receipt), then by receipt. Who asks for a part of the line gets what is due first,
whatever it is, so that no filter starves anything. The cost of a claim does not grow with the
backlog. A clerk who goes away loses the item when the lease is over, and everybody may have it.
Source: own decisions 0005, 0049; measurement 2026-11-23 (20,000 rows : 2 million rows = 1.00).
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from rules.codes import Concern, Team
from rules.errors import Conflict
from rules.item import ItemState
from store.database import rows
from store.database.engine import Tx
from store.database.statements import alone, by_no_index, spelled
from store.desk import items
from store.desk.items import COLUMNS, Back, Item, ItemChange
from store.tables.ledger import FIRST_DAY
from store.tables.ledger import item as table

TOKEN_BYTES = 16
"""128 bits from the system's random source can't be guessed. Source: own decision 0005."""


@dataclass(frozen=True, slots=True)
class Line:
    """A waiting line: items of one agency (None: clearing) and team, or a part of it.

    `concern` and `language` are a clerk's own wish for this fetch. `today` is the local day: what
    is due by then goes before the wish; without a day nothing does.
    """

    agency_code: str | None
    team: Team = Team.EZ
    concern: Concern | None = None
    language: str | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """An item in the hands of a clerk; `token` opens every write until `item.lease_until`."""

    item: Item
    token: str


def shape(line: Line) -> tuple[bool, bool, bool]:
    """Which of agency, concern and language the line names."""
    return line.agency_code is not None, line.concern is not None, line.language is not None


@cache
def next_statement(shape: tuple[bool, bool, bool]) -> sa.Executable:
    """The claim on a line of that shape: gives item and mail. Two never get the same item.

    Built once: putting the words together takes longer than running them.
    """
    agency, concern, language = shape
    where = table.c.agency_code == sa.bindparam("line_agency")
    wish = (*([_CONCERN] if concern else []), *([_LANGUAGE] if language else []))
    claim = _next_of(where if agency else table.c.agency_code.is_(None), wish=wish)
    return claim.returning(table.c.id, table.c.message_id)


def values_of(line: Line) -> dict[str, Any]:
    """The line's values for the parameters of `next_statement`."""
    return {
        "line_agency": line.agency_code,
        "line_team": line.team.value,
        "line_concern": line.concern and line.concern.value,
        "line_language": line.language,
        "line_today": line.today or FIRST_DAY,
    }


def to_whom(holder: str, end: datetime) -> dict[str, Any]:
    """The other values: the clerk, a fresh token, the end of the lease."""
    return {"to_holder": holder, "to_token": secrets.token_hex(TOKEN_BYTES), "to_until": end}


def open_claims(tx: Tx, holder: str, *, now: datetime) -> tuple[int, ...]:
    """The items that the clerk holds under a running lease, in the order of their ids.

    Two calls for the same clerk wait for each other until their transactions end, so that a
    double click can't pass a limit.
    """
    alone(tx, f"clerk:{holder}")
    statement = (
        sa.select(table.c.id)
        .where(
            spelled(table.c.state, ItemState.HELD),
            table.c.holder == holder,
            table.c.lease_until > now,
        )
        .order_by(table.c.id)
    )
    return tuple(tx.run(statement).scalars())


def claim_one(tx: Tx, item_id: int, *, holder: str, now: datetime, lease_seconds: int) -> Claimed:
    """Hand out one certain item that waits, or is held under a lease that is over.

    Who holds it already gets a new token, and the old one is stale (another browser).
    Raises: Refused: `item.unknown`. Conflict: `item.not_waiting`.
    """
    taker = to_whom(holder, until(now, lease_seconds))
    claimed = rows.one_as(tx, Item, _ONE, {"wanted_id": item_id, "at": now} | taker)
    if claimed is None:
        item = items.get(tx, item_id)
        raise Conflict(
            "item.not_waiting",
            f"Item {item_id} is {item.state.value}, not waiting. Take the next one.",
            item_id=item_id,
            state=item.state.value,
        )
    return Claimed(claimed, taker["to_token"])


def take_back(  # noqa: PLR0913 - the write of a holder and of a claim in one statement
    tx: Tx,
    item_id: int,
    *,
    version: int,
    change: ItemChange,
    holder: str,
    now: datetime,
    lease_seconds: int,
) -> Claimed | None:
    """Write a change and put the item into the holder's hands, by the version that was read.

    None where the item is in another version. Whatever token was good before is stale.
    """
    token = secrets.token_hex(TOKEN_BYTES)
    statement = (
        sa.update(table)
        .where(table.c.id == item_id, table.c.version == version)
        .values(
            **(
                change
                | {
                    "state": ItemState.HELD,
                    "holder": holder,
                    "lease_token": token,
                    "lease_until": until(now, lease_seconds),
                    "version": table.c.version + 1,
                    "closed_at": None,
                }
            )
        )
        .returning(*COLUMNS)
    )
    item = rows.one_as(tx, Item, statement)
    return None if item is None else Claimed(item, token)


def renew(tx: Tx, item_id: int, *, token: str, now: datetime, lease_seconds: int) -> datetime:
    """The holder's sign of life; the new end of the lease.

    Raises: Refused: `item.unknown`. Conflict: `item.lease_stale`.
    """
    end = until(now, lease_seconds)
    statement = (
        sa.update(table)
        .where(table.c.id == item_id, items.holds(token, now))
        .values(lease_until=end)
    )
    if not tx.run(statement).rowcount:
        raise items.stale(items.get(tx, item_id))
    return end


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


def expire(tx: Tx, now: datetime) -> tuple[Back, ...]:
    """Leases that are over: their items wait again. By id, for the trail."""
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
        .returning(table.c.id, table.c.message_id)
    )
    return tuple(sorted(rows.all_as(tx, Back, statement), key=lambda back: back.item_id))


def until(now: datetime, lease_seconds: int) -> datetime:
    """The end of a lease that begins now (aware UTC)."""
    return now + timedelta(seconds=lease_seconds)


def _first(
    *conditions: sa.ColumnElement[bool], day: sa.ColumnElement[date] = table.c.queue_day
) -> sa.ScalarSelect[int]:
    """The first in the order of hand-out that no other transaction is just taking."""
    return (
        sa.select(table.c.id)
        .where(*conditions)
        .order_by(day, table.c.received_at, table.c.id)
        .limit(_ONE_ROW)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )


def _handing_out(wanted: sa.ColumnElement[bool]) -> sa.Update:
    """The statement that gives the wanted item, if there is one, to a holder."""
    return (
        sa.update(table)
        .where(wanted)
        .values(
            state=ItemState.HELD,
            holder=sa.bindparam("to_holder"),
            lease_token=sa.bindparam("to_token"),
            lease_until=sa.bindparam("to_until"),
            version=table.c.version + 1,
        )
    )


def _next_of(*line: sa.ColumnElement[bool], wish: tuple[sa.ColumnElement[bool], ...]) -> sa.Update:
    """The claim on a line: an alert, what came back to this clerk, what is due, then the wish.

    Subqueries, each in the order of an index; one ORDER BY over all would sort the backlog.
    One is only run where those before it find nothing.
    """
    here = (spelled(table.c.state, ItemState.WAITING), *line)
    waiting = (*here, table.c.team == sa.bindparam("line_team"))
    alert = _first(*waiting, table.c.queue_day == FIRST_DAY)
    own = _first(
        *here,
        by_no_index(table.c.team) == sa.bindparam("line_team"),
        table.c.preferred_holder == sa.bindparam("to_holder"),
        day=_DAY_OF_NO_INDEX,
    )
    due = _first(*waiting, table.c.queue_day <= sa.bindparam("line_today")) if wish else None
    steps = [step for step in (alert, own, due, _first(*waiting, *wish)) if step is not None]
    return _handing_out(table.c.id == sa.func.coalesce(*steps))


_ONE_ROW: Final[sa.ColumnElement[int]] = sa.literal_column("1")
"""Spelled out: with a bound LIMIT PostgreSQL expects a tenth of the backlog, finds one plan for all
too dear, and plans each claim anew, which takes longer than the claim. Own decision 0091."""

_DAY_OF_NO_INDEX: Final = table.c.queue_day.nulls_first()
"""So that what came back is found by its holder: in the order of an index PostgreSQL would read the
whole line in search of it. There is no day that is NULL; on SQLite, where that is the
usual order, `by_no_index` keeps it off the line. Own decision 0091."""

_CONCERN = table.c.first_concern == sa.bindparam("line_concern")
_LANGUAGE = table.c.language == sa.bindparam("line_language")


_ONE = _handing_out(
    sa.and_(
        table.c.id == sa.bindparam("wanted_id"),
        sa.or_(
            table.c.state == ItemState.WAITING,
            sa.and_(table.c.state == ItemState.HELD, table.c.lease_until <= sa.bindparam("at")),
            # The same clerk at another browser: the token there is stale from now on.
            sa.and_(table.c.state == ItemState.HELD, table.c.holder == sa.bindparam("to_holder")),
        ),
    )
).returning(*COLUMNS)
