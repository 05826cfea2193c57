"""Open items that stand in the line of an agency which is no more."""

from collections.abc import Collection

import sqlalchemy as sa

from rules.item import ItemState
from store import rows
from store.engine import Tx
from store.items import COLUMNS, Item
from store.tables.ledger import item as table

_IS_OPEN: sa.ColumnElement[bool] = table.c.state != sa.literal_column(f"'{ItemState.CLOSED.value}'")
"""Spelled out as in the partial index, which SQLite would not find by a bound value."""


def left_behind(tx: Tx, agency_codes: Collection[str], *, limit: int) -> tuple[Item, ...]:
    """Those of these agencies that nobody holds, in their order of hand-out."""
    statement = (
        sa.select(*COLUMNS)
        .where(_IS_OPEN, table.c.agency_code.in_(agency_codes), table.c.state != ItemState.HELD)
        .order_by(table.c.queue_day, table.c.received_at, table.c.id)
        .limit(limit)
    )
    return rows.all_as(tx, Item, statement)
