"""Turns of an outgoing row that are neither a worker's nor a receipt. Source: own decision 0065."""

from typing import Final

import sqlalchemy as sa

from store.engine import Tx
from store.tables import OutgoingState
from store.tables import outgoing as table

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
