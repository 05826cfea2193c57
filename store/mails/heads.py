"""Of which messages only the head is here, told by their rows. Source: own decision 0108."""

import sqlalchemy as sa

from rules import head_only
from store.database.engine import Tx
from store.mails import ledger
from store.tables.ledger import message, original


def why(tx: Tx, message_id: int) -> str:
    """Why only the head is here, as a code; "" for a whole mail.

    Raises: Refused: `mail.unknown`.
    """
    statement = (
        sa.select(
            message.c.state_reason,
            message.c.defects,
            message.c.size_bytes,
            original.c.size_bytes.label("kept_bytes"),
        )
        .join(original, original.c.sha256 == message.c.sha256)
        .where(message.c.id == message_id)
    )
    row = tx.run(statement).one_or_none()
    if row is None:
        raise ledger.unknown(message_id)
    return head_only.why(
        (row.state_reason, *row.defects), size_bytes=row.size_bytes, kept_bytes=row.kept_bytes
    )


def require_whole(tx: Tx, message_id: int) -> None:
    """Pass only for a whole mail. Raises: Refused: `mail.head_only`, `mail.unknown`."""
    reason = why(tx, message_id)
    if reason:
        raise head_only.refused(message_id, reason)
