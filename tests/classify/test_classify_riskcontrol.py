import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.learning.riskcontrol import (
    bound_with_confidence,
    upper_limit,
)

ROUNDS, MAILS = 600, 900


@pytest.fixture(scope="module")
def samples():
    """Scores spread evenly over 0..1: then the true miss rate of a bound is the bound itself."""
    return np.random.default_rng(20261125).uniform(size=(ROUNDS, MAILS))


def test_the_promise_holds_as_often_as_it_says(samples) -> None:
    bounds = np.asarray(
        [bound_with_confidence(s, miss_rate=0.01, confidence=0.95).bound for s in samples]
    )
    kept = (bounds <= 0.01).mean()
    # Three standard errors of 600 rounds: 0.027.
    assert kept >= 0.95 - 0.027
    assert bounds.mean() > 0.003, "a bound at the bottom keeps every promise and helps nobody"


def test_the_best_bound_on_the_sample_promises_nothing(samples) -> None:
    """What the judge did before: the share that is to be seen, counted on the sample itself."""
    chosen = np.sort(samples, axis=1)[:, int(0.01 * MAILS)]
    assert (chosen <= 0.01).mean() < 0.7


def test_writers_who_differ_break_the_promise() -> None:
    """Mails of one writer resemble each other: 900 mails by nine writers are not 900 of anybody."""
    random = np.random.default_rng(7)
    kept = []
    for _ in range(300):
        shifts = random.normal(0, 0.15, size=9)
        scores = (random.uniform(size=(9, 100)) + shifts[:, None]).ravel()
        bound = bound_with_confidence(scores, miss_rate=0.01, confidence=0.95).bound
        missed_of_the_next_writer = bound - random.normal(0, 0.15)
        kept.append(missed_of_the_next_writer <= 0.01)
    assert np.mean(kept) < 0.9


def test_fewer_than_299_relevant_mails_promise_nothing_at_one_per_cent() -> None:
    """0.95 of confidence needs 0.99 ** n <= 0.05 with no miss at all."""
    few = bound_with_confidence(np.linspace(0.2, 1, 298), miss_rate=0.01, confidence=0.95)
    assert (few.miss_rate, few.missed) == (None, 0)
    assert few.bound < 0.2
    enough = bound_with_confidence(np.linspace(0.2, 1, 299), miss_rate=0.01, confidence=0.95)
    assert (enough.miss_rate, enough.missed) == (0.01, 0)


def test_no_relevant_mail_at_all_means_never_an_automatic_no() -> None:
    nothing = bound_with_confidence(np.asarray([]), miss_rate=0.005, confidence=0.95)
    assert (nothing.bound, nothing.miss_rate) == (0.0, None)


@pytest.mark.parametrize(
    ("missed", "relevant", "limit"), [(0, 10, 0.2589), (1, 20, 0.2161), (5, 1000, 0.0105)]
)
def test_the_limit_is_that_of_the_printed_tables(missed, relevant, limit) -> None:
    assert upper_limit(missed, relevant, 0.95) == pytest.approx(limit, abs=1e-4)
    assert upper_limit(relevant, relevant, 0.95) == 1.0


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=80),
    miss_rate=st.sampled_from([0.005, 0.05, 0.2]),
)
def test_no_more_relevant_mails_lie_below_than_are_said(scores, miss_rate) -> None:
    found = bound_with_confidence(np.asarray(scores), miss_rate=miss_rate, confidence=0.95)
    assert found.missed == sum(score < found.bound for score in scores)
    assert found.missed <= miss_rate * len(scores)
