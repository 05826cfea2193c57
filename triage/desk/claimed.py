"""The right to write on one item, as stations give it out."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write on one item until `lease_until` (aware UTC), by its token."""

    item_id: int
    token: str
    lease_until: datetime
