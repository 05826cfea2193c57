"""The trail: who did what to what, in the same transaction as the deed, sealed in a chain later.

Entries are written unsealed, so that no writer waits for the tail of the chain; one leased job
numbers them and chains their hashes. Details hold ids and codes, never content (promise 8).
Source: own decision 0019.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.audit import GENESIS, AuditEntry, ChainBreak, chain_hash
from rules.audit import verify as verify_chain
from rules.errors import Refused
from store.database import rows
from store.database.engine import Tx
from store.database.statements import add_rows
from store.tables.ledger import audit as table


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `subject` is "item:12", "message:7", …; the last three are None until sealed."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    seal_seq: int | None
    prev_hash: str | None
    hash: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """What one of many entries of the same deed says; see `add_many`."""

    action: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verified:
    """How far the chain was checked, and where it breaks first, if it does."""

    checked: int
    last_seq: int
    broken: ChainBreak | None


_COLUMNS = rows.columns(Entry, table)
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def add(
    tx: Tx,
    actor: str,
    *,
    action: str,
    subject: str,
    details: Mapping[str, Any],
    at: datetime,
) -> int:
    """Write an entry in the transaction of the deed; its id."""
    statement = (
        sa.insert(table)
        .values(at=at, actor=actor, action=action, subject=subject, details=_plain(details))
        .returning(table.c.id)
    )
    entry_id: int = tx.run(statement).scalar_one()
    return entry_id


def add_many(tx: Tx, actor: str, notes: Iterable[Note], *, at: datetime) -> None:
    """As `add`, for many things done in one transaction; one statement, in their order."""
    add_each(tx, ((actor, note) for note in notes), at=at)


def add_each(tx: Tx, notes: Iterable[tuple[str, Note]], *, at: datetime) -> None:
    """As `add_many`, for deeds of several actors that share a transaction."""
    values = [
        {
            "at": at,
            "actor": actor,
            "action": note.action,
            "subject": note.subject,
            "details": _plain(note.details),
        }
        for actor, note in notes
    ]
    add_rows(tx, table, values)


def seal(tx: Tx, *, limit: int) -> int:
    """Number and chain up to `limit` unsealed entries, oldest first; how many.

    Called by one job at a time, under its lease, in a write transaction of its own.
    """
    seq, previous = head(tx)
    seals = []
    for entry in rows.all_as(tx, Entry, _unsealed_in_order().limit(limit)):
        seq += 1
        digest = chain_hash(previous, _as_rule(entry, seq))
        seals.append({"entry_id": entry.id, "seq": seq, "previous": previous, "digest": digest})
        previous = digest
    if seals:
        statement = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("entry_id"), table.c.seal_seq.is_(None))
            .values(
                seal_seq=sa.bindparam("seq"),
                prev_hash=sa.bindparam("previous"),
                hash=sa.bindparam("digest"),
            )
        )
        tx.run(statement, seals)
    return len(seals)


def verify(tx: Tx, *, after_seq: int = 0, limit: int = 10_000) -> Verified:
    """Check the chain behind the seal `after_seq`: nothing changed, missing or put in between.

    To check it all, call again with the `last_seq` of the answer until nothing was checked.
    Raises: Refused: `audit.no_such_seal`.
    """
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.seal_seq > after_seq)
        .order_by(table.c.seal_seq)
        .limit(limit)
    )
    entries = rows.all_as(tx, Entry, statement)
    broken = verify_chain(
        ((_as_rule(entry, entry.seal_seq or 0), entry.hash or "") for entry in entries),
        start=_hash_of(tx, after_seq),
        first_seq=after_seq + 1,
    )
    last = entries[-1].seal_seq if entries else None
    return Verified(len(entries), last or after_seq, broken)


def head(tx: Tx) -> tuple[int, str]:
    """Number and hash of the last sealed entry; (0, GENESIS) where there is none."""
    statement = (
        sa.select(table.c.seal_seq, table.c.hash)
        .where(table.c.seal_seq.is_not(None))
        .order_by(table.c.seal_seq.desc())
        .limit(1)
    )
    last = tx.run(statement).one_or_none()
    return (0, GENESIS) if last is None else (last.seal_seq, last.hash)


def last_sealed(tx: Tx) -> Entry | None:
    """The entry with the highest seal, or None where nothing is sealed yet."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.seal_seq.is_not(None))
        .order_by(table.c.seal_seq.desc())
        .limit(1)
    )
    return next(iter(rows.all_as(tx, Entry, statement)), None)


