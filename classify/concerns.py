"""Which concerns a mail has, and in which order. Source: label guide, "concerns"."""

from collections.abc import Mapping, Sequence
from typing import Final

from rules.codes import STAND_ALONE, Channel, Concern
from rules.payment import weight

SURE: Final = 0.7
"""Below, a concern is named but doubtful. Source: measured in docs/judge.md."""
_FORCED_PROBABILITY: Final = 0.99
_PLACE_WEIGHT: Final = 0.8
"""How much the place of a concern in the mail counts beside its rank. Source: measured in
docs/judge.md."""


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


def in_order(
    found: Mapping[Concern, float],
    *,
    ranks: Mapping[Concern, float],
    places: Mapping[Concern, float],
    moving: frozenset[Concern] = frozenset(),
) -> tuple[Concern, ...]:
    """The found concerns, most weighty first.

    What moves money in this mail (`moving`) precedes what only could. Equals are ordered as
    people ordered them in the training mail (`ranks`) and by where the mail speaks of them
    (`places`, 0 its beginning, 1 its end): the main matter tends to come first. A doubtful
    concern waits behind the sure ones, however heavy it would be. Source: label guide, below the
    table; measured in docs/judge.md.
    """
    sure = min(SURE, max(found.values()))

    def key(code: Concern) -> tuple[bool, int, bool, float]:
        later = ranks[code] + _PLACE_WEIGHT * places[code]
        return (found[code] < sure, -weight(code), code not in moving, later)

    return tuple(sorted(found, key=key))


def as_codes(labels: Sequence[str], values: Sequence[float]) -> dict[Concern, float]:
    """Columns of a house model by their code."""
    return {Concern(label): float(value) for label, value in zip(labels, values, strict=True)}
