"""What stands still by order: all writing to the outside, or the writing into one postbox.

Source: own decisions 0068 (the whole house) and 0069 (a postbox that was only observed).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.halt import halt as table

WRITING: Final = "writing"
"""All that moves or leaves, in the whole house."""

_POSTBOX: Final = "postbox:"


@dataclass(frozen=True, slots=True)
class Halt:
    """What stands still, since when (aware UTC), by whose order, and why in his words."""

    name: str
    at: datetime
    by: str
    reason: str


def of_postbox(postbox: str) -> str:
    """The name of the halt that holds for the writing into one postbox."""
    return f"{_POSTBOX}{postbox}"


def standing(tx: Tx) -> Halt | None:
    """The halt of the whole house, or None. One row by its key, cheap enough for every pass."""
    statement = sa.select(*rows.columns(Halt, table)).where(table.c.name == WRITING)
    return rows.one_as(tx, Halt, statement)


def of_postboxes(tx: Tx) -> frozenset[str]:
    """The postboxes that nothing is written into until somebody says from when on."""
    statement = sa.select(table.c.name).where(table.c.name.startswith(_POSTBOX))
    return frozenset(name.removeprefix(_POSTBOX) for name in tx.run(statement).scalars())


def may_write(tx: Tx, postbox: str) -> bool:
    """Whether neither the house nor this postbox stands still."""
    names = (WRITING, of_postbox(postbox))
    found = tx.run(sa.select(table.c.name).where(table.c.name.in_(names)).limit(1))
    return found.one_or_none() is None


def place(tx: Tx, new: Halt) -> bool:
    """Stop what `new` names; False where it is stopped already: the first order stays."""
    values = {"name": new.name, "at": new.at, "by": new.by, "reason": new.reason}
    statement = insert(tx, table).values(values).on_conflict_do_nothing()
    return tx.run(statement.returning(table.c.name)).one_or_none() is not None


def lift(tx: Tx, name: str = WRITING) -> bool:
    """End the halt of that name; False where there was none."""
    return tx.run(sa.delete(table).where(table.c.name == name)).rowcount == 1
