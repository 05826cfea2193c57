"""The items of the Eingangszonen: made once a message, and changed only by their holder.

Every write of a clerk carries the lease token; a stale token writes nothing. The machine writes
by the version that it read. Handing out is in claims.py, lists in item_lists.py.
Source: own decision 0005.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, TypedDict

import sqlalchemy as sa

from rules.codes import PaymentRelevant, Team
from rules.errors import Conflict, Refused
from rules.item import CloseReason, EakteState, ItemCase, ItemState
from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert, parts, spelled
from store.tables.ledger import FIRST_DAY, WAIT_AT_MOST_DAYS
from store.tables.ledger import item as table


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be put into the queue. `state` is `waiting` or `parked`.

    `due_on` and `parked_until` are local days; `received_at` is that of the message.
    `language` is "de" or "other"; with an `alert` (a code) the item goes out before all others.
    """

    message_id: int
    agency_code: str | None
    region: str
    team: Team
    folder: str
    channel: str
    first_concern: str
    payment: PaymentRelevant
    eakte: EakteState
    review: bool
    due_on: date | None
    received_at: datetime
    proof_duty: bool = False
    state: ItemState = ItemState.WAITING
    parked_until: date | None = None
    language: str = "de"
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is now. The lease token is known to its holder only and stands nowhere here.

    `version` grows with every write. `holder` and `lease_until` may be over: see `expire`.
    `queue_day` is where it stands in the line: an alert before all days, else `due_on` or later.
    """

    id: int
    message_id: int
    agency_code: str | None
    region: str
    team: Team
    folder: str
    channel: str
    first_concern: str
    payment: PaymentRelevant
    eakte: EakteState
    state: ItemState
    review: bool
    due_on: date | None
    received_at: datetime
    created_at: datetime
    hops: int
    parked_until: date | None
    preferred_holder: str | None
    holder: str | None
    lease_until: datetime | None
    version: int
    close_when_received: bool
    closed_at: datetime | None
    close_reason: CloseReason | None
    proof_duty: bool
    waiver: str
    note: str
    language: str = "de"
    alert: str = ""
    queue_day: date = FIRST_DAY


@dataclass(frozen=True, slots=True)
class Back:
    """An item that went back into the line by itself, and its message: for the trail."""

    item_id: int
    message_id: int


class ItemChange(TypedDict, total=False):
    """What may be changed of an item.

    Leaving `held` gives the lease back in the same write; `closed_at` follows the state.
    """

    agency_code: str | None
    region: str
    team: Team
    folder: str
    channel: str
    first_concern: str
    payment: PaymentRelevant
    eakte: EakteState
    state: ItemState
    review: bool
    hops: int
    parked_until: date | None
    preferred_holder: str | None
    close_when_received: bool
    close_reason: CloseReason | None
    proof_duty: bool
    waiver: str
    note: str
    due_on: date | None
    queue_day: date


_NEW_FIELDS = tuple(field.name for field in fields(NewItem))

COLUMNS = rows.columns(Item, table)
"""The columns of `Item`, for the other modules of the queue."""

IS_OPEN: sa.ColumnElement[bool] = table.c.state != sa.literal_column(f"'{ItemState.CLOSED.value}'")
"""Spelled out as in the partial index, which SQLite would not find by a bound value."""


def case_of(item: Item) -> ItemCase:
    """The item as rules/item.py looks at it."""
    return ItemCase(
        payment=item.payment,
        eakte=item.eakte,
        team=item.team,
        state=item.state,
        holder=item.holder,
        preferred=item.preferred_holder,
        parked_until=item.parked_until,
        close_when_received=item.close_when_received,
        close_reason=item.close_reason,
        proof_duty=item.proof_duty,
        hops=item.hops,
        waiver=item.waiver,
    )


def change_to(case: ItemCase) -> ItemChange:
    """What to write for a case that `rules.item.apply` returned; the holder follows the state."""
    return ItemChange(
        payment=case.payment,
        eakte=case.eakte,
        team=case.team,
        state=case.state,
        preferred_holder=case.preferred,
        parked_until=case.parked_until,
        close_when_received=case.close_when_received,
        close_reason=case.close_reason,
        hops=case.hops,
        waiver=case.waiver,
    )


def due_by(item: Item, day: date | None) -> ItemChange:
    """What to write for another due day: the day itself, and where the item stands in the line."""
    return ItemChange(due_on=day, queue_day=_queue_day(day, item.received_at, item.alert))


def create(tx: Tx, new: NewItem, *, now: datetime) -> int:
    """Put a message into the queue; the item's id.

    Raises: Conflict: `item.exists`: the message has one already (`of_message`).
    """
    return create_many(tx, [new], now=now)[new.message_id]


def create_many(tx: Tx, new: Sequence[NewItem], *, now: datetime) -> dict[int, int]:
    """Put messages into the queue, each once; the ids of the items by message.

    Raises: Conflict: `item.exists`: one of them has an item already (`messages_with_item`).
    """
    if not new:
        return {}
    statement = (
        insert(tx, table)
        .on_conflict_do_nothing(index_elements=[table.c.message_id])
        .returning(table.c.message_id, table.c.id)
    )
    made = {row.message_id: row.id for row in tx.run(statement, [_row(one, now) for one in new])}
    for one in new:
        if one.message_id not in made:
            raise Conflict(
                "item.exists",
                f"Message {one.message_id} has an item already; load it instead.",
                message_id=one.message_id,
            )
    return made


def messages_with_item(tx: Tx, message_ids: Iterable[int]) -> frozenset[int]:
    """Those of the messages that have an item."""
    found: set[int] = set()
    for part in parts(message_ids):
        statement = sa.select(table.c.message_id).where(table.c.message_id.in_(part))
        found.update(tx.run(statement).scalars())
    return frozenset(found)


def ids_of_messages(tx: Tx, message_ids: Iterable[int]) -> frozenset[int]:
    """The items of these messages."""
    found: set[int] = set()
    for part in parts(sorted(set(message_ids))):
        statement = sa.select(table.c.id).where(table.c.message_id.in_(part))
        found.update(tx.run(statement).scalars())
    return frozenset(found)


def get(tx: Tx, item_id: int) -> Item:
    """The item. Raises: Refused: `item.unknown`."""
    found = rows.one_as(tx, Item, sa.select(*COLUMNS).where(table.c.id == item_id))
    if found is None:
        raise unknown(item_id)
    return found


def unknown(item_id: int) -> Refused:
    """The error for an id that is nobody's, or of nobody that the caller may know of."""
    return Refused("item.unknown", f"There is no item {item_id}.", item_id=item_id)


