"""What was wished by a clock that was set back since waits no longer than by any other clock.

A new row is due at the moment it was made; by the clock as it is now that may be hours ahead.
Rows that were put off keep their time: who could tell whether they have waited long enough.
Source: own decision 0024.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from rules.ledger import OpState
from store.engine import Tx
from store.statements import spelled
from store.tables.ledger import OutgoingState, op, outgoing


def bring_forward(tx: Tx, *, now: datetime, claim: timedelta) -> int:
    """New filings and outgoing things are due now; of moves in doubt the grace begins now.

    What is claimed stays so for as long as any claim (`claim`) lasts, from now on: its worker may
    live. How many rows.
    """
    due, over = {"next_try_at": now}, now + claim
    statements = (
        sa.update(op)
        .where(spelled(op.c.state, OpState.NEW), op.c.tries == 0, op.c.next_try_at > now)
        .values(due),
        sa.update(op)
        .where(spelled(op.c.state, OpState.SENT), op.c.sent_at > now)
        .values(sent_at=now, next_try_at=now),
        sa.update(outgoing)
        .where(
            outgoing.c.state == OutgoingState.NEW,
            outgoing.c.tries == 0,
            outgoing.c.next_try_at > now,
        )
        .values(due),
        sa.update(outgoing)
        .where(outgoing.c.state == OutgoingState.CLAIMED, outgoing.c.claimed_until > over)
        .values(claimed_until=over, next_try_at=over),
    )
    return sum(tx.run(statement).rowcount for statement in statements)
