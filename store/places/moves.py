"""A message lies at another place now: one place ends, another begins, wishes start from there.

Made under the lease of the postbox, inside the caller's transaction, once where it lies is known:
proven by the server, or found by content. Source: own decision 0004; docs/reliability.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.ledger import OpState
from rules.postbox import Place, is_numbered
from store.database import by_columns
from store.database.engine import Tx
from store.database.statements import insert, spelled
from store.places import given_twice, ownership
from store.tables.ledger import SightingState, message, op, sighting


@dataclass(frozen=True, slots=True)
class Move:
    """A message of `postbox` lies at `to` now, and at `src` no more; None: nowhere else."""

    message_id: int
    postbox: str
    to: Place
    src: Place | None = None


def move(tx: Tx, message_id: int, *, to: Place, now: datetime, src: Place | None = None) -> None:
    """The message lies at `to` now and at `src` no more (without `src`: nowhere else).

    Acts on it that are not proven yet start from the new place. Idempotent.
    Raises: Refused: `mail.unknown`, `mail.no_postbox`. Conflict: `place.taken`: another
    message lies there.
    """
    move_many(tx, [Move(message_id, _postbox_of(tx, message_id), to, src)], now=now)


def move_many(tx: Tx, moves: Sequence[Move], *, now: datetime) -> None:
    """As `move`, for many messages, each of them once.

    Raises: Conflict: `place.taken`: another message lies at one of the places.
    """
    for statement, leaving in (
        (_LEAVES, [one for one in moves if one.src is not None]),
        (_LEAVES_ALL, [one for one in moves if one.src is None]),
    ):
        by_columns.run(tx, statement, [_leaving(one, now) for one in leaving])
    _arrive(tx, moves, now)
    starting = [
        {
            "of_message": one.message_id,
            "to_folder": one.to.folder,
            "to_epoch": one.to.epoch,
            "to_uid": one.to.uid,
        }
        for one in moves
    ]
    by_columns.run(tx, _START_THERE, starting)


def _leaving(one: Move, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {"of_message": one.message_id, "at": now}
    if one.src is None:
        return values
    return values | {
        "from_postbox": one.postbox,
        "from_folder": one.src.folder,
        "from_epoch": one.src.epoch,
        "from_uid": one.src.uid,
    }


def _arrive(tx: Tx, moves: Sequence[Move], now: datetime) -> None:
    """Make each place live for its message, whether it was there before or not."""
    if not moves:
        return
    statement = insert(tx, sighting)
    upsert = statement.on_conflict_do_update(
        index_elements=["postbox", "folder", "epoch", "uid"],
        set_={"state": SightingState.LIVE, "absences": 0, "last_seen_at": now},
        where=sighting.c.message_id == statement.excluded.message_id,
    ).returning(sighting.c.message_id)
    arrived = set(tx.run(upsert, list(_arriving(moves, now))).scalars())
    for one in moves:
        if one.message_id not in arrived and not _arrives_after_another(tx, one, upsert, now):
            raise Conflict(
                "place.taken",
                f"Message {one.message_id} can't lie at {one.to.uid} in {one.to.folder!r} of"
                f" {one.postbox!r}: another message does. Reconcile the folder.",
                message_id=one.message_id,
                postbox=one.postbox,
                folder=one.to.folder,
            )


def _arrives_after_another(tx: Tx, move: Move, upsert: sa.Executable, now: datetime) -> bool:
    """Whether the number was another mail's, which left it, so that the server gave it twice.

    Or the name, which several mails share: then that one lies elsewhere.
    """
    its_bytes = sa.select(message.c.sha256).where(message.c.id == move.message_id)
    statement = (
        sa.select(sighting.c.id)
        .join(message)
        .where(
            sighting.c.postbox == move.postbox,
            sighting.c.folder == move.to.folder,
            sighting.c.epoch == move.to.epoch,
            sighting.c.uid == move.to.uid,
            sighting.c.state == SightingState.GONE,
            message.c.sha256 != its_bytes.scalar_subquery()
            if is_numbered(move.to.epoch)
            else ownership.lies_elsewhere(),
        )
    )
    before = tx.run(statement).scalars().all()
    given_twice.set_aside(tx, before)
    return bool(before and tx.run(upsert, list(_arriving([move], now))).scalars().all())


def _arriving(moves: Iterable[Move], now: datetime) -> Iterable[dict[str, object]]:
    for one in moves:
        yield {
            "message_id": one.message_id,
            "postbox": one.postbox,
            "folder": one.to.folder,
            "epoch": one.to.epoch,
            "uid": one.to.uid,
            "state": SightingState.LIVE,
            "first_seen_at": now,
            "last_seen_at": now,
        }


def _postbox_of(tx: Tx, message_id: int) -> str:
    found = tx.run(sa.select(message.c.postbox).where(message.c.id == message_id)).one_or_none()
    if found is None:
        raise Refused("mail.unknown", f"There is no message {message_id}.", message_id=message_id)
    if found.postbox is None:
        raise Refused(
            "mail.no_postbox",
            f"Message {message_id} was handed in and lies in no postbox.",
            message_id=message_id,
        )
    postbox: str = found.postbox
    return postbox


# Built once: putting the words together takes longer than running them.
_LEAVES_ALL = (
    sa.update(sighting)
    .where(
        sighting.c.message_id == sa.bindparam("of_message"),
        spelled(sighting.c.state, SightingState.LIVE),
    )
    .values(state=SightingState.GONE, last_seen_at=sa.bindparam("at"))
)
# The postbox, too: it begins the index of places, which would be read from end to end without it.
_LEAVES = _LEAVES_ALL.where(
    sighting.c.postbox == sa.bindparam("from_postbox"),
    sighting.c.folder == sa.bindparam("from_folder"),
    sighting.c.epoch == sa.bindparam("from_epoch"),
    sighting.c.uid == sa.bindparam("from_uid"),
)
_START_THERE = (
    sa.update(op)
    .where(
        op.c.message_id == sa.bindparam("of_message"),
        spelled(op.c.state, OpState.NEW, OpState.SENT),
    )
    .values(
        src_folder=sa.bindparam("to_folder"),
        src_epoch=sa.bindparam("to_epoch"),
        src_uid=sa.bindparam("to_uid"),
    )
)