def of_message(tx: Tx, message_id: int) -> Item | None:
    """The item of a message, or None."""
    return rows.one_as(tx, Item, sa.select(*COLUMNS).where(table.c.message_id == message_id))


def wait_for(tx: Tx, *message_ids: int) -> None:
    """Lock the messages' items until this transaction ends; who is writing on one commits first.

    Before their outgoing rows, marks and messages: in this order all have them, so that no two wait
    for each other. Locked in the order of their ids. Source: own decision 0158.
    """
    for part in parts(sorted(set(message_ids))):
        statement = sa.select(table.c.id).where(table.c.message_id.in_(part)).order_by(table.c.id)
        tx.run(statement.with_for_update(key_share=True))


def save(tx: Tx, item_id: int, *, token: str, change: ItemChange, now: datetime) -> Item:
    """Write a change of the holder; the item as it is now.

    Raises: Refused: `item.unknown`. Conflict: `item.lease_stale`: wrong token, lease over or
    item not held; nothing is written.
    """
    statement = sa.update(table).where(table.c.id == item_id, holds(token, now))
    after = rows.one_as(tx, Item, statement.values(**_values(change, now)).returning(*COLUMNS))
    if after is None:
        raise stale(get(tx, item_id))
    return after


def save_unheld(tx: Tx, item_id: int, *, version: int, change: ItemChange, now: datetime) -> Item:
    """Write a change without holding the item (a receipt came), by the version that was read.

    A clerk who holds it keeps his token, as long as the change leaves the state alone.
    Raises: Refused: `item.unknown`. Conflict: `item.changed`.
    """
    statement = sa.update(table).where(table.c.id == item_id, table.c.version == version)
    after = rows.one_as(tx, Item, statement.values(**_values(change, now)).returning(*COLUMNS))
    if after is None:
        raise Conflict(
            "item.changed",
            f"Item {item_id} is not in version {version} any more. Load it again, then decide.",
            item_id=item_id,
            version=get(tx, item_id).version,
        )
    return after


def unpark(tx: Tx, today: date) -> tuple[Back, ...]:
    """Parked items whose day has come (local day) wait again, for their clerk first.

    By id, for the trail.
    """
    statement = (
        sa.update(table)
        .where(spelled(table.c.state, ItemState.PARKED), table.c.parked_until <= today)
        .values(state=ItemState.WAITING, parked_until=None, version=table.c.version + 1)
        .returning(table.c.id, table.c.message_id)
    )
    return tuple(sorted(rows.all_as(tx, Back, statement), key=lambda back: back.item_id))


def holds(token: str, now: datetime) -> sa.ColumnElement[bool]:
    """Whether the token holds the item now; stands in the WHERE of every write of a clerk."""
    return sa.and_(
        table.c.state == ItemState.HELD,
        table.c.lease_token == token,
        table.c.lease_until > now,
    )


def overdue_leases(tx: Tx, *, before: datetime) -> int:
    """How many items are held by leases that ran out before that moment: nobody puts them back."""
    late = sa.and_(spelled(table.c.state, ItemState.HELD), table.c.lease_until < before)
    number: int = tx.run(sa.select(sa.func.count()).select_from(table).where(late)).scalar_one()
    return number


def stale(item: Item) -> Conflict:
    """The error for a token that does not hold the item (any more)."""
    return Conflict(
        "item.lease_stale",
        f"Item {item.id} is not held by this lease (any more): it ran out, or the item went on."
        " Nothing was written. Take the item again.",
        item_id=item.id,
        state=item.state.value,
    )


def _row(new: NewItem, now: datetime) -> dict[str, Any]:
    row = {name: getattr(new, name) for name in _NEW_FIELDS}
    return row | {
        "created_at": now,
        "close_when_received": False,
        "queue_day": _queue_day(new.due_on, new.received_at, new.alert),
    }


def _queue_day(due_on: date | None, received_at: datetime, alert: str) -> date:
    if alert:
        return FIRST_DAY
    return due_on or received_at.date() + timedelta(days=WAIT_AT_MOST_DAYS)


def _values(change: ItemChange, now: datetime) -> dict[str, Any]:
    """The columns of a change, with what always goes along."""
    values: dict[str, Any] = {**change, "version": table.c.version + 1}
    if "state" in change:
        values["closed_at"] = now if change["state"] is ItemState.CLOSED else None
        if change["state"] is not ItemState.HELD:
            values |= {"holder": None, "lease_token": None, "lease_until": None}
    return values
