"""Answers that did not arrive: a report of another mail server, or our own giving up.

Such an answer is an open matter: its row is dead with the reason, and its item comes back into the
line, wherever it was laid. Source: RFC 3464; own decision 0053.
"""

from datetime import timedelta

import structlog

from ingest.bounce import Bounce
from rules import sent_id
from rules.errors import Refused
from rules.item import Event, Freed, ItemState, Reopened
from rules.ledger import LedgerState
from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.desk import items
from store.mails import ledger
from store.mails.ledger import Message
from store.sending import outgoing
from store.trail import audit
from triage import handover
from triage.desk import transitions
from triage.house import House
from triage.known.open_again import open_again

BOUNCED = "reply.bounced"
"""Error code of an answer that came back."""

_OVERTAKES = timedelta(seconds=360)
"""So long our note of a sending may be later than the report about it: as send.CLAIM_SECONDS."""

_BACK: dict[ItemState, Event] = {
    ItemState.CLOSED: Reopened(),
    ItemState.PENDING: Freed(),
    ItemState.PARKED: Freed(),
}
"""What brings an item back; the other states are seen by somebody anyway."""

log = structlog.get_logger()


def take(house: House, tx: Tx, report: Message, bounce: Bounce) -> None:
    """Write what a report says, in the commit that sorts it. Repeating it changes nothing.

    A report about no row of ours (a restored database, a forged one) is only a mail set aside.
    """
    try:
        row = handover.alone(tx, outgoing.get(tx, bounce.about.outgoing_id))
    except Refused:
        return
    if row.kind != OutgoingKind.REPLY or not sent_id.fits(bounce.about, row.idempotency_key):
        return
    if row.sent_at is not None and report.kept_at + _OVERTAKES < row.sent_at:
        # Sorted once more, after the answer was sent again: it tells of the sending before.
        return
    now = house.clock()
    action = BOUNCED if bounce.has_failed else "reply.delayed"
    if bounce.has_failed:
        receipt = {"status": bounce.status, "report": report.id}
        if not outgoing.bounced(tx, row.id, error_code=BOUNCED, receipt=receipt, now=now):
            return
    audit.add(
        tx,
        "worker",
        action=action,
        subject=f"message:{row.message_id}",
        details={"outgoing": row.id, "status": bounce.status, "report": report.id},
        at=now,
    )
    if bounce.has_failed:
        log.warning("reply.bounced", outgoing=row.id, status=bounce.status)
        if row.item_id is not None:
            bring_back(house, tx, row.item_id)


def bring_back(house: House, tx: Tx, item_id: int) -> bool:
    """Let a closed or parked item, or one that would close by itself, wait again; True if it was.

    One whose mail was deleted stays closed: nobody could work on it, and it could never be closed.
    The row of its answer is `handover.alone`.
    """
    item = items.get(tx, item_id)
    # Locked first: a deletion that is under way just now is seen.
    message, event = ledger.locked(tx, item.message_id), _BACK.get(item.state)
    if event is None or message.state is LedgerState.DELETED:
        return False
    transitions.by_machine(tx, item, event, now=house.clock())
    if message.state is LedgerState.DONE:
        open_again(tx, message.id, reason="reopened", now=house.clock())
    audit.add(
        tx,
        "worker",
        action="item.reopened",
        subject=f"message:{item.message_id}",
        details={"item": item_id},
        at=house.clock(),
    )
    return True
