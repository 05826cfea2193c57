"""Sessions of people at the desk. Rows are found by the hash of what the browser holds.

Source: own decision 0056.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.access import Caller
from store.database.engine import Tx
from store.doors import caller_scope
from store.tables.access import session as table


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One sign-in. Times are aware UTC. Hashes are hex; an empty one means: there is none.

    `account_hash` names the person on the distribution lists, `provider_sid_hash` the session at
    the sign-in service.
    """

    id_hash: str
    caller: Caller
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    account_hash: str = ""
    provider_sid_hash: str = ""


def add(tx: Tx, row: SessionRow) -> None:
    """Keep a new sign-in."""
    statement = sa.insert(table).values(
        id_hash=row.id_hash,
        name=row.caller.name,
        role=row.caller.role.value,
        bounds=caller_scope.as_json(row.caller),
        account_hash=row.account_hash,
        provider_sid_hash=row.provider_sid_hash,
        started_at=row.started_at,
        seen_at=row.seen_at,
        ends_at=row.ends_at,
    )
    tx.run(statement)


def find(tx: Tx, id_hash: str) -> SessionRow | None:
    """The row of that hash, whether it still holds or not."""
    found = tx.run(sa.select(table).where(table.c.id_hash == id_hash)).one_or_none()
    if found is None:
        return None
    return SessionRow(
        id_hash=found.id_hash,
        caller=caller_scope.caller_of(found.name, found.role, found.bounds),
        started_at=found.started_at,
        seen_at=found.seen_at,
        ends_at=found.ends_at,
        account_hash=found.account_hash,
        provider_sid_hash=found.provider_sid_hash,
    )


def seen(tx: Tx, id_hash: str, *, now: datetime) -> None:
    """The person did something."""
    tx.run(sa.update(table).where(table.c.id_hash == id_hash).values(seen_at=now))


def drop(tx: Tx, id_hash: str) -> None:
    """Sign-out of this browser."""
    tx.run(sa.delete(table).where(table.c.id_hash == id_hash))


def drop_by_provider(tx: Tx, *, name: str, provider_sid_hash: str) -> int:
    """Sign-out told by the sign-in service: of one session there, else all of the person.

    A session of the person that the service did not number at sign-in may be the one that is meant,
    and ends too. An empty `name` or hash names nobody. The number of sessions that ended.
    """
    asked: list[sa.ColumnElement[bool]] = []
    if provider_sid_hash:
        meant = [provider_sid_hash, ""] if name else [provider_sid_hash]
        asked.append(table.c.provider_sid_hash.in_(meant))
    if name:
        asked.append(table.c.name == name)
    if not asked:
        return 0
    return tx.run(sa.delete(table).where(*asked)).rowcount


def drop_all(tx: Tx) -> int:
    """Everybody has to sign in again; how many were signed in."""
    return tx.run(sa.delete(table)).rowcount


def sweep(tx: Tx, *, before: datetime) -> int:
    """Drop rows that ended before that moment; how many."""
    return tx.run(sa.delete(table).where(table.c.ends_at < before)).rowcount
