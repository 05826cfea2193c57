"""The trained model as one value: pipelines, calibration, bounds, and where it comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.codes import Concern

HOUSE_LABELS: frozenset[str] = frozenset(code.value for code in Concern)
"""The label set that a judge needs; a model of a public data set has another and is only measured."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """One question to the text: a whole scikit-learn Pipeline and the calibration of its scores.

    `slopes` and `offsets` turn the margin of each label into a probability (Platt's sigmoid,
    fitted on writers that the pipeline had not seen). Labels in the order of the columns.
    """

    labels: tuple[str, ...]
    pipeline: Any
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]

    def probabilities(self, rows: Any) -> Scores:
        """One row a mail, one column a label, each 0..1 for itself (they need not sum to 1)."""
        return squash(margins(self.pipeline, rows), self.slopes, self.offsets)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model was made of. Same origin, same weights: no clock, no machine name.

    `data_sha256` is over the training lines in order; `versions` are (distribution, version).
    """

    data_sha256: str
    seed: int
    mails: int
    writers: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Everything `Judge` needs. Made by `classify.train.train`, kept by `classify.modelfile`.

    `thresholds` go with `concerns.labels`; from there on a concern is named. `payment_bound`
    is the probability from which a change counts as announced; it is low on purpose (label
    guide: better one too many in the eAkte than one lost). `channel` and `payment` are None
    for a model trained on plain texts.
    """

    concerns: Head
    thresholds: tuple[float, ...]
    channel: Head | None
    payment: Head | None
    payment_bound: float
    origin: Origin

    @property
    def id(self) -> str:
        """Short name for verdicts and logs: the first 12 digits of the data hash, and the seed."""
        return f"{self.origin.data_sha256[:12]}-{self.origin.seed}"

    @property
    def labels(self) -> frozenset[str]:
        """The label set; a judge of mail asks for `HOUSE_LABELS`."""
        return frozenset(self.concerns.labels)


def margins(pipeline: Any, rows: Any) -> Scores:
    """The decision function with one column a label, also where scikit-learn gives a flat array."""
    scores = np.asarray(pipeline.decision_function(rows), dtype=np.float64)
    return scores.reshape(-1, 1) if scores.ndim == 1 else scores


def squash(scores: Scores, slopes: tuple[float, ...], offsets: tuple[float, ...]) -> Scores:
    """Platt's sigmoid, column by column. Source: Platt 1999, "Probabilistic outputs for SVMs"."""
    exponents = np.clip(scores * np.asarray(slopes) + np.asarray(offsets), -30.0, 30.0)
    result: Scores = 1.0 / (1.0 + np.exp(-exponents))
    return result
