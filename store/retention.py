"""The end of the retention period: the content goes, a tombstone proves that it was worked on."""

from datetime import datetime

from store.engine import Tx


def due(tx: Tx, *, kept_before: datetime, limit: int) -> tuple[int, ...]:
    """Messages kept before that moment whose work is over, oldest first.

    Over means: item closed, eAkte received, waived or not needed, nothing outgoing on its way.
    """
    raise NotImplementedError


def erase(tx: Tx, message_id: int, *, now: datetime) -> None:
    """Delete bytes, sender, subject and verdict contents; state `deleted`, row and fingerprint stay.

    The bytes stay as long as a twin needs them. The caller writes the audit entry in the same
    transaction. Raises: Refused: `mail.unknown`. Conflict: `mail.work_open`, `mail.state`.
    """
    raise NotImplementedError
