"""The right to write on one item, as stations give it out."""

from dataclasses import dataclass
from datetime import datetime

from store.desk.claims import Claimed


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write on one item until `lease_until` (aware UTC), by its token."""

    item_id: int
    token: str
    lease_until: datetime


def right_to(claimed: Claimed) -> Claim:
    """The right that comes with an item that the store has just handed out."""
    item = claimed.item
    if item.lease_until is None:
        raise AssertionError("the store hands out items with a lease only")
    return Claim(item.id, claimed.token, item.lease_until)
