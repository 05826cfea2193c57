"""One alarm when mail waits too long, one all-clear when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from rules import freshness
from rules.freshness import Alarm

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("oldest", "expected"),
    [
        (None, False),
        (NOW - HOUR, False),
        (NOW - HOUR - timedelta(seconds=1), True),
        (NOW + HOUR, False),
    ],
    ids=["nothing waits", "at the limit", "over it", "from a clock that is ahead"],
)
def test_overdue_is_what_waits_longer_than_the_limit(oldest, expected):
    assert freshness.is_overdue(oldest, now=NOW, limit=HOUR) is expected
    assert freshness.age(oldest, now=NOW) >= timedelta()


def test_only_a_change_is_told():
    told = [
        freshness.alarm(was=was, is_now=is_now)
        for was, is_now in [(False, False), (False, True), (True, True), (True, False)]
    ]
    assert told == [None, Alarm.OVERDUE, None, Alarm.FRESH_AGAIN]
