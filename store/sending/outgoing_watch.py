"""What is asked of the outgoing rows as a whole: dead letters, receipts that stay away, a day.

A dead hand-over whose item was settled otherwise (another verdict was handed over, or a person's
reasoned "no") waits for nobody any more and isn't counted; nor is a dead answer whose item a person
has closed since: what died had brought the item back. One that a restore held back had not, so its
item may have been closed before. Of a mail whose content was deleted nothing can leave any more.
Source: F48; own decisions 0053, 0058, 0071.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.item import EakteState, ItemState
from rules.ledger import LedgerState
from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.tables.ledger import OutgoingState, item, message
from store.tables.ledger import outgoing as table

_SETTLED = (EakteState.RECEIVED, EakteState.WAIVED, EakteState.NONE)
_LEFT = (
    OutgoingState.SENT,
    OutgoingState.RECEIPTED,
    OutgoingState.REJECTED,
    # Delivered, then sent again by a replay and given up: it was there all the same.
    OutgoingState.DEAD,
)


_IS_HANDOVER: sa.ColumnElement[bool] = table.c.kind == sa.literal_column("'eakte'")
"""Spelled out as in the partial index, which SQLite would not find by a bound value."""


_IS_SENT_TASK: sa.ColumnElement[bool] = sa.and_(
    table.c.kind == sa.literal_column("'task'"), table.c.state == sa.literal_column("'sent'")
)
"""As above, for the tasks' index."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A hand-over and its state: receipted or rejected tell what came back last.

    `region` is that of its item; None where that has none.
    """

    id: int
    key: str
    message_id: int | None
    state: OutgoingState
    item_id: int | None
    region: str | None


@dataclass(frozen=True, slots=True)
class Late:
    """What left and has no receipt; `sent_at` is aware UTC."""

    id: int
    kind: str
    key: str
    item_id: int | None
    sent_at: datetime

    @property
    def departure(self) -> "Departure":
        """Its place in the list."""
        return Departure(self.sent_at, self.id)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a row stood in the order of leaving when a page showed it, also if it left again."""

    sent_at: datetime
    id: int


def dead_letters(tx: Tx) -> dict[str, int]:
    """How many dead letters wait for a person, by kind; kinds without any are left out."""
    statement = (
        sa.select(table.c.kind, sa.func.count().label("number"))
        .select_from(table.outerjoin(item, item.c.id == table.c.item_id))
        .where(_waits_for_a_person())
        .group_by(table.c.kind)
    )
    return {row.kind: row.number for row in tx.run(statement)}


def dead_ids(
    tx: Tx,
    *,
    after: int,
    limit: int,
    kind: str = "",
    code: str = "",
    regions: Collection[str] | None = None,
) -> tuple[int, ...]:
    """Ids of dead letters that wait for a person, lowest first, of one kind or error, or all.

    With `regions` only those of items that lie there, as `store.sending.outgoing.listing`.
    """
    statement = (
        sa.select(table.c.id)
        .select_from(table.outerjoin(item, item.c.id == table.c.item_id))
        .where(_waits_for_a_person(), table.c.id > after)
        .order_by(table.c.id)
        .limit(limit)
    )
    if kind:
        statement = statement.where(table.c.kind == kind)
    if code:
        statement = statement.where(table.c.error_code == code)
    if regions is not None:
        statement = statement.where(item.c.region.in_(sorted(regions)))
    return tuple(tx.run(statement).scalars())


def unanswered(tx: Tx, *, before: datetime) -> int:
    """How many hand-overs were sent before then and have no receipt. `before` is aware."""
    statement = (
        sa.select(sa.func.count())
        .select_from(table.outerjoin(item, item.c.id == table.c.item_id))
        .where(
            _IS_HANDOVER,
            table.c.state == OutgoingState.SENT,
            table.c.sent_at < before,
            _is_open(),
        )
    )
    number: int = tx.run(statement).scalar_one()
    return number


def unanswered_tasks(tx: Tx, *, before: datetime) -> int:
    """How many tasks left before then and have no receipt. `before` is aware."""
    statement = sa.select(sa.func.count()).where(_IS_SENT_TASK, table.c.sent_at < before)
    number: int = tx.run(statement).scalar_one()
    return number


