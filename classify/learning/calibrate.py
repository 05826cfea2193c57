"""From margins to probabilities, and from probabilities to decisions: sigmoids and bounds.

All are fitted on margins of writers that the pipeline had not seen; on its own training mail
every margin looks sure. Source: own decision 0025.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from classify.model.model import Numbers, probabilities

Truth = np.ndarray[Any, np.dtype[np.int64]]

PAYMENT_MISS_RATE: Final = 0.005
"""Of the mails that move money, the share that may be missed. Source: F24; Weisung 202001001 2.4 a
5; own decision 0028."""

PAYMENT_CONFIDENCE: Final = 0.95
"""How surely the miss rate is kept on the next mails. Own decision 0028."""

PAYMENT_FALSE_YES: Final = 0.05
"""Of the mails that move no money, the share that may be called `yes`. Own decision 0025."""

_GRID: Final = np.round(np.arange(0.20, 0.62, 0.02), 2)
_AS_GOOD: Final = 0.002
"""An F1 less by so much is chance. Measured: docs/judge.md, tenth round."""
_TRUSTED_POSITIVES: Final = 60
"""With fewer examples a label's own best threshold is mostly chance; the common one prevails."""


@dataclass(frozen=True, slots=True)
class Sigmoids:
    """Slope and offset of every column."""

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]


def sigmoids(margins: Numbers, truth: Truth) -> Sigmoids:
    """One sigmoid a column; a column without both answers keeps a neutral one."""
    slopes, offsets = [], []
    for column in range(truth.shape[1]):
        slope, offset = 4.0, 0.0
        if 0 < truth[:, column].sum() < len(truth):
            fitted = LogisticRegression(C=10.0).fit(margins[:, [column]], truth[:, column])
            slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
        slopes.append(slope)
        offsets.append(offset)
    return Sigmoids(tuple(slopes), tuple(offsets))


def apply(margins: Numbers, scale: Sigmoids) -> Numbers:
    """The probabilities of the margins."""
    return probabilities(margins, scale.slopes, scale.offsets)


def thresholds(sure: Numbers, truth: Truth) -> tuple[float, ...]:
    """For each label the highest bound of the best F1, drawn to the common one where mails are few.

    F1 hardly changes over a wide range of bounds; the highest names the fewest labels too many.
    """
    common = _highest_best([_f1(sure >= bound, truth) for bound in _GRID])
    found = []
    for column in range(truth.shape[1]):
        scores = [_f1(sure[:, column] >= bound, truth[:, column]) for bound in _GRID]
        own = _highest_best(scores)
        trust = min(1.0, int(truth[:, column].sum()) / _TRUSTED_POSITIVES) / 2
        found.append(round(trust * own + (1 - trust) * common, 4))
    return tuple(found)


def false_yes_bound(sure: Numbers, truth: Truth, share: float = PAYMENT_FALSE_YES) -> float:
    """The lowest bound that at most `share` of the negatives reach."""
    negatives = np.sort(sure[truth == 0])[::-1]
    if not len(negatives):
        return 0.5
    allowed = int(np.floor(share * len(negatives)))
    return round(float(negatives[min(allowed, len(negatives) - 1)]) + 0.0001, 4)


def ranks(labels: tuple[str, ...], orders: Sequence[Sequence[str]]) -> tuple[float, ...]:
    """For each label the mean share of its companions that people put before it, 0..1.

    Only orders the concerns of equal weight (label guide); unseen labels stand in the middle.
    """
    before: Counter[str] = Counter()
    beside: Counter[str] = Counter()
    for order in orders:
        for place, code in enumerate(order):
            before[code] += place
            beside[code] += len(order) - 1
    return tuple(round((before[code] + 1) / (beside[code] + 2), 4) for code in labels)


def _highest_best(scores: Sequence[float]) -> float:
    best = max(scores)
    return max(
        float(bound) for bound, score in zip(_GRID, scores, strict=True) if score >= best - _AS_GOOD
    )


def _f1(found: np.ndarray[Any, np.dtype[np.bool_]], truth: Truth) -> float:
    right = float((found & (truth == 1)).sum())
    named = float(found.sum()) + float(truth.sum())
    return 2 * right / named if named else 0.0
