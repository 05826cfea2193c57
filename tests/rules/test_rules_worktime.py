"""A lease counts working minutes only: nights, weekends and holidays of the Land stop it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import is_arbeitstag
from rules.local_day import BERLIN
from rules.worktime import WorkingHours, back_on, is_working_day, lease_end

HOUSE = WorkingHours()
QUARTER = 15 * 60


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-25T10:00", "2026-11-25T10:15"),
        ("2026-11-25T17:45", "2026-11-25T18:00"),
        ("2026-11-25T17:50", "2026-11-26T07:05"),
        ("2026-11-25T23:30", "2026-11-26T07:15"),
        ("2026-11-25T05:00", "2026-11-25T07:15"),
        # Over a weekend, over Christmas with its free days, and into the shorter day of March.
        ("2026-11-27T17:50", "2026-11-30T07:05"),
        ("2026-12-23T17:50", "2026-12-28T07:05"),
        ("2026-03-27T17:50", "2026-03-30T07:05"),
    ],
)
def test_only_working_minutes_count(start: str, end: str) -> None:
    assert lease_end(berlin(start), QUARTER, land="Hessen", hours=HOUSE) == berlin(end)


def test_a_holiday_stops_it_in_its_own_land_only() -> None:
    # Reformationstag 2025 is a Friday: free in Sachsen, a day like any other in Hessen.
    start = berlin("2025-10-30T17:50")
    sachsen = lease_end(start, QUARTER, land="Sachsen", hours=HOUSE)
    hessen = lease_end(start, QUARTER, land="Hessen", hours=HOUSE)
    assert (sachsen, hessen) == (berlin("2025-11-03T07:05"), berlin("2025-10-31T07:05"))


def test_hours_and_days_are_the_houses_own() -> None:
    hours = WorkingHours(time(8), time(12), frozenset({0, 2}))
    start = berlin("2026-11-23T11:55")
    assert lease_end(start, QUARTER, land=None, hours=hours) == berlin("2026-11-25T08:10")


def test_a_calendar_without_any_working_time_says_so() -> None:
    with pytest.raises(ValueError, match="no working time"):
        lease_end(
            berlin("2026-11-23T11:55"), 60, land=None, hours=WorkingHours(weekdays=frozenset())
        )


@given(
    st.integers(0, 1_000 * 24 * 60),
    st.integers(1, 20 * 3600),
    st.sampled_from([None, "Hessen", "Bayern", "Sachsen"]),
)
def test_it_ends_in_working_time_and_never_before_the_clock_says(
    minutes: int, seconds: int, land: str | None
) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    end = lease_end(start, seconds, land=land, hours=HOUSE)
    local = end.astimezone(BERLIN)
    assert end >= start + timedelta(seconds=seconds)
    assert HOUSE.begin <= local.time() <= HOUSE.end
    assert is_arbeitstag(local.date(), land)
    assert lease_end(start, seconds + 60, land=land, hours=HOUSE) > end


@pytest.mark.parametrize(
    ("wanted", "land", "back"),
    [
        (date(2026, 11, 27), "Hessen", date(2026, 11, 27)),
        # Saturday, Sunday, and over Christmas with its free days.
        (date(2026, 11, 28), "Hessen", date(2026, 11, 30)),
        (date(2026, 11, 29), "Hessen", date(2026, 11, 30)),
        (date(2026, 12, 24), "Hessen", date(2026, 12, 28)),
        (date(2027, 1, 6), "Bayern", date(2027, 1, 7)),
        (date(2027, 1, 6), "Hessen", date(2027, 1, 6)),
        (3, "Hessen", date(2026, 11, 30)),
        (1, None, date(2026, 11, 26)),
        (21, "Hessen", date(2026, 12, 28)),
        (0, "Hessen", date(2026, 11, 25)),
        (date.max, "Hessen", date.max),
    ],
)
def test_what_is_parked_comes_back_on_a_working_day_of_the_land(
    wanted: date | int, land: str | None, back: date
) -> None:
    assert back_on(wanted, today=date(2026, 11, 25), land=land, hours=HOUSE) == back


@given(st.dates(date(2026, 1, 1), date(2032, 12, 31)), st.integers(1, 40))
def test_no_day_of_parking_is_free_and_none_is_earlier_than_asked(day: date, ahead: int) -> None:
    today = day - timedelta(days=ahead)
    back = back_on(day, today=today, land="Bayern", hours=HOUSE)
    assert back >= day
    assert is_working_day(back, land="Bayern", hours=HOUSE)
