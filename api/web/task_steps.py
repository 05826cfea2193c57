"""Tasks in the panel "Nächste Schritte": what may be ordered here, and what was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from api.web.steps import NextStep
from rules import tasks
from rules.codes import Concern
from rules.tasks import TaskKind
from triage.tasks import OrderedTask

TITLES: Final[Mapping[TaskKind, tuple[str, str]]] = MappingProxyType(
    {
        TaskKind.VERBIS_AZB: ("Aufgabe (AzB) in VerBIS", "Für Rückruf oder Bearbeitung dort."),
        TaskKind.ATV_TERMIN: (
            "Termin in ATV anfordern",
            "Innerhalb von zehn Arbeitstagen; bei einer Meldung genügt ein Anrufversuch.",
        ),
        TaskKind.OS_ALGPLUS: (
            "Ticket an OS AlgPlus",
            "Wenn „kleines anordnen“ nicht ausreicht.",
        ),
        TaskKind.BEARBEITUNGSSTAND: (
            "Ticket Bearbeitungsstand",
            "Nur bei vollständigem Antrag, frühestens sieben Tage nach Anspruchsbeginn.",
        ),
        TaskKind.FAMILIENKASSE: (
            "An die Familienkasse weiterleiten",
            "Die ganze Mail; der Vorgang schließt erst danach.",
        ),
        TaskKind.JOBCENTER: (
            "An das Jobcenter weiterleiten",
            "Die ganze Mail; der Vorgang schließt erst danach.",
        ),
        TaskKind.BETRIEBSNUMMERN: (
            "An den Betriebsnummern-Service weiterleiten",
            "Die ganze Mail; der Vorgang schließt erst danach.",
        ),
        TaskKind.SOFORTZUGANG: (
            "Auf die Warteliste des Sofortzugangs",
            "Chronologisch, nach dem Eingang.",
        ),
    }
)

DOES: Final[Mapping[str, TaskKind]] = MappingProxyType(
    {
        "os_alg_plus": TaskKind.OS_ALGPLUS,
        "familienkasse": TaskKind.FAMILIENKASSE,
        "jobcenter": TaskKind.JOBCENTER,
        "betriebsnummer": TaskKind.BETRIEBSNUMMERN,
    }
)
"""Next steps that a task does, by the code of the step."""

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "new": "beauftragt",
        "claimed": "beauftragt",
        "sent": "übergeben",
        "receipted": "angenommen",
        "rejected": "abgelehnt",
        "dead": "nicht zustellbar",
        "cancelled": "zurückgenommen",
    }
)


@dataclass(frozen=True, slots=True)
class TaskStep:
    """One task that fits the item. `state` is a German word, empty where it was not ordered."""

    kind: str
    title: str
    why: str
    source: str
    state: str
    asks_call: bool
    may_spare_call: bool
    asks_claim: bool
    may_order: bool
    cancels: int | None
    """Id of the row that can still be taken back; None: there is none."""


def task_steps(concerns: Iterable[str], ordered: Iterable[OrderedTask]) -> tuple[TaskStep, ...]:
    """In the order of the table; the last order of each kind tells its state."""
    last = {one.kind: one for one in ordered}
    found = [Concern(code) for code in concerns]
    return tuple(
        _step(rule, last.get(rule.kind), reported=Concern.ARBEITSUCHEND in found)
        for rule in tasks.offered(found)
    )


def left_to_do(steps: Iterable[NextStep], offered: Iterable[TaskStep]) -> tuple[NextStep, ...]:
    """The steps that no button beside them does."""
    kinds = {one.kind for one in offered}
    return tuple(step for step in steps if DOES.get(step.code) not in kinds)


def _step(rule: tasks.TaskRule, ordered: OrderedTask | None, *, reported: bool) -> TaskStep:
    title, why = TITLES[rule.kind]
    state = STATES.get(ordered.state, ordered.state) if ordered else ""
    return TaskStep(
        kind=rule.kind.value,
        title=title,
        why=why,
        source=rule.source,
        state=f"{state}: {ordered.reason}" if ordered and ordered.reason else state,
        asks_call=tasks.Carried.CALL_ATTEMPTS in rule.carries,
        may_spare_call=reported and rule.kind is TaskKind.ATV_TERMIN,
        asks_claim=tasks.Carried.CLAIM_START in rule.carries,
        may_order=ordered is None or ordered.state in {"rejected", "dead", "cancelled"},
        cancels=ordered.id if ordered and ordered.may_cancel else None,
    )
