"""Turns of an outgoing row that are neither a worker's nor a receipt: it came, it is taken back.

Source: own decisions 0065, 0066.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from rules.errors import Conflict
from store.database import sealed
from store.database.engine import Tx
from store.sending import outgoing
from store.sending.outgoing import Outgoing
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


def again(tx: Tx, row: Outgoing, *, payload: Mapping[str, Any], now: datetime) -> None:
    """What was sent and has no receipt is due once more; with what is to stand in its payload.

    Raises: Conflict: `outgoing.not_sent`: its receipt came just now.
    """
    statement = (
        sa.update(table)
        .where(table.c.id == row.id, table.c.state == OutgoingState.SENT)
        .values(
            state=OutgoingState.NEW,
            tries=0,
            next_try_at=now,
            error_code="",
            payload=sealed.seal(tx, dict(payload), row=f"outgoing/{row.idempotency_key}"),
        )
    )
    if not tx.run(statement).rowcount:
        raise Conflict(
            "outgoing.not_sent",
            f"Outgoing row {row.id} has gone on since; look at it again.",
            outgoing_id=row.id,
        )


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
            # What was sent once and is to leave again may lie with its receiver after all.
            table.c.sent_at.is_(None),
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
