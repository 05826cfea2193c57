"""What is to be done beside the answer, each step with the Weisung that asks for it.

Only steps that a Weisung names are listed; the desk invents no duties.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rules.codes import Concern

EAKTE_SOURCE: Final = (
    "Weisung 202001001, Nr. 2.4 a, Punkt 5 (abgelaufen 31.12.2022, als Hausregel weitergeführt)"
)


@dataclass(frozen=True, slots=True)
class NextStep:
    """One step: what to do, why, and where it is written. `must` steps stop closing."""

    title: str
    why: str
    source: str
    must: bool = False


HANDOVER: Final = NextStep(
    "An eAkte übergeben", "Die Nachricht bewegt Geld oder kann es.", EAKTE_SOURCE, must=True
)

_BY_CONCERN: Final[dict[Concern, NextStep]] = {
    Concern.TERMIN: NextStep(
        "Abgesagten Termin in ATV als „abgesagt“ kennzeichnen",
        "Wenn der Termin nicht wahrgenommen wird.",
        "Weisung 202003006, Nr. 2.2 a, Punkt 2",
    ),
    Concern.ARBEITSUCHEND: NextStep(
        "Wie eine Online-Arbeitsuchendmeldung bearbeiten",
        "Ein Anrufversuch genügt.",
        "Weisung 202001001, Nr. 2.4 a, Punkte 2 und 3"
        " (abgelaufen 31.12.2022, als Hausregel weitergeführt)",
    ),
    Concern.INSOLVENZGELD: NextStep(
        "Sicherheitsstufe in STEP prüfen",
        "Der Online-Antrag braucht das Ausweissichtverfahren.",
        "Weisung 202003006, Nr. 2.2 a, Punkt 6",
    ),
}
"""Source: the Weisungen named in each step."""


def next_steps(concerns: Iterable[str], *, handover_owed: bool) -> tuple[NextStep, ...]:
    """The duty first, then one step per concern that has one, in the order of the concerns."""
    found = [_BY_CONCERN[code] for code in map(Concern, concerns) if code in _BY_CONCERN]
    return (HANDOVER, *found) if handover_owed else tuple(found)
