"""The items of the Eingangszonen: made once a message, and changed only by their holder.

Every write of a clerk carries the lease token; a stale token writes nothing. The machine writes
by the version that it read. Handing out is in claims.py, lists in item_lists.py.
Source: own decision 0005.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from rules.codes import PaymentRelevant, Team
from rules.item import CloseReason, EakteState, ItemCase, ItemState
from store.engine import Tx


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be put into the queue. `state` is `waiting` or `parked`.

    `due_on` and `parked_until` are local days; `received_at` is that of the message.
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


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is now. The lease token is known to its holder only and stands nowhere here.

    `version` grows with every write. `holder` and `lease_until` may be over: see `expire`.
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


class ItemChange(TypedDict, total=False):
    """What may be changed of an item. Leaving `held` gives the lease back in the same write."""

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
    hops: int
    parked_until: date | None
    preferred_holder: str | None
    close_when_received: bool
    closed_at: datetime | None
    close_reason: CloseReason | None
    proof_duty: bool
    waiver: str


def case_of(item: Item) -> ItemCase:
    """The item as rules/item.py looks at it."""
    raise NotImplementedError


def change_to(case: ItemCase) -> ItemChange:
    """What to write for a case that `rules.item.apply` returned; the holder follows the state."""
    raise NotImplementedError


def create(tx: Tx, new: NewItem, *, now: datetime) -> int:
    """Put a message into the queue; the item's id.

    Raises: Conflict: `item.exists`: the message has one already (`of_message`).
    """
    raise NotImplementedError


def get(tx: Tx, item_id: int) -> Item:
    """The item. Raises: Refused: `item.unknown`."""
    raise NotImplementedError


def of_message(tx: Tx, message_id: int) -> Item | None:
    """The item of a message, or None."""
    raise NotImplementedError


def save(tx: Tx, item_id: int, *, token: str, change: ItemChange, now: datetime) -> Item:
    """Write a change of the holder; the item as it is now.

    Raises: Conflict: `item.lease_stale`: wrong token, lease over or item not held; nothing is written.
    """
    raise NotImplementedError


def save_unheld(tx: Tx, item_id: int, *, version: int, change: ItemChange) -> Item:
    """Write a change of the machine (a receipt came), by the version that it read.

    An item in a clerk's hands may get everything but another state; his token stays good.
    Raises: Conflict: `item.changed`.
    """
    raise NotImplementedError


def unpark(tx: Tx, today: date) -> tuple[int, ...]:
    """Parked items whose day has come (local day) wait again. The ids, for the audit."""
    raise NotImplementedError
