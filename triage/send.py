"""Station 7, out: outgoing rows leave by their outlet, and receipts come back (sending/).

At least once, with an idempotency key, so a crash between delivery and commit doubles
nothing at the receiver. Mail has no key there: what left while the database went away, or is set
back, is remembered by this process, and noted before anything else leaves. Own decision 0135.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from outbox.left_notes import LeftNotes
from rules.backoff import next_try
from rules.errors import Conflict, HouseError, Refused, TryLater, Unreadable
from rules.handover import Receipt
from rules.item import HandoverRejected
from rules.outgoing import OutgoingKind
from store.processes import halts
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import Outgoing
from store.trail import audit
from triage import handover, tasks
from triage.answers import reply, returned, sent_copy
from triage.house import House
from triage.ports import FileOutlet, MailOutlet, RecordLook, TaskOutlet
from triage.sending import left, missed_receipts, receipts
from triage.sending.missed_receipts import Looked
from triage.sending.waking import OF_ONE_ROW, OF_ONE_SENDER, ONE_WAY, Waking

SENDING_SECONDS: Final = 300
"""The longest delivery: by SMTP 60 s until the data begin, then four answers or writes of 60 s
each (outbox/smtp.py). Own decision 0024."""

CLAIM_SECONDS = SENDING_SECONDS + 60
"""Longer than that by what it takes to make the letter. Own decision 0024."""

REMEMBERED: Final = 1000
"""What a standby was behind is seconds of sending. Own decision 0135."""

log = structlog.get_logger()


class Ended(StrEnum):
    """How a delivery ended: it left, its whole way is shut now, or otherwise."""

    LEFT = "left"
    SHUT = "shut"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Left:
    """A claimed row that its outlet has taken, with the outlet's word."""

    row: Outgoing
    answer: str
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Outlets:
    """The ways out of the house, as triage/wiring opens them."""

    eakte: FileOutlet
    mail: MailOutlet
    tasks: TaskOutlet | None = None
    """None: tasks stay where they are; the API orders none then."""
    records: RecordLook | None = None
    """None: nobody is asked before a hand-over; the receipt is compared in any case."""
    left: dict[int, Left] = field(default_factory=dict)
    """What has left and is not noted yet, by the id of its row; for the one thread that sends."""
    gone: dict[int, Left] = field(default_factory=dict)
    """The last `REMEMBERED` that were noted, for a database that forgets it."""
    notes: LeftNotes | None = None
    """What left, on the disk: for the process that comes after this one. None: nothing is noted."""
    looked: Looked = field(default_factory=Looked)
    """How far receipts were looked for that the database has forgotten."""
    waking: Waking = field(default_factory=Waking)
    """What waits for a way to open, and what it was that failed."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of rows that have a way out here."""
        return ONE_WAY if self.tasks is None else (*ONE_WAY, OutgoingKind.TASK)


def claim_due(house: House, kinds: tuple[str, ...], *, worker: str) -> Outgoing | None:
    """Take the row that is due longest, so that no other worker delivers it at the same time.

    One at a time: of a batch the last would wait for the others, and its claim could run out.
    Answers wait where so many left within a minute that the smarthost would take it amiss;
    hand-overs don't (F10, own decision 0053). None where writing is stopped (own decision 0068).
    """
    now = house.clock()
    without_answers = tuple(kind for kind in kinds if kind != OutgoingKind.REPLY)
    with house.db.write() as tx:
        if halts.standing(tx) is not None:
            return None
        gone = outgoing.replies_since(tx, now - timedelta(minutes=1), now=now)
        rows = outgoing_claims.claim(
            tx,
            kinds=kinds if gone < house.policy.replies_a_minute else without_answers,
            worker=worker,
            now=now,
            limit=1,
            lease_seconds=CLAIM_SECONDS,
        )
    return rows[0] if rows else None


def deliver(house: House, outlets: Outlets, row: Outgoing) -> Ended:
    """Deliver one claimed row. What is refused for good becomes a dead letter."""
    try:
        answer, receipt = _sent_before(house, outlets, row) or _hand_to_outlet(house, outlets, row)
    except TryLater as exc:
        _again(house, row, exc)
        if not _is_shut(row, exc):
            return Ended.OTHERWISE
        outlets.waking.failed(row)
        return Ended.SHUT
    except (Refused, Unreadable) as exc:
        give_up(house, row, exc.code)
        return Ended.OTHERWISE
    outlets.left[row.id] = Left(row, answer, receipt)
    if row.kind == OutgoingKind.REPLY:
        left.note(house, outlets.notes, row, answer)
    note_left(house, outlets)
    return Ended.LEFT


def _is_shut(row: Outgoing, exc: TryLater) -> bool:
    """Whether it is the way itself, and so for all rows of the kind."""
    return row.kind in ONE_WAY and exc.code not in (*OF_ONE_ROW, *OF_ONE_SENDER)


def note_left(house: House, outlets: Outlets) -> None:
    """Note what has left, under its claim: so that nobody sends it again.

    Raises: TryLater: `store.away`, to be repeated before anything else leaves. Conflict:
    `outgoing.claim_lost`: another worker has it by now.
    """
    for row_id, one in tuple(outlets.left.items()):
        try:
            _note_sent(house, outlets, one)
        except TryLater:
            raise
        except BaseException:
            del outlets.left[row_id]
            raise
        outlets.gone[row_id] = outlets.left.pop(row_id)
    while len(outlets.gone) > REMEMBERED:
        del outlets.gone[next(iter(outlets.gone))]


