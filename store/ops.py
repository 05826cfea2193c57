"""Acts on postboxes: the wish is durable before the command, the proof after it.

new -> sent (with the watermark of the target) -> done, or lost, or refused. The first
watermark stays, so that an answer that got lost is found again above it. All writes but
`want` are made under the lease of the postbox. Source: own decision 0004; imap guide 4.2, 6 to 8.
"""

from dataclasses import dataclass
from datetime import datetime

from rules.postbox import Place, Watermark
from store.engine import Tx
from store.leases import Lease
from store.tables import OpState


@dataclass(frozen=True, slots=True)
class Op:
    """One act. `tries` counts sendings; `fence` is that of the last lease that wrote it."""

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


def want(tx: Tx, message_id: int, *, kind: str, dst_folder: str, now: datetime) -> int | None:
    """Wish that the message be filed into `dst_folder`; the id of the act.

    None where nothing is to be done: it lies in no postbox, or in that folder already. A wish
    of the same kind that was not sent yet gets the new target; one that was sent comes first.
    """
    raise NotImplementedError


def due(tx: Tx, postbox: str, *, now: datetime, limit: int) -> tuple[Op, ...]:
    """Acts to work on now, those sent and unproven first, then oldest first; one a message."""
    raise NotImplementedError


def sent(tx: Tx, op_id: int, *, mark: Watermark, lease: Lease, now: datetime) -> Op:
    """The command goes out next. The first watermark stays for all later sendings.

    Committed before the command is given. Raises: Conflict: `lease.lost`, `op.state`.
    """
    raise NotImplementedError


def done(tx: Tx, op_id: int, *, place: Place, lease: Lease, now: datetime) -> None:
    """The message lies at `place`, proven. Moves the sighting too. Idempotent.

    Raises: Conflict: `lease.lost`, `op.state`, `place.taken`.
    """
    raise NotImplementedError


def later(tx: Tx, op_id: int, *, error_code: str, next_try_at: datetime, lease: Lease) -> None:
    """Not now; the state stays, so a sent command is looked for first. Raises: Conflict: `op.state`."""
    raise NotImplementedError


def lost(tx: Tx, op_id: int, *, error_code: str, lease: Lease, now: datetime) -> None:
    """Sent, and the message is neither here nor there. For people. Raises: Conflict: `op.state`."""
    raise NotImplementedError


def refused(tx: Tx, op_id: int, *, error_code: str, lease: Lease, now: datetime) -> None:
    """The server will never do it. For people. Raises: Conflict: `op.state`."""
    raise NotImplementedError


def of_message(tx: Tx, message_id: int) -> tuple[Op, ...]:
    """All acts on a message, oldest first."""
    raise NotImplementedError


def counts(tx: Tx, *, postbox: str | None = None) -> dict[OpState, int]:
    """How many acts in each state; all states are keys."""
    raise NotImplementedError
