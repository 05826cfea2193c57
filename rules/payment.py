"""What moves money, and which concern weighs most. The table of the label guide as code.

Tuned for recall by its callers: `open` is treated like `yes` wherever money is at stake.
Source: label guide, "concerns" and "Decided cases"; Weisung 202001001 no. 2.4 a 5.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.codes import STAND_ALONE, Concern, PaymentRelevant
from rules.verdict import ConcernFound


class RenteStage(StrEnum):
    """How far a Rente is. Source: label guide, row `rente`."""

    UNKNOWN = "unknown"
    APPLIED = "applied"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class PaymentHint:
    """Facts beside `announced` that the table asks for; the defaults mean "not said".

    `rente` says how far the pension is, `absence_days` how long an Ortsabwesenheit lasts (first
    and last day included), `absence_unapproved` that it began or begins without consent,
    `absence_withdrawn` that the trip is off.
    """

    rente: RenteStage = RenteStage.UNKNOWN
    absence_days: int | None = None
    absence_unapproved: bool = False
    absence_withdrawn: bool = False


NO_HINT: Final = PaymentHint()

ABSENCE_LIMIT_DAYS: Final = 21
"""Three weeks a calendar year, as a rule. Source: EAO § 3 (1); label guide."""

YES_IF_ANNOUNCED: Final[frozenset[Concern]] = frozenset(
    {
        Concern.AU,
        Concern.BANKVERBINDUNG,
        Concern.ANSCHRIFT_NAME,
        Concern.ARBEITSAUFNAHME,
        Concern.NEBENEINKOMMEN,
        Concern.LEISTUNGSAENDERUNG,
    }
)
"""Concerns that move money as soon as the change holds or is fixed. Source: label guide."""

MOVES_MONEY: Final[frozenset[Concern]] = YES_IF_ANNOUNCED | {Concern.RENTE}

RUNS_AGAINST_A_DEADLINE: Final[frozenset[Concern]] = frozenset(
    {
        Concern.ARBEITSUCHEND,  # § 38 SGB III: three days; first interview in ten Arbeitstagen
        Concern.ARBEITSLOS,  # § 141 SGB III: benefit from the day of the report
        Concern.ORTSABWESENHEIT,  # EAO § 3: consent before leaving
        Concern.TERMIN,  # § 309 SGB III: the invited day
        Concern.WIDERSPRUCH,  # § 84 SGG: one month
        Concern.INSOLVENZGELD,  # § 324 (3) SGB III: two months
    }
)

_ORDER: Final[dict[PaymentRelevant, int]] = {
    PaymentRelevant.NO: 0,
    PaymentRelevant.OPEN: 1,
    PaymentRelevant.YES: 2,
}


def relevance(concern: Concern, *, announced: bool, hint: PaymentHint = NO_HINT) -> PaymentRelevant:
    """Whether one concern moves money.

    `announced` is True if the change already holds or is fixed, False for a plan, a wish, a
    mere question, or something withdrawn or expressly unchanged.
    Source: label guide, "concerns" and "Decided cases"; Weisung 202001001 no. 2.4 a 5.
    """
    return _judge(concern, announced, hint)[0]


def of_message(
    concerns: Sequence[ConcernFound], *, hint: PaymentHint = NO_HINT
) -> tuple[PaymentRelevant, tuple[str, ...]]:
    """The payment relevance of the whole message, and the reasons that carried it.

    Yes beats open beats no. Reasons are "<concern>: <code>" ("au: announced"), in the order of
    the concerns, only of those that reach the result; for `no` they name the money-moving
    concerns that were only talked about. Source: label guide, below the table of concerns.
    """
    judged = [(found.code, *_judge(found.code, found.announced, hint)) for found in concerns]
    result = max(
        (level for _, level, _ in judged), key=_ORDER.__getitem__, default=PaymentRelevant.NO
    )
    reasons = (f"{code.value}: {why}" for code, level, why in judged if level is result and why)
    return result, tuple(dict.fromkeys(reasons))


def higher(one: PaymentRelevant, other: PaymentRelevant) -> PaymentRelevant:
    """The one of the two that moves more money. Source: label guide (yes beats open beats no)."""
    return max(one, other, key=_ORDER.__getitem__)


def weight(concern: Concern) -> int:
    """How heavily a concern weighs: 3 money, 2 a deadline, 1 the rest, 0 stands alone.

    Source: label guide ("what moves money, then what runs against a deadline, then the rest").
    """
    if concern in MOVES_MONEY:
        return 3
    if concern in RUNS_AGAINST_A_DEADLINE:
        return 2
    return 0 if concern in STAND_ALONE else 1


def by_weight(concerns: Iterable[Concern]) -> tuple[Concern, ...]:
    """The concerns, most weighty first; equals keep their order. Source: label guide."""
    return tuple(sorted(concerns, key=weight, reverse=True))


def _judge(concern: Concern, announced: bool, hint: PaymentHint) -> tuple[PaymentRelevant, str]:
    if concern in YES_IF_ANNOUNCED:
        if announced:
            return PaymentRelevant.YES, "announced"
        return PaymentRelevant.NO, "not_announced"
    if concern is Concern.RENTE:
        return _rente(announced, hint.rente)
    if concern is Concern.ORTSABWESENHEIT:
        return _absence(hint)
    return PaymentRelevant.NO, ""


def _rente(announced: bool, stage: RenteStage) -> tuple[PaymentRelevant, str]:
    if stage is RenteStage.APPLIED:
        return PaymentRelevant.OPEN, "applied"
    if stage is RenteStage.GRANTED:
        return PaymentRelevant.YES, "granted"
    if announced:
        return PaymentRelevant.YES, "announced"
    return PaymentRelevant.NO, "not_announced"


def _absence(hint: PaymentHint) -> tuple[PaymentRelevant, str]:
    if hint.absence_withdrawn:
        return PaymentRelevant.NO, "withdrawn"
    if hint.absence_unapproved:
        return PaymentRelevant.YES, "unapproved"
    if hint.absence_days is not None and hint.absence_days > ABSENCE_LIMIT_DAYS:
        return PaymentRelevant.YES, "over_three_weeks"
    return PaymentRelevant.OPEN, "absence"
