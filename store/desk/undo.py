"""The last deed on an item that may be taken back: what was, in codes, and which version it made.

Written in the deed's own transaction; swept when its time is over. Own decision 0051.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.desk import item_undo as table
from store.tables.ledger import item

SWEEP_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Undo:
    """One deed that may be taken back by `actor` until then, while the item is in `version`."""

    item_id: int
    version: int
    deed: str
    actor: str
    until: datetime
    before: Mapping[str, Any]


_COLUMNS = rows.columns(Undo, table)


def note(tx: Tx, undo: Undo) -> None:
    """Keep it instead of the item's earlier one."""
    values = {
        "version": undo.version,
        "deed": undo.deed,
        "actor": undo.actor,
        "until": undo.until,
        "before": dict(undo.before),
    }
    statement = insert(tx, table).values(item_id=undo.item_id, **values)
    tx.run(statement.on_conflict_do_update(index_elements=[table.c.item_id], set_=values))


def of_item(tx: Tx, item_id: int, *, actor: str, now: datetime) -> Undo | None:
    """What this clerk may take back on the item now, or None."""
    return rows.one_as(tx, Undo, _open(actor, now).where(table.c.item_id == item_id))


def latest(tx: Tx, *, actor: str, now: datetime) -> Undo | None:
    """The deed that this clerk did last and may take back, or None."""
    statement = _open(actor, now).order_by(table.c.until.desc()).limit(1)
    return rows.one_as(tx, Undo, statement)


def forget(tx: Tx, item_id: int) -> None:
    """It was taken back; it can't be twice."""
    tx.run(sa.delete(table).where(table.c.item_id == item_id))


def sweep(tx: Tx, *, now: datetime) -> None:
    """Those whose time is over go, up to `SWEEP_BATCH`."""
    due = sa.select(table.c.item_id).where(table.c.until <= now).limit(SWEEP_BATCH).cte("due")
    tx.run(sa.delete(table).where(table.c.item_id.in_(sa.select(due.c.item_id))))


def _open(actor: str, now: datetime) -> sa.Select[*tuple[Any, ...]]:
    """Of that clerk, in time, and the item is still as the deed left it."""
    return (
        sa.select(*_COLUMNS)
        .join(item, sa.and_(item.c.id == table.c.item_id, item.c.version == table.c.version))
        .where(table.c.until > now, table.c.actor == actor)
    )
