"""The trail page by page, so that who reads it to the end has missed none: by seal, then the rest.

On PostgreSQL an entry becomes visible when its transaction ends, maybe after one with a higher id
that a reader has passed. Seals have no gaps, and none comes late. Own decision 0127.
"""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from rules.errors import Conflict
from store.database.engine import Tx
from store.tables.ledger import audit as table
from store.trail import audit
from store.trail.audit import Entry
from store.trail.events import SEAL_CHARS, seal_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading goes on: behind the entry of that seal, whose hash begins with `mark`.

    `waiting` is the id of the last entry without a seal that was shown; None among sealed ones.
    """

    seq: int = 0
    mark: str = ""
    waiting: int | None = None


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Some entries, sealed ones first. `going_on` is None on the last page.

    `sealed` is where to come back to later: what was shown without a seal has one then.
    """

    entries: tuple[Entry, ...]
    going_on: Place | None
    sealed: Place


def page(tx: Tx, place: Place, *, limit: int, subject: str | None = None) -> TrailPage:
    """Up to `limit` entries behind that place, of one thing or all.

    Raises: Conflict: `trail.cursor_ahead`: no such seal was given out yet, or again by now, to
    another entry, since the database was set back.
    """
    if seal_of(tx, place.seq) != place.mark:
        raise _set_back(place.seq)
    if place.waiting is not None:
        return _rest(tx, place, place.waiting, limit=limit, subject=subject)
    # First what waits: what is sealed between the two looks is in both then, never in neither.
    waiting = audit.waiting(tx, limit=limit + 1, subject=subject)
    sealed = audit.sealed_after(tx, place.seq, limit=limit + 1, subject=subject)
    if len(sealed) > limit:
        behind = _behind(sealed[limit - 1])
        return TrailPage(sealed[:limit], behind, behind)
    behind = _behind(sealed[-1]) if sealed else place
    known = {entry.id for entry in sealed}
    rest = tuple(entry for entry in waiting if entry.id not in known)
    shown = rest[: limit - len(sealed)]
    is_last = len(waiting) <= limit and len(shown) == len(rest)
    going_on = replace(behind, waiting=shown[-1].id if shown else None)
    return TrailPage(sealed + shown, None if is_last else going_on, behind)


def behind_id(tx: Tx, entry_id: int) -> Place:
    """Where a reader goes on who has read all entries up to that id.

    No entry with a higher id lies before it. Slow where the id is old; cursors held an id before
    there were seals.
    """
    above = (
        sa.select(table.c.seal_seq)
        .where(table.c.id > entry_id, table.c.seal_seq.is_not(None))
        .order_by(table.c.seal_seq)
        .limit(1)
    )
    first: int | None = tx.run(above).scalar_one_or_none()
    seq = audit.head(tx)[0] if first is None else first - 1
    return Place(seq, seal_of(tx, seq))


def _rest(tx: Tx, place: Place, after: int, *, limit: int, subject: str | None) -> TrailPage:
    """What had no seal when the reader came to it, by id; maybe sealed since."""
    found = audit.listing(tx, after=after, beyond=place.seq, limit=limit + 1, subject=subject)
    shown, more = found[:limit], len(found) > limit
    going_on = replace(place, waiting=shown[-1].id) if more else None
    return TrailPage(shown, going_on, replace(place, waiting=None))


def _behind(entry: Entry) -> Place:
    return Place(entry.seal_seq or 0, (entry.hash or "")[:SEAL_CHARS])


def _set_back(seq: int) -> Conflict:
    return Conflict(
        "trail.cursor_ahead",
        f"The trail has no such entry {seq} any more: the database was set back."
        " Read it from the first page, and compare what you have.",
        seq=seq,
    )
