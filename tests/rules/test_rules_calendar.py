"""Arbeitstage of the Länder."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import calendar
from rules.calendar import (
    LAND_CODES,
    add_arbeitstage,
    is_arbeitstag,
)
from rules.errors import Refused

days = st.dates(min_value=date(2015, 1, 1), max_value=date(2035, 12, 31))
laender = st.sampled_from([*LAND_CODES, None])


@pytest.mark.parametrize(
    ("day", "land", "works"),
    [
        (date(2026, 6, 3), "Hessen", True),
        (date(2026, 6, 4), "Hessen", False),  # Fronleichnam
        (date(2026, 6, 4), "Hamburg", True),
        (date(2026, 6, 4), "Sachsen", True),  # only local there
        (date(2026, 6, 6), "Hessen", False),  # Saturday
        (date(2026, 11, 18), "Sachsen", False),  # Buß- und Bettag
        (date(2026, 11, 18), "Bayern", True),
        (date(2024, 8, 15), "Bayern", True),  # Mariä Himmelfahrt, by Gemeinde
        (date(2024, 8, 15), "Saarland", False),
        (date(2025, 5, 8), "Berlin", False),  # once only
        (date(2026, 12, 24), "Hessen", False),
        (date(2026, 12, 31), "Hessen", False),
        (date(2025, 10, 31), "Bremen/Niedersachsen", False),  # Reformationstag
        (date(2025, 10, 31), None, True),  # unknown Land: nationwide holidays only
        (date(2026, 5, 1), None, False),
    ],
)
def test_an_arbeitstag_is_monday_to_friday_without_the_holidays_of_the_land(
    day: date, land: str | None, works: bool
) -> None:
    assert is_arbeitstag(day, land) is works


CATHOLIC = {"Baden-Württemberg", "Bayern", "Nordrhein-Westfalen", "Rheinland-Pfalz", "Saarland"}
PROTESTANT = {
    *("Brandenburg", "Bremen", "Hamburg", "Mecklenburg-Vorpommern", "Niedersachsen", "Sachsen"),
    *("Sachsen-Anhalt", "Schleswig-Holstein", "Thüringen"),
}


@pytest.mark.parametrize(
    ("day", "free"),
    [
        (date(2026, 1, 6), {"Baden-Württemberg", "Bayern", "Sachsen-Anhalt"}),
        (date(2027, 3, 8), {"Berlin", "Mecklenburg-Vorpommern"}),
        (date(2026, 6, 4), CATHOLIC | {"Hessen"}),
        (date(2025, 8, 15), {"Saarland"}),
        (date(2027, 9, 20), {"Thüringen"}),
        (date(2025, 10, 31), PROTESTANT),
        (date(2027, 11, 1), CATHOLIC),
        (date(2026, 11, 18), {"Sachsen"}),
        (date(2026, 10, 5), set()),
    ],
)
def test_each_land_has_its_own_holidays(day: date, free: set[str]) -> None:
    assert {land for land in LAND_CODES if not is_arbeitstag(day, land)} == free
    assert len(LAND_CODES) == 16


def test_christmas_eve_is_free_and_mariae_himmelfahrt_in_bayern_is_not() -> None:
    assert not is_arbeitstag(date(2026, 12, 24), "Bayern")
    assert is_arbeitstag(date(2024, 8, 15), "Bayern")


@pytest.mark.parametrize(
    ("start", "count", "land", "expected"),
    [
        (date(2026, 5, 11), 10, "Hessen", date(2026, 5, 27)),  # over Ascension and Whit Monday
        (date(2026, 6, 3), 1, "Hessen", date(2026, 6, 5)),
        (date(2026, 6, 5), 1, "Hessen", date(2026, 6, 8)),
        (date(2026, 6, 5), 0, "Hessen", date(2026, 6, 5)),
        (date(2026, 6, 6), 0, "Hessen", date(2026, 6, 8)),
        (date(2026, 6, 8), -1, "Hessen", date(2026, 6, 5)),
        (date(2026, 12, 23), 1, "Bayern", date(2026, 12, 28)),
        (date(2026, 12, 30), 1, "Bayern", date(2027, 1, 4)),
    ],
)
def test_the_day_itself_never_counts(start: date, count: int, land: str, expected: date) -> None:
    assert add_arbeitstage(start, count, land) == expected


def test_a_day_that_was_counted_is_not_counted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = add_arbeitstage(date(2026, 11, 26), 3, "Hessen")
    monkeypatch.setattr(calendar, "_step", None)
    assert add_arbeitstage(date(2026, 11, 26), 3, "Hessen") == first


@given(days, st.integers(min_value=1, max_value=30), laender)
def test_as_many_arbeitstage_lie_between_as_were_added(
    day: date, count: int, land: str | None
) -> None:
    later = add_arbeitstage(day, count, land)
    assert is_arbeitstag(later, land)
    between = (day + timedelta(days=step + 1) for step in range((later - day).days))
    assert sum(is_arbeitstag(one, land) for one in between) == count


@given(days, st.integers(min_value=1, max_value=20), laender)
def test_going_back_undoes_going_forward_from_an_arbeitstag(
    day: date, count: int, land: str | None
) -> None:
    start = add_arbeitstage(day, 0, land)
    assert add_arbeitstage(add_arbeitstage(start, count, land), -count, land) == start


@given(days, st.integers(min_value=0, max_value=15), laender)
def test_an_unknown_land_never_makes_a_deadline_later(
    day: date, count: int, land: str | None
) -> None:
    assert add_arbeitstage(day, count, None) <= add_arbeitstage(day, count, land)


def test_a_land_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        is_arbeitstag(date(2026, 6, 3), "Preußen")
    assert refused.value.code == "calendar.land_unknown"
