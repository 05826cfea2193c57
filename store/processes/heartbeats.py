"""The sign of life of each worker loop, so that the doors can tell how the house is."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.ledger import beat as table


@dataclass(frozen=True, slots=True)
class Beat:
    """How the last round of a loop went: empty `code` means well, else the code of its error."""

    name: str
    at: datetime
    code: str
    message: str


def beat(tx: Tx, name: str, *, code: str, message: str, now: datetime) -> None:
    """Note a round. Its own short write transaction; the newest replaces the one before."""
    values = {"at": now, "code": code, "message": message}
    statement = insert(tx, table).values(name=name, **values)
    tx.run(statement.on_conflict_do_update(index_elements=[table.c.name], set_=values))


def all_beats(tx: Tx) -> tuple[Beat, ...]:
    """The last sign of life of every loop that ever ran here, by name."""
    statement = sa.select(*rows.columns(Beat, table)).order_by(table.c.name)
    return rows.all_as(tx, Beat, statement)


def one(tx: Tx, name: str) -> Beat | None:
    """The last sign of life of that name."""
    return rows.one_as(tx, Beat, sa.select(*rows.columns(Beat, table)).where(table.c.name == name))
