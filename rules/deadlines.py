"""By when somebody must have looked at a message: the nearest of its days.

Only the ten Arbeitstage to the first interview stand in a Weisung; everything marked
"Hausregel" is the house's own and can be configured. By the tenth day the talk must have been
held, not only the mail been read: a house that wants its reports read before says so
(`deadlines.days`). Days are local dates of the agency's Land.
Source: Weisung 202502006 no. 2.3; EAO § 3; own decision 0010.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from rules.calendar import add_arbeitstage
from rules.codes import Concern, PaymentRelevant
from rules.payment import by_weight
from rules.verdict import ConcernFound, Facts

HOUSE_RULE: Final = "Hausregel"
FIRST_INTERVIEW: Final = "Weisung 202502006 Nr. 2.3"
BEFORE_THE_INTERVIEW: Final = f"{HOUSE_RULE}; {FIRST_INTERVIEW}"
EAO: Final = "EAO § 3"

_HOUSE_DAYS: Final[Mapping[Concern, int]] = MappingProxyType(
    {
        # A sick note without a fixed change is a question; a change is payment-relevant anyway.
        Concern.AU: 3,
        Concern.BANKVERBINDUNG: 3,
        Concern.ANSCHRIFT_NAME: 3,
        Concern.ARBEITSAUFNAHME: 3,
        Concern.NEBENEINKOMMEN: 3,
        Concern.LEISTUNGSAENDERUNG: 3,
        Concern.RENTE: 3,
        Concern.ORTSABWESENHEIT: 3,
        Concern.TERMIN: 2,
        Concern.BEARBEITUNGSSTAND: 5,
        Concern.ANTRAG_UNTERLAGEN: 5,
        Concern.INSOLVENZGELD: 3,
        Concern.BERATUNG: 5,
        Concern.BESCHEINIGUNG: 5,
        # An objection keeps its date of arrival, but whoever decides must get it soon.
        Concern.WIDERSPRUCH: 2,
        # Another authority's clock may be running.
        Concern.FAMILIENKASSE: 2,
        Concern.JOBCENTER: 2,
        Concern.ARBEITGEBER: 5,
        Concern.ONLINE_ZUGANG: 3,
        Concern.SONSTIGES: 5,
    }
)


REPORTS: Final = frozenset({Concern.ARBEITSUCHEND, Concern.ARBEITSLOS})
"""Concerns that start the clock of the first interview. Source: Weisung 202502006 no. 2.3."""


@dataclass(frozen=True, slots=True)
class DeadlineRules:
    """The periods, in Arbeitstage after the day of receipt.

    `first_interview` bounds what `house_days` says of reports under § 38 and § 141 SGB III, where
    the house says something; of `kein_anliegen` it never does. `open` counts like `yes`, as
    everywhere. Source: Weisung 202502006 no. 2.3 (ten); own decision 0010 (the rest).
    """

    first_interview: int = 10
    payment: int = 1
    house_days: Mapping[Concern, int] = field(default_factory=lambda: _HOUSE_DAYS)


HOUSE_DEADLINES: Final = DeadlineRules()


@dataclass(frozen=True, slots=True)
class Due:
    """The day (None: nothing to do), why that day (German, for the desk), and where it stands."""

    day: date | None
    because: str
    source: str

    @property
    def told(self) -> str:
        """The reason with where it stands, as everybody reads it. Source: own decision 0010."""
        return f"{self.because} ({self.source})" if self.day else self.because


NOTHING_DUE: Final = Due(None, "Nichts zu erledigen", HOUSE_RULE)


def due(
    concerns: Sequence[ConcernFound],
    payment: PaymentRelevant,
    *,
    received: date,
    land: str | None,
    facts: Facts,
    rules: DeadlineRules = HOUSE_DEADLINES,
) -> Due:
    """The nearest of all days that the message sets; of equal days the weightiest concern's.

    `received` is the local date on which the postbox took it in; `land` as in agencies.csv, None
    while the agency is unknown (then only nationwide holidays count, which is never too late).
    A day is never before the first Arbeitstag on or after receipt. Raises: Refused: no such
    Land. Source: Weisung 202502006 no. 2.3; EAO § 3 (1); own decision 0010.
    """

    def after(count: int) -> date:
        return add_arbeitstage(received, count, land)

    def before(event: date) -> date:
        return max(add_arbeitstage(event, -1, land), after(0))

    days: list[Due] = []
    if payment is not PaymentRelevant.NO:
        days.append(Due(after(rules.payment), _PAYMENT_BECAUSE[payment], HOUSE_RULE))
    for concern in by_weight(dict.fromkeys(found.code for found in concerns)):
        days += _of_concern(concern, rules, after)
        days += _of_event(concern, facts, received, before)
    return min(days, key=_day, default=NOTHING_DUE)


_PAYMENT_BECAUSE: Final[dict[PaymentRelevant, str]] = {
    PaymentRelevant.YES: "Zahlungsrelevant: bis zum nächsten Arbeitstag an die eAkte",
    PaymentRelevant.OPEN: "Vielleicht zahlungsrelevant: bis zum nächsten Arbeitstag klären",
}

_EVENTS: Final[dict[Concern, tuple[str, str, str]]] = {
    Concern.ORTSABWESENHEIT: (
        "absence_from",
        "Zustimmung zur Ortsabwesenheit vor der Abreise am {day}",
        EAO,
    ),
    Concern.TERMIN: ("appointment", "Vor dem Termin am {day}", HOUSE_RULE),
}


def _of_concern(
    concern: Concern, rules: DeadlineRules, after: Callable[[int], date]
) -> Iterable[Due]:
    days = rules.house_days.get(concern)
    if concern in REPORTS:
        yield _before_the_talk(rules, rules.first_interview if days is None else days, after)
    elif days is not None:
        word = "Arbeitstag" if days == 1 else "Arbeitstage"
        yield Due(after(days), f"{days} {word} nach Eingang", HOUSE_RULE)


def _before_the_talk(rules: DeadlineRules, days: int, after: Callable[[int], date]) -> Due:
    last = rules.first_interview
    if days >= last:
        because = f"Erstgespräch innerhalb von {last} Arbeitstagen nach Eingang"
        return Due(after(last), because, FIRST_INTERVIEW)
    because = f"Damit das Erstgespräch bis {after(last):%d.%m.%Y} stattfindet"
    return Due(after(days), because, BEFORE_THE_INTERVIEW)


def _of_event(
    concern: Concern, facts: Facts, received: date, before: Callable[[date], date]
) -> Iterable[Due]:
    """The Arbeitstag before the day named in the text, unless that day is already over."""
    if concern not in _EVENTS:
        return
    key, because, source = _EVENTS[concern]
    day = facts.dates.get(key)
    if day is not None and received <= day < received + timedelta(days=366):
        yield Due(before(day), because.format(day=f"{day:%d.%m.%Y}"), source)


def _day(candidate: Due) -> date:
    return candidate.day or date.max
