"""The model's probabilities by the questions of the house: concerns, channels, payment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

import numpy as np

from classify import familiar, features
from classify.model.model import (
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

_MONEY: Final = tuple(code.value for code in sorted(MOVES_MONEY))


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model thinks of one mail; `scored` is what the reasons are told from.

    `announced`: how sure it is that a change of that kind holds, by the concerns that can move
    money. `unlike`: its words are none that the model was trained on.
    """

    concerns: Mapping[Concern, float]
    announced: Mapping[Concern, float]
    channels: Mapping[Channel, float]
    payment: float
    scored: Scored
    unlike: bool


class Questions:
    """The questions of the house to a model that was trained on house mail. Immutable."""

    __slots__ = (
        *(
            "_announced",
            "_changes",
            "_channels",
            "_codes",
            "_familiar",
            "_money",
            "_payment",
            "_places",
        ),
        "_scorer",
    )

    def __init__(self, model: Model, scorer: Scorer) -> None:
        place = {target: number for number, target in enumerate(model.targets)}
        self._scorer, self._familiar = scorer, model.familiar
        self._codes = [Concern(label) for label in model.labels]
        self._places = [place[label] for label in model.labels]
        self._channels = [*zip(Channel, [place[name] for name in CHANNEL_TARGETS], strict=True)]
        self._payment = place[PAYMENT_TARGET]
        self._money = [place[name] for name in _MONEY]
        self._announced = [place[name] for name in ANNOUNCED_TARGETS]
        self._changes = [
            (Concern(name.removeprefix("announced:")), place[name]) for name in ANNOUNCED_TARGETS
        ]

    def of_mails(self, readings: Iterable[Reading]) -> list[Opinion]:
        """What the model thinks of each of the mails."""
        rows = [features.row_without_chains(reading) for reading in readings]
        return [self._opinion(scored) for scored in self._scorer.score_many(rows)]

    def _opinion(self, scored: Scored) -> Opinion:
        sure = scored.probabilities.tolist()
        return Opinion(
            concerns=dict(zip(self._codes, [sure[n] for n in self._places], strict=True)),
            announced={code: sure[n] for code, n in self._changes},
            channels={channel: sure[n] for channel, n in self._channels},
            payment=self._payment_score(sure),
            scored=scored,
            unlike=familiar.are_too_many(self._familiar, scored.unknown, words=scored.words),
        )

    def _payment_score(self, sure: Sequence[float]) -> float:
        """As `payment_scores`, of one mail: numpy takes ten times as long for so few numbers."""
        direct = sure[self._payment]
        any_money = 1.0 - prod([1.0 - sure[n] for n in self._money])
        any_announced = 1.0 - prod([1.0 - sure[n] for n in self._announced])
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
