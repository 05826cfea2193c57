"""What was seen, counted apart from the ledger, so that a loss in the ledger can be noticed.

A row is written in the commit that keeps a message and is never deleted. The daily sum holds
these rows against the ledger's states and against the places, and names every mail that
differs. Source: F12, N2; own decision 0026.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa

from rules.ledger import LedgerState
from store.engine import Tx
from store.ledger import day_bounds
from store.statements import add_rows, parts
from store.tables import arrival, message, sighting


class Fault(StrEnum):
    """What is wrong with one mail.

    `lost`: it arrived, and the ledger has no row of it. `uncounted`: the ledger has a row that
    no arrival explains. `doubled`: several arrivals share one row. `stateless`: its state is
    none of the ledger's. `placeless`: it came out of a postbox, and no place of it is known.
    """

    LOST = "lost"
    UNCOUNTED = "uncounted"
    DOUBLED = "doubled"
    STATELESS = "stateless"
    PLACELESS = "placeless"


@dataclass(frozen=True, slots=True)
class Counted:
    """One message that was just kept, to be counted."""

    message_id: int
    source: str
    postbox: str | None
    delivery_key: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One mail that is not accounted for exactly once."""

    message_id: int
    fault: Fault


def count_in(tx: Tx, kept: Iterable[Counted], *, now: datetime) -> None:
    """Count new messages, in the commit that keeps them.

    Raises: Conflict: `store.conflict`: a delivery of that key was counted meanwhile.
    """
    values = [
        {
            "message_id": one.message_id,
            "at": now,
            "source": one.source,
            "postbox": one.postbox,
            "delivery_key": one.delivery_key,
        }
        for one in kept
    ]
    add_rows(tx, arrival, values)


def seen_again(tx: Tx, delivery_key: str) -> int | None:
    """The message that this delivery brought before, counting it once more; None if it is new."""
    return seen_again_many(tx, [delivery_key]).get(delivery_key)


def seen_again_many(tx: Tx, delivery_keys: Iterable[str]) -> dict[str, int]:
    """As `seen_again`, for many: the messages by key; new ones are left out."""
    found: dict[str, int] = {}
    for part in parts(sorted(set(delivery_keys))):
        statement = (
            sa.update(arrival)
            .where(arrival.c.delivery_key.in_(part))
            .values(deliveries=arrival.c.deliveries + 1)
            .returning(arrival.c.delivery_key, arrival.c.message_id)
        )
        found |= {row.delivery_key: row.message_id for row in tx.run(statement)}
    return found


def seen(tx: Tx, *, day: date, postbox: str | None = None) -> int:
    """How many messages arrived on the local day; in all ways where no postbox is given."""
    statement = sa.select(sa.func.count()).select_from(arrival).where(_arrived(day, postbox))
    number: int = tx.run(statement).scalar_one()
    return number


def seen_ever(tx: Tx) -> int:
    """How many messages ever arrived, on all ways. Slow: for reports only."""
    number: int = tx.run(sa.select(sa.func.count()).select_from(arrival)).scalar_one()
    return number


def differences(tx: Tx, *, day: date, postbox: str | None = None) -> tuple[Difference, ...]:
    """The mails of the local day that are not accounted for exactly once, by id and fault."""
    found = {
        Difference(message_id, fault)
        for fault, statement in _questions(day, postbox)
        for message_id in tx.run(statement).scalars()
    }
    return tuple(sorted(found, key=lambda one: (one.message_id, one.fault)))


def _questions(day: date, postbox: str | None) -> Iterator[tuple[Fault, sa.Select[tuple[int]]]]:
    arrived, kept = _arrived(day, postbox), _kept(day, postbox)
    counted = sa.exists().where(arrival.c.message_id == message.c.id)
    has_row = sa.exists().where(message.c.id == arrival.c.message_id)
    other = arrival.alias("other")
    has_twin = sa.exists().where(
        other.c.message_id == arrival.c.message_id, other.c.id != arrival.c.id
    )
    has_place = sa.exists().where(sighting.c.message_id == message.c.id)
    # As text: a word that is no state would not come through the column's own type.
    state = sa.type_coerce(message.c.state, sa.String)
    yield Fault.LOST, sa.select(arrival.c.message_id).where(arrived, ~has_row)
    yield Fault.DOUBLED, sa.select(arrival.c.message_id).where(arrived, has_twin)
    yield Fault.UNCOUNTED, sa.select(message.c.id).where(kept, ~counted)
    yield (
        Fault.STATELESS,
        sa.select(message.c.id).where(kept, state.not_in([known.value for known in LedgerState])),
    )
    yield (
        Fault.PLACELESS,
        sa.select(message.c.id).where(kept, message.c.source == "postbox", ~has_place),
    )


def _arrived(day: date, postbox: str | None) -> sa.ColumnElement[bool]:
    since, until = day_bounds(day)
    of_postbox = sa.true() if postbox is None else arrival.c.postbox == postbox
    return sa.and_(arrival.c.at >= since, arrival.c.at < until, of_postbox)


def _kept(day: date, postbox: str | None) -> sa.ColumnElement[bool]:
    since, until = day_bounds(day)
    of_postbox = sa.true() if postbox is None else message.c.postbox == postbox
    return sa.and_(message.c.kept_at >= since, message.c.kept_at < until, of_postbox)
