"""Turns of an outgoing row that are neither a worker's nor a receipt: it came, it is taken back.

Source: own decisions 0065, 0066.
"""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from rules.errors import Conflict
from store.database.engine import Tx
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from store.tables.ledger import outgoing as table

CANCELLED: Final = "task.cancelled"
"""Error code of a row that a clerk took back; its state is that of a rejection, so that older
workers on the same database leave it alone. Own decision 0066."""

_OUT: Final = (OutgoingState.NEW, OutgoingState.CLAIMED, OutgoingState.SENT, OutgoingState.DEAD)


def arrived(tx: Tx, idempotency_key: str, *, at: str) -> bool:
    """The receiver has it and has not filed it yet: the state stays. False if that is known.

    `at` is what the receiver wrote. A receipt that is here already is not touched.
    """
    statement = (
        sa.update(table)
        .where(
            table.c.idempotency_key == idempotency_key,
            table.c.state.in_(_OUT),
            # JSON of None may stand as SQL's NULL or as JSON's null.
            sa.or_(table.c.receipt.is_(None), sa.cast(table.c.receipt, sa.Text) == "null"),
        )
        .values(receipt={"arrived_at": at})
    )
    return bool(tx.run(statement).rowcount)


def cancel(tx: Tx, outgoing_id: int, *, reason: str, now: datetime) -> None:
    """Take back what is not delivered; `reason` goes with the mail's content.

    What a worker is delivering at this moment has left, as nobody can say otherwise.
    Raises: Conflict: `task.left`.
    """
    statement = (
        sa.update(table)
        .where(
            table.c.id == outgoing_id,
            table.c.state.in_([OutgoingState.NEW, OutgoingState.DEAD]),
        )
        .values(
            state=OutgoingState.REJECTED,
            error_code=CANCELLED,
            receipt={"accepted": False, "reason": reason},
            next_try_at=None,
            done_at=now,
        )
    )
    if not tx.run(statement).rowcount:
        state = outgoing.get(tx, outgoing_id).state.value
        raise Conflict(
            "task.left",
            f"Task {outgoing_id} is {state}; only what is not delivered yet is taken back.",
            outgoing_id=outgoing_id,
            state=state,
        )
