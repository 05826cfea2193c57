"""Whether a row that is due has left before, and the database doesn't know.

The process that sent it may be gone: its note on the disk is not. Source: own decisions 0135, 0140.
"""

from datetime import datetime

import structlog

from outbox.left_notes import LeftNotes
from rules.errors import TryLater
from store.sending.outgoing import Outgoing
from store.trail import audit
from triage.house import House

_AGAIN = frozenset({"outgoing.replayed", "outgoing.sent_again", "reply.ordered"})
"""What a person does so that a row leaves once more."""

log = structlog.get_logger()


def note(house: House, notes: LeftNotes | None, row: Outgoing, answer: str) -> None:
    """Note on the disk that it left, before the database is told. Where that fails, it left too."""
    if notes is None:
        return
    try:
        notes.write(row.id, key=row.idempotency_key, answer=answer, at=house.clock())
    except TryLater as exc:
        log.warning("outgoing.not_noted", outgoing=row.id, code=exc.code, error=exc.message)


def answer_before(house: House, notes: LeftNotes | None, row: Outgoing) -> str | None:
    """The codes of the answer to the sending that the database doesn't know; None: let it leave.

    Raises: TryLater: `left.disk`.
    """
    known = None if notes is None else notes.last(row.id, key=row.idempotency_key)
    if known is None or (row.sent_at is not None and row.sent_at >= known.at):
        return None
    return None if _is_wanted_again(house, row, since=known.at) else known.answer


def _is_wanted_again(house: House, row: Outgoing, *, since: datetime) -> bool:
    """Whether a person said since then that it shall leave."""
    subjects = (f"outgoing:{row.id}", f"message:{row.message_id}")
    with house.db.read() as tx:
        entries = [
            one for subject in subjects for one in audit.of_subject(tx, subject, actions=_AGAIN)
        ]
    return any(
        one.at > since and (one.subject == subjects[0] or one.details.get("outgoing") == row.id)
        for one in entries
    )
