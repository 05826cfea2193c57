"""The end of the retention period: the content goes, a tombstone proves that it was worked on.

Whether content may go is decided by rules/retention.py; here is what it needs to know, and the
deletion itself.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.codes import PaymentRelevant
from rules.errors import Conflict
from rules.item import EakteState, ItemState
from rules.ledger import LedgerState, OpState, ledger_step
from store.acts import marks_seen
from store.database import rows
from store.database.engine import Tx
from store.database.statements import among, parts, spelled
from store.desk import threads
from store.mails import ledger, originals
from store.tables.ledger import OutgoingState, aside, item, message, op, outgoing, verdict
from store.tables.sweep import sweep_seen

_ENDS = (LedgerState.DONE, LedgerState.ASIDE, LedgerState.GONE)
_ON_ITS_WAY = (OutgoingState.NEW, OutgoingState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Ended:
    """A message whose work is over. `ended_at` is when it came into its state (aware UTC).

    `payment` and `eakte` are those of its item; None where it has none. `item_open`: somebody
    still has to work on it, though it is gone from the postbox. `seen`: a person has looked at
    it while it lay aside. `on_its_way`: something of it is to leave, or may be moving.
    """

    message_id: int
    sha256: str
    state: LedgerState
    ended_at: datetime
    postbox: str | None
    agency_code: str | None
    payment: PaymentRelevant | None
    eakte: EakteState | None
    item_open: bool
    seen: bool
    on_its_way: bool


def ended(
    tx: Tx,
    *,
    before: datetime,
    limit: int,
    after: int = 0,
    regions: Collection[str | None] | None = None,
) -> tuple[Ended, ...]:
    """Messages that are done, aside or gone since before that moment, by id.

    `after` is the message id of the last one of the page before. Without `regions`: of all.
    """
    statement = (
        _select()
        .where(spelled(message.c.state, *_ENDS), message.c.state_at < before, message.c.id > after)
        .where(among(message.c.region, regions))
        .order_by(message.c.id)
        .limit(limit)
    )
    return rows.all_as(tx, Ended, statement)


def of_ids(tx: Tx, message_ids: Iterable[int]) -> tuple[Ended, ...]:
    """These messages as they are now, whatever their state, by id; unknown ones are left out."""
    found: list[Ended] = []
    for part in parts(sorted(set(message_ids))):
        statement = _select().where(message.c.id.in_(part)).order_by(message.c.id)
        found += rows.all_as(tx, Ended, statement)
    return tuple(found)


def remaining(
    tx: Tx, *, since: datetime, regions: Collection[str | None] | None
) -> tuple[tuple[str | None, str | None, LedgerState, int], ...]:
    """How many of the others there are: (postbox, agency, state, number). For a preview.

    Those that wait to be sorted, and those that ended at or after `since` and have no open item.
    Those with an open item are counted by an index of items alone: their state is `sorted`, no
    postbox is told, and their region is the item's. Own decision 0080.
    """
    # One statement for each state and its index: all at once would read the whole archive.
    with_item = message.outerjoin(item, item.c.message_id == message.c.id)
    closed = sa.or_(item.c.id.is_(None), spelled(item.c.state, ItemState.CLOSED))
    parted = (
        sa.and_(spelled(message.c.state, *_ENDS), message.c.state_at >= since),
        spelled(message.c.state, LedgerState.KEPT),
    )
    found: list[tuple[str | None, str | None, LedgerState, int]] = []
    for condition in parted:
        statement = (
            sa.select(message.c.postbox, item.c.agency_code, message.c.state, sa.func.count())
            .select_from(with_item)
            .where(condition, closed, among(message.c.region, regions))
            .group_by(message.c.postbox, item.c.agency_code, message.c.state)
        )
        found += [(box, agency, state, number) for box, agency, state, number in tx.run(statement)]
    opened = (
        sa.select(item.c.agency_code, sa.func.count())
        .where(
            item.c.state != sa.literal_column(f"'{ItemState.CLOSED.value}'"),
            among(item.c.region, regions),
        )
        .group_by(item.c.agency_code)
    )
    found += [(None, code, LedgerState.SORTED, number) for code, number in tx.run(opened)]
    return tuple(found)


def _select() -> sa.Select[*tuple[Any, ...]]:
    is_open = sa.and_(item.c.id.is_not(None), item.c.state != ItemState.CLOSED)
    leaves = sa.exists().where(
        outgoing.c.message_id == message.c.id, outgoing.c.state.in_(_ON_ITS_WAY)
    )
    moves = sa.exists().where(op.c.message_id == message.c.id, op.c.state == OpState.SENT)
    again = sa.exists().where(
        aside.c.message_id == sweep_seen.c.message_id,
        aside.c.resolved_at.is_(None),
        aside.c.at > sweep_seen.c.at,
    )
    seen = sa.exists().where(sweep_seen.c.message_id == message.c.id, ~again)
    return sa.select(
        message.c.id,
        message.c.sha256,
        message.c.state,
        message.c.state_at,
        message.c.postbox,
        item.c.agency_code,
        item.c.payment,
        item.c.eakte,
        is_open.label("item_open"),
        seen.label("seen"),
        sa.or_(leaves, moves).label("on_its_way"),
    ).outerjoin(item, item.c.message_id == message.c.id)


def erase(tx: Tx, message_id: int, *, now: datetime, reason: str = "retention") -> None:
    """Delete bytes, sender, subject, verdicts, what was sent, and what clerks wrote beside it.

    State `deleted`, times, codes and fingerprint stay. The bytes stay as long as a twin needs
    them. The caller asked rules/retention.py and writes the audit entry in the same transaction.
    Raises: Refused: `mail.unknown`. Conflict: `ledger.step`; `mail.on_its_way`: something
    of it still has to be sent.
    """
    row = ledger.message(tx, message_id)
    ledger_step(row.state, LedgerState.DELETED)
    _refuse_on_its_way(tx, message_id)
    ledger.set_state(tx, message_id, LedgerState.DELETED, reason=reason, now=now)
    ledger.describe(
        tx, message_id, sender="", subject="", message_id_header="", defects=row.defects
    )
    tx.run(sa.update(verdict).where(verdict.c.message_id == message_id).values(body={}))
    tx.run(sa.update(item).where(item.c.message_id == message_id).values(waiver="", note=""))
    _erase_sent(tx, message_id)
    tx.run(
        sa.update(aside)
        .where(aside.c.message_id == message_id, aside.c.resolved_at.is_(None))
        .values(resolved_at=now, resolution="deleted")
    )
    marks_seen.erase(tx, message_id)
    threads.erase(tx, message_id)
    # A twin that is being kept just now has this row locked: it is waited for, and then seen.
    originals.lock(tx, row.sha256)
    if not _has_twin(tx, row):
        originals.erase(tx, row.sha256, now=now)


def _erase_sent(tx: Tx, message_id: int) -> None:
    """Recipients and values go; of a receipt stays all but the words of its writer."""
    found = tx.run(
        sa.select(outgoing.c.id, outgoing.c.receipt).where(outgoing.c.message_id == message_id)
    ).all()
    for row_id, receipt in found:
        kept = {**receipt, "reason": ""} if receipt and receipt.get("reason") else receipt
        tx.run(
            sa.update(outgoing)
            .where(outgoing.c.id == row_id)
            .values(payload={}, answer=None, receipt=kept)
        )


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
