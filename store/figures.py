"""Counts of items for the live overview. No person, no time of a person (promise 8)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from rules.item import EakteState, ItemState
from store import rows
from store.engine import Tx
from store.statements import among, spelled
from store.tables import item as table


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One agency's open items now. `oldest` is the receipt of the oldest waiting one (aware UTC).

    `due_today` and `overdue` count all open items by their due day.
    """

    agency_code: str | None
    region: str
    waiting: int
    held: int
    parked: int
    pending: int
    due_today: int
    overdue: int
    oldest: datetime | None


def lines(
    tx: Tx, *, agency_codes: Collection[str | None] | None, today: date
) -> tuple[AgencyLine, ...]:
    """One line for each agency with open items, by code, clearing first; all where codes are None.

    `today` is the local day.
    """
    waiting = table.c.state == ItemState.WAITING
    statement = (
        sa.select(
            table.c.agency_code,
            sa.func.min(table.c.region),
            *(
                _number(table.c.state == state)
                for state in (
                    ItemState.WAITING, ItemState.HELD, ItemState.PARKED, ItemState.PENDING,
                )
            ),
            _number(table.c.due_on == today),
            _number(table.c.due_on < today),
            sa.func.min(sa.case((waiting, table.c.received_at))),
        )
        .where(_is_open(), among(table.c.agency_code, agency_codes))
        .group_by(table.c.agency_code)
    )  # fmt: skip
    found = rows.all_as(tx, AgencyLine, statement)
    return tuple(sorted(found, key=lambda line: line.agency_code or ""))


def waiting_by_concern(
    tx: Tx, *, agency_codes: Collection[str | None] | None
) -> tuple[tuple[str, int], ...]:
    """Waiting items by first concern, most first."""
    number = sa.func.count()
    statement = (
        sa.select(table.c.first_concern, number)
        .where(spelled(table.c.state, ItemState.WAITING), among(table.c.agency_code, agency_codes))
        .group_by(table.c.first_concern)
        .order_by(number.desc(), table.c.first_concern)
    )
    return tuple((concern, count) for concern, count in tx.run(statement))


def due_by_day(
    tx: Tx, *, agency_codes: Collection[str | None] | None, since: date, until: date
) -> tuple[tuple[date, int], ...]:
    """Open items by their due day in `[since, until]` (local days), nearest first."""
    statement = (
        sa.select(table.c.due_on, sa.func.count())
        .where(
            _is_open(),
            table.c.due_on >= since,
            table.c.due_on <= until,
            among(table.c.agency_code, agency_codes),
        )
        .group_by(table.c.due_on)
        .order_by(table.c.due_on)
    )
    return tuple((day, count) for day, count in tx.run(statement))


def closed_between(
    tx: Tx, *, agency_codes: Collection[str | None] | None, since: datetime, until: datetime
) -> int:
    """Items closed in `[since, until)`."""
    return _count(
        tx,
        spelled(table.c.state, ItemState.CLOSED),
        table.c.closed_at >= since,
        table.c.closed_at < until,
        among(table.c.agency_code, agency_codes),
    )


def receipts_open(tx: Tx, *, agency_codes: Collection[str | None] | None) -> int:
    """Items whose hand-over is on its way and has no receipt yet."""
    return _count(
        tx, _is_open(), table.c.eakte == EakteState.SENT, among(table.c.agency_code, agency_codes)
    )


def _is_open() -> sa.ColumnElement[bool]:
    return ~spelled(table.c.state, ItemState.CLOSED)


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """How many rows of the group meet the condition; NULL does not."""
    return sa.func.count(sa.case((condition, 1)))


def _count(tx: Tx, *conditions: sa.ColumnElement[bool]) -> int:
    number: int = tx.run(
        sa.select(sa.func.count()).select_from(table).where(*conditions)
    ).scalar_one()
    return number
