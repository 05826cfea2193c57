"""Acts on postboxes: the wish is durable before the command, the proof after it.

What stands of them. How a wish comes is in wishes.py, how an act goes on in op_steps.py.
Source: own decision 0004; docs/reliability.md.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

import sqlalchemy as sa

from rules.errors import Refused
from rules.ledger import LedgerState, OpState
from rules.postbox import Place, Watermark
from store.database import rows
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.tables.ledger import message
from store.tables.ledger import op as table

_OPEN = (OpState.NEW, OpState.SENT)

FILE: Final = "file"
"""The kind of every act: to move a mail into a folder. Marks are wishes of their own."""

AHEAD = 5
"""How many times as many as a pass takes are looked through for acts with one target. Own decision
0120."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What changes of an act while it is carried out. `fence` is that of the last writer."""

    id: int
    src_folder: str
    src_epoch: str
    src_uid: str
    dst_folder: str
    mark_epoch: str | None
    mark_next_uid: str | None
    state: OpState
    fence: int

    @property
    def src(self) -> Place:
        """Where the message lies before the act."""
        return Place(self.src_folder, self.src_epoch, self.src_uid)

    @property
    def mark(self) -> Watermark | None:
        """The target before the first sending; None while it was never sent."""
        if self.mark_epoch is None or self.mark_next_uid is None:
            return None
        return Watermark(self.dst_folder, self.mark_epoch, self.mark_next_uid)


@dataclass(frozen=True, slots=True)
class Op(Standing):
    """One act. `tries` counts how often it was put off."""

    message_id: int
    postbox: str
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    tries: int
    next_try_at: datetime
    error_code: str


_COLUMNS = rows.columns(Op, table)


def doubtful_twins(tx: Tx, act: Op) -> tuple[Op, ...]:
    """All acts in state `sent` that file the same bytes into the same folder, this one included."""
    sha256 = sa.select(message.c.sha256).where(message.c.id == act.message_id).scalar_subquery()
    statement = (
        sa.select(*_COLUMNS)
        .join(message, message.c.id == table.c.message_id)
        .where(
            table.c.postbox == act.postbox,
            spelled(table.c.state, OpState.SENT),
            table.c.dst_folder == act.dst_folder,
            message.c.sha256 == sha256,
        )
        .order_by(table.c.id)
    )
    return rows.all_as(tx, Op, statement)


def in_doubt(tx: Tx, postbox: str) -> frozenset[int]:
    """Messages that an act in state `sent` may have moved: where they lie is for filing to find."""
    statement = sa.select(table.c.message_id).where(
        table.c.postbox == postbox, spelled(table.c.state, OpState.SENT)
    )
    return frozenset(tx.run(statement).scalars())


def targets_of_gone(tx: Tx, postbox: str) -> frozenset[str]:
    """Targets of moves whose mails are `gone` now: they may lie there, and nobody has seen them.

    A move was given up, for example, because its target could not be read.
    """
    statement = (
        sa.select(table.c.dst_folder)
        .distinct()
        .join(message, message.c.id == table.c.message_id)
        .where(
            spelled(message.c.state, LedgerState.GONE),
            sa.func.coalesce(table.c.postbox, "") == postbox,
            table.c.state.in_([OpState.LOST, OpState.REFUSED]),
        )
    )
    return frozenset(tx.run(statement).scalars())


def held_up(tx: Tx, postbox: str, *, error_code: str) -> dict[str, int]:
    """Folders into which acts that failed by this code are still to be tried; how many of each."""
    found: Counter[str] = Counter()
    for state in _OPEN:
        statement = (
            sa.select(table.c.dst_folder, sa.func.count().label("number"))
            .where(
                table.c.postbox == postbox,
                spelled(table.c.state, state),
                table.c.error_code == error_code,
            )
            .group_by(table.c.dst_folder)
        )
        found.update({row.dst_folder: row.number for row in tx.run(statement)})
    return dict(sorted(found.items()))


def due(tx: Tx, postbox: str, *, now: datetime, limit: int) -> tuple[Op, ...]:
    """Acts to work on now, those sent and unproven first, then oldest first; one a message.

    Where more wait than `limit`, the targets are taken one after the other, that of the oldest act
    first: a postbox moves what goes into one folder at once. Source: own decision 0120.
    """
    # Two statements: each walks the index and stops at its limit; one sort would read all.
    sent = _are_due(sa.select(*_COLUMNS), postbox, OpState.SENT, now).limit(limit)
    found = rows.all_as(tx, Op, sent)
    return found + _together(tx, postbox, now, limit - len(found))


def _together(tx: Tx, postbox: str, now: datetime, limit: int) -> tuple[Op, ...]:
    """New acts in the order that `due` tells; reads the heads of `AHEAD` times as many."""
    heads = sa.select(table.c.id, table.c.dst_folder)
    heads = _are_due(heads, postbox, OpState.NEW, now).limit(AHEAD * limit)
    by_target: dict[str, list[int]] = {}
    for op_id, target in tx.run(heads):
        by_target.setdefault(target, []).append(op_id)
    taken = islice(chain.from_iterable(by_target.values()), limit)
    found: list[Op] = []
    for part in parts(sorted(taken)):
        statement = sa.select(*_COLUMNS).where(table.c.id.in_(part)).order_by(table.c.id)
        found += rows.all_as(tx, Op, statement)
    return tuple(found)


def _are_due(
    select: sa.Select[*tuple[Any, ...]], postbox: str, state: OpState, now: datetime
) -> sa.Select[*tuple[Any, ...]]:
    """`select` narrowed to acts in that state which are due, oldest first and one a message."""
    earlier = table.alias("earlier")
    waits = sa.exists().where(
        earlier.c.message_id == table.c.message_id,
        earlier.c.id < table.c.id,
        earlier.c.state.in_(_OPEN),
    )
    return select.where(
        table.c.postbox == postbox,
        spelled(table.c.state, state),
        table.c.next_try_at <= now,
        ~waits,
    ).order_by(table.c.id)


def get(tx: Tx, op_id: int) -> Op:
    """The act. Raises: Refused: `op.unknown`."""
    found = find(tx, op_id)
    if found is None:
        raise unknown(op_id)
    return found


def of_message(tx: Tx, message_id: int) -> tuple[Op, ...]:
    """All acts on a message, oldest first."""
    statement = sa.select(*_COLUMNS).where(table.c.message_id == message_id).order_by(table.c.id)
    return rows.all_as(tx, Op, statement)


def of_messages(tx: Tx, message_ids: Iterable[int]) -> dict[int, tuple[Op, ...]]:
    """The acts on many messages, oldest first; only messages that have some."""
    found: dict[int, list[Op]] = {}
    for part in parts(message_ids):
        statement = (
            sa.select(*_COLUMNS)
            .where(table.c.message_id.in_(part), table.c.kind == FILE)
            .order_by(table.c.id)
        )
        for act in rows.all_as(tx, Op, statement):
            found.setdefault(act.message_id, []).append(act)
    return {message_id: tuple(acts) for message_id, acts in found.items()}


def find(tx: Tx, op_id: int) -> Op | None:
    """The act, or None: a wish that was withdrawn is gone."""
    return rows.one_as(tx, Op, sa.select(*_COLUMNS).where(table.c.id == op_id))


def unknown(op_id: int) -> Refused:
    """The error for an id that no act has."""
    return Refused("op.unknown", f"There is no act {op_id} on a postbox.", op_id=op_id)
