"""Days as a clerk types and reads them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web import days
from rules.errors import Refused

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("01.12.2026", date(2026, 12, 1)),
        ("1.12.2026", date(2026, 12, 1)),
        ("1.12.26", date(2026, 12, 1)),
        (" 1. 12. 2026 ", date(2026, 12, 1)),
        ("1.12.", date(2026, 12, 1)),
        ("5.1.", date(2027, 1, 5)),
        ("23.11.", TODAY),
        ("29.02.2028", date(2028, 2, 29)),
    ],
)
def test_a_typed_day_is_read(typed: str, meant: date) -> None:
    assert days.typed(typed, today=TODAY) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("morgen", date(2026, 11, 24)),
        ("Übermorgen", date(2026, 11, 25)),
        ("Di", date(2026, 11, 24)),
        ("mo.", date(2026, 11, 30)),
        ("Sonntag", date(2026, 11, 29)),
        ("+3", 3),
        ("+ 1 Tage", 1),
        ("+2 Arbeitstage", 2),
        ("Mo 30.11.2026", date(2026, 11, 30)),
        ("di. 1.12.", date(2026, 12, 1)),
        ("Dienstag, 1.12.2026", date(2026, 12, 1)),
        ("1.12.", date(2026, 12, 1)),
    ],
)
def test_a_day_ahead_may_be_told_in_words(typed: str, meant: date | int) -> None:
    assert days.typed_ahead(typed, today=TODAY) == meant


@pytest.mark.parametrize("typed", ["", "mon", "moin", "+", "+3000", "gestern", "31.02.2026"])
def test_what_is_no_day_ahead_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        days.typed_ahead(typed, today=TODAY)
    assert refused.value.code == "date.unreadable"


@pytest.mark.parametrize(
    "typed",
    ["", "morgen", "31.02.2026", "29.02.2027", "2026-12-01", "1.13.", "0.1.26", "１.1.26"],
)
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        days.typed(typed, today=TODAY)
    assert refused.value.code == "date.unreadable"


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_what_is_shown_can_be_typed_again(day: date) -> None:
    assert days.typed(days.short_day(day), today=TODAY) == day


def test_times_are_shown_in_german_legal_time() -> None:
    assert days.moment(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "Mo 23.11.2026, 00:30"
    assert days.clock(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "00:30"
    assert days.day("2026-11-23") == "Mo 23.11.2026"


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (None, "Keine Frist"),
        (date(2026, 11, 23), "Frist heute"),
        ("2026-11-24", "Frist morgen"),
        (date(2026, 12, 4), "Frist Fr 04.12.2026"),
        (date(2026, 11, 20), "überfällig seit Fr 20.11.2026"),
    ],
)
def test_a_due_day_is_told_from_today(last: date | str | None, words: str) -> None:
    assert days.due(last, today=TODAY) == words


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=-5), "0 Min."),
        (timedelta(minutes=59), "59 Min."),
        (timedelta(minutes=60), "1 Std."),
        (timedelta(hours=24), "1 Tag"),
        (timedelta(days=6, hours=23), "6 Tage"),
    ],
)
def test_age_has_one_unit(ago: timedelta, words: str) -> None:
    now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert days.age(now - ago, now=now) == words
