"""Receipts that lie ready, and what they do to row and item; one that can't be had stops no other.

A receipt is committed here before the outlet is told to forget it.
Source: own decisions 0058, 0140.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import structlog

from rules.errors import Conflict, HouseError
from rules.handover import Arrival, Objection, Paper, Receipt, objection
from rules.item import HandoverRejected, ReceiptArrived
from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.sending import outgoing, outgoing_turns
from store.sending.outgoing import Outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from triage import handover
from triage.house import House
from triage.ports import FileOutlet, TaskOutlet

OBJECTIONS: Final[Mapping[Objection, str]] = MappingProxyType(
    {
        Objection.OTHER_BYTES: "Die Quittung gilt einer anderen Nachricht (Prüfsumme weicht ab).",
        Objection.OTHER_RECORD: "Die eAkte hat unter einer anderen Kundennummer abgelegt.",
        Objection.NO_RECORD: "Die Quittung nennt keine Kundennummer.",
    }
)
"""What the clerk reads; without the numbers, which stand in the mail and in the eAkte."""

ANSWERED: Final = frozenset({OutgoingState.RECEIPTED, OutgoingState.REJECTED})

AT_ONCE: Final = 100
"""At most this many new ones are taken in one round, for `TAKING` at the longest: each may cost a
request, and what is to leave waits meanwhile. Own decision 0143."""

TAKING: Final = timedelta(seconds=30)

UNCONFIRMED: Final = 3
"""How many papers that can't be put away are tried in one round. Own decision 0140."""

log = structlog.get_logger()


def take(house: House, outlet: FileOutlet | TaskOutlet, *, kind: str = OutgoingKind.EAKTE) -> int:
    """Write the receipts that lie ready; the number taken. Repeating one changes nothing.

    Only for rows of that kind: who takes tasks can't write a receipt that opens the bolt. One
    that does not fit now lies ready again in the next round, and never stops the others. What
    is no news and can't be put away doesn't count: it would keep the others from their turn.
    """
    taken, new, begun, failures = 0, 0, house.clock(), list[HouseError]()
    for paper in outlet.receipts():
        if new == AT_ONCE or (new and house.clock() - begun > TAKING):
            break
        try:
            is_told = _is_told(house, paper, kind)
            known = is_told or _take(house, paper, kind)
        except Conflict as exc:
            log.warning("receipt.put_off", key=paper.key, code=exc.code)
            continue
        before = len(failures)
        if before < UNCONFIRMED:
            failures += _put_away(outlet, paper, known=known)
        is_away = before < UNCONFIRMED and before == len(failures)
        taken += 1
        new += is_away or (known and not is_told)
    if failures:
        raise failures[0]
    return taken


def _put_away(outlet: FileOutlet | TaskOutlet, paper: Paper, *, known: bool) -> list[HouseError]:
    """What kept it from that: the paper is ours in any case, and the next one is taken."""
    put = outlet.confirm if known else outlet.set_aside
    try:
        put(paper)
    except HouseError as exc:
        return [exc]
    return []


def _is_told(house: House, paper: Paper, kind: str) -> bool:
    """Whether its row says the very same: what could not be put away is no news in each round."""
    if isinstance(paper, Arrival):
        return False
    with house.db.read() as tx:
        row = outgoing.of_key(tx, paper.key)
        return row is not None and row.kind == kind and _says(house, tx, row, paper)


def _says(house: House, tx: Tx, row: Outgoing, receipt: Receipt) -> bool:
    if row.state not in ANSWERED:
        return False
    wrong = _objection(house, tx, row, receipt) if row.kind == OutgoingKind.EAKTE else None
    return row.receipt == _note(receipt, wrong)


def _take(house: House, paper: Paper, kind: str) -> bool:
    """Row, item and audit entry in one commit; False for what we know nothing of."""
    with house.db.write() as tx:
        row = outgoing.of_key(tx, paper.key)
        if row is None or row.kind != kind:
            log.warning("receipt.unknown", key=paper.key)
            return False
        if isinstance(paper, Arrival):
            _arrived(house, tx, row, paper)
            return True
        row = handover.alone(tx, row)
        if _says(house, tx, row, paper):
            return True  # another worker took it at this moment
        wrong = answered(house, tx, row, paper)
    tell(row, paper, wrong)
    return True


def _arrived(house: House, tx: Tx, row: Outgoing, paper: Arrival) -> None:
    """Told in the trail, once; the bolt and the alarm of late receipts know nothing of it."""
    if outgoing_turns.arrived(tx, row.idempotency_key, at=paper.received_at):
        audit.add(
            tx,
            row.kind,
            action=f"{row.kind}.arrived",
            subject=f"message:{row.message_id}",
            details={"outgoing": row.id},
            at=house.clock(),
        )


def answered(house: House, tx: Tx, row: Outgoing, receipt: Receipt) -> Objection | None:
    """Write a receipt for its row; why an acceptance doesn't count. Repeating changes nothing.

    An item in a clerk's hands stays there. A hand-over is `handover.alone`.
    """
    kind, now = row.kind, house.clock()
    wrong = _objection(house, tx, row, receipt) if kind == OutgoingKind.EAKTE else None
    accepted = receipt.accepted and wrong is None
    if row.state is OutgoingState.RECEIPTED and not accepted:
        _contradicted(tx, row, receipt, now=now)
        return None
    answer = outgoing.receipted if accepted else outgoing.rejected
    row = answer(tx, receipt.key, receipt=_note(receipt, wrong), now=now)
    if kind == OutgoingKind.EAKTE:
        event = ReceiptArrived() if accepted else HandoverRejected()
        handover.settle(tx, row, event, now=now)
    audit.add(
        tx,
        kind,
        action=f"{kind}.received" if accepted else f"{kind}.rejected",
        subject=f"message:{row.message_id}",
        details={"reference": receipt.reference} | ({"code": wrong.value} if wrong else {}),
        at=now,
    )
    return wrong


def _contradicted(tx: Tx, row: Outgoing, receipt: Receipt, *, now: datetime) -> None:
    """The first receipt stands; that another one says no is for a person, once."""
    subject, action = f"message:{row.message_id}", f"{row.kind}.contradicted"
    known = audit.of_subject(tx, subject, actions={action})
    if any(one.details.get("outgoing") == row.id for one in known):
        return
    log.error("receipt.contradicts", kind=row.kind, outgoing=row.id)
    details = {"outgoing": row.id, "reference": receipt.reference}
    audit.add(tx, row.kind, action=action, subject=subject, details=details, at=now)


def tell(row: Outgoing, receipt: Receipt, wrong: Objection | None) -> None:
    """Log what was taken, after its commit."""
    if wrong is not None:
        log.error("receipt.wrong_target", outgoing=row.id, code=wrong.value)
    log.info("receipt.taken", outgoing=row.id, accepted=receipt.accepted and wrong is None)


def _objection(house: House, tx: Tx, row: Outgoing, receipt: Receipt) -> Objection | None:
    digest, number = handover.sent_with(tx, row)
    check = house.policy.target_check
    wrong = objection(receipt, check, sha256=digest, kundennummer=number)
    if wrong is None and receipt.accepted and handover.is_other_record(tx, row):
        return Objection.OTHER_RECORD
    return wrong


def _note(receipt: Receipt, wrong: Objection | None) -> dict[str, object]:
    """The receipt as it is kept with the row: without the Kundennummer, which is content."""
    note = asdict(receipt)
    del note["kundennummer"]
    return note if wrong is None else note | {"accepted": False, "reason": OBJECTIONS[wrong]}
