"""The hand-over of payment-relevant mail to the eAkte, and the reasoned "no" instead of it.

Source: Weisung 202001001 no. 2.4 a 5.
"""

from rules.access import Caller
from triage.house import House


def order(
    house: House, caller: Caller, item_id: int, token: str, *, close_when_received: bool = False
) -> int:
    """Order the hand-over under the lease; the id of the outgoing row. Idempotent per verdict.

    With `close_when_received` the item closes by itself when the receipt comes; else it
    comes back to this clerk first.
    """
    raise NotImplementedError


def waive(house: House, caller: Caller, item_id: int, token: str, *, reason: str) -> None:
    """A person's reasoned "not payment-relevant"; opens the way to closing. Kept for good."""
    raise NotImplementedError
