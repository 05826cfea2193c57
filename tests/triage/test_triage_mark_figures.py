"""Marks in the figures of a period: by every key and day, kept when the day is over."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from rules.figures import By
from rules.marks import Outcome
from store.acts import marks_seen
from store.acts.marks_seen import NewMark
from store.counts import mark_figures
from store.counts.day_figures import close_day
from store.tables.figure import figure
from store.tables.mark import mark_seen
from store.tables.mark_figure import figure_mark, figure_mark_day
from tests.house_fixture import ADMIN, MACHINE, eml
from triage import accept, counted_days, day_figures

TODAY = date(2026, 11, 23)


@pytest.fixture
def marked(house):
    """One mail about a Termin, marked: six times configured, once by a free name, once brought."""
    kept = accept.hand_in(house, MACHINE, eml("Termin", "34117 Kassel"))
    marks = [("Erledigt", "done", Outcome.CLOSED)] * 6
    marks += [("Frau Beispiel", "", Outcome.NOTED), ("Erledigt", "done", Outcome.BROUGHT)]
    with house.db.write() as tx:
        marks_seen.add_many(
            tx,
            [NewMark(kept.message_id, "SC", *one, "435") for one in marks],
            now=house.clock(),
        )


def report(house, by=By.CONCERN, until=TODAY):
    asked = {"since": TODAY, "until": until, "by": by, "agency_code": None}
    return day_figures.report(house, ADMIN, **asked).marks


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize(
    ("by", "key"),
    [
        (By.CONCERN, "termin"),
        (By.AGENCY, "435"),
        (By.REGION, "Südwest"),
        (By.CHANNEL, "freie_email"),
        (By.DAY, "2026-11-23"),
    ],
)
def test_marks_are_told_by_each_key_and_no_free_name_is(house, by, key):
    told = report(house, by)
    assert told.names == ("Erledigt", "")
    assert [(line.key, line.numbers) for line in told.lines] == [(key, (6, None))]
    assert [(line.key, line.numbers) for line in told.days] == [("2026-11-23", (7,))]


@pytest.mark.usefixtures("marked")
def test_a_closed_day_keeps_its_marks_when_their_rows_change(house, clock):
    clock.forward(hours=30)
    counted_days.close_days(house)
    before = report(house)
    with house.db.write() as tx:
        tx.run(sa.update(mark_seen).values(at=house.clock() + timedelta(days=9)))
    assert report(house) == before
    with house.db.write() as tx:
        mark_figures.close_day(tx, TODAY, now=house.clock())
        assert tx.run(sa.select(sa.func.count()).select_from(figure_mark)).scalar_one() == 2


@pytest.mark.usefixtures("marked")
def test_a_day_that_an_older_program_closed_is_counted_from_the_marks(house, clock):
    clock.forward(hours=30)
    with house.db.write() as tx:
        close_day(tx, TODAY, now=house.clock())
        # Nothing of it stands where an older program would meet it.
        measures = set(tx.run(sa.select(figure.c.measure)).scalars())
    assert measures == {"received"}
    assert report(house).total == (6, None)


@pytest.mark.usefixtures("marked")
def test_the_file_tells_day_agency_and_mark(house):
    text = day_figures.export_marks(house, ADMIN, since=TODAY, until=TODAY, agency_code=None)
    head, *rows = text.splitlines()
    assert head == "Tag;Region;Dienststelle;Name;Markierung;Anzahl"
    # Six alone would tell the hidden one to who knows the day's sum.
    assert rows == [
        "23.11.2026;Südwest;435;Kassel;Erledigt;<5",
        "23.11.2026;Südwest;435;Kassel;andere;<5",
    ]


def test_no_column_could_hold_a_person():
    columns = {column.name for table in (figure_mark, figure_mark_day) for column in table.c}
    assert columns == {
        "day", "region", "agency_code", "channel", "concern", "mark", "number", "closed_at",
    }  # fmt: skip


def test_a_fall_of_the_machine_is_told_with_its_weeks(house):
    """Four good weeks, then a bad one: as closed days say."""
    with house.db.write() as tx:
        for number in range(35):
            day = TODAY - timedelta(days=34 - number)
            bad = 12 if number >= 28 else 1
            for measure, count in (("judged", 30), ("corrected", bad)):
                values = {"day": day, "region": "Südwest", "agency_code": "435"}
                values |= {"channel": "freie_email", "concern": "au"}
                tx.run(sa.insert(figure).values(**values, measure=measure, number=count))
    since = TODAY - timedelta(days=34)
    told = day_figures.report(
        house, ADMIN, since=since, until=TODAY, by=By.CONCERN, agency_code=None
    )
    assert [(one.concern, one.has_fallen) for one in told.machine] == [("au", True)]
    (au,) = told.trend.concerns
    assert au.shares == told.trend.overall
    assert au.shares[0] == pytest.approx(29 / 30)
    assert au.shares[-1] == pytest.approx(18 / 30)
