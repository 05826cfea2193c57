"""Times are bound once for many rows, and never the time of another row."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from store.database.columns import UtcTime

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SAME_IN_BERLIN = NOON.astimezone(timezone(timedelta(hours=1)))


def processor(dialect: Dialect) -> Callable[[datetime | None], Any]:
    """As SQLAlchemy gets it when it runs a statement."""
    return UtcTime().dialect_impl(dialect).bind_processor(dialect)


@pytest.mark.parametrize(
    ("dialect", "noon"),
    [(sqlite.dialect(), "2026-11-26 12:00:00.000000"), (postgresql.dialect(), NOON)],
)
def test_each_time_is_bound_as_itself_in_any_order(dialect, noon):
    bind = processor(dialect)
    later = NOON + timedelta(hours=1)
    values = [NOON, NOON, later, NOON, None, SAME_IN_BERLIN, None, later]
    one_by_one = [processor(dialect)(value) for value in values]
    assert [bind(value) for value in values] == one_by_one
    assert (one_by_one[0], one_by_one[5], one_by_one[4]) == (noon, noon, None)


def test_a_naive_time_is_refused_each_time():
    bind = processor(sqlite.dialect())
    naive = NOON.replace(tzinfo=None)
    for _ in range(2):
        with pytest.raises(ValueError, match="naive"):
            bind(naive)


def test_each_time_is_read_as_itself_in_any_order():
    kind, dialect = UtcTime(), sqlite.dialect()
    read = kind.dialect_impl(dialect).result_processor(dialect, None)
    later = NOON + timedelta(hours=1, microseconds=7)
    times = [NOON, NOON, None, later, None, NOON, later]
    texts = [processor(dialect)(time) for time in times]
    assert [read(text) for text in texts] == times
    # As SQLite's own functions write it.
    assert read("2026-11-26 12:00:00") == NOON
    assert read(texts[3]).tzinfo is UTC
