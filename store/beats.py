"""The sign of life of each worker loop, so that the doors can tell how the house is."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.engine import Tx
from store.tables import beat as _beat


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
    changed = tx.run(sa.update(_beat).where(_beat.c.name == name).values(values))
    if changed.rowcount == 0:
        tx.run(sa.insert(_beat).values(name=name, **values))


def all_beats(tx: Tx) -> tuple[Beat, ...]:
    """The last sign of life of every loop that ever ran here, by name."""
    rows = tx.run(sa.select(_beat).order_by(_beat.c.name))
    return tuple(Beat(row.name, row.at, row.code, row.message) for row in rows)
