"""Items in lists, in the order of hand-out, with what a clerk recognises the mail by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from rules.item import ItemState
from store.database import rows
from store.database.engine import Tx
from store.database.statements import among, spelled
from store.desk.items import COLUMNS, Item
from store.tables.ledger import item as table
from store.tables.ledger import message


@dataclass(frozen=True, slots=True)
class Listed:
    """An item in a list, with what a clerk recognises the mail by."""

    item: Item
    sender: str
    subject: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an item stood in the order of hand-out when a page showed it.

    A page goes on behind the spot, wherever the item stands by then: looked up anew, an item whose
    due day has changed since would make the next page begin elsewhere. Own decision 0124.
    """

    queue_day: date
    received_at: datetime
    id: int


_QUEUE = (table.c.queue_day, table.c.received_at, table.c.id)
_RECEIPT = (table.c.received_at, table.c.id)


def listing(
    tx: Tx,
    *,
    agency_codes: Collection[str | None] | None,
    states: Collection[ItemState],
    limit: int,
    after: Spot | int | None = None,
) -> tuple[Listed, ...]:
    """Items in the order of hand-out; of all agencies where `agency_codes` is None.

    `after` is the spot of the last item of the page before; a mere id stands for the spot of today.
    """
    statement = (
        sa.select(*COLUMNS, message.c.sender, message.c.subject)
        .join(message, message.c.id == table.c.message_id)
        .where(among(table.c.agency_code, agency_codes), _in_states(states))
        .order_by(*_QUEUE)
        .limit(limit)
    )
    spot = _spot_now(tx, after) if isinstance(after, int) else after
    if spot is not None:
        last = (spot.queue_day, spot.received_at, spot.id)
        statement = statement.where(sa.tuple_(*_QUEUE) > _tuple_of(last, _QUEUE))
    elif after is not None:
        return ()
    return tuple(Listed(Item(*row[:-2]), *row[-2:]) for row in tx.run(statement))


def chronological(
    tx: Tx, *, agency_code: str | None, limit: int, after: int | None = None
) -> tuple[Item, ...]:
    """The open items of an agency (None: clearing) by receipt, as the BEO list has them (R17).

    `after` is the id of the last item of the page before, whose receipt never changes.
    """
    line = table.c.agency_code == agency_code if agency_code else table.c.agency_code.is_(None)
    statement = (
        sa.select(*COLUMNS)
        .where(line, table.c.state != sa.literal_column(f"'{ItemState.CLOSED.value}'"))
        .order_by(*_RECEIPT)
        .limit(limit)
    )
    if after is not None:
        last = tx.run(sa.select(*_RECEIPT).where(table.c.id == after)).one_or_none()
        if last is None:
            return ()
        statement = statement.where(sa.tuple_(*_RECEIPT) > _tuple_of(last, _RECEIPT))
    return rows.all_as(tx, Item, statement)


def spot_of(item: Item) -> Spot:
    """Where the item stands in the order of hand-out."""
    return Spot(item.queue_day, item.received_at, item.id)


def _spot_now(tx: Tx, item_id: int) -> Spot | None:
    return rows.one_as(tx, Spot, sa.select(*_QUEUE).where(table.c.id == item_id))


def held_by(tx: Tx, holder: str) -> tuple[Item, ...]:
    """What this clerk holds, in the order of hand-out; also under a lease that is just over."""
    statement = (
        sa.select(*COLUMNS)
        .where(spelled(table.c.state, ItemState.HELD), table.c.holder == holder)
        .order_by(*_QUEUE)
    )
    return rows.all_as(tx, Item, statement)


def open_of_sender(tx: Tx, sender: str, *, exclude: int, limit: int = 20) -> tuple[Item, ...]:
    """Items of the same sender that are not closed, oldest first, without item `exclude`."""
    if not sender:
        return ()
    statement = (
        _of_sender(sender, exclude)
        .where(table.c.state != ItemState.CLOSED)
        .order_by(table.c.received_at, table.c.id)
        .limit(limit)
    )
    return rows.all_as(tx, Item, statement)


def closed_of_sender(
    tx: Tx, sender: str, *, since: datetime, exclude: int, limit: int
) -> tuple[Item, ...]:
    """Items of the same sender that were closed since then, the last first."""
    if not sender:
        return ()
    statement = (
        _of_sender(sender, exclude)
        .where(table.c.state == ItemState.CLOSED, table.c.closed_at >= since)
        .order_by(table.c.closed_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return rows.all_as(tx, Item, statement)


def _of_sender(sender: str, exclude: int) -> sa.Select[Any]:
    """Found by the sender. The states are bound values, so that no index of states is taken."""
    return (
        sa.select(*COLUMNS)
        .join(message, message.c.id == table.c.message_id)
        .where(message.c.sender == sender, table.c.id != exclude)
    )


def _in_states(states: Collection[ItemState]) -> sa.ColumnElement[bool]:
    """One of the states, said so that SQLite sees which partial index fits."""
    if set(states) == set(ItemState) - {ItemState.CLOSED}:
        return table.c.state != sa.literal_column(f"'{ItemState.CLOSED.value}'")
    return spelled(table.c.state, *sorted(states)) if states else sa.false()


def _tuple_of(row: Sequence[Any], columns: tuple[sa.ColumnElement[Any], ...]) -> sa.Tuple:
    """A row's values typed as its columns; bare values would be bound without their type."""
    return sa.tuple_(
        *(sa.literal(value, column.type) for value, column in zip(row, columns, strict=True))
    )
