"""Which local days are counted for good; the same for each kind of figures, by its own table.

A closed day is never counted again. Source: own decisions 0044 and 0087.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime

import sqlalchemy as sa

from store.database.engine import Tx
from store.database.statements import insert


def take(tx: Tx, table: sa.Table, day: date, *, now: datetime) -> bool:
    """Close the day in this transaction; False if it is closed already.

    Of two workers at once the second waits for the first, and finds the day closed.
    """
    taken = insert(tx, table).values(day=day, closed_at=now).on_conflict_do_nothing()
    return tx.run(taken.returning(table.c.day)).one_or_none() is not None


def between(tx: Tx, table: sa.Table, *, since: date, until: date) -> frozenset[date]:
    """Which days of `[since, until]` are counted for good."""
    statement = sa.select(table.c.day).where(table.c.day.between(since, until))
    return frozenset(tx.run(statement).scalars())


def newest(tx: Tx, table: sa.Table) -> date | None:
    """The newest day that is counted for good, or None. Days are closed in order."""
    day: date | None = tx.run(sa.select(sa.func.max(table.c.day))).scalar_one()
    return day


def spelled(codes: Collection[str | None] | None) -> Iterable[str] | None:
    """Agencies as they stand in rows of figures, where empty is the clearing folder."""
    return None if codes is None else [code or "" for code in codes]
