"""Marks of people by local day: counted from what was found, kept for good once the day is over.

Two tables of their own, so that older versions of the program go on as they were; a day that
one of them closed is counted from the marks until this one closes it, too. Own decision 0087.
"""

from collections.abc import Collection
from datetime import date, datetime

import sqlalchemy as sa

from rules.local_day import day_bounds, local_day
from rules.mark_figures import MarkCell
from rules.marks import Outcome
from store.counts import day_closing
from store.database.engine import Tx
from store.database.statements import among
from store.tables.ledger import item, message
from store.tables.mark import mark_seen
from store.tables.mark_figure import figure_mark as table
from store.tables.mark_figure import figure_mark_day as closed


def count_day(tx: Tx, day: date) -> tuple[MarkCell, ...]:
    """The marks found set on a local day, without those that a mail brought along."""
    since, until = day_bounds(day)
    name = sa.case((mark_seen.c.effect == "", ""), else_=mark_seen.c.mark)
    keys = (
        sa.func.coalesce(item.c.region, message.c.region, ""),
        mark_seen.c.agency_code,
        sa.func.coalesce(item.c.channel, ""),
        sa.func.coalesce(item.c.first_concern, ""),
        name,
    )
    statement = (
        sa.select(*keys, sa.func.count())
        .select_from(
            mark_seen.join(message, message.c.id == mark_seen.c.message_id).outerjoin(
                item, item.c.message_id == mark_seen.c.message_id
            )
        )
        .where(
            mark_seen.c.at >= since,
            mark_seen.c.at < until,
            mark_seen.c.outcome != Outcome.BROUGHT.value,
        )
        # By place: the engines do not see that two bound expressions are the same.
        .group_by(*(sa.literal_column(str(place)) for place in range(1, len(keys) + 1)))
    )
    return tuple(MarkCell(day, *row) for row in tx.run(statement))


def close_day(tx: Tx, day: date, *, now: datetime) -> None:
    """Keep the numbers of a day that is over. Idempotent, also with two workers at once."""
    if not day_closing.take(tx, closed, day, now=now):
        return
    found = count_day(tx, day)
    if found:
        tx.run(sa.insert(table), [_row(cell) for cell in found])


def closed_days(tx: Tx, *, since: date, until: date) -> frozenset[date]:
    """Which days of `[since, until]` are counted for good."""
    return day_closing.between(tx, closed, since=since, until=until)


def last_closed(tx: Tx) -> date | None:
    """The newest day that is counted for good, or None. Days are closed in order."""
    return day_closing.newest(tx, closed)


def first_day(tx: Tx) -> date | None:
    """The local day of the first mark that was found, or None."""
    first = tx.run(sa.select(sa.func.min(mark_seen.c.at))).scalar_one()
    return local_day(first) if first else None


def cells(
    tx: Tx, *, since: date, until: date, agency_codes: Collection[str | None] | None
) -> tuple[MarkCell, ...]:
    """The numbers of the closed days of `[since, until]` for these agencies; all where None."""
    statement = sa.select(table).where(
        table.c.day.between(since, until),
        among(table.c.agency_code, day_closing.spelled(agency_codes)),
    )
    return tuple(
        MarkCell(
            row.day, row.region, row.agency_code or None, row.channel, row.concern, row.mark,
            row.number,
        )
        for row in tx.run(statement)
    )  # fmt: skip


def _row(cell: MarkCell) -> dict[str, object]:
    return {
        "day": cell.day,
        "region": cell.region,
        "agency_code": cell.agency_code or "",
        "channel": cell.channel,
        "concern": cell.concern,
        "mark": cell.mark,
        "number": cell.number,
    }
