"""Tables of figures name no person, and a day without mails closes empty."""

from datetime import date

from store import day_figures
from store.engine import Database
from store.figure_tables import figure, figure_day, figure_hour
from tests.store.samples import NOW, later, queue

KEYS = {"day", "hour", "region", "agency_code", "channel", "concern", "measure"}


def test_no_column_of_the_figures_could_hold_a_person() -> None:
    columns = {column.name for table in (figure, figure_hour) for column in table.c}
    assert columns == KEYS | {"number"}
    assert {column.name for column in figure_day.c} == {"day", "closed_at"}


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
