"""The trail as a feed for others: what happened to which mail, without person and content.

In the order of the seals, which has no gaps and never lets an older entry come later; so a reader
who keeps the number of the last one misses nothing. Own decision 0050.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.desk import webhook_cursor as _cursor
from store.tables.ledger import audit, item, message

SEAL_CHARS = 12
"""So much of an entry's hash tells it from one that got the same number after a restore."""

WINDOW = 2_000
"""Entries that one page looks through at most, however few of them are the caller's."""

_PREFIX = "message:"


@dataclass(frozen=True, slots=True)
class Event:
    """One entry. `seq` is its place in the feed; `item_id` and `agency_code` are those of today.

    `seal` is the beginning of its hash: after a restore numbers are given out again, with others.
    `item_id` None: the mail has no item (yet). `agency_code` None: clearing, or no item.
    """

    seq: int
    seal: str
    at: datetime
    type: str
    message_id: int
    item_id: int | None
    agency_code: str | None
    region: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose events are asked for. None sets no limit; mail without an item is no agency's."""

    types: frozenset[str]
    agencies: frozenset[str] | None = None
    regions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, and the number to go on behind, with its seal ("" for 0).

    `is_last`: nothing more is there now.
    """

    events: tuple[Event, ...]
    cursor: int
    is_last: bool
    seal: str = ""


def tail(tx: Tx) -> int:
    """The number of the newest entry of the feed; 0 where there is none."""
    statement = (
        sa.select(audit.c.seal_seq)
        .where(audit.c.seal_seq.is_not(None))
        .order_by(audit.c.seal_seq.desc())
        .limit(1)
    )
    return tx.run(statement).scalar_one_or_none() or 0


def page(tx: Tx, reach: Reach, *, after: int, limit: int) -> Page:
    """Up to `limit` events behind the number `after`; the scope is part of the query."""
    end = tail(tx)
    upper = min(end, after + WINDOW)
    statement = (
        _SELECT.where(
            audit.c.seal_seq > after,
            audit.c.seal_seq <= upper,
            audit.c.action.in_(sorted(reach.types)),
            *_within(reach),
        )
        .order_by(audit.c.seal_seq)
        .limit(limit)
    )
    found = rows.all_as(tx, Event, statement)
    cursor = found[-1].seq if len(found) == limit else max(upper, after)
    return Page(found, cursor, is_last=cursor >= end, seal=seal_of(tx, cursor))


def seal_of(tx: Tx, seq: int) -> str:
    """The seal of the entry of that number; "" where there is none."""
    statement = sa.select(_SEAL).where(audit.c.seal_seq == seq)
    return tx.run(statement).scalar_one_or_none() or ""


def reached(tx: Tx, name: str) -> int | None:
    """Up to which number the subscription of that name was served, or None."""
    statement = sa.select(_cursor.c.seal_seq).where(_cursor.c.name == name)
    return tx.run(statement).scalar_one_or_none()


def reach(tx: Tx, name: str, seq: int, *, now: datetime) -> None:
    """Note how far the subscription of that name was served, in the transaction that served it."""
    statement = insert(tx, _cursor).values(name=name, seal_seq=seq, at=now)
    tx.run(
        statement.on_conflict_do_update(
            index_elements=[_cursor.c.name], set_={"seal_seq": seq, "at": now}
        )
    )


def _within(reach: Reach) -> Iterable[sa.ColumnElement[bool]]:
    if reach.agencies is not None:
        codes = sorted(reach.agencies)
        # Whoever gave an item away sees that it went.
        given_by = audit.c.details["from"].as_string()
        yield sa.or_(item.c.agency_code.in_(codes), given_by.in_(codes))
    if reach.regions is not None:
        regions = sorted(reach.regions)
        left = audit.c.details["from_region"].as_string()
        yield sa.or_(_REGION.in_(regions), left.in_(regions))


_MESSAGE_ID = sa.case(
    # PostgreSQL may look at conditions in any order, but not into a CASE that doesn't hold.
    (
        audit.c.subject.startswith(_PREFIX),
        sa.cast(sa.func.substr(audit.c.subject, len(_PREFIX) + 1), sa.BigInteger),
    )
)
_SEAL = sa.func.substr(audit.c.hash, 1, SEAL_CHARS, type_=sa.String)
_REGION = sa.func.coalesce(sa.func.nullif(item.c.region, ""), message.c.region, "")
_SELECT = (
    sa.select(
        audit.c.seal_seq,
        _SEAL,
        audit.c.at,
        audit.c.action,
        message.c.id,
        item.c.id,
        item.c.agency_code,
        _REGION,
    )
    .select_from(audit)
    .join(message, message.c.id == _MESSAGE_ID)
    .outerjoin(item, item.c.message_id == message.c.id)
)
