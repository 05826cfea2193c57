"""What is to reach somebody outside: ordered in the deed's own transaction, delivered later.

new -> claimed -> sent -> receipted or rejected; dead after the last try. Delivery is at least
once: a worker that died after delivering delivers again, under the same idempotency key. What a
worker writes is in outgoing_claims.py. Source: own decision 0005.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from rules.errors import Conflict, Refused
from store.database import sealed
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.ledger import OutgoingState, item
from store.tables.ledger import outgoing as table

ENDED_BADLY: Final = frozenset({OutgoingState.DEAD, OutgoingState.REJECTED})
"""States in which a row waits for a person."""


@dataclass(frozen=True, slots=True)
class NewOutgoing:
    """One thing to be sent. `kind` is an `OutgoingKind`; `payload` is what the outlet needs.

    `idempotency_key` names the deed: the same key twice is one sending.
    """

    kind: str
    idempotency_key: str
    payload: Mapping[str, Any]
    item_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An outgoing row as it is now. `fence` belongs to its last claim.

    `next_try_at` is when a worker may take it (again); None if there is nothing left to do.
    """

    id: int
    kind: str
    item_id: int | None
    message_id: int | None
    idempotency_key: str
    payload: dict[str, Any]
    state: OutgoingState
    tries: int
    next_try_at: datetime | None
    claimed_until: datetime | None
    fence: int
    answer: str | None
    receipt: dict[str, Any] | None
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    error_code: str


COLUMNS = sealed.columns(Outgoing, table)


def order(tx: Tx, new: NewOutgoing, *, now: datetime) -> int:
    """Put it into the outgoing rows; the id, also of the row that has the key already."""
    statement = insert(tx, table).values(
        kind=new.kind,
        item_id=new.item_id,
        message_id=new.message_id,
        idempotency_key=new.idempotency_key,
        payload=sealed.seal(tx, dict(new.payload), row=f"outgoing/{new.idempotency_key}"),
        state=OutgoingState.NEW,
        next_try_at=now,
        created_at=now,
    )
    tx.run(statement.on_conflict_do_nothing(index_elements=[table.c.idempotency_key]))
    found = sa.select(table.c.id).where(table.c.idempotency_key == new.idempotency_key)
    outgoing_id: int = tx.run(found).scalar_one()
    return outgoing_id


def get(tx: Tx, outgoing_id: int) -> Outgoing:
    """The row. Raises: Refused: `outgoing.unknown`."""
    found = sealed.one_as(tx, Outgoing, sa.select(*COLUMNS).where(table.c.id == outgoing_id))
    if found is None:
        raise unknown(str(outgoing_id))
    return found


def of_key(tx: Tx, idempotency_key: str) -> Outgoing | None:
    """The row of a deed, or None."""
    statement = sa.select(*COLUMNS).where(table.c.idempotency_key == idempotency_key)
    return sealed.one_as(tx, Outgoing, statement)


def receipted(
    tx: Tx, idempotency_key: str, *, receipt: Mapping[str, Any], now: datetime
) -> Outgoing:
    """The other side has it. In any state: the receipt may overtake our own note of the sending.

    Idempotent; the first receipt stays, but it overrules a rejection.
    Raises: Refused: `outgoing.unknown`.
    """
    return _answer(tx, idempotency_key, OutgoingState.RECEIPTED, receipt=receipt, now=now)


def rejected(
    tx: Tx, idempotency_key: str, *, receipt: Mapping[str, Any], now: datetime
) -> Outgoing:
    """The other side does not take it, with its reason in `receipt`. A receipt is not overruled.

    Raises: Refused: `outgoing.unknown`.
    """
    return _answer(tx, idempotency_key, OutgoingState.REJECTED, receipt=receipt, now=now)


def bounced(
    tx: Tx, outgoing_id: int, *, error_code: str, receipt: Mapping[str, Any], now: datetime
) -> bool:
    """What had left came back: dead, with its reason. False where nothing of it is out.

    A report may overtake our own note of the sending: what is claimed may have left, too.
    """
    statement = (
        sa.update(table)
        .where(
            table.c.id == outgoing_id,
            table.c.state.in_([OutgoingState.SENT, OutgoingState.CLAIMED]),
        )
        .values(
            state=OutgoingState.DEAD,
            error_code=error_code,
            receipt=dict(receipt),
            done_at=now,
            next_try_at=None,
            claimed_by=None,
            claimed_until=None,
        )
    )
    return bool(tx.run(statement).rowcount)


