"""Numbers by local day: counted from the mails while the day runs, kept for good once it is over.

A closed day is never counted again: its mails may be deleted, its numbers stay. No person
stands in any of these rows. Source: R6, F54, N9; own decision 0044.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from rules.figures import Cell, Measure
from rules.item import ItemState
from rules.local_day import BERLIN, day_bounds, local_day
from rules.outgoing import OutgoingKind
from store.counts import day_closing
from store.database.engine import Tx
from store.database.statements import among, spelled
from store.tables.figure import figure, figure_day, figure_hour
from store.tables.ledger import OutgoingState, item, message, outgoing, verdict

_ARCHIVE = "backfill"
"""Mail of an archive came in long ago; the day it was read in says nothing."""

_OF_ITEM = (item.c.region, item.c.agency_code, item.c.channel)


@dataclass(frozen=True, slots=True)
class HourCell:
    """Mails received in one hour (0 to 23) of a local day; `agency_code` as in `Cell`."""

    day: date
    hour: int
    region: str
    agency_code: str | None
    number: int


def count_day(tx: Tx, day: date) -> tuple[Cell, ...]:
    """The numbers of a local day, counted from the mails that are there now.

    Costs as much as the day had mails, whatever lies in the archive.
    """
    since, until = day_bounds(day)
    return tuple(
        Cell(day, region, code, channel, concern, measure, int(number))
        for measures, statement in _counts(tx, since, until)
        for region, code, channel, concern, *numbers in tx.run(statement)
        for measure, number in zip(measures, numbers, strict=True)
        if number
    )


def count_hours(tx: Tx, day: date) -> tuple[HourCell, ...]:
    """Mails received by the hour of a local day, counted from the mails that are there now."""
    since, until = day_bounds(day)
    keys = (_utc_hour(tx), _region(), item.c.agency_code)
    statement = (
        sa.select(*keys, sa.func.count())
        .select_from(message.outerjoin(item, item.c.message_id == message.c.id))
        .where(*_received(since, until))
        .group_by(*keys)
    )
    found: dict[tuple[int, str, str | None], int] = {}
    for told, region, code, number in tx.run(statement):
        utc = datetime.strptime(told, "%Y-%m-%d %H").replace(tzinfo=UTC)
        # On the day that has 25 hours two of them bear the same name.
        key = (utc.astimezone(BERLIN).hour, region, code)
        found[key] = found.get(key, 0) + number
    return tuple(HourCell(day, *key, number) for key, number in found.items())


def _utc_hour(tx: Tx) -> sa.ColumnElement[str]:
    """The hour of keeping, as "2026-11-23 08": legal time is whole hours away from UTC."""
    if tx.dialect == "postgresql":
        utc = sa.func.timezone("UTC", message.c.kept_at)
        return sa.func.to_char(utc, "YYYY-MM-DD HH24", type_=sa.String)
    return sa.func.substr(message.c.kept_at, 1, 13, type_=sa.String)


def close_day(tx: Tx, day: date, *, now: datetime) -> None:
    """Keep the numbers of a day that is over. Idempotent: a closed day stays as it is.

    Of two workers at once the second waits for the first, and finds the day closed.
    """
    if not day_closing.take(tx, figure_day, day, now=now):
        return
    cells, hours = count_day(tx, day), count_hours(tx, day)
    if cells:
        tx.run(sa.insert(figure), [_row(cell) for cell in cells])
    if hours:
        tx.run(sa.insert(figure_hour), [_hour_row(cell) for cell in hours])


def closed_days(tx: Tx, *, since: date, until: date) -> frozenset[date]:
    """Which days of `[since, until]` are counted for good."""
    return day_closing.between(tx, figure_day, since=since, until=until)


def last_closed(tx: Tx) -> date | None:
    """The newest day that is counted for good, or None. Days are closed in order."""
    return day_closing.newest(tx, figure_day)


def first_day(tx: Tx) -> date | None:
    """The local day of the first mail that was kept, or None."""
    first = tx.run(sa.select(sa.func.min(message.c.kept_at))).scalar_one()
    return local_day(first) if first else None


def cells(
    tx: Tx, *, since: date, until: date, agency_codes: Collection[str | None] | None
) -> tuple[Cell, ...]:
    """The numbers of the closed days of `[since, until]` for these agencies; all where None."""
    statement = sa.select(figure).where(
        figure.c.day.between(since, until),
        among(figure.c.agency_code, day_closing.spelled(agency_codes)),
    )
    return tuple(
        Cell(
            row.day,
            row.region,
            row.agency_code or None,
            row.channel,
            row.concern,
            Measure(row.measure),
            row.number,
        )
        for row in tx.run(statement)
    )


def hours(
    tx: Tx, *, since: date, until: date, agency_codes: Collection[str | None] | None
) -> tuple[HourCell, ...]:
    """The hours of the closed days of `[since, until]` for these agencies; all where None."""
    statement = sa.select(figure_hour).where(
        figure_hour.c.day.between(since, until),
        among(figure_hour.c.agency_code, day_closing.spelled(agency_codes)),
    )
    return tuple(
        HourCell(row.day, row.hour, row.region, row.agency_code or None, row.number)
        for row in tx.run(statement)
    )


def _counts(
    tx: Tx, since: datetime, until: datetime
) -> Iterator[tuple[tuple[Measure, ...], sa.Select[Any]]]:
    """What to count, and the question; its columns are four keys and a number for each measure."""
    yield (Measure.RECEIVED,), _come(since, until)
    yield (Measure.DONE, Measure.MINUTES), _done(tx, since, until)
    yield (Measure.HANDED_OVER,), _handed_over(since, until)
    yield (Measure.JUDGED, Measure.CORRECTED), _judged(since, until)


def _come(since: datetime, until: datetime) -> sa.Select[Any]:
    channel, concern = _or_empty(item.c.channel), _or_empty(item.c.first_concern)
    keys = (_region(), item.c.agency_code, channel, concern)
    mails = message.outerjoin(item, item.c.message_id == message.c.id)
    return (
        sa.select(*keys, sa.func.count())
        .select_from(mails)
        .where(*_received(since, until))
        .group_by(*keys)
    )


def _done(tx: Tx, since: datetime, until: datetime) -> sa.Select[Any]:
    keys = (*_OF_ITEM, item.c.first_concern)
    minutes = sa.func.sum(_minutes(tx, item.c.received_at, item.c.closed_at))
    return sa.select(*keys, sa.func.count(), minutes).where(*_closed(since, until)).group_by(*keys)


def _handed_over(since: datetime, until: datetime) -> sa.Select[Any]:
    keys = (*_OF_ITEM, item.c.first_concern)
    return (
        sa.select(*keys, sa.func.count(item.c.id.distinct()))
        .select_from(outgoing.join(item, item.c.id == outgoing.c.item_id))
        .where(
            spelled(outgoing.c.state, OutgoingState.RECEIPTED),
            outgoing.c.done_at >= since,
            outgoing.c.done_at < until,
            outgoing.c.kind == OutgoingKind.EAKTE,
        )
        .group_by(*keys)
    )


def _judged(since: datetime, until: datetime) -> sa.Select[Any]:
    """By what the machine said; how many were closed, and of them how many were corrected."""
    said, newest = verdict.alias("said"), verdict.alias("newest")
    changed = sa.or_(
        newest.c.first_concern != said.c.first_concern, newest.c.payment != said.c.payment
    )
    judged = item.join(said, said.c.id == _last_verdict(machine=True)).join(
        newest, newest.c.id == _last_verdict(machine=False)
    )
    keys = (*_OF_ITEM, said.c.first_concern)
    return (
        sa.select(*keys, sa.func.count(), sa.func.count(sa.case((changed, 1))))
        .select_from(judged)
        .where(*_closed(since, until))
        .group_by(*keys)
    )


def _last_verdict(*, machine: bool) -> sa.ScalarSelect[int]:
    """The newest verdict on the item's mail; with `machine`, the newest that the model gave."""
    every = verdict.alias()
    statement = sa.select(sa.func.max(every.c.id)).where(every.c.message_id == item.c.message_id)
    if machine:
        statement = statement.where(every.c.source == "machine")
    return statement.correlate(item).scalar_subquery()