def _sent_before(
    house: House, outlets: Outlets, row: Outgoing
) -> tuple[str, Receipt | None] | None:
    """The outlet's word, where the row left here and the database has lost that.

    Each claim has a higher fence, so one that is no higher was given out before: a standby without
    the last commits is the primary now. An answer that another process sent is known by its note.
    """
    known = outlets.gone.get(row.id)
    if known is not None and known.row.idempotency_key != row.idempotency_key:
        known = None
    if known is not None and row.fence <= known.row.fence:
        log.error("outgoing.forgotten", kind=row.kind, outgoing=row.id)
        return known.answer, known.receipt
    said = left.answer_before(house, outlets.notes, row) if row.kind == OutgoingKind.REPLY else None
    if said is None:
        return None
    log.error("outgoing.forgotten", kind=row.kind, outgoing=row.id)
    return said, None


def _note_sent(house: House, outlets: Outlets, sent: Left) -> None:
    row, answer, receipt, now = sent.row, sent.answer, sent.receipt, house.clock()
    with house.db.write() as tx:
        if receipt:
            handover.alone(tx, row)
        outgoing_claims.sent(tx, row.id, fence=row.fence, answer=answer, now=now)
        noted = outlets.waking.left(tx, row, now=now)
        sent_copy.order(house, tx, row)
        audit.add(
            tx,
            "worker",
            action=f"{row.kind}.sent",
            subject=f"message:{row.message_id}",
            details={"outgoing": row.id},
            at=now,
        )
        wrong = receipts.answered(house, tx, row, receipt) if receipt else None
    noted()
    log.info("outgoing.sent", kind=row.kind, outgoing=row.id)
    if receipt:
        receipts.tell(row, receipt, wrong)


def _hand_to_outlet(house: House, outlets: Outlets, row: Outgoing) -> tuple[str, Receipt | None]:
    """The outlet's word, and the receipt where it gives one at once."""
    if row.kind == OutgoingKind.EAKTE:
        package = handover.package(house, row)
        # Without a number the eAkte's people assign the record, and there is nothing to look up.
        if outlets.records is not None and package.kundennummer:
            outlets.records.require(package.kundennummer)
        return row.idempotency_key, outlets.eakte.deliver(package)
    if row.kind == OutgoingKind.TASK and outlets.tasks is not None:
        return row.idempotency_key, outlets.tasks.deliver(tasks.build(house, row))
    letter = reply.letter(house, row)
    _require_time(house, row)
    return outlets.mail.send(letter.envelope_from, letter.recipient, letter.data), None


def _require_time(house: House, row: Outgoing) -> None:
    """Pass while the claim lasts long enough to send; after a freeze another may have the row.

    A mail that left twice can't be called back; the other ways out know a repetition by its key.
    Raises: Conflict: `outgoing.claim_lost`.
    """
    ends = house.clock() + timedelta(seconds=SENDING_SECONDS)
    if row.claimed_until is not None and ends > row.claimed_until:
        raise Conflict(
            "outgoing.claim_lost",
            f"Outgoing row {row.id} was claimed too long ago to be sent; it is due again.",
            outgoing_id=row.id,
        )


def _again(house: House, row: Outgoing, exc: HouseError) -> None:
    wait = next_try(row.tries, house.backoff)
    if wait is None:
        give_up(house, row, exc.code)
        return
    told = exc.details.get("after_seconds")
    if isinstance(told, float):
        # The other side knows best, but no stranger's word puts a hand-over off for weeks.
        wait = max(wait, min(told, house.backoff.cap_seconds))
    at = house.clock() + timedelta(seconds=wait)
    log.warning("outgoing.later", kind=row.kind, outgoing=row.id, code=exc.code)
    with house.db.write() as tx:
        outgoing_claims.later(tx, row.id, fence=row.fence, error_code=exc.code, next_try_at=at)


def give_up(house: House, row: Outgoing, code: str) -> None:
    """Dead letter: the row stays, is shown, and can be replayed; its item stays open.

    The item of an answer may be closed by now; then it is open again, or nobody would see it.
    """
    log.error("outgoing.dead", kind=row.kind, outgoing=row.id, code=code)
    now = house.clock()
    with house.db.write() as tx:
        handover.alone(tx, row)
        outgoing_claims.dead(tx, row.id, fence=row.fence, error_code=code, now=now)
        if row.kind == OutgoingKind.EAKTE:
            handover.settle(tx, row, HandoverRejected(), now=now)
        if row.kind == OutgoingKind.REPLY and row.item_id is not None:
            returned.bring_back(house, tx, row.item_id)
        audit.add(
            tx,
            "worker",
            action=f"{row.kind}.dead",
            subject=f"message:{row.message_id}",
            details={"outgoing": row.id, "code": code},
            at=now,
        )


def take_all_receipts(house: House, outlets: Outlets) -> int:
    """The receipts of all outlets, and those of the eAkte that the database has forgotten.

    One that is away is told after the others were read.

    Raises: TryLater, Unreadable: as the outlets, the first of them.
    """
    taken, failed = 0, None
    ways: list[tuple[str, FileOutlet | TaskOutlet]] = [(OutgoingKind.EAKTE, outlets.eakte)]
    if outlets.tasks is not None:
        ways.append((OutgoingKind.TASK, outlets.tasks))
    for kind, outlet in ways:
        try:
            taken += receipts.take(house, outlet, kind=kind)
        except HouseError as exc:
            failed = failed or exc
    if failed is not None:
        raise failed
    # Behind what lies ready: that needs no look.
    return taken + missed_receipts.look(house, outlets.eakte, outlets.looked)
