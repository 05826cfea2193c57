"""What people keep back from deletion, and what they have looked at while it lay aside.

A hold is on one message or on a whole postbox. Rows are never removed: a released one stays as
proof. They hold a file number of the house at most, never a name or content.
Source: F51; § 84 (3) SGB X (restriction instead of deletion); own decision 0054.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.errors import Refused
from rules.ledger import LedgerState
from rules.sweep import HoldKind
from store.database import rows
from store.database.engine import Tx
from store.database.statements import among, insert, parts
from store.mails import aside_shown
from store.tables.ledger import aside, message
from store.tables.sweep import hold as table
from store.tables.sweep import sweep_seen

_HOLDS = table.c.released_at.is_(None)


@dataclass(frozen=True, slots=True)
class Seen:
    """How many count as looked at by this, and how many don't: no list has shown them."""

    mails: int
    not_shown: int


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold; on `message_id`, or without one on all of `postbox`. Released ones say by whom."""

    id: int
    message_id: int | None
    postbox: str | None
    kind: str
    reference: str
    at: datetime
    actor: str
    released_at: datetime | None = None
    released_by: str | None = None


_COLUMNS = rows.columns(Hold, table)


@dataclass(frozen=True, slots=True)
class NewHold:
    """What is to be kept back: one message, or all of a postbox. `reference`: a file number."""

    kind: HoldKind
    reference: str
    message_id: int | None = None
    postbox: str | None = None


def place(tx: Tx, new: NewHold, *, actor: str, now: datetime) -> int:
    """Keep it back from now on; the hold's number. The caller writes the trail entry."""
    values = {
        "message_id": new.message_id,
        "postbox": new.postbox,
        "kind": new.kind.value,
        "reference": new.reference,
        "actor": actor,
        "at": now,
    }
    hold_id: int = tx.run(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
    return hold_id


def get(tx: Tx, hold_id: int) -> Hold:
    """A hold that is in force. Raises: Refused: `hold.unknown`."""
    found = rows.one_as(tx, Hold, sa.select(*_COLUMNS).where(table.c.id == hold_id, _HOLDS))
    if found is None:
        raise Refused("hold.unknown", f"There is no hold {hold_id} (any more).", hold=hold_id)
    return found


def release(tx: Tx, hold_id: int, *, actor: str, now: datetime) -> None:
    """It holds no more. Raises: Refused: `hold.unknown`."""
    statement = sa.update(table).where(table.c.id == hold_id, _HOLDS)
    if not tx.run(statement.values(released_at=now, released_by=actor)).rowcount:
        get(tx, hold_id)


def in_force(
    tx: Tx,
    *,
    limit: int,
    regions: Collection[str | None] | None = None,
    after: int | None = None,
) -> tuple[Hold, ...]:
    """Holds that hold, newest first; those on messages of these regions, and on postboxes.

    `after` is the number of the last one of the page before.
    """
    return _listing(tx, _HOLDS, limit=limit, regions=regions, after=after)


def over(
    tx: Tx,
    *,
    limit: int,
    regions: Collection[str | None] | None = None,
    after: int | None = None,
) -> tuple[Hold, ...]:
    """Holds that were released, as `in_force`."""
    return _listing(tx, ~_HOLDS, limit=limit, regions=regions, after=after)


def _listing(
    tx: Tx,
    which: sa.ColumnElement[bool],
    *,
    limit: int,
    regions: Collection[str | None] | None,
    after: int | None,
) -> tuple[Hold, ...]:
    statement = (
        sa.select(*_COLUMNS)
        .outerjoin(message, message.c.id == table.c.message_id)
        .where(which, sa.true() if after is None else table.c.id < after)
        .where(sa.or_(table.c.message_id.is_(None), among(message.c.region, regions)))
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return rows.all_as(tx, Hold, statement)


def of_messages(tx: Tx, message_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The holds on these messages themselves, as German words with their numbers."""
    found: dict[int, tuple[str, ...]] = {}
    for part in parts(sorted(set(message_ids))):
        statement = (
            sa.select(table.c.message_id, table.c.id, table.c.kind)
            .where(table.c.message_id.in_(part), _HOLDS)
            .order_by(table.c.id)
        )
        for message_id, hold_id, kind in tx.run(statement):
            found[message_id] = (*found.get(message_id, ()), f"{kind} (Nr. {hold_id})")
    return found


def of_postboxes(tx: Tx) -> dict[str, tuple[str, ...]]:
    """The holds on whole postboxes, as German words with their numbers."""
    found: dict[str, tuple[str, ...]] = {}
    statement = (
        sa.select(table.c.postbox, table.c.id, table.c.kind)
        .where(table.c.message_id.is_(None), table.c.postbox.is_not(None), _HOLDS)
        .order_by(table.c.id)
    )
    for postbox, hold_id, kind in tx.run(statement):
        found[postbox] = (*found.get(postbox, ()), f"{kind} (Nr. {hold_id})")
    return found


def see(
    tx: Tx, *, reason_code: str, regions: Collection[str | None] | None, until: int, actor: str
) -> Seen:
    """A person has looked at what lies aside for that reason, up to message `until`.

    What came to lie aside after that one was not there to be looked at, whatever its number; and
    of the others only what a list showed to this person counts (aside_shown.py).
    """
    known = sa.exists().where(
        sweep_seen.c.message_id == message.c.id, sweep_seen.c.at >= aside.c.at
    )
    last = (
        sa.select(aside.c.id)
        .where(aside.c.resolved_at.is_(None), aside.c.message_id <= until)
        .order_by(aside.c.message_id.desc())
        .limit(1)
    )
    statement = (
        sa.select(aside.c.id, aside.c.tries, aside.c.at, message.c.id.label("message_id"))
        .join(message, aside.c.message_id == message.c.id)
        .where(
            aside.c.resolved_at.is_(None),
            aside.c.reason_code == reason_code,
            message.c.state == LedgerState.ASIDE,
            aside.c.id <= last.scalar_subquery(),
            among(message.c.region, regions),
            ~known,
        )
    )
    lying = tx.run(statement).all()
    if not lying:
        return Seen(0, 0)
    shown = aside_shown.to_person(tx, actor, since=min(row.at for row in lying))
    seen = [row for row in lying if (row.id, row.tries) in shown]
    # Not now, but when it came to lie there: what comes to lie there again has not been seen.
    for part in parts(seen):
        _note_seen(tx, [{"message_id": r.message_id, "at": r.at, "actor": actor} for r in part])
    return Seen(len(seen), len(lying) - len(seen))


def _note_seen(tx: Tx, values: list[dict[str, Any]]) -> None:
    statement = insert(tx, sweep_seen)
    newer = {"at": statement.excluded.at, "actor": statement.excluded.actor}
    tx.run(
        statement.on_conflict_do_update(
            index_elements=[sweep_seen.c.message_id],
            set_=newer,
            where=sweep_seen.c.at < statement.excluded.at,
        ),
        values,
    )
