"""What is to be done beside the answer, by concern, each step with the Weisung that asks for it.

Only what a Weisung or a law names; the house invents no duties. Expired Weisungen say so.
Source: R11, R15, F37, N14; the source of each step stands beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from rules.codes import Concern
from rules.tasks import TICKET_AFTER_DAYS

_2020_1: Final = "(abgelaufen 31.12.2022, als Hausregel weitergeführt)"
EAKTE_SOURCE: Final = f"Weisung 202001001, Nr. 2.4 a, Punkt 5 {_2020_1}"


@dataclass(frozen=True, slots=True)
class NextStep:
    """One step: what to do, why, and where it is written (German, for the desk).

    `code` is stable. `must` steps stop closing; `not_before` is the first day on which it may be
    done, where there is one.
    """

    code: str
    title: str
    why: str
    source: str
    must: bool = False
    not_before: date | None = None


HANDOVER: Final = NextStep(
    "eakte",
    "An eAkte übergeben",
    "Die Nachricht bewegt Geld oder kann es.",
    EAKTE_SOURCE,
    must=True,
)
_OS_ALG_PLUS: Final = NextStep(
    "os_alg_plus",
    "OS AlgPlus einschalten, wenn „kleines Anordnen“ nicht reicht",
    "Bestimmte Aktionen in Colibri sind dem Kundenportal nicht möglich.",
    "Weisung 202003006, Nr. 2.2 a, Punkt 4",
)
_INTERVIEW_TITLE: Final = (
    "Erstgespräch innerhalb von 10 Arbeitstagen: VerBIS-AzB oder Termin in ATV"
)
_TALK_BEFORE: Final = NextStep(
    "first_interview",
    _INTERVIEW_TITLE,
    "In der Agentur oder per Video, nicht am Telefon. Die Frist läuft ab dem Eingang der Meldung.",
    "Weisung 202502006, Nr. 2.1 und 2.3",
)
_TALK_IN_PERSON: Final = NextStep(
    "first_interview_in_person",
    _INTERVIEW_TITLE,
    "Bei einer Arbeitslosmeldung in der Agentur, nicht per Video. Die Frist läuft ab dem Eingang.",
    "Weisung 202502006, Nr. 2.1 und 2.3; § 141 SGB III",
)
_TICKET: Final = NextStep(
    "ticket",
    "Ticket „Bearbeitungsstand“, auf den voraussichtlichen Anspruchsbeginn abgestellt",
    "Nur bei vollständigen Unterlagen, frühestens 7 Kalendertage nach dem Anspruchsbeginn.",
    f"Weisung 202001001, Nr. 2.4 a, Punkt 1 {_2020_1}",
)


def _passed_on(code: str, whom: str, why: str) -> NextStep:
    return NextStep(code, f"An {whom} weiterleiten", why, "§ 16 Abs. 2 SGB I")


STEPS: Final[Mapping[Concern, tuple[NextStep, ...]]] = MappingProxyType(
    {
        Concern.AU: (_OS_ALG_PLUS,),
        Concern.ARBEITSUCHEND: (
            NextStep(
                "like_online",
                "Wie eine Online-Arbeitsuchendmeldung bearbeiten",
                "Ein Anrufversuch genügt; fehlt nur „Schulbildung“ im Lebenslauf, entfällt er.",
                f"Weisung 202001001, Nr. 2.4 a, Punkte 2 und 3 {_2020_1}",
            ),
            _TALK_BEFORE,
        ),
        Concern.ARBEITSLOS: (_TALK_IN_PERSON,),
        Concern.BANKVERBINDUNG: (_OS_ALG_PLUS,),
        Concern.ANSCHRIFT_NAME: (_OS_ALG_PLUS,),
        Concern.ARBEITSAUFNAHME: (_OS_ALG_PLUS,),
        Concern.NEBENEINKOMMEN: (_OS_ALG_PLUS,),
        Concern.LEISTUNGSAENDERUNG: (_OS_ALG_PLUS,),
        Concern.RENTE: (
            NextStep(
                "pension_kind",
                "Rentenart unterscheiden, bevor abgemeldet wird",
                "Altersrente und volle Erwerbsminderung werden verschieden abgemeldet.",
                "Weisung 202003006, Nr. 2.2 a, Punkt 3",
            ),
            _OS_ALG_PLUS,
        ),
        Concern.TERMIN: (
            NextStep(
                "atv_cancelled",
                "Abgesagten Termin in ATV als „abgesagt“ kennzeichnen",
                "Wenn jemand nicht kommen kann oder nicht mehr zu kommen braucht.",
                "Weisung 202003006, Nr. 2.2 a, Punkt 2",
            ),
        ),
        Concern.BEARBEITUNGSSTAND: (_TICKET,),
        Concern.BERATUNG: (
            NextStep(
                "advice_by_video",
                "Beratung in der Agentur oder per Video vereinbaren",
                "Am Telefon gibt es nur kurze Zwischenkontakte ohne Beratung.",
                "Weisung 202502006, Nr. 2.1",
            ),
        ),
        Concern.INSOLVENZGELD: (
            NextStep(
                "step_level",
                "Sicherheitsstufe in STEP prüfen",
                "Der Online-Antrag braucht das Ausweissichtverfahren; sonst Ausweis oder Papier.",
                "Weisung 202003006, Nr. 2.2 a, Punkt 6",
            ),
        ),
        Concern.WIDERSPRUCH: (
            NextStep(
                "objection",
                "Eingangstag festhalten und an die Stelle geben, die entschieden hat",
                "Die Frist ist auch gewahrt, wenn er bei einer anderen Stelle einging.",
                "§ 84 Abs. 2 SGG",
            ),
        ),
        Concern.FAMILIENKASSE: (
            _passed_on(
                "familienkasse",
                "die Familienkasse",
                "Anderer Rechtskreis; für einen Antrag zählt der Tag, an dem er hier einging.",
            ),
        ),
        Concern.JOBCENTER: (
            _passed_on(
                "jobcenter",
                "das Jobcenter",
                "Rechtskreis SGB II; für einen Antrag zählt der Tag, an dem er hier einging.",
            ),
        ),
        Concern.ARBEITGEBER: (
            NextStep(
                "betriebsnummer",
                "Bei Fragen zur Betriebsnummer: an den Betriebsnummern-Service",
                "Die Übergabe in das Wartefeld genügt.",
                "Weisung 202003006, Nr. 2.2 a, Punkt 5",
            ),
        ),
    }
)
"""By concern. Source: the Weisungen and sections named in each step."""


def next_steps(
    concerns: Iterable[Concern], *, handover_owed: bool, claim_start: date | None = None
) -> tuple[NextStep, ...]:
    """The duty first, then the steps of each concern in their order, each once.

    `claim_start` is the expected first day of the claim, where the mail tells it. Source: F37,
    N14; Weisung 202001001 no. 2.4 a.
    """
    found = [step for concern in concerns for step in STEPS.get(concern, ())]
    dated = [_dated(step, claim_start) for step in found]
    return tuple(dict.fromkeys([*([HANDOVER] if handover_owed else []), *dated]))


def _dated(step: NextStep, claim_start: date | None) -> NextStep:
    if step.code != "ticket" or claim_start is None:
        return step
    return replace(step, not_before=claim_start + timedelta(days=TICKET_AFTER_DAYS))
