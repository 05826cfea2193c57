"""What the worker's loops do in one round; one bad mail never stops another (promise 3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

import structlog

from rules.errors import Conflict, HouseError, Refused, TryLater
from rules.ledger import LedgerState
from store.database.engine import Tx
from store.mails import aside, ledger, originals
from store.mails.ledger import Message
from store.mails.originals import Packed
from store.processes import leases
from store.trail import audit
from triage import (
    counted_days,
    deciding,
    idempotency,
    orphaned_items,
    send,
    sessions,
    set_clock,
    sort,
)
from triage.desk import holding
from triage.house import House
from triage.rulesets import switched_off as rules_off
from triage.send import Outlets
from triage.sending import turns
from triage.texts import expiry as text_ends
from triage.trail import anchor
from triage.watch import freshness, outgoing_alarms, wandering

SORT_BATCH = 200
"""Sorted mails are committed in batches of at most this size. Source: own decision 0036."""

SORT_BATCH_BYTES = 8_000_000
"""And of at most this size together, or one mail. Source: own decision 0036."""

JUDGED_TOGETHER = 16
"""How many mails of a batch go through the judge at once; more bring nothing. A full batch would
judge for longer than a turn should be without a sign of life. Source: own decision 0111."""

KEEP_ORDER_SECONDS = 60
SEAL_BATCH = 1000
"""Entries sealed in one commit; more follow in the next round. Own decision 0019."""

log = structlog.get_logger()

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Permit:
    """What holds while a batch is sorted: asked before each mail is read, and last in each commit.

    Either may raise Conflict `lease.lost`: then nothing more of the batch is written.
    """

    before_each: Callable[[], None]
    in_commit: Callable[[Tx], None]


def sort_batch(house: House, pending: Sequence[Message], *, permit: Permit) -> int:
    """Sort these mails and commit them together, or each by itself where that fails; their number.

    Raises: TryLater: `store.away`. Conflict: `lease.lost`, by the permit.
    """
    with house.db.read() as tx:
        packed = originals.packed_many(tx, (row.sha256 for row in pending))
    ready: list[deciding.Sorted] = []
    for first in range(0, len(pending), JUDGED_TOGETHER):
        rows = pending[first : first + JUDGED_TOGETHER]
        ready += _sorted_together(house, rows, packed, permit)
    _write_batch(house, ready, permit)
    return len(pending)


def _write_batch(house: House, ready: Sequence[deciding.Sorted], permit: Permit) -> None:
    try:
        with house.db.write() as tx:
            sort.write(house, tx, ready)
            permit.in_commit(tx)
    except TryLater:
        raise
    except Conflict as exc:
        if exc.code == "lease.lost":
            raise
        # Another sorter was faster with one of them.
        log.info("mail.batch_again", mails=len(ready), code=exc.code)
    except Exception:
        log.exception("mail.batch_broken", mails=len(ready))
    else:
        return
    # Each by itself, so that one tells nothing for the others.
    for found in ready:
        permit.before_each()
        written(house, found)
    with house.db.write() as tx:
        permit.in_commit(tx)


def sort_guarded(house: House, message_id: int) -> bool:
    """Sort one kept mail that was handed in, or set it aside; False where nothing was sorted.

    Raises: TryLater: `store.away`.
    """
    found = prepared(house, message_id)
    return found is not None and written(house, found)


def written(house: House, found: deciding.Sorted) -> bool:
    """Write one mail by itself; where that breaks, it lies aside and False comes back (promise 3).

    Raises: TryLater: `store.away`.
    """
    message_id = found.message.id
    try:
        with house.db.write() as tx:
            return message_id in sort.write(house, tx, [found])
    except TryLater:
        raise
    except Conflict as exc:
        log.warning("mail.not_sorted", message=message_id, code=exc.code)
    except Exception as exc:
        log.exception("mail.unwritable", message=message_id)
        set_aside(house, message_id, step="write", code=getattr(exc, "code", "bug"))
    return False


def prepared(house: House, message_id: int) -> deciding.Sorted | None:
    """Parse and judge one mail; None if that failed, then it lies aside (promise 3)."""
    with house.db.read() as tx:
        row = ledger.message(tx, message_id)
        packed = originals.packed_many(tx, [row.sha256])[row.sha256]
    return _guarded(house, row, lambda: deciding.prepare(house, row, ledger.opened(row, packed)))


def _sorted_together(
    house: House, rows: Sequence[Message], packed: Mapping[str, Packed], permit: Permit
) -> list[deciding.Sorted]:
    """As `prepared`, of mails that were taken out of the store already; judged in one go."""
    opened = []
    for row in rows:
        permit.before_each()
        opened.append(_guarded(house, row, partial(_opened, house, row, packed[row.sha256])))
    there = [one for one in opened if one]
    try:
        judgements = deciding.judged(house.judging, there)
    except TryLater:
        raise
    except Exception:
        log.exception("mail.group_broken", mails=len(there))
        # Each by itself, so that one tells nothing for the others.
        found = [
            _guarded(house, one.message, partial(deciding.decided, house, one)) for one in there
        ]
    else:
        found = [
            _guarded(house, one.message, partial(deciding.ruled, house, one, judgement))
            for one, judgement in zip(there, judgements, strict=True)
        ]
    return [one for one in found if one]


def _opened(house: House, row: Message, packed: Packed) -> deciding.Opened:
    return deciding.opened(house, row, ledger.opened(row, packed))


def _guarded(house: House, row: Message, step: Callable[[], _Made]) -> _Made | None:
    """What the step makes of a mail; None where it breaks, then the mail lies aside (promise 3)."""
    try:
        return step()
    except TryLater:
        raise
    except Exception as exc:
        log.exception("mail.unsortable", message=row.id)
        set_aside(house, row.id, step="sort", code=getattr(exc, "code", "bug"))
        return None


def set_aside(house: House, message_id: int, *, step: str, code: str) -> None:
    """Lay a kept mail beside the way with its reason; bytes and ledger row stay.

    Nothing happens to one that somebody else has sorted or deleted meanwhile.
    """
    now = house.clock()
    with house.db.write() as tx:
        if ledger.locked(tx, message_id).state is not LedgerState.KEPT:
            return
        ledger.set_state(tx, message_id, LedgerState.ASIDE, reason=code, now=now)
        aside.put(tx, message_id, step=step, reason_code=code, detail="", now=now)
        audit.add(
            tx,
            "worker",
            action="mail.set_aside",
            subject=f"message:{message_id}",
            details={"step": step, "code": code},
            at=now,
        )


def send_round(house: House, outlets: Outlets, worker: str) -> int:
    """Deliver what is due and take the receipts that lie ready; the number of both."""
    _note_left(house, outlets)
    sent = turns.deliver_due(house, outlets, worker)
    return sent + send.take_all_receipts(house, outlets)


def _note_left(house: House, outlets: Outlets) -> None:
    """What left in an earlier round, while the database was away."""
    try:
        send.note_left(house, outlets)
    except Conflict as exc:
        log.info("outgoing.overtaken", code=exc.code)


WATCHES: Final = (outgoing_alarms.WATCH, wandering.WATCH, rules_off.WATCH)
"""What is looked at in keeping order, in the order in which it is noted."""


def keep_order(house: House, worker: str) -> int:
    """Each minute: items back into the line, alarms, seals of the trail, figures of past days.

    One worker at a time. An anchor that can't be written is told in the end, when all else is done.
    """
    set_clock.look(house)
    now = house.clock()
    # Read before the write lock is taken: others write meanwhile.
    fresh, ends = freshness.look(house), text_ends.look(house)
    troubles = [(watch, watch.look(house)) for watch in WATCHES]
    with house.db.write() as tx:
        lease = leases.take(tx, "keep_order", owner=worker, now=now, seconds=KEEP_ORDER_SECONDS)
        if lease is None:
            return 0
        expired = holding.back_to_the_line(house, tx, now=now)
        orphaned_items.hand_on(house, tx, now=now)
        alarms = freshness.note(house, tx, fresh)
        ending = text_ends.note(house, tx, ends)
        changed = [(watch, watch.note(house, tx, found)) for watch, found in troubles]
        audit.seal(tx, limit=SEAL_BATCH)
        leases.release(tx, lease, now=now)
    # At once: until the anchor knows the new seal, `trail verify` takes the trail for a cut one.
    trouble = _anchored(house, now)
    freshness.tell(alarms)
    text_ends.tell(ending)
    for watch, turned in changed:
        watch.tell(turned)
    idempotency.forget(house)
    counted_days.close_days(house)
    counted_days.keep_stands(house)
    sessions.sweep(house)
    if expired:
        log.info("lease.expired", items=expired)
    if trouble is not None:
        raise trouble
    return 0


def _anchored(house: House, now: datetime) -> HouseError | None:
    """Note the head of the trail in the anchor; why not, where that fails: a disk may stay full."""
    if house.policy.anchor is None:
        return None
    try:
        anchor.note(house.db, house.policy.anchor, now=now)
    except (TryLater, Refused) as exc:
        return exc
    return None
