"""The steps of an act on a postbox, each under the lease of the postbox and the act's own fence.

new -> sent (with the watermark of the target) -> done, or lost, or refused. The first
watermark stays, so that an answer that got lost is found again above it. All writes are made under
the lease of the postbox. What stands of an act is in ops.py; how a refused one stands again, in
refused_acts.py.
Source: own decision 0004; docs/reliability.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.errors import Conflict
from rules.ledger import OpState, op_step
from rules.postbox import Place, Watermark
from store.acts import ops
from store.acts.ops import Op, Standing
from store.database import by_columns, rows
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.mails import ledger
from store.places import moves
from store.processes import leases
from store.processes.leases import Lease
from store.tables.ledger import op as table

_COLUMNS = rows.columns(Op, table)
_STANDING = rows.columns(Standing, table)


def sent(tx: Tx, op_id: int, *, mark: Watermark, lease: Lease, now: datetime) -> Op | None:
    """The command to `mark.folder` goes out next. See `sent_many`.

    None where the wish was withdrawn or got another target since it was read: no command then.
    """
    wish = ops.find(tx, op_id)
    wishes = [wish] if wish else []
    return next(iter(sent_many(tx, wishes, marks={mark.folder: mark}, lease=lease, now=now)), None)


def sent_many(
    tx: Tx, wishes: Sequence[Op], *, marks: Mapping[str, Watermark], lease: Lease, now: datetime
) -> tuple[Op, ...]:
    """The commands to the folders of `marks` go out next; the acts for them, in their order.

    A wish that was withdrawn or got another target since it was read is left out: no command then.
    The first watermark stays for later sendings. Committed before the commands are given.
    Raises: Conflict: `lease.lost`, `op.step`.
    """
    leases.hold(tx, lease, now=now)
    there = _locked_many(tx, wishes)
    acts: list[Op] = []
    for wish in wishes:
        now_is = there.get(wish.id)
        if now_is and now_is.dst_folder == wish.dst_folder and now_is.dst_folder in marks:
            acts.append(_as_sent(wish, now_is, marks[now_is.dst_folder], lease=lease, now=now))
    by_columns.run(tx, _SENT, [_row_of_sent(act) for act in acts])
    return tuple(acts)


def _as_sent(wish: Op, standing: Standing, mark: Watermark, *, lease: Lease, now: datetime) -> Op:
    """The wish as it goes out, from where the mail lies by now; the first watermark stays."""
    first = standing.mark or mark
    return replace(
        wish,
        src_folder=standing.src_folder,
        src_epoch=standing.src_epoch,
        src_uid=standing.src_uid,
        state=_fenced_step(standing, OpState.SENT, lease),
        sent_at=now,
        mark_epoch=first.epoch,
        mark_next_uid=first.next_uid,
        fence=lease.fence,
    )


def _row_of_sent(act: Op) -> dict[str, Any]:
    return {
        "op_id": act.id,
        "at": act.sent_at,
        "epoch": act.mark_epoch,
        "next_uid": act.mark_next_uid,
        "to_fence": act.fence,
    }


def done_many(tx: Tx, proven: Sequence[tuple[Op, Place]], *, lease: Lease, now: datetime) -> None:
    """The messages lie at these places, proven. Moves the sightings too. Idempotent.

    Raises: Conflict: `lease.lost`, `op.step`, `place.taken`; nothing is written then. Refused:
    `op.unknown`.
    """
    # Also where it is done already: the mail may have been moved on since, under a newer lease.
    leases.hold(tx, lease, now=now)
    there = _locked_many(tx, [act for act, _ in proven])
    for act, _ in proven:
        if act.id not in there:
            raise ops.unknown(act.id)
    unproven = [one for one in there.values() if one.state is not OpState.DONE]
    for one in unproven:
        _fenced_step(one, OpState.DONE, lease)
    for part in parts(one.id for one in unproven):
        tx.run(
            sa.update(table)
            .where(table.c.id.in_(part))
            .values(state=OpState.DONE, done_at=now, error_code="", fence=lease.fence)
        )
    moves.move_many(
        tx,
        [
            moves.Move(act.message_id, act.postbox, place, there[act.id].src)
            for act, place in proven
        ],
        now=now,
    )


def later(
    tx: Tx, op_id: int, *, error_code: str, next_try_at: datetime, lease: Lease, now: datetime
) -> None:
    """Put the act off and count the try. The state stays: what was sent is looked for first.

    Raises: Refused: `op.unknown`. Conflict: `lease.lost`, `op.step`.
    """
    values = {
        "error_code": error_code,
        "next_try_at": next_try_at,
        "tries": table.c.tries + 1,
    }
    _write(tx, op_id, to=None, lease=lease, now=now, values=values)


def wait_for_folder(
    tx: Tx, postbox: str, folder: str, *, next_try_at: datetime, lease: Lease, now: datetime
) -> None:
    """Put off whatever else is due into that folder: failing one by one it would hold up the rest.

    Raises: Conflict: `lease.lost`.
    """
    leases.hold(tx, lease, now=now)
    tx.run(
        sa.update(table)
        .where(
            table.c.postbox == postbox,
            spelled(table.c.state, OpState.NEW),
            table.c.dst_folder == folder,
            table.c.next_try_at <= now,
        )
        .values(next_try_at=next_try_at)
    )


def lost(tx: Tx, op_id: int, *, error_code: str, lease: Lease, now: datetime) -> None:
    """Give the act up: the mail is in neither folder. A person has to look.

    Raises: Refused: `op.unknown`. Conflict: `lease.lost`, `op.step`.
    """
    values = {"error_code": error_code}
    _write(tx, op_id, to=OpState.LOST, lease=lease, now=now, values=values)


def refused(tx: Tx, op_id: int, *, error_code: str, lease: Lease, now: datetime) -> None:
    """Give the act up: the server refused the last try. A person has to look.

    Raises: Refused: `op.unknown`. Conflict: `lease.lost`, `op.step`.
    """
    values = {"error_code": error_code, "tries": table.c.tries + 1}
    _write(tx, op_id, to=OpState.REFUSED, lease=lease, now=now, values=values)


def _locked(tx: Tx, op_id: int) -> Op | None:
    """The act as it is now, with its message locked: `want` reads places and acts under that lock.

    Read again under the lock: what was read before may be older than the write waited for.
    """
    found = ops.find(tx, op_id)
    if found is not None:
        ledger.locked(tx, found.message_id)
        found = ops.find(tx, op_id)
    return found


def _locked_many(tx: Tx, acts: Sequence[Op]) -> dict[int, Standing]:
    """As `_locked`, for acts that were read before; what is gone since is left out.

    Whoever holds the lock of its message is the only one who takes an act a step further.
    """
    ledger.lock_many(tx, (act.message_id for act in acts))
    found: dict[int, Standing] = {}
    for part in parts(act.id for act in acts):
        statement = sa.select(*_STANDING).where(table.c.id.in_(part)).order_by(table.c.id)
        found |= {act.id: act for act in rows.all_as(tx, Standing, statement)}
    return found


def _fenced_step(act: Standing, to: OpState, lease: Lease) -> OpState:
    """The step, if rules and fence allow it; the act was read under its lock.

    Raises: Conflict: `op.step`, `lease.lost`.
    """
    if act.fence > lease.fence:
        raise _overtaken(act.id, lease)
    return op_step(act.state, to)


def _overtaken(op_id: int, lease: Lease) -> Conflict:
    return Conflict(
        "lease.lost",
        f"Act {op_id} was written under a newer lease than fence {lease.fence}."
        " Stop, take the lease again, and look before repeating anything.",
        op_id=op_id,
        fence=lease.fence,
    )


def _write(
    tx: Tx,
    op_id: int,
    *,
    to: OpState | None,
    lease: Lease,
    now: datetime,
    values: dict[str, Any],
) -> Op:
    """One fenced step: the lease holds, nobody with a newer one wrote, the state is as read."""
    leases.hold(tx, lease, now=now)
    before = _locked(tx, op_id)
    if before is None:
        raise ops.unknown(op_id)
    state = before.state if to is None else op_step(before.state, to)
    statement = (
        sa.update(table)
        .where(
            table.c.id == op_id,
            table.c.state == before.state,
            table.c.fence <= lease.fence,
        )
        .values(state=state, fence=lease.fence, **values)
        .returning(*_COLUMNS)
    )
    after = rows.one_as(tx, Op, statement)
    if after is None:
        raise _overtaken(op_id, lease)
    return after


# Built once: putting the words together takes longer than running them.
_SENT = (
    sa.update(table)
    .where(table.c.id == sa.bindparam("op_id"))
    .values(
        state=OpState.SENT,
        sent_at=sa.bindparam("at"),
        mark_epoch=sa.bindparam("epoch"),
        mark_next_uid=sa.bindparam("next_uid"),
        fence=sa.bindparam("to_fence"),
    )
)