def hash_at(tx: Tx, seq: int) -> str | None:
    """The stored hash of the entry with that seal, or None where there is none."""
    found: str | None = tx.run(
        sa.select(table.c.hash).where(table.c.seal_seq == seq)
    ).scalar_one_or_none()
    return found


def of_subject(
    tx: Tx, subject: str, *, actions: Collection[str] | None = None
) -> tuple[Entry, ...]:
    """The story of one thing, oldest first, whole; of these actions alone where some are named.

    Each look is an entry too: who tells a story names what belongs to it.
    """
    statement = sa.select(*_COLUMNS).where(table.c.subject == subject).order_by(table.c.id)
    if actions is not None:
        statement = statement.where(table.c.action.in_(sorted(actions)))
    return rows.all_as(tx, Entry, statement)


def listing(
    tx: Tx, *, after: int = 0, beyond: int = 0, limit: int, subject: str | None = None
) -> tuple[Entry, ...]:
    """Entries with an id above `after` and no seal up to `beyond`, by id.

    On PostgreSQL an entry may become visible after one with a higher id; who must miss none
    follows the seal (trail_pages.py).
    """
    is_beyond = sa.or_(table.c.seal_seq.is_(None), table.c.seal_seq > beyond)
    statement = sa.select(*_COLUMNS).where(table.c.id > after, is_beyond, _about(subject))
    return rows.all_as(tx, Entry, statement.order_by(table.c.id).limit(limit))


def sealed_after(
    tx: Tx, seal_seq: int, *, limit: int, subject: str | None = None
) -> tuple[Entry, ...]:
    """Sealed entries above that number, in order; of all things without gaps."""
    # Of one thing all are read and put in order: SQLite would walk all seals to save the sorting.
    seal = table.c.seal_seq if subject is None else table.c.seal_seq + 0
    statement = sa.select(*_COLUMNS).where(seal > seal_seq, _about(subject))
    return rows.all_as(tx, Entry, statement.order_by(seal).limit(limit))


def waiting(tx: Tx, *, limit: int, subject: str | None = None) -> tuple[Entry, ...]:
    """The first entries that wait for their seal, by id."""
    statement = _unsealed_in_order().where(_about(subject)).limit(limit)
    return rows.all_as(tx, Entry, statement)


def unsealed(tx: Tx) -> int:
    """How many entries wait for their seal."""
    statement = sa.select(sa.func.count()).where(table.c.seal_seq.is_(None))
    count: int = tx.run(statement).scalar_one()
    return count


def _about(subject: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if subject is None else table.c.subject == subject


def _plain(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details as the database will give them back, so that the seal fits them."""
    text = _JSON.encode(details)
    if text.isascii():
        return dict(details)  # written once more, it is the same text
    plain: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
    return plain


def _hash_of(tx: Tx, seq: int) -> str:
    if seq == 0:
        return GENESIS
    statement = sa.select(table.c.hash).where(table.c.seal_seq == seq)
    found: str | None = tx.run(statement).scalar_one_or_none()
    if found is None:
        raise Refused("audit.no_such_seal", f"There is no audit entry with seal {seq}.", seq=seq)
    return found


def _unsealed_in_order() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(*_COLUMNS).where(table.c.seal_seq.is_(None)).order_by(table.c.id)


def _as_rule(entry: Entry, seq: int) -> AuditEntry:
    """The entry as rules/audit.py hashes it."""
    return AuditEntry(seq, entry.at, entry.actor, entry.action, entry.subject, entry.details)
