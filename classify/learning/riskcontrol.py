"""How high the payment bound may lie: a promise on missed mail, with its confidence.

A bound that was best on the mails it was chosen on promises nothing for the next ones. What can be
promised is a limit on the share of relevant mails below the bound that holds with a stated
confidence, whatever the scores look like. Source: Angelopoulos et al. 2021, "Learn then
test"; Clopper, Pearson 1934; own decision 0028.
"""

from dataclasses import dataclass

import numpy as np

from classify.model.model import Numbers

_BELOW = 0.0001
"""Bounds are kept with four places; one step lower, so that rounding never misses a mail."""


@dataclass(frozen=True, slots=True)
class Promise:
    """At most `miss_rate` of the relevant mails lie below `bound`, with `confidence`.

    `relevant` mails were counted, of which `missed` lie below. `miss_rate` is None where the mails
    are too few for any promise; then no relevant one of them lies below the bound.
    """

    bound: float
    relevant: int
    missed: int
    miss_rate: float | None
    confidence: float


def upper_limit(missed: int, relevant: int, confidence: float) -> float:
    """The highest miss rate that so few misses don't speak against (Clopper-Pearson, one-sided)."""
    if missed >= relevant:
        return 1.0
    from scipy.stats import beta  # noqa: PLC0415 - judging knows promises, and must not load scipy

    return float(beta.ppf(confidence, missed + 1, relevant - missed))


def bound_with_confidence(scores: Numbers, *, miss_rate: float, confidence: float) -> Promise:
    """The highest bound whose miss rate is at most `miss_rate` with this confidence.

    `scores` are those of relevant mails by a scorer that saw no mail of their writers. The miss
    rate only grows with the bound, so the highest that passes needs no correction for many tests
    (fixed sequence; "Learn then test", section 3). The lowest score is the bound if none passes.
    """
    ordered = np.sort(scores)
    relevant = len(ordered)
    if not relevant:
        return Promise(0.0, 0, 0, None, confidence)
    limits = [upper_limit(missed, relevant, confidence) for missed in _few(relevant, miss_rate)]
    passed = [missed for missed, limit in enumerate(limits) if limit <= miss_rate]
    missed = passed[-1] if passed else 0
    bound = round(float(ordered[missed]) - _BELOW, 4)
    below = int((ordered < bound).sum())
    return Promise(bound, relevant, below, miss_rate if passed else None, confidence)


def _few(relevant: int, miss_rate: float) -> range:
    """No more misses than this can pass: the observed rate would be above the limit itself."""
    return range(int(miss_rate * relevant) + 1)
