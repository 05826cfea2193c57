"""Where a big day stands that still runs: counted by a worker, so that no page has to.

Rows in a table of their own, one a day, written whole. A day that is over is closed
(store/counts/day_figures.py), and its row goes. Source: own decision 0080.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from rules.figures import Cell, Measure
from rules.local_day import day_bounds
from store.counts import day_figures
from store.counts.day_figures import HourCell
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.figure import figure_stand as table
from store.tables.ledger import message


@dataclass(frozen=True, slots=True)
class Stand:
    """The numbers of a running local day as they were at `counted_at` (aware UTC)."""

    day: date
    counted_at: datetime
    cells: tuple[Cell, ...]
    hours: tuple[HourCell, ...]


def is_big(tx: Tx, day: date, *, mails: int) -> bool:
    """Whether that many mails were kept on the local day. Reads no more index entries than that."""
    since, until = day_bounds(day)
    nth = (
        sa.select(message.c.kept_at)
        .where(message.c.kept_at >= since, message.c.kept_at < until)
        .limit(1)
        .offset(mails - 1)
    )
    return tx.run(nth).one_or_none() is not None


def count(tx: Tx, day: date, *, now: datetime) -> Stand:
    """The numbers of a day as they are in this transaction."""
    return Stand(day, now, day_figures.count_day(tx, day), day_figures.count_hours(tx, day))


def note(tx: Tx, stand: Stand) -> None:
    """Keep a stand instead of the one before of that day."""
    values = {"day": stand.day, "counted_at": stand.counted_at, "body": _body(stand)}
    statement = insert(tx, table).values(values)
    told = {"counted_at": stand.counted_at, "body": values["body"]}
    tx.run(statement.on_conflict_do_update(index_elements=[table.c.day], set_=told))


def forget(tx: Tx, *, before: date) -> None:
    """Stands of days before that one go: they are closed by now."""
    tx.run(sa.delete(table).where(table.c.day < before))


def since(tx: Tx, moment: datetime, *, days: Iterable[date]) -> dict[date, Stand]:
    """The stands of these days that were counted at that moment or later."""
    statement = sa.select(table).where(table.c.day.in_(sorted(days)), table.c.counted_at >= moment)
    return {row.day: _stand(row.day, row.counted_at, row.body) for row in tx.run(statement)}


def _body(stand: Stand) -> dict[str, Any]:
    return {
        "cells": [
            [one.region, one.agency_code, one.channel, one.concern, one.measure.value, one.number]
            for one in stand.cells
        ],
        "hours": [[one.hour, one.region, one.agency_code, one.number] for one in stand.hours],
    }


def _stand(day: date, counted_at: datetime, body: dict[str, Any]) -> Stand:
    return Stand(
        day,
        counted_at,
        tuple(
            Cell(day, region, code, channel, concern, Measure(measure), number)
            for region, code, channel, concern, measure, number in body["cells"]
        ),
        tuple(HourCell(day, *hour) for hour in body["hours"]),
    )
