"""What was compared for an item before a text that discloses: kinds, no content."""

from datetime import datetime

import sqlalchemy as sa

from rules.identity import Check
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.desk import item_check as table


def add(tx: Tx, item_id: int, check: Check, *, actor: str, now: datetime) -> bool:
    """Record it once; False where it was recorded before."""
    statement = insert(tx, table).values(item_id=item_id, kind=check.value, actor=actor, at=now)
    added = statement.on_conflict_do_nothing(
        index_elements=[table.c.item_id, table.c.kind]
    ).returning(table.c.id)
    return tx.run(added).scalar_one_or_none() is not None


def of_item(tx: Tx, item_id: int) -> frozenset[Check]:
    """What was recorded for the item."""
    statement = sa.select(table.c.kind).where(table.c.item_id == item_id)
    return frozenset(Check(kind) for kind in tx.run(statement).scalars())
