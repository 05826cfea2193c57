"""From which probability on a concern is named. Source: own decision 0025; docs/judge.md."""

import numpy as np

from classify.learning import calibrate

MAILS = 400


def test_of_bounds_that_are_as_good_the_highest_is_taken() -> None:
    """Nothing lies between 0.3 and 0.5, so each bound in between tells the same."""
    truth = np.zeros((MAILS, 1), dtype=np.int8)
    truth[: MAILS // 4] = 1
    sure = np.where(truth == 1, 0.5, 0.29)
    assert calibrate.thresholds(sure, truth) == (0.5,)


def test_a_bound_that_misses_more_is_not_taken() -> None:
    truth = np.zeros((MAILS, 1), dtype=np.int8)
    truth[: MAILS // 4] = 1
    sure = np.where(truth == 1, 0.5, 0.29)
    sure[:20] = 0.41
    (bound,) = calibrate.thresholds(sure, truth)
    assert 0.29 < bound <= 0.41
