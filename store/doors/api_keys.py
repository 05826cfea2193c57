"""Keys of machines, made by command; beside them the configuration may hold some.

Source: own decision 0057.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from rules.access import Caller
from rules.errors import Conflict
from store.database.engine import Tx
from store.database.statements import insert, parts
from store.doors import caller_scope
from store.tables.access import api_key as table


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key: whose it is, its argon2 hash, and how long it holds.

    It holds up to and including `expires_on` (local day). `last_used_on` is a day, not a moment:
    what a machine did when is not told by its key.
    """

    caller: Caller
    hash: str
    created_at: datetime
    created_by: str
    expires_on: date
    revoked_at: datetime | None = None
    last_used_on: date | None = None


def add(tx: Tx, row: KeyRow) -> None:
    """Keep a new key. Raises: Conflict: `key.exists`: the name is or was given."""
    values = {
        "name": row.caller.name,
        "hash": row.hash,
        "role": row.caller.role.value,
        "bounds": caller_scope.as_json(row.caller),
        "created_at": row.created_at,
        "created_by": row.created_by,
        "expires_on": row.expires_on,
    }
    statement = insert(tx, table).values(values).on_conflict_do_nothing().returning(table.c.name)
    if tx.run(statement).one_or_none() is None:
        raise Conflict(
            "key.exists",
            f"There is or was a key {row.caller.name!r}. Choose another name, so that the trail "
            "tells them apart.",
            name=row.caller.name,
        )


def find_each(tx: Tx, names: Iterable[str]) -> dict[str, KeyRow]:
    """The keys of these names, those that there are, whether they still hold or not."""
    found: dict[str, KeyRow] = {}
    for part in parts(sorted(set(names))):
        rows = tx.run(sa.select(table).where(table.c.name.in_(part)))
        found |= {row.name: _read(row) for row in rows}
    return found


def all_keys(tx: Tx) -> tuple[KeyRow, ...]:
    """Every key ever made, by name."""
    return tuple(_read(found) for found in tx.run(sa.select(table).order_by(table.c.name)))


def revoke(tx: Tx, name: str, *, now: datetime) -> bool:
    """Let the key open nothing from now on; False if it was revoked before or never was."""
    statement = sa.update(table).where(table.c.name == name, table.c.revoked_at.is_(None))
    return tx.run(statement.values(revoked_at=now)).rowcount == 1


def used(tx: Tx, name: str, *, day: date) -> None:
    """Note the day of the last use."""
    tx.run(sa.update(table).where(table.c.name == name).values(last_used_on=day))


def _read(found: sa.Row[tuple[object, ...]]) -> KeyRow:
    return KeyRow(
        caller=caller_scope.caller_of(found.name, found.role, found.bounds),
        hash=found.hash,
        created_at=found.created_at,
        created_by=found.created_by,
        expires_on=found.expires_on,
        revoked_at=found.revoked_at,
        last_used_on=found.last_used_on,
    )
