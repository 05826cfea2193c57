"""The model's probabilities by the questions of the house: concerns, channels, payment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np

from classify import familiar, features
from classify.model import (
    ANNOUNCED_TARGETS,
    CHANNEL_TARGETS,
    PAYMENT_TARGET,
    Model,
    Numbers,
)
from classify.reading import Reading
from classify.scorer import Scored, Scorer
from rules.codes import Channel, Concern
from rules.payment import MOVES_MONEY

_CONCERNS: Final = {code.value: code for code in Concern}
_CHANNELS: Final = tuple(zip(CHANNEL_TARGETS, Channel, strict=True))
_MONEY: Final = tuple(code.value for code in sorted(MOVES_MONEY))


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model thinks of one mail; `scored` is what the reasons are told from.

    `unlike`: its words are none that the model was trained on.
    """

    concerns: Mapping[Concern, float]
    channels: Mapping[Channel, float]
    payment: float
    scored: Scored
    unlike: bool


def of_mail(reading: Reading, model: Model, scorer: Scorer) -> Opinion:
    """The opinion of a model that was trained on house mail; `scorer` is made of the model."""
    row = features.row_without_chains(reading)
    text, _, _ = row
    scored = scorer.score(row)
    by_target = dict(zip(model.targets, scored.probabilities.tolist(), strict=True))
    return Opinion(
        concerns={_CONCERNS[label]: by_target[label] for label in model.labels},
        channels={channel: by_target[target] for target, channel in _CHANNELS},
        payment=_payment_score(by_target),
        scored=scored,
        unlike=familiar.is_unlike(model.familiar, text),
    )


def _payment_score(sure: Mapping[str, float]) -> float:
    """As `payment_scores`, of one mail: numpy takes ten times as long for so few numbers."""
    direct = sure[PAYMENT_TARGET]
    any_money = 1.0 - prod([1.0 - sure[code] for code in _MONEY])
    any_announced = 1.0 - prod([1.0 - sure[name] for name in ANNOUNCED_TARGETS])
    return (direct + direct * any_money + any_announced) / 3


def payment_scores(sure: Numbers, targets: Sequence[str]) -> Numbers:
    """How sure it is that a mail announces something that moves money, 0..1 a mail.

    The mean of three opinions: the payment target; the same as far as any concern that can
    move money is there at all; and whether any such concern is announced. Source: label guide
    ("yes if any concern makes it so"); measured in docs/judge.md.
    """
    direct = sure[:, targets.index(PAYMENT_TARGET)]
    any_money = _any(sure, targets, _MONEY)
    any_announced = _any(sure, targets, ANNOUNCED_TARGETS)
    result: Numbers = (direct + direct * any_money + any_announced) / 3
    return result


def _any(sure: Numbers, targets: Sequence[str], names: Sequence[str]) -> Numbers:
    """The probability of at least one of the targets, as if they were independent."""
    places = [targets.index(name) for name in names if name in targets]
    result: Numbers = 1.0 - np.prod(1.0 - sure[:, places], axis=1)
    return result