def replay(tx: Tx, outgoing_id: int, *, now: datetime) -> Outgoing:
    """Send a dead or rejected row again, under the same key.

    Raises: Refused: `outgoing.unknown`. Conflict: `outgoing.not_dead`.
    """
    statement = (
        sa.update(table)
        .where(
            table.c.id == outgoing_id,
            table.c.state.in_(ENDED_BADLY),
        )
        .values(state=OutgoingState.NEW, tries=0, next_try_at=now, done_at=None, error_code="")
        .returning(*COLUMNS)
    )
    after = sealed.one_as(tx, Outgoing, statement)
    if after is None:
        state = get(tx, outgoing_id).state.value
        raise Conflict(
            "outgoing.not_dead",
            f"Outgoing row {outgoing_id} is {state}; only dead or rejected ones are sent again.",
            outgoing_id=outgoing_id,
            state=state,
        )
    return after


def of_item(tx: Tx, item_id: int) -> tuple[Outgoing, ...]:
    """All rows of an item, oldest first."""
    statement = sa.select(*COLUMNS).where(table.c.item_id == item_id).order_by(table.c.id)
    return sealed.all_as(tx, Outgoing, statement)


def counts(tx: Tx) -> dict[tuple[str, OutgoingState], int]:
    """How many rows by kind and state; pairs without any are left out. Slow: for reports only."""
    statement = sa.select(table.c.kind, table.c.state, sa.func.count()).group_by(
        table.c.kind, table.c.state
    )
    return {(kind, state): count for kind, state, count in tx.run(statement)}


def listing(
    tx: Tx,
    *,
    states: Collection[OutgoingState],
    kinds: Collection[str] | None = None,
    limit: int,
    after: int | None = None,
    regions: Collection[str] | None = None,
) -> tuple[Outgoing, ...]:
    """Rows in these states, newest first. `after` is the id of the last row of the page before.

    With `regions` only those of items that lie there.
    """
    statement = (
        sa.select(*COLUMNS)
        .where(table.c.state.in_(sorted(states)))
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    if kinds is not None:
        statement = statement.where(table.c.kind.in_(sorted(kinds)))
    if after is not None:
        statement = statement.where(table.c.id < after)
    if regions is not None:
        there = sa.select(item.c.id).where(item.c.region.in_(sorted(regions)))
        statement = statement.where(table.c.item_id.in_(there))
    return sealed.all_as(tx, Outgoing, statement)


def forget_webhooks(tx: Tx, *, before: datetime, limit: int) -> None:
    """Webhooks that were taken before then leave the table, up to `limit`."""
    due = (
        sa.select(table.c.id).where(_SENT_WEBHOOK, table.c.sent_at < before).limit(limit).cte("due")
    )
    tx.run(sa.delete(table).where(table.c.id.in_(sa.select(due.c.id))))


# Spelled out as in the partial index, so that SQLite sees that it fits.
_SENT_WEBHOOK = sa.text("outgoing.kind = 'webhook' AND outgoing.state = 'sent'")


def _answer(
    tx: Tx,
    idempotency_key: str,
    state: OutgoingState,
    *,
    receipt: Mapping[str, Any],
    now: datetime,
) -> Outgoing:
    statement = (
        sa.update(table)
        .where(
            table.c.idempotency_key == idempotency_key,
            table.c.state.not_in([OutgoingState.RECEIPTED, state]),
        )
        .values(
            state=state,
            receipt=dict(receipt),
            done_at=now,
            next_try_at=None,
            claimed_by=None,
            claimed_until=None,
        )
    )
    tx.run(statement)
    after = of_key(tx, idempotency_key)
    if after is None:
        raise unknown(idempotency_key)
    return after


def unknown(which: str) -> Refused:
    """The error for a number or key that is no row's, or of none that the caller may know of."""
    return Refused("outgoing.unknown", f"There is no outgoing row {which}.", outgoing=which)


def replies_since(tx: Tx, since: datetime, *, now: datetime) -> int:
    """How many answers left since then, and how many a worker is sending now."""
    # Spelled out as in the partial index, which SQLite would not find by a bound value.
    is_reply = sa.literal_column("kind") == sa.literal_column("'reply'")
    left = sa.select(sa.func.count()).select_from(table).where(is_reply, table.c.sent_at > since)
    going = (
        sa.select(sa.func.count())
        .select_from(table)
        .where(table.c.state == OutgoingState.CLAIMED, is_reply, table.c.claimed_until > now)
    )
    return int(tx.run(left).scalar_one()) + int(tx.run(going).scalar_one())
