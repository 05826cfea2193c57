"""Open items that were handed on again and again. Source: F21, N15."""

from collections.abc import Collection

import sqlalchemy as sa

from rules.item import HOP_ALARM
from store.database import rows
from store.database.engine import Tx
from store.database.statements import among, by_no_index
from store.desk.items import COLUMNS, IS_OPEN, Item
from store.tables.ledger import item as table

_WANDERS: sa.ColumnElement[bool] = sa.and_(
    table.c.hops >= sa.literal_column(str(HOP_ALARM)), IS_OPEN
)


def by_region(tx: Tx) -> dict[str, int]:
    """How many open items wander in each region ("" where it has none); only regions with some."""
    statement = (
        sa.select(table.c.region, sa.func.count().label("number"))
        .where(_WANDERS)
        .group_by(table.c.region)
    )
    return {row.region or "": row.number for row in tx.run(statement)}


def listing(tx: Tx, *, agency_codes: Collection[str | None] | None, limit: int) -> tuple[Item, ...]:
    """Those of these agencies (None: all), the one that wandered most first."""
    statement = (
        sa.select(*COLUMNS)
        .where(_WANDERS, among(by_no_index(table.c.agency_code), agency_codes))
        .order_by(table.c.hops.desc(), table.c.received_at, table.c.id)
        .limit(limit)
    )
    return rows.all_as(tx, Item, statement)
