"""Station 7, out: outgoing rows leave by their outlet, and receipts come back.

At least once, with an idempotency key, so a crash between delivery and commit doubles
nothing at the receiver. A receipt is committed here before the outlet is told to forget it.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog

from rules.backoff import next_try
from rules.errors import Conflict, HouseError, Refused, TryLater, Unreadable
from rules.handover import Receipt
from rules.item import HandoverRejected, ReceiptArrived
from store import audit, outgoing
from store.outgoing import Outgoing
from triage import handover, reply, returned, sent_copy
from triage.house import House
from triage.ports import FileOutlet, MailOutlet

CLAIM_SECONDS = 120
"""Longer than the longest delivery (an SMTP timeout of 60 s). Own decision 0024."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outlets:
    """The ways out of the house, wired by wiring.py."""

    eakte: FileOutlet
    mail: MailOutlet


def claim_due(house: House, *, worker: str) -> Outgoing | None:
    """Take the row that is due longest, so that no other worker delivers it at the same time.

    One at a time: of a batch the last would wait for the others, and its claim could run out.
    Answers wait where so many left within a minute that the smarthost would take it amiss;
    hand-overs don't (F10, own decision 0053).
    """
    now = house.clock()
    with house.db.write() as tx:
        gone = outgoing.replies_since(tx, now - timedelta(minutes=1), now=now)
        rows = outgoing.claim(
            tx,
            kinds=("eakte", "reply") if gone < house.policy.replies_a_minute else ("eakte",),
            worker=worker,
            now=now,
            limit=1,
            lease_seconds=CLAIM_SECONDS,
        )
    return rows[0] if rows else None


def deliver(house: House, outlets: Outlets, row: Outgoing) -> int:
    """Deliver one claimed row; 1 if it left. What is refused for good becomes a dead letter."""
    try:
        answer = _hand_to_outlet(house, outlets, row)
    except TryLater as exc:
        _again(house, row, exc)
        return 0
    except (Refused, Unreadable) as exc:
        give_up(house, row, exc.code)
        return 0
    now = house.clock()
    with house.db.write() as tx:
        outgoing.sent(tx, row.id, fence=row.fence, answer=answer, now=now)
        sent_copy.order(house, tx, row)
        audit.add(
            tx,
            "worker",
            action=f"{row.kind}.sent",
            subject=f"message:{row.message_id}",
            details={"outgoing": row.id},
            at=now,
        )
    log.info("outgoing.sent", kind=row.kind, outgoing=row.id)
    return 1


def _hand_to_outlet(house: House, outlets: Outlets, row: Outgoing) -> str:
    if row.kind == "eakte":
        outlets.eakte.deliver(handover.package(house, row))
        return row.idempotency_key
    letter = reply.letter(house, row)
    return outlets.mail.send(letter.envelope_from, letter.recipient, letter.data)


def _again(house: House, row: Outgoing, exc: HouseError) -> None:
    wait = next_try(row.tries, house.backoff)
    if wait is None:
        give_up(house, row, exc.code)
        return
    at = house.clock() + timedelta(seconds=wait)
    log.warning("outgoing.later", kind=row.kind, outgoing=row.id, code=exc.code)
    with house.db.write() as tx:
        outgoing.later(tx, row.id, fence=row.fence, error_code=exc.code, next_try_at=at)


def give_up(house: House, row: Outgoing, code: str) -> None:
    """Dead letter: the row stays, is shown, and can be replayed; its item stays open.

    The item of an answer may be closed by now; then it is open again, or nobody would see it.
    """
    log.error("outgoing.dead", kind=row.kind, outgoing=row.id, code=code)
    now = house.clock()
    with house.db.write() as tx:
        outgoing.dead(tx, row.id, fence=row.fence, error_code=code, now=now)
        if row.kind == "eakte" and row.item_id is not None:
            handover.settle(tx, row.item_id, HandoverRejected(), now=now)
        if row.kind == "reply" and row.item_id is not None:
            returned.bring_back(house, tx, row.item_id)
        audit.add(
            tx,
            "worker",
            action=f"{row.kind}.dead",
            subject=f"message:{row.message_id}",
            details={"outgoing": row.id, "code": code},
            at=now,
        )


def take_receipts(house: House, outlet: FileOutlet) -> int:
    """Write the receipts that lie ready; the number taken. Repeating one changes nothing.

    One that does not fit now lies ready again in the next round, and never stops the others.
    """
    taken = 0
    for receipt in outlet.receipts():
        try:
            _take(house, receipt)
        except Conflict as exc:
            log.warning("receipt.put_off", key=receipt.key, code=exc.code)
            continue
        outlet.confirm(receipt.key)
        taken += 1
    return taken


def _take(house: House, receipt: Receipt) -> None:
    """Row, item and audit entry in one commit; an item in a clerk's hands stays there."""
    now, note = house.clock(), asdict(receipt)
    with house.db.write() as tx:
        if outgoing.of_key(tx, receipt.key) is None:
            log.warning("receipt.unknown", key=receipt.key)
            return
        answer = outgoing.receipted if receipt.accepted else outgoing.rejected
        row = answer(tx, receipt.key, receipt=note, now=now)
        if row.item_id is not None:
            event = ReceiptArrived() if receipt.accepted else HandoverRejected()
            handover.settle(tx, row.item_id, event, now=now)
        audit.add(
            tx,
            "eakte",
            action="eakte.received" if receipt.accepted else "eakte.rejected",
            subject=f"message:{row.message_id}",
            details={"reference": receipt.reference},
            at=now,
        )
    log.info("receipt.taken", outgoing=row.id, accepted=receipt.accepted)
