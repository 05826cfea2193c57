"""Copies outside the database that have to go: the intent before the deed, and what became of it.

Written in the commit that erases our copy, carried out afterwards, as often as it takes: removing
what is gone already does no harm, for a copy is compared by its bytes or its own name.
Source: own decision 0054.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert, parts
from store.tables.ledger import OutgoingState, message, outgoing
from store.tables.sweep import hold, sweep_row
from store.tables.sweep import sweep_removal as table
from store.tables.text import sent_copy

POSTBOX, EAKTE, SENT, TASK, COPY = "postbox", "eakte", "sent", "task", "copy"
"""Kinds of copies: the mail in its postbox, the package in the eAkte's drop, the answer as sent, a
task in its receiver's folder, the copy of an answer in a postbox (by the number of its row)."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One copy that has to go; see the table for its words."""

    id: int
    plan_id: int
    message_id: int
    kind: str
    place: str
    name: str
    sha256: str
    state: str
    tries: int
    next_try_at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy, before it is wished away."""

    message_id: int
    kind: str
    place: str
    name: str
    sha256: str


_COLUMNS = rows.columns(Removal, table)
_POSTBOX_OF_MAIL = (
    sa.select(message.c.postbox).where(message.c.id == table.c.message_id).scalar_subquery()
)


def copies_sent(tx: Tx, message_ids: Iterable[int]) -> tuple[Copy, ...]:
    """What left the house for these messages: packages by key, answers by the outlet's word.

    To be asked before `retention.erase`, which forgets the words.
    """
    found: list[Copy] = []
    for part in parts(sorted(set(message_ids))):
        statement = sa.select(
            outgoing.c.message_id,
            outgoing.c.kind,
            outgoing.c.idempotency_key,
            outgoing.c.answer,
            outgoing.c.tries,
        ).where(outgoing.c.message_id.in_(part))
        for message_id, kind, key, answer, tries in tx.run(statement):
            if kind == "eakte" and tries:
                found.append(Copy(message_id, EAKTE, "", key, ""))
            elif kind == "task" and tries:
                found.append(Copy(message_id, TASK, "", key, ""))
            elif kind == "reply" and answer:
                found.append(Copy(message_id, SENT, "", answer, ""))
    return tuple(found)


def copies_laid(tx: Tx, message_ids: Iterable[int]) -> tuple[Copy, ...]:
    """Copies of answers to these messages that were laid, or may have been, into postboxes."""
    found: list[Copy] = []
    for part in parts(sorted(set(message_ids))):
        statement = (
            sa.select(outgoing.c.message_id, outgoing.c.id, sent_copy.c.postbox)
            .join(sent_copy, sent_copy.c.outgoing_id == outgoing.c.id)
            .where(outgoing.c.message_id.in_(part), sent_copy.c.mark_epoch.is_not(None))
        )
        found += (
            Copy(message_id, COPY, postbox, str(outgoing_id), "")
            for message_id, outgoing_id, postbox in tx.run(statement)
        )
    return tuple(found)


def wish(tx: Tx, plan_id: int, copies: Collection[Copy], *, now: datetime) -> None:
    """Note that these copies have to go. Idempotent by plan, message and place."""
    values = [
        {
            "plan_id": plan_id,
            "message_id": copy.message_id,
            "kind": copy.kind,
            "place": copy.place,
            "name": copy.name,
            "sha256": copy.sha256,
            "state": "new",
            "next_try_at": now,
            "at": now,
        }
        for copy in copies
    ]
    if values:
        tx.run(insert(tx, table).on_conflict_do_nothing(), values)


def due(
    tx: Tx, kinds: Collection[str], *, now: datetime, limit: int, place: str | None = None
) -> tuple[Removal, ...]:
    """Copies of these kinds (at that place) to remove now, oldest first.

    None where a postbox is held, in it or of its mails: what is left is kept from then on.
    """
    is_held = sa.exists().where(
        hold.c.released_at.is_(None),
        hold.c.message_id.is_(None),
        sa.or_(hold.c.postbox == table.c.place, hold.c.postbox == _POSTBOX_OF_MAIL),
    )
    statement = (
        sa.select(*_COLUMNS)
        .where(
            table.c.kind.in_(sorted(kinds)),
            table.c.state == sa.literal_column("'new'"),
            table.c.next_try_at <= now,
            ~is_held,
        )
        .order_by(table.c.id)
        .limit(limit)
    )
    if place is not None:
        statement = statement.where(table.c.place == place)
    return rows.all_as(tx, Removal, statement)


def end(tx: Tx, removal_id: int, state: str, *, code: str, now: datetime) -> None:
    """`done`, `missing` or `refused`, once. Nothing happens to one that has ended."""
    _write(tx, removal_id, {"state": state, "code": code, "done_at": now})


def later(tx: Tx, removal_id: int, *, code: str, next_try_at: datetime) -> None:
    """Not now; tried again then."""
    _write(tx, removal_id, {"tries": table.c.tries + 1, "code": code, "next_try_at": next_try_at})


def counts(tx: Tx, plan_id: int) -> tuple[tuple[str, str, str, str, int], ...]:
    """How many by (kind, place, state, code), sorted."""
    columns = (table.c.kind, table.c.place, table.c.state, table.c.code)
    statement = (
        sa.select(*columns, sa.func.count())
        .where(table.c.plan_id == plan_id)
        .group_by(*columns)
        .order_by(*columns)
    )
    return tuple(
        (kind, place, state, code, number) for kind, place, state, code, number in tx.run(statement)
    )


def left_in_postboxes(tx: Tx, plan_id: int) -> dict[str, int]:
    """How many of the mails that the plan erased nobody removes from their postbox, by its name."""
    wished = sa.exists().where(
        table.c.plan_id == plan_id, table.c.message_id == message.c.id, table.c.kind == POSTBOX
    )
    statement = (
        sa.select(message.c.postbox, sa.func.count())
        .join(sweep_row, sweep_row.c.message_id == message.c.id)
        .where(sweep_row.c.plan_id == plan_id, sweep_row.c.state == "erased", ~wished)
        .where(message.c.postbox.is_not(None))
        .group_by(message.c.postbox)
        .order_by(message.c.postbox)
    )
    found: dict[str, int] = {}
    found.update((name, number) for name, number in tx.run(statement))
    return found


def waiting(tx: Tx) -> dict[str, int]:
    """How many copies of all plans have to go still, by kind; all kinds are keys."""
    statement = (
        sa.select(table.c.kind, sa.func.count())
        .where(table.c.state == sa.literal_column("'new'"))
        .group_by(table.c.kind)
    )
    found = dict.fromkeys((POSTBOX, EAKTE, SENT, TASK, COPY), 0)
    found.update((kind, number) for kind, number in tx.run(statement))
    return found


def has_receipt(tx: Tx, key: str) -> bool:
    """Whether the receiver has answered; then it needs package or task no more."""
    statement = sa.select(outgoing.c.state).where(outgoing.c.idempotency_key == key)
    return tx.run(statement).scalar_one_or_none() in {
        OutgoingState.RECEIPTED,
        OutgoingState.REJECTED,
    }


def _write(tx: Tx, removal_id: int, values: dict[str, Any]) -> None:
    tx.run(sa.update(table).where(table.c.id == removal_id, table.c.state == "new").values(values))
