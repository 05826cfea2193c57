"""Items in lists, in the order of hand-out, with what a clerk recognises the mail by."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.item import ItemState
from store import rows
from store.engine import Tx
from store.items import COLUMNS, Item
from store.statements import among, spelled
from store.tables import item as table
from store.tables import message


@dataclass(frozen=True, slots=True)
class Listed:
    """An item in a list, with what a clerk recognises the mail by."""

    item: Item
    sender: str
    subject: str


_QUEUE = (table.c.queue_day, table.c.received_at, table.c.id)
_RECEIPT = (table.c.received_at, table.c.id)


def listing(
    tx: Tx,
    *,
    agency_codes: Collection[str | None] | None,
    states: Collection[ItemState],
    limit: int,
    after: int | None = None,
) -> tuple[Listed, ...]:
    """Items in the order of hand-out; of all agencies where `agency_codes` is None.

    `after` is the id of the last item of the page before.
    """
    statement = (
        sa.select(*COLUMNS, message.c.sender, message.c.subject)
        .join(message, message.c.id == table.c.message_id)
        .where(among(table.c.agency_code, agency_codes), _in_states(states))
        .order_by(*_QUEUE)
        .limit(limit)
    )
    if after is not None:
        last = tx.run(sa.select(*_QUEUE).where(table.c.id == after)).one_or_none()
        if last is None:
            return ()
        statement = statement.where(sa.tuple_(*_QUEUE) > _tuple_of(last, _QUEUE))
    return tuple(Listed(Item(*row[:-2]), *row[-2:]) for row in tx.run(statement))


def chronological(
    tx: Tx, *, agency_code: str | None, limit: int, after: int | None = None
) -> tuple[Item, ...]:
    """The open items of an agency (None: clearing) by receipt, as the BEO list has them (R17).

    `after` is the id of the last item of the page before.
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


def _tuple_of(
    row: sa.Row[*tuple[Any, ...]], columns: tuple[sa.ColumnElement[Any], ...]
) -> sa.Tuple:
    """A row's values typed as its columns; bare values would be bound without their type."""
    return sa.tuple_(
        *(sa.literal(value, column.type) for value, column in zip(row, columns, strict=True))
    )