def late(
    tx: Tx,
    *,
    handovers: datetime,
    tasks: datetime | None,
    limit: int,
    regions: Collection[str] | None = None,
    after: Departure | int | None = None,
) -> tuple[Late, ...]:
    """What left before these moments (aware) and has no receipt, longest first.

    `tasks` None: tasks are not watched. With `regions` only those of items that lie there.
    `after` is the place of the last row of the page before; a mere id stands for that of today.
    """
    asked = sa.and_(_IS_HANDOVER, table.c.state == OutgoingState.SENT, _is_open())
    wanted = [sa.and_(asked, table.c.sent_at < handovers)]
    if tasks is not None:
        wanted.append(sa.and_(_IS_SENT_TASK, table.c.sent_at < tasks))
    columns = (table.c.id, table.c.kind, table.c.idempotency_key, table.c.item_id, table.c.sent_at)
    if after is not None:
        last = after if isinstance(after, Departure) else _departure(tx, after)
        if last is None:
            return ()
        place = sa.tuple_(sa.literal(last.sent_at, table.c.sent_at.type), sa.literal(last.id))
        wanted = [sa.and_(one, sa.tuple_(table.c.sent_at, table.c.id) > place) for one in wanted]
    found: list[Late] = []
    for part in wanted:
        statement = (
            sa.select(*columns)
            .select_from(table.outerjoin(item, item.c.id == table.c.item_id))
            .where(part)
            .order_by(table.c.sent_at, table.c.id)
            .limit(limit)
        )
        if regions is not None:
            statement = statement.where(item.c.region.in_(sorted(regions)))
        found += (Late(*row) for row in tx.run(statement))
    return tuple(sorted(found, key=lambda one: (one.sent_at, one.id))[:limit])


def _departure(tx: Tx, outgoing_id: int) -> Departure | None:
    found = sa.select(table.c.sent_at).where(table.c.id == outgoing_id)
    sent_at = tx.run(found).scalar_one_or_none()
    return None if sent_at is None else Departure(sent_at, outgoing_id)


def handed_over(tx: Tx, *, since: datetime, until: datetime) -> tuple[HandedOver, ...]:
    """The hand-overs that left in this time, lowest id first. For the daily match.

    One whose receipt was faster than our note of the sending counts by its receipt.
    """
    overtaken = sa.and_(table.c.sent_at.is_(None), table.c.done_at >= since)
    statement = _told().where(
        _IS_HANDOVER,
        table.c.state.in_(_LEFT),
        sa.or_(
            sa.and_(table.c.sent_at >= since, table.c.sent_at < until),
            sa.and_(overtaken, table.c.done_at < until, table.c.state == OutgoingState.RECEIPTED),
        ),
    )
    return _all(tx, statement)


def of_keys(tx: Tx, keys: tuple[str, ...]) -> tuple[HandedOver, ...]:
    """The hand-overs of these keys, whenever they left or will leave; a few hundred at most."""
    return _all(
        tx, _told().where(table.c.kind == OutgoingKind.EAKTE, table.c.idempotency_key.in_(keys))
    )


def _waits_for_a_person() -> sa.ColumnElement[bool]:
    closed_since = sa.and_(item.c.state == ItemState.CLOSED, item.c.closed_at >= table.c.done_at)
    answers_else = sa.or_(table.c.kind != OutgoingKind.REPLY, item.c.id.is_(None), ~closed_since)
    is_deleted = sa.exists().where(
        message.c.id == table.c.message_id, message.c.state == LedgerState.DELETED
    )
    return sa.and_(table.c.state == OutgoingState.DEAD, _is_open(), answers_else, ~is_deleted)


def _is_open() -> sa.ColumnElement[bool]:
    """False for hand-overs of an item that is settled otherwise."""
    return sa.or_(
        table.c.kind != OutgoingKind.EAKTE, item.c.eakte.is_(None), item.c.eakte.not_in(_SETTLED)
    )


def _told() -> sa.Select[*tuple[Any, ...]]:
    columns = (
        *(table.c.id, table.c.idempotency_key, table.c.message_id, table.c.state),
        *(table.c.item_id, item.c.region),
    )
    joined = table.outerjoin(item, item.c.id == table.c.item_id)
    return sa.select(*columns).select_from(joined).order_by(table.c.id)


def _all(tx: Tx, statement: sa.Select[*tuple[Any, ...]]) -> tuple[HandedOver, ...]:
    return tuple(HandedOver(*row) for row in tx.run(statement))
