"""What was wished by a clock that was set back since waits no longer than by any other clock.

A new row is due at the moment it was made; by the clock as it is now that may be hours ahead.
Rows that were put off keep their time: who could tell whether they have waited long enough.
Source: own decision 0024.
"""

from datetime import datetime

import sqlalchemy as sa

from rules.ledger import OpState
from store.engine import Tx
from store.statements import spelled
from store.tables import OutgoingState, op, outgoing


def bring_forward(tx: Tx, *, now: datetime) -> int:
    """New filings and outgoing things are due now; of moves in doubt the grace begins now.

    How many rows.
    """
    due = {"next_try_at": now}
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
    )
    return sum(tx.run(statement).rowcount for statement in statements)
