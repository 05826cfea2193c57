"""The clerk's deeds on one item: take, keep, put back, park, return, forward, correct, close.

Each function is one transaction, checks what the caller may do, writes only under the lease
token of the item, and leaves an audit entry in the same commit. A stale token writes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime

from rules.access import Caller
from rules.codes import Concern, PaymentRelevant
from rules.item import CloseReason
from triage.house import House


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write on one item until `lease_until` (aware UTC); `token` goes with every write."""

    item_id: int
    token: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """What the clerk says instead of the machine. `concerns` most weighty first, never empty.

    `reason` is required (10 characters or more) where payment goes from yes or open to no.
    """

    concerns: tuple[Concern, ...]
    payment_relevant: PaymentRelevant
    kundennummer: str | None = None
    reason: str = ""


def claim_next(
    house: House, caller: Caller, agency_code: str, *, concern: Concern | None = None
) -> Claim | None:
    """Hand out the next waiting item of the agency, or None. See the module for the order."""
    raise NotImplementedError


def claim_item(house: House, caller: Caller, item_id: int) -> Claim:
    """Take one certain waiting item (from a list)."""
    raise NotImplementedError


def renew(house: House, caller: Caller, item_id: int, token: str) -> datetime:
    """The page's sign of life; the new end of the lease."""
    raise NotImplementedError


def release(house: House, caller: Caller, item_id: int, token: str) -> None:
    """Put the item back; if a hand-over is on its way, it waits for the receipt instead."""
    raise NotImplementedError


def park(
    house: House, caller: Caller, item_id: int, token: str, *, until: date, reason: str
) -> None:
    """Lay the item aside until the morning of `until` (local day)."""
    raise NotImplementedError


def give_back(house: House, caller: Caller, item_id: int, token: str, *, reason: str) -> int:
    """Return the item to the Service Center; the number of hops so far."""
    raise NotImplementedError


def forward(
    house: House, caller: Caller, item_id: int, token: str, *, agency_code: str, reason: str
) -> int:
    """Give the item to another agency and file the mail there; the number of hops so far."""
    raise NotImplementedError


def correct(
    house: House, caller: Caller, item_id: int, token: str, correction: Correction
) -> None:
    """Replace the verdict by the clerk's; the machine's stays in the history."""
    raise NotImplementedError


def close(
    house: House, caller: Caller, item_id: int, token: str, *, reason: CloseReason
) -> None:
    """End the item. Refused while a payment-relevant item has neither receipt nor reasoned no."""
    raise NotImplementedError