def _received(since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        message.c.kept_at >= since,
        message.c.kept_at < until,
        message.c.source != _ARCHIVE,
    )


def _closed(since: datetime, until: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        spelled(item.c.state, ItemState.CLOSED),
        item.c.closed_at >= since,
        item.c.closed_at < until,
    )


def _minutes(
    tx: Tx, earlier: sa.ColumnElement[datetime], later: sa.ColumnElement[datetime]
) -> sa.ColumnElement[int]:
    if tx.dialect == "postgresql":
        minutes = sa.func.extract("epoch", later - earlier) / 60
    else:
        minutes = (sa.func.julianday(later) - sa.func.julianday(earlier)) * 1440
    return sa.cast(minutes, sa.BigInteger)


def _region() -> sa.ColumnElement[str]:
    return sa.func.coalesce(item.c.region, message.c.region, "")


def _or_empty(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    return sa.func.coalesce(column, "")


def _row(cell: Cell) -> dict[str, object]:
    return {
        "day": cell.day,
        "region": cell.region,
        "agency_code": cell.agency_code or "",
        "channel": cell.channel,
        "concern": cell.concern,
        "measure": cell.measure.value,
        "number": cell.number,
    }


def _hour_row(cell: HourCell) -> dict[str, object]:
    return {
        "day": cell.day,
        "hour": cell.hour,
        "region": cell.region,
        "agency_code": cell.agency_code or "",
        "number": cell.number,
    }
