"""Receipts that were taken, and that the database has forgotten since.

After a restore, or where a standby without the last commits became the primary, a hand-over waits
for a receipt that lies among those done with, and that nobody lists any more. So what has waited
for an hour is looked for there, too, by the thread that sends. Source: own decision 0151.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from rules.errors import Conflict, HouseError
from rules.handover import Receipt
from store.sending import outgoing, outgoing_watch
from store.sending.outgoing_watch import Departure
from store.tables.ledger import OutgoingState
from triage import handover
from triage.house import House
from triage.ports import FileOutlet
from triage.sending import receipts

WAITED: Final = timedelta(hours=1)
"""So long a receipt may take before it is looked for. Own decision 0151."""

AT_ONCE: Final = 200
"""Hand-overs of one look: a WebDAV server is asked four times for each. Own decision 0151."""

PAUSE: Final = timedelta(minutes=5)
"""Between two looks where more wait than one takes. Own decision 0151."""

ROUND: Final = timedelta(hours=1)
"""From the last look of a round to the first of the next. Own decision 0151."""

EARLIER: Final = timedelta(days=2)
"""A hand-over that left once more was answered before it did; by as much as a backup is old. Own
decision 0151."""

log = structlog.get_logger()


@dataclass(slots=True)
class Looked:
    """How far this process has come; for the one thread that sends."""

    after: Departure | None = None
    next_at: datetime | None = None


def look(house: House, outlet: FileOutlet, looked: Looked) -> int:
    """Take what the eAkte has said to hand-overs that still wait; how many. Cheap if called often.

    An outlet that can't tell is logged and no fault of the round: what it says anew is taken all
    the same, and the next look goes on with those behind.
    """
    now = house.clock()
    # Further ahead than any pause: the clock was set back (own decision 0131).
    if looked.next_at is not None and timedelta() < looked.next_at - now <= ROUND:
        return 0
    with house.db.read() as tx:
        rows = outgoing_watch.late(
            tx, handovers=now - WAITED, tasks=None, limit=AT_ONCE, after=looked.after
        )
    is_last = len(rows) < AT_ONCE
    looked.after = None if is_last else rows[-1].departure
    looked.next_at = now + (ROUND if is_last else PAUSE)
    if not rows:
        return 0
    try:
        told = outlet.told([row.key for row in rows], since=rows[0].sent_at - EARLIER)
    except HouseError as exc:
        log.warning("receipt.not_looked_for", code=exc.code)
        return 0
    return sum(_take(house, one) for one in told)


def _take(house: House, receipt: Receipt) -> bool:
    try:
        with house.db.write() as tx:
            row = outgoing.of_key(tx, receipt.key)
            row = row and handover.alone(tx, row)
            if row is None or row.state is not OutgoingState.SENT:
                return False
            if not receipt.accepted and row.receipt is not None:
                return False  # the rejection after which it was sent once more
            wrong = receipts.answered(house, tx, row, receipt)
    except Conflict as exc:
        log.warning("receipt.put_off", key=receipt.key, code=exc.code)
        return False
    log.warning("receipt.forgotten", outgoing=row.id)
    receipts.tell(row, receipt, wrong)
    return True
