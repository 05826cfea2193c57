"""The agreement of a period in weeks or months, small numbers hidden."""

from datetime import date, timedelta

import pytest

from rules.figures import Cell, Measure
from rules.trend import WEEKS, trend

WEDNESDAY = date(2026, 11, 4)


def closed(day: date, judged: int, corrected: int, concern: str = "au") -> tuple[Cell, Cell]:
    where = (day, "Südwest", "435", "freie_email", concern)
    return Cell(*where, Measure.JUDGED, judged), Cell(*where, Measure.CORRECTED, corrected)


def test_a_period_is_cut_at_mondays_and_begins_with_its_own_first_day() -> None:
    told = trend([], WEDNESDAY, WEDNESDAY + timedelta(days=13), below=5)
    assert told.starts == (WEDNESDAY, date(2026, 11, 9), date(2026, 11, 16))
    assert told.overall == (None, None, None)
    assert not told.is_monthly


def test_each_week_has_its_share_and_too_few_are_not_told() -> None:
    cells = [
        *closed(WEDNESDAY, 20, 1),
        *closed(date(2026, 11, 8), 20, 3),
        *closed(date(2026, 11, 9), 4, 0),
        *closed(date(2026, 11, 9), 6, 6, "termin"),
    ]
    told = trend(cells, WEDNESDAY, date(2026, 11, 10), below=5)
    assert [one.concern for one in told.concerns] == ["au", "termin"]
    assert told.concerns[0].shares == (pytest.approx(0.9), None)
    assert told.concerns[1].shares == (None, pytest.approx(0.0))
    assert told.overall == (pytest.approx(0.9), pytest.approx(0.4))


def test_more_than_half_a_year_is_told_by_months() -> None:
    told = trend([], WEDNESDAY, WEDNESDAY + timedelta(weeks=WEEKS), below=5)
    assert told.is_monthly
    assert told.starts[:2] == (WEDNESDAY, date(2026, 12, 1))
