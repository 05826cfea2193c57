"""Mail that was set aside with a reason: list, take up again. Never a deletion."""

from dataclasses import dataclass
from datetime import datetime

from rules.access import Caller
from triage.house import House


@dataclass(frozen=True, slots=True)
class AsideRow:
    """One mail beside the way: at which step, why (stable code and German sentence), how often tried."""

    message_id: int
    postbox: str
    sender: str
    subject: str
    received_at: datetime
    set_aside_at: datetime
    step: str
    reason_code: str
    reason: str
    tries: int
    size_bytes: int


def listing(
    house: House, caller: Caller, *, limit: int = 100, after: int | None = None
) -> tuple[AsideRow, ...]:
    """What lies aside now, newest first. `after` is the message id of the last row before."""
    raise NotImplementedError


def replay(house: House, caller: Caller, message_id: int) -> None:
    """Send the mail through parsing, verdict and sorting once more."""
    raise NotImplementedError


def take_in(house: House, caller: Caller, message_id: int) -> int:
    """A person says it is real mail: make an item of it, for review; the item's id."""
    raise NotImplementedError
