"""What was seen, counted apart from the ledger, so that a loss in the ledger can be noticed.

A row is written in the commit that keeps a message and is never deleted. The daily sum holds
these rows against the ledger's states and against the places, and names every mail that
differs. Source: F12, N2; own decision 0026.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from rules.ledger import LedgerState
from rules.local_day import day_bounds
from store.database.engine import Tx
from store.database.statements import add_rows, parts
from store.tables.ledger import arrival, message, sighting


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


def seen_again_many(tx: Tx, delivery_keys: Iterable[str]) -> dict[str, int]:
    """The messages that these deliveries brought before, by key; new deliveries are left out.

    Each counts as delivered once more.
    """
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


def seen_ever(tx: Tx) -> int:
    """How many messages ever arrived, on all ways. Slow: for reports only."""
    number: int = tx.run(sa.select(sa.func.count()).select_from(arrival)).scalar_one()
    return number


def seen_by_postbox(tx: Tx, *, day: date) -> dict[str | None, int]:
    """How many messages arrived on the local day, by postbox; None for what came in another way."""
    statement = (
        sa.select(arrival.c.postbox, sa.func.count().label("number"))
        .where(_arrived(day))
        .group_by(arrival.c.postbox)
    )
    return {row.postbox: row.number for row in tx.run(statement)}


def differences_by_postbox(tx: Tx, *, day: date) -> dict[str | None, tuple[Difference, ...]]:
    """The mails of the local day that are not accounted for exactly once, by id and fault.

    For each postbox that has some; None for what came in another way.
    """
    found: dict[str | None, set[Difference]] = {}
    for postbox, one in _odd(tx, day):
        found.setdefault(postbox, set()).add(one)
    return {postbox: tuple(sorted(odd, key=place_of)) for postbox, odd in found.items()}


def place_of(one: Difference) -> tuple[int, Fault]:
    """The order of a list of differences: by id, then by fault."""
    return one.message_id, one.fault


def _odd(tx: Tx, day: date) -> Iterator[tuple[str | None, Difference]]:
    """Each fault with its postbox. The day's arrivals and its rows are each read once."""
    for message_id, its, is_lost, is_doubled in tx.run(_of_arrivals(day)):
        if is_lost:
            yield its, Difference(message_id, Fault.LOST)
        if is_doubled:
            yield its, Difference(message_id, Fault.DOUBLED)
    rows = tx.run(_of_rows(day)).all()
    # Apart: with it the index of the day would not be enough, and each row were read.
    where: dict[int, str | None] = {}
    for part in parts([row[0] for row in rows]):
        asked = sa.select(message.c.id, message.c.postbox).where(message.c.id.in_(part))
        where |= {row.id: row.postbox for row in tx.run(asked)}
    for message_id, *found in rows:
        for fault, is_so in zip(_ROW_FAULTS, found, strict=True):
            if is_so:
                yield where[message_id], Difference(message_id, fault)


def _of_arrivals(day: date) -> sa.Select[*tuple[Any, ...]]:
    """Message, postbox, whether it is lost, whether it is doubled."""
    other = arrival.alias("other")
    lost = ~sa.exists().where(message.c.id == arrival.c.message_id)
    doubled = sa.exists().where(
        other.c.message_id == arrival.c.message_id, other.c.id != arrival.c.id
    )
    columns = (arrival.c.message_id, arrival.c.postbox, lost, doubled)
    return sa.select(*columns).where(_arrived(day), sa.or_(lost, doubled))


def _of_rows(day: date) -> sa.Select[*tuple[Any, ...]]:
    """Message, and of each of `_ROW_FAULTS` whether it has it."""
    # As text: a word that is no state would not come through the column's own type.
    state = sa.type_coerce(message.c.state, sa.String)
    uncounted = ~sa.exists().where(arrival.c.message_id == message.c.id)
    stateless = state.not_in([known.value for known in LedgerState])
    placeless = sa.and_(
        message.c.source == "postbox", ~sa.exists().where(sighting.c.message_id == message.c.id)
    )
    columns = (message.c.id, uncounted, stateless, placeless)
    return sa.select(*columns).where(_kept(day), sa.or_(uncounted, stateless, placeless))


_ROW_FAULTS = (Fault.UNCOUNTED, Fault.STATELESS, Fault.PLACELESS)


def _arrived(day: date) -> sa.ColumnElement[bool]:
    since, until = day_bounds(day)
    return sa.and_(arrival.c.at >= since, arrival.c.at < until)


def _kept(day: date) -> sa.ColumnElement[bool]:
    since, until = day_bounds(day)
    return sa.and_(message.c.kept_at >= since, message.c.kept_at < until)
