"""Open items by the line in which they stand: agency and region, as they were when it was told."""

import sqlalchemy as sa

from rules.item import ItemState
from store.database import rows
from store.database.engine import Tx
from store.desk.items import COLUMNS, IS_OPEN, Item
from store.tables.ledger import item as table


def lines(tx: Tx) -> frozenset[tuple[str, str]]:
    """Code of the agency, and region, of all open items that have an agency."""
    statement = (
        sa.select(table.c.agency_code, table.c.region)
        .where(IS_OPEN, table.c.agency_code.is_not(None))
        .distinct()
    )
    return frozenset((row.agency_code, row.region) for row in tx.run(statement))


def standing(tx: Tx, agency_code: str, region: str, *, limit: int) -> tuple[Item, ...]:
    """Those of one line that nobody holds, in their order of hand-out."""
    statement = (
        sa.select(*COLUMNS)
        .where(
            IS_OPEN,
            table.c.agency_code == agency_code,
            table.c.region == region,
            table.c.state != ItemState.HELD,
        )
        .order_by(table.c.queue_day, table.c.received_at, table.c.id)
        .limit(limit)
    )
    return rows.all_as(tx, Item, statement)
