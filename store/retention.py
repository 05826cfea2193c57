"""The end of the retention period: the content goes, a tombstone proves that it was worked on.

Whether content may go is decided by rules/retention.py; here is what it needs to know, and the
deletion itself.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.codes import PaymentRelevant
from rules.errors import Conflict
from rules.item import EakteState, ItemState
from rules.ledger import LedgerState, ledger_step
from store import ledger, marks_seen, originals, rows
from store.engine import Tx
from store.statements import spelled
from store.tables import OutgoingState, item, message, outgoing, verdict

_ENDS = (LedgerState.DONE, LedgerState.ASIDE, LedgerState.GONE)
_ON_ITS_WAY = (OutgoingState.NEW, OutgoingState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Ended:
    """A message whose work is over. `ended_at` is when it came into its state (aware UTC).

    `payment` and `eakte` are those of its item; None where it has none. `item_open`: somebody
    still has to work on it, though it is gone from the postbox.
    """

    message_id: int
    state: LedgerState
    ended_at: datetime
    payment: PaymentRelevant | None
    eakte: EakteState | None
    item_open: bool


def ended(tx: Tx, *, before: datetime, limit: int, after: int = 0) -> tuple[Ended, ...]:
    """Messages that are done, aside or gone since before that moment, by id.

    `after` is the message id of the last one of the page before.
    """
    is_open = sa.and_(item.c.id.is_not(None), item.c.state != ItemState.CLOSED)
    statement = (
        sa.select(
            message.c.id,
            message.c.state,
            message.c.state_at,
            item.c.payment,
            item.c.eakte,
            is_open.label("item_open"),
        )
        .outerjoin(item, item.c.message_id == message.c.id)
        .where(spelled(message.c.state, *_ENDS), message.c.state_at < before, message.c.id > after)
        .order_by(message.c.id)
        .limit(limit)
    )
    return rows.all_as(tx, Ended, statement)


def erase(tx: Tx, message_id: int, *, now: datetime) -> None:
    """Delete bytes, sender, subject, verdict contents and what was sent.

    State `deleted`, times, codes and fingerprint stay. The bytes stay as long as a twin needs
    them. The caller asked rules/retention.py and writes the audit entry in the same transaction.
    Raises: Refused: `mail.unknown`. Conflict: `ledger.step`; `mail.on_its_way`: something
    of it still has to be sent.
    """
    row = ledger.message(tx, message_id)
    ledger_step(row.state, LedgerState.DELETED)
    _refuse_on_its_way(tx, message_id)
    ledger.set_state(tx, message_id, LedgerState.DELETED, reason="retention", now=now)
    ledger.describe(
        tx, message_id, sender="", subject="", message_id_header="", defects=row.defects
    )
    tx.run(sa.update(verdict).where(verdict.c.message_id == message_id).values(body={}))
    tx.run(
        sa.update(outgoing)
        .where(outgoing.c.message_id == message_id)
        .values(payload={}, answer=None)
    )
    marks_seen.erase(tx, message_id)
    if not _has_twin(tx, row):
        originals.erase(tx, row.sha256, now=now)


def _refuse_on_its_way(tx: Tx, message_id: int) -> None:
    statement = sa.select(outgoing.c.id).where(
        outgoing.c.message_id == message_id, outgoing.c.state.in_(_ON_ITS_WAY)
    )
    waiting = tuple(tx.run(statement).scalars())
    if waiting:
        raise Conflict(
            "mail.on_its_way",
            f"Message {message_id} can't be deleted while something of it has to be sent.",
            message_id=message_id,
            outgoing=waiting,
        )


def _has_twin(tx: Tx, row: ledger.Message) -> bool:
    """Whether another message needs the same bytes."""
    statement = sa.select(
        sa.exists().where(
            message.c.sha256 == row.sha256,
            message.c.id != row.id,
            message.c.state != LedgerState.DELETED,
        )
    )
    return bool(tx.run(statement).scalar_one())
