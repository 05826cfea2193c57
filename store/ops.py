"""Acts on postboxes: the wish is durable before the command, the proof after it.

new -> sent (with the watermark of the target) -> done, or lost, or refused. The first
watermark stays, so that an answer that got lost is found again above it. All writes but
`want` are made under the lease of the postbox. Source: own decision 0004; imap guide 4.2, 6 to 8.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.ledger import OpState, op_step
from rules.postbox import Place, Watermark
from store import leases, ledger, rows, sightings
from store.engine import Tx
from store.leases import Lease
from store.statements import spelled
from store.tables import SightingState, message
from store.tables import op as table

_OPEN = (OpState.NEW, OpState.SENT)


@dataclass(frozen=True, slots=True)
class Op:
    """One act. `tries` counts how often it was put off; `fence` is that of the last writer."""

    id: int
    message_id: int
    postbox: str
    kind: str
    src_folder: str
    src_epoch: str
    src_uid: str
    dst_folder: str
    mark_epoch: str | None
    mark_next_uid: str | None
    state: OpState
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    tries: int
    next_try_at: datetime
    error_code: str
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


_COLUMNS = rows.columns(Op, table)


def want(tx: Tx, message_id: int, *, kind: str, dst_folder: str, now: datetime) -> int | None:
    """Wish that the message be filed into `dst_folder`; the id of the act.

    None where nothing is to be done: it lies in no postbox, or in that folder already. A wish
    of the same kind that was not sent yet gets the new target, or is withdrawn; one that was
    sent comes first. Waits for a worker who is just writing what he did with the message.
    Raises: Refused: `mail.unknown`.
    """
    ledger.locked(tx, message_id)
    lies = next(iter(sightings.of_message(tx, message_id)), None)
    if lies is None or lies.state is SightingState.GONE:
        return None
    acts = [act for act in of_message(tx, message_id) if act.kind == kind]
    under_way = next((act for act in acts if act.state is OpState.SENT), None)
    wish = next((act for act in acts if act.state is OpState.NEW), None)
    if dst_folder == (under_way.dst_folder if under_way else lies.folder):
        _withdraw(tx, wish)
        return under_way.id if under_way else None
    if wish is not None:
        tx.run(sa.update(table).where(table.c.id == wish.id).values(dst_folder=dst_folder))
        return wish.id
    return _insert(tx, lies, kind=kind, dst_folder=dst_folder, now=now)


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


def due(tx: Tx, postbox: str, *, now: datetime, limit: int) -> tuple[Op, ...]:
    """Acts to work on now, those sent and unproven first, then oldest first; one a message."""
    found: tuple[Op, ...] = ()
    earlier = table.alias("earlier")
    waits = sa.exists().where(
        earlier.c.message_id == table.c.message_id,
        earlier.c.id < table.c.id,
        earlier.c.state.in_(_OPEN),
    )
    # Two statements: each walks the index and stops at its limit; one sort would read all.
    for state in (OpState.SENT, OpState.NEW):
        statement = (
            sa.select(*_COLUMNS)
            .where(
                table.c.postbox == postbox,
                spelled(table.c.state, state),
                table.c.next_try_at <= now,
                ~waits,
            )
            .order_by(table.c.id)
            .limit(limit - len(found))
        )
        found += rows.all_as(tx, Op, statement)
    return found


def sent(tx: Tx, op_id: int, *, mark: Watermark, lease: Lease, now: datetime) -> Op | None:
    """The command to `mark.folder` goes out next. The first watermark stays for later sendings.

    None where the wish was withdrawn or got another target since it was read: no command then.
    Committed before the command is given. Raises: Conflict: `lease.lost`, `op.step`.
    """
    wish = _locked(tx, op_id)
    if wish is None or wish.dst_folder != mark.folder:
        return None
    return _write(
        tx,
        op_id,
        to=OpState.SENT,
        lease=lease,
        now=now,
        values={
            "sent_at": now,
            "mark_epoch": sa.func.coalesce(table.c.mark_epoch, mark.epoch),
            "mark_next_uid": sa.func.coalesce(table.c.mark_next_uid, mark.next_uid),
        },
    )


def done(tx: Tx, op_id: int, *, place: Place, lease: Lease, now: datetime) -> None:
    """The message lies at `place`, proven. Moves the sighting too. Idempotent.

    Raises: Refused: `op.unknown`. Conflict: `lease.lost`, `op.step`, `place.taken`.
    """
    # Also where it is done already: the mail may have been moved on since, under a newer lease.
    leases.hold(tx, lease, now=now)
    before = get(tx, op_id)
    if before.state is not OpState.DONE:
        _write(
            tx, op_id, to=OpState.DONE, lease=lease, now=now,
            values={"done_at": now, "error_code": ""},
        )  # fmt: skip
    sightings.move(tx, before.message_id, to=place, src=before.src, now=now)


def later(
    tx: Tx, op_id: int, *, error_code: str, next_try_at: datetime, lease: Lease, now: datetime
) -> None:
    """Not now, and one more try; the state stays: a sent command is looked for before a repetition.

    Raises: Refused: `op.unknown`. Conflict: `lease.lost`, `op.step`.
    """
    values = {
        "error_code": error_code,
        "next_try_at": next_try_at,
        "tries": table.c.tries + 1,
    }
    _write(tx, op_id, to=None, lease=lease, now=now, values=values)


def lost(tx: Tx, op_id: int, *, error_code: str, lease: Lease, now: datetime) -> None:
    """The message is neither here nor there. For people.

    Raises: Refused: `op.unknown`. Conflict: `lease.lost`, `op.step`.
    """
    values = {"error_code": error_code}
    _write(tx, op_id, to=OpState.LOST, lease=lease, now=now, values=values)


def refused(tx: Tx, op_id: int, *, error_code: str, lease: Lease, now: datetime) -> None:
    """The server will never do it. For people.

    Raises: Refused: `op.unknown`. Conflict: `lease.lost`, `op.step`.
    """
    values = {"error_code": error_code}
    _write(tx, op_id, to=OpState.REFUSED, lease=lease, now=now, values=values)


def again(tx: Tx, op_id: int, *, now: datetime) -> None:
    """A person removed the cause of a refusal: the wish stands again. Needs no lease.

    Raises: Refused: `op.unknown`. Conflict: `op.step`.
    """
    op_step(get(tx, op_id).state, OpState.NEW)
    tx.run(
        sa.update(table)
        .where(table.c.id == op_id, table.c.state == OpState.REFUSED)
        .values(state=OpState.NEW, next_try_at=now, error_code="")
    )


def get(tx: Tx, op_id: int) -> Op:
    """The act. Raises: Refused: `op.unknown`."""
    found = _find(tx, op_id)
    if found is None:
        raise _unknown(op_id)
    return found


def of_message(tx: Tx, message_id: int) -> tuple[Op, ...]:
    """All acts on a message, oldest first."""
    statement = sa.select(*_COLUMNS).where(table.c.message_id == message_id).order_by(table.c.id)
    return rows.all_as(tx, Op, statement)


def counts(tx: Tx, *, postbox: str | None = None) -> dict[OpState, int]:
    """How many acts in each state; all states are keys. Slow: for reports only."""
    statement = sa.select(table.c.state, sa.func.count()).group_by(table.c.state)
    if postbox is not None:
        statement = statement.where(table.c.postbox == postbox)
    found: dict[OpState, int] = dict(tx.run(statement).all())
    return {state: found.get(state, 0) for state in OpState}


def _find(tx: Tx, op_id: int) -> Op | None:
    return rows.one_as(tx, Op, sa.select(*_COLUMNS).where(table.c.id == op_id))


def _locked(tx: Tx, op_id: int) -> Op | None:
    """The act as it is now, with its message locked: `want` reads places and acts under that lock.

    Read again under the lock: what was read before may be older than the write waited for.
    """
    found = _find(tx, op_id)
    if found is not None:
        ledger.locked(tx, found.message_id)
        found = _find(tx, op_id)
    return found


def _unknown(op_id: int) -> Refused:
    return Refused("op.unknown", f"There is no act {op_id} on a postbox.", op_id=op_id)


def _withdraw(tx: Tx, wish: Op | None) -> None:
    """A wish that never left the house may vanish; its reason stands in the audit."""
    if wish is not None:
        tx.run(sa.delete(table).where(table.c.id == wish.id, table.c.state == OpState.NEW))


def _insert(tx: Tx, lies: sightings.Sighting, *, kind: str, dst_folder: str, now: datetime) -> int:
    statement = sa.insert(table).values(
        message_id=lies.message_id,
        postbox=lies.postbox,
        kind=kind,
        src_folder=lies.folder,
        src_epoch=lies.epoch,
        src_uid=lies.uid,
        dst_folder=dst_folder,
        state=OpState.NEW,
        created_at=now,
        next_try_at=now,
    )
    op_id: int = tx.run(statement.returning(table.c.id)).scalar_one()
    return op_id


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
        raise _unknown(op_id)
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
        raise Conflict(
            "lease.lost",
            f"Act {op_id} was written under a newer lease than fence {lease.fence}."
            " Stop, take the lease again, and look before repeating anything.",
            op_id=op_id,
            fence=lease.fence,
        )
    return after
