"""Outgoing rows of a restored state: nobody knows whether they have left since.

Source: own decision 0071.
"""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from store.database.engine import Tx
from store.tables.ledger import OutgoingState
from store.tables.ledger import outgoing as table

RESTORED: Final = "outgoing.restored"
"""Why such a row is a dead letter."""

KNOWN_BY_KEY: Final = ("eakte", "webhook")
"""Kinds whose receivers tell a repetition by its key. Source: docs/handover.md; decision 0050."""


def hold_back(tx: Tx, *, now: datetime) -> int:
    """Rows that were to leave become dead letters for people to decide; how many. Idempotent."""
    statement = (
        sa.update(table)
        .where(
            table.c.state.in_([OutgoingState.NEW, OutgoingState.CLAIMED]),
            table.c.kind.not_in(KNOWN_BY_KEY),
        )
        .values(
            state=OutgoingState.DEAD,
            error_code=RESTORED,
            next_try_at=None,
            claimed_by=None,
            claimed_until=None,
            done_at=now,
        )
    )
    return tx.run(statement).rowcount
