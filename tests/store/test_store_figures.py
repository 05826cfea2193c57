"""Tables of figures name no person, and a day without mails closes empty."""

from datetime import date

import sqlalchemy as sa

from store.counts import day_figures, open_days
from store.database.engine import Database
from store.tables.figure import figure, figure_day, figure_hour, figure_stand
from tests.store.samples import NOW, later, queue

KEYS = {"day", "hour", "region", "agency_code", "channel", "concern", "measure"}


def test_no_column_of_the_figures_could_hold_a_person() -> None:
    columns = {column.name for table in (figure, figure_hour) for column in table.c}
    assert columns == KEYS | {"number"}
    assert {column.name for column in figure_day.c} == {"day", "closed_at"}
    assert {column.name for column in figure_stand.c} == {"day", "counted_at", "body"}


def test_a_stand_comes_back_as_it_was_counted_and_holds_no_more_than_the_figures(
    db: Database,
) -> None:
    queue(db, "1")
    with db.read() as tx:
        stand = open_days.count(tx, NOW.date(), now=NOW)
    for _ in range(2):
        with db.write() as tx:
            open_days.note(tx, stand)
    with db.read() as tx:
        assert open_days.since(tx, NOW, days=[NOW.date()]) == {NOW.date(): stand}
        assert open_days.since(tx, later(1), days=[NOW.date()]) == {}
        body = tx.run(sa.select(figure_stand.c.body)).scalar_one()
    # As many as the columns of a figure without the day, so no person fits in.
    assert {len(row) for row in body["cells"]} == {len(figure.c) - 1}
    assert {len(row) for row in body["hours"]} == {len(figure_hour.c) - 1}
    with db.write() as tx:
        open_days.forget(tx, before=date(2100, 1, 1))
        assert open_days.since(tx, NOW, days=[NOW.date()]) == {}


def test_a_closed_day_is_read_by_agency_and_a_day_without_mail_is_empty(db: Database) -> None:
    queue(db, "1")
    queue(db, "2")
    day = NOW.date()
    with db.write() as tx:
        day_figures.close_day(tx, day, now=later(86_400))
        day_figures.close_day(tx, date(2020, 1, 1), now=later(86_400))
    with db.read() as tx:
        known = day_figures.cells(tx, since=day, until=day, agency_codes={"435"})
        other = day_figures.cells(tx, since=day, until=day, agency_codes={None})
        hours = day_figures.hours(tx, since=day, until=day, agency_codes=None)
        closed = day_figures.closed_days(tx, since=date(2020, 1, 1), until=day)
    assert [(cell.measure, cell.number) for cell in known] == [("received", 2)]
    assert other == ()
    assert sum(cell.number for cell in hours) == 2
    assert closed == {date(2020, 1, 1), day}
