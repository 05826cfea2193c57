"""Curves over probabilities and the truth: calibration, payment, abstention. Pure.

Source: issue of the judge ("sure or not"); Guo et al. 2017, "On calibration of modern neural
networks", section 2 (reliability diagram, expected calibration error).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from classify.model.model import Numbers

_BINS: Final = 10
_POINTS: Final = 60
"""Enough for a smooth line; a curve has a point for each mail otherwise."""
_Z95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers with like probabilities: how sure they were in the mean, and how often right.

    `low` and `high` enclose `right` with 95 % (Wilson 1927, score interval).
    """

    count: int
    said: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """One reliability diagram; `error` is the expected calibration error, 0..1."""

    name: str
    bins: tuple[Bin, ...]
    error: float


@dataclass(frozen=True, slots=True)
class Point:
    """One place on a curve, both 0..1."""

    x: float
    y: float


def calibration(name: str, said: Numbers, true: Numbers) -> Calibration:
    """Ten bins of equal width; empty ones are left out. `true` is 0/1 for each probability."""
    places = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    bins = [_bin(said[places == n], true[places == n]) for n in range(_BINS) if (places == n).any()]
    error = sum(b.count * abs(b.said - b.right) for b in bins) / max(len(said), 1)
    return Calibration(name, tuple(bins), float(error))


def handed_over(sure: Numbers, moves: Numbers) -> tuple[Point, ...]:
    """Recall of the relevant (y) against the share handed over (x), the surest first."""
    hits = np.cumsum(moves[np.argsort(-sure, kind="stable")])
    return _thinned(np.arange(1, len(sure) + 1) / len(sure), hits / max(float(hits[-1]), 1.0))


def abstention(sure: Numbers, right: Numbers) -> tuple[Point, ...]:
    """Share right (y) of the surest mails against their share of all (x)."""
    counts = np.arange(1, len(sure) + 1)
    hits = np.cumsum(right[np.argsort(-sure, kind="stable")])
    # The first few mails would show chance: one mistake among ten is no tenth.
    start = min(len(sure) // 20, len(sure) - 1)
    return _thinned((counts / len(sure))[start:], (hits / counts)[start:])


def _bin(said: Numbers, true: Numbers) -> Bin:
    right = float(true.mean())
    low, high = _wilson(right, len(true))
    return Bin(len(true), float(said.mean()), right, low, high)


def _wilson(share: float, count: int) -> tuple[float, float]:
    square = _Z95 * _Z95
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = share * (1 - share) / count + square / (4 * count * count)
    half = _Z95 * float(np.sqrt(reach)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def _thinned(x: Numbers, y: Numbers) -> tuple[Point, ...]:
    kept: Sequence[int] = np.unique(np.linspace(0, len(x) - 1, _POINTS).astype(np.int64)).tolist()
    return tuple(Point(float(x[n]), float(y[n])) for n in kept)
