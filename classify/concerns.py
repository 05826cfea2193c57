"""Which concerns a mail has, and in which order. Source: label guide, "concerns"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.codes import STAND_ALONE, Channel, Concern
from rules.payment import weight

_FORCED_PROBABILITY: Final = 0.99
_WEIGHT: Final = {3: -1.5, 2: 0.5, 1: 0.0, 0: 0.0}
"""By the class of a concern (rules.payment.weight): what only could move money is light."""
_SURE: Final = 2.8
_MOVES: Final = 1.8
_ANNOUNCED: Final = 1.6
_RANK: Final = -3.0
_PLACE: Final = -1.4
"""What each thing counts in the order of concerns; only their ratios matter. Source: logistic
regression on 3,091 pairs of concerns of one mail, by writers left out; docs/judge.md."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one found concern, for its place in the order; all numbers are 0..1.

    `announced`: how sure it is that a change of this kind holds; 0 where it moves no money.
    `rank`: the share of companions that people put before it. `place`: where the mail speaks of
    it, 0 its beginning, 1 its end.
    """

    sure: float
    moves: bool
    announced: float
    rank: float
    place: float


def choose(
    sure: Mapping[Concern, float], thresholds: Mapping[Concern, float], *, channel: Channel
) -> dict[Concern, float]:
    """The likeliest concern and those from their threshold on, with their probabilities.

    Machine mail has none (`kein_anliegen`); an AU form is about AU. If even the likeliest is
    below its threshold, the caller sees by its probability how weak it is.
    `sonstiges` and `kein_anliegen` stand alone: they give way unless they are the likeliest.
    """
    if channel is Channel.MASCHINELL:
        return {Concern.KEIN_ANLIEGEN: max(sure[Concern.KEIN_ANLIEGEN], _FORCED_PROBABILITY)}
    found = {code: p for code, p in sure.items() if p >= thresholds[code]}
    if channel is Channel.ESERVICE_AU and Concern.AU not in found:
        found[Concern.AU] = max(sure[Concern.AU], thresholds[Concern.AU])
    likeliest = max(sure, key=sure.__getitem__)
    if likeliest in STAND_ALONE:
        return {likeliest: sure[likeliest]}
    found[likeliest] = max(sure[likeliest], found.get(likeliest, 0.0))
    return {code: p for code, p in found.items() if code not in STAND_ALONE}


def in_order(found: Mapping[Concern, Standing]) -> tuple[Concern, ...]:
    """The found concerns, most weighty first.

    What moves money in this mail comes first, then what runs against a deadline, then the rest
    (label guide, below the table); but each only as far as it is sure. Equals are ordered as
    people ordered them in the training mail and by where the mail speaks of them. Source: label
    guide; own decision 0060; measured in docs/judge.md.
    """
    return tuple(sorted(found, key=lambda code: -_heaviness(code, found[code])))


def _heaviness(code: Concern, known: Standing) -> float:
    return (
        _WEIGHT[weight(code)]
        + _SURE * known.sure
        + _MOVES * known.moves
        + _ANNOUNCED * known.announced
        + _RANK * known.rank
        + _PLACE * known.place
    )


def as_codes(labels: Sequence[str], values: Sequence[float]) -> dict[Concern, float]:
    """Columns of a house model by their code."""
    return {Concern(label): float(value) for label, value in zip(labels, values, strict=True)}
