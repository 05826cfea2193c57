"""Waiting and giving up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.backoff import HOUSE_BACKOFF, BackoffRule, longest_waits, next_try

PLAIN = BackoffRule(first_seconds=10, factor=3, cap_seconds=100, max_tries=5, spread=0.5)


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [(0, 10), (1, 10), (2, 30), (3, 90), (4, 100), (5, None), (6, None)],
)
def test_the_wait_grows_to_the_cap_and_then_the_row_is_dead(
    tries: int, seconds: float | None
) -> None:
    assert next_try(tries, PLAIN) == seconds


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, 5), (0.5, 10), (1.0, 15)])
def test_chance_swings_the_wait_by_its_spread(jitter: float, seconds: float) -> None:
    assert next_try(1, PLAIN, jitter=jitter) == seconds


def test_the_house_keeps_trying_over_a_weekend() -> None:
    waits = [next_try(tries) for tries in range(1, HOUSE_BACKOFF.max_tries)]
    total_hours = sum(wait for wait in waits if wait is not None) / 3600
    assert 60 < total_hours < 72
    assert next_try(HOUSE_BACKOFF.max_tries) is None


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_a_wait_is_never_shorter_than_the_one_before_and_never_endless(
    tries: int, jitter: float
) -> None:
    rule = BackoffRule(max_tries=10**7)
    now, later = next_try(tries, rule, jitter=jitter), next_try(tries + 1, rule, jitter=jitter)
    assert now is not None
    assert later is not None
    assert 0 < now <= later <= rule.cap_seconds * (1 + rule.spread)


def test_the_longest_wait_after_so_many_tries_is_the_one_of_most_chance_and_the_last_holds_on():
    waits = longest_waits()
    assert waits[:2] == (36.0, 72.0)
    assert waits[-1] == HOUSE_BACKOFF.cap_seconds * (1 + HOUSE_BACKOFF.spread)
    assert longest_waits(BackoffRule(max_tries=1)) == (0.0,)
