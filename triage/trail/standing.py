"""How the trail stands, for a person on a page: its length, its last seal, whether its end holds.

The whole chain and its anchor file are `postlotse trail verify`'s: that takes minutes, and the
file may lie where no door can read it. Source: F52, N20; own decision 0019.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.errors import Refused
from store.database.engine import Tx
from store.trail import audit, trail_pages
from store.trail.trail_pages import Place, TrailPage
from triage.house import House

LOOKED_AT: Final = 1_000
"""Entries at the end that are checked when the page is asked for: some 20 ms. Own decision 0019."""


@dataclass(frozen=True, slots=True)
class TrailStanding:
    """`sealed`: number of the last seal, at `sealed_at` its entry was written. `waiting` for one.

    `checked` entries at the end hold together; `broken_at` is the first seal that doesn't fit.
    """

    sealed: int
    sealed_at: datetime | None
    waiting: int
    checked: int
    broken_at: int | None


def look(house: House, caller: Caller) -> TrailStanding:
    """Reads only. Raises: Refused: `access.denied`. TryLater: `store.away`."""
    access.require(caller, Permission.READ_TRAIL)
    with house.db.read() as tx:
        last = audit.last_sealed(tx)
        seq = (last.seal_seq or 0) if last else 0
        checked, broken_at = _end(tx, max(0, seq - LOOKED_AT))
        return TrailStanding(seq, last.at if last else None, audit.unsealed(tx), checked, broken_at)


def _end(tx: Tx, after: int) -> tuple[int, int | None]:
    try:
        found = audit.verify(tx, after_seq=after, limit=LOOKED_AT)
    except Refused:
        # The entry before is gone.
        return 0, after
    return found.checked, found.broken.seq if found.broken else None


def page(
    house: House, caller: Caller, *, limit: int, after: Place | int, subject: str | None = None
) -> TrailPage:
    """A page of the trail, oldest first, of one thing ("item:12") or all.

    `after` is the place that the page before named, or an id, as pages named it once.
    Raises: Refused: `access.denied`. Conflict: `trail.cursor_ahead`.
    """
    access.require(caller, Permission.READ_TRAIL)
    with house.db.read() as tx:
        place = trail_pages.behind_id(tx, after) if isinstance(after, int) else after
        return trail_pages.page(tx, place, limit=limit, subject=subject)
