"""The trained model as one value: its table, its calibration, its bounds, and its origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classify.model.table import Floats, Table
from rules.codes import Channel, Concern
from rules.payment import MOVES_MONEY

HOUSE_LABELS: frozenset[str] = frozenset(code.value for code in Concern)
"""The label set a judge needs; a model of a public data set has another and is only measured."""

PAYMENT_TARGET = "payment:yes"
ANNOUNCED_TARGETS: tuple[str, ...] = tuple(
    f"announced:{code.value}" for code in sorted(MOVES_MONEY | {Concern.ORTSABWESENHEIT})
)
"""A concern in a mail that moves money. Source: label guide, column "money"."""

CHANNEL_TARGETS: tuple[str, ...] = tuple(f"channel:{channel.value}" for channel in Channel)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model was made of. Same origin, same weights: no clock, no machine name.

    `data_sha256` is over the training lines in order; `versions` are (distribution, version).
    `features_sha256` is `classify.model.fingerprint.of_features` of the code that made the rows.
    """

    data_sha256: str
    seed: int
    mails: int
    writers: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    features_sha256: str


@dataclass(frozen=True, slots=True)
class Familiar:
    """Which words were seen, and how many unknown ones are too many (classify/familiar.py).

    `usual` is the share of unknown words in mail of writers that were left out, `bound` the number
    of standard deviations above it from which a text is unlike anything seen.
    """

    words: frozenset[str]
    usual: float
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class DayRoles:
    """A linear scorer of its own for the days in a mail (classify/facts/date_roles.py).

    `weights` has a row for each of `terms` and a column for each of `roles`, one of which is "":
    a day that means nothing. No roles: this model tells no days.
    """

    roles: tuple[str, ...]
    terms: tuple[str, ...]
    weights: Floats
    constant: Floats


NO_DAYS: Final = DayRoles((), (), np.zeros((0, 0), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Model:
    """Everything `Judge` needs. Made by `learning.train.train`, kept by `model.file`.

    `table` gives one margin for each of `targets`: first the concerns (`labels`), then, unless
    it was trained on plain texts, payment, what is announced, and channels. `slopes` and
    `offsets` turn a margin into a probability (Platt's sigmoid, fitted on writers that the
    scorer had not seen).
    `thresholds` go with `labels`: from there on a concern is named. `ranks` order concerns of
    equal weight, the smaller first.

    Payment has two bounds on purpose: from `payment_sure` on a change counts as announced
    (yes), from `payment_bound` on it can't be excluded (open, handed over too, a person looks).
    Source: F24; label guide ("better one too many in the eAkte than one lost").
    """

    table: Table
    labels: tuple[str, ...]
    targets: tuple[str, ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]
    thresholds: tuple[float, ...]
    ranks: tuple[float, ...]
    payment_bound: float
    payment_sure: float
    familiar: Familiar
    days: DayRoles
    origin: Origin

    @property
    def id(self) -> str:
        """Short name for verdicts and logs: the first 12 digits of the data hash, and the seed."""
        return f"{self.origin.data_sha256[:12]}-{self.origin.seed}"

    @property
    def speaks_house(self) -> bool:
        """Whether it was trained on house mail: the house's labels, payment and channels."""
        return frozenset(self.labels) == HOUSE_LABELS and PAYMENT_TARGET in self.targets


def probabilities(
    margins: Numbers, slopes: Sequence[float] | Numbers, offsets: Sequence[float] | Numbers
) -> Numbers:
    """Platt's sigmoid, column by column; each 0..1 for itself, a row need not sum to 1.

    Source: Platt 1999, "Probabilistic outputs for support vector machines".
    """
    exponents = margins * np.asarray(slopes) + np.asarray(offsets)
    exponents = np.minimum(np.maximum(exponents, -30.0), 30.0)
    result: Numbers = 1.0 / (1.0 + np.exp(-exponents))
    return result
