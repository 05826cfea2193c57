"""The proof of one local day in one pass: what was seen, its states, and the mails that differ.

A day on which all is well is proved by one statement over its arrivals and two counts; only
what that can't prove is read again, row by row (arrivals.py), to be named. Nothing is kept
between two proofs. Source: F12, N2; own decision 0104.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from rules.ledger import LedgerState
from rules.local_day import day_bounds
from store.counts import ledger_counts
from store.database.engine import Tx
from store.mails import arrivals
from store.mails.arrivals import Difference
from store.tables.ledger import arrival, message, sighting

Box = str | None
"""A postbox by name; None is what came in another way."""


@dataclass(frozen=True, slots=True)
class DayProof:
    """By postbox; only those that had any."""

    seen: Mapping[Box, int]
    states: Mapping[Box, Mapping[LedgerState, int]]
    differences: Mapping[Box, tuple[Difference, ...]]


def of_day(tx: Tx, day: date) -> DayProof:
    """The proof of that local day, true at this moment."""
    return _if_all_is_well(tx, day) or DayProof(
        arrivals.seen_by_postbox(tx, day=day),
        ledger_counts.counts_by_postbox(tx, day=day),
        arrivals.differences_by_postbox(tx, day=day),
    )


def _if_all_is_well(tx: Tx, day: date) -> DayProof | None:
    """The proof where each arrival of the day has its one row of the day, and the reverse.

    As many arrivals as rows, each with a row of the day and none sharing it: so no row is left
    without an arrival either.
    """
    found = tx.run(_pass(day)).all()
    known = {state.value for state in LedgerState}
    if not {row.state for row in found} <= known:
        return None
    rows = tx.run(_rows_of(day)).one()
    if rows.number != sum(row.number for row in found) or rows.placeless:
        return None
    if rows.number and tx.run(_shared(rows.first, rows.last)).first() is not None:
        return None
    seen: dict[Box, int] = {}
    states: dict[Box, dict[LedgerState, int]] = {}
    for row in found:
        seen[row.postbox] = seen.get(row.postbox, 0) + row.number
        counts = states.setdefault(row.postbox, dict.fromkeys(LedgerState, 0))
        counts[LedgerState(row.state)] = row.number
    return DayProof(seen, states, {})


def _pass(day: date) -> sa.Select[*tuple[Any, ...]]:
    """Arrivals of the day by postbox and state of the row of the same commit; else None."""
    since, until = day_bounds(day)
    # As text: a word that is no state would not come through the column's own type.
    state = sa.type_coerce(message.c.state, sa.String).label("state")
    its_own = sa.and_(
        message.c.id == arrival.c.message_id,
        message.c.kept_at == arrival.c.at,
        message.c.postbox.is_not_distinct_from(arrival.c.postbox),
    )
    # Nothing else is asked for here: what is grouped is carried through a sort.
    return (
        sa.select(arrival.c.postbox, state, sa.func.count().label("number"))
        .select_from(arrival.outerjoin(message, its_own))
        .where(arrival.c.at >= since, arrival.c.at < until)
        .group_by(arrival.c.postbox, state)
    )


def _rows_of(day: date) -> sa.Select[*tuple[Any, ...]]:
    """The day's rows: how many, how many without their place, and the ids they lie between."""
    since, until = day_bounds(day)
    # By its column, not all of them: then the index is enough.
    place = sa.select(sighting.c.message_id).where(sighting.c.message_id == message.c.id)
    placeless = sa.and_(message.c.source == "postbox", ~place.exists())
    return sa.select(
        sa.func.count().label("number"),
        sa.func.coalesce(sa.func.sum(sa.case((placeless, 1), else_=0)), 0).label("placeless"),
        sa.func.min(message.c.id).label("first"),
        sa.func.max(message.c.id).label("last"),
    ).where(message.c.kept_at >= since, message.c.kept_at < until)


def _shared(first: int, last: int) -> sa.Select[*tuple[Any, ...]]:
    """A row of these or between them that several arrivals share, of whichever days."""
    number = arrival.c.message_id
    between = sa.select(number).where(number >= first, number <= last)
    return between.group_by(number).having(sa.func.count() > 1).limit(1)
