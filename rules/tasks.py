"""Tasks for other systems and units: who gets which, from which concern, and what it may carry.

A clerk orders a task from an item; nothing is ordered by itself. It carries only the fields that
its receiver needs (§ 67 (2) SGB X: as much as necessary). The mail itself goes along only where
another body is in charge of it, and only if the mail is about nothing else: a bank account of
Arbeitslosengeld is no business of the Familienkasse.
Source: the Weisungen named in each row; § 16 (2) SGB I; R11, R15, N14; own decision 0059.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.calendar import add_arbeitstage
from rules.codes import Concern
from rules.errors import Refused


class TaskKind(StrEnum):
    """What is ordered; stable, part of keys and formats."""

    VERBIS_AZB = "verbis_azb"
    ATV_TERMIN = "atv_termin"
    OS_ALGPLUS = "os_algplus"
    BEARBEITUNGSSTAND = "bearbeitungsstand"
    FAMILIENKASSE = "familienkasse"
    JOBCENTER = "jobcenter"
    BETRIEBSNUMMERN = "betriebsnummern"
    SOFORTZUGANG = "sofortzugang"


class Receiver(StrEnum):
    """Who gets it; also the name of its folder."""

    VERBIS = "verbis"
    ATV = "atv"
    OS_ALGPLUS = "os-algplus"
    FAMILIENKASSE = "familienkasse"
    JOBCENTER = "jobcenter"
    BETRIEBSNUMMERN = "betriebsnummern-service"
    SOFORTZUGANG = "sofortzugang"


class Carried(StrEnum):
    """A field that a task may carry; the names of the format."""

    KUNDENNUMMER = "kundennummer"
    AGENCY = "agency"
    CONCERN = "concern"
    RECEIVED_ON = "received_on"
    PHONE = "phone"
    DUE_ON = "due_on"
    CLAIM_START = "claim_start"
    CALL_ATTEMPTS = "call_attempts"


TICKET_AFTER_DAYS: Final = 7
"""Calendar days after the expected start of the claim. Source: Weisung 202001001 no. 2.4 a 1."""

FIRST_TALK_ARBEITSTAGE: Final = 10
"""For first talks. Source: Weisung 202502006 no. 2.3."""

CALL_ATTEMPTS: Final = 1
"""One call attempt is enough, and is made before; it is spared where the customer left out nothing
but the school years. Source: Weisung 202001001 no. 2.4 a 2, 3."""


@dataclass(frozen=True, slots=True)
class TaskRule:
    """One row of the table. `concerns`: at which the desk offers it; a clerk orders no other.

    `carries_mail`: the original goes along. `holds_item`: the item stays open until it has left.
    """

    kind: TaskKind
    receiver: Receiver
    source: str
    concerns: frozenset[Concern]
    carries: frozenset[Carried]
    carries_mail: bool = False
    holds_item: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What the clerk states when ordering. `claim_start` is a local day.

    `called`: one call was tried, in vain. `call_spared`: of the online report nothing is open but
    the school years, so no call is needed. `complete`: all documents of the application are there.
    """

    claim_start: date | None = None
    called: bool = False
    call_spared: bool = False
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the house knows of the mail. `received_on` is the local day; `concerns` as judged.

    `agency` is code and name, `land` that of the agency, as in domain/agencies.csv.
    """

    concerns: tuple[Concern, ...]
    kundennummer: str | None
    phone: str | None
    agency: tuple[str, str] | None
    land: str | None
    received_on: date


@dataclass(frozen=True, slots=True)
class Task:
    """One task as it goes out, complete in itself. `fields` has the row's fields and no other.

    `key` is the idempotency key; `ordered_at` is ISO 8601 with offset. `original` is the mail
    (RFC 5322), where the row carries it.
    """

    key: str
    kind: TaskKind
    receiver: Receiver
    source: str
    ordered_at: str
    fields: Mapping[str, str | int | None] = field(default_factory=dict)
    original: bytes | None = None


_A1: Final = "Weisung 202001001, Nr. 2.4 a, Punkt {} (abgelaufen 31.12.2022, als Hausregel)"
_WHO: Final = frozenset({Carried.KUNDENNUMMER, Carried.AGENCY, Carried.RECEIVED_ON})
_TALK: Final = _WHO | {Carried.CONCERN, Carried.PHONE, Carried.DUE_ON}
_FORWARD: Final = frozenset({Carried.AGENCY, Carried.RECEIVED_ON})
_JOBSEEKERS: Final = frozenset({Concern.ARBEITSUCHEND, Concern.ARBEITSLOS})

TASKS: Final[Mapping[TaskKind, TaskRule]] = MappingProxyType(
    {
        rule.kind: rule
        for rule in (
            TaskRule(
                TaskKind.ATV_TERMIN,
                Receiver.ATV,
                f"Weisung 202404002, Nr. 2; Weisung 202502006, Nr. 2.3; {_A1.format('2 und 3')}",
                _JOBSEEKERS | {Concern.BERATUNG, Concern.TERMIN},
                _TALK | {Carried.CALL_ATTEMPTS},
            ),
            TaskRule(
                TaskKind.VERBIS_AZB,
                Receiver.VERBIS,
                f"Weisung 202404002, Nr. 2; {_A1.format('2 und 3')}",
                _JOBSEEKERS | {Concern.BERATUNG, Concern.ARBEITSAUFNAHME},
                _TALK | {Carried.CALL_ATTEMPTS},
            ),
            TaskRule(
                TaskKind.OS_ALGPLUS,
                Receiver.OS_ALGPLUS,
                "Weisung 202003006, Nr. 2.2 a, Punkt 4",
                frozenset(
                    {
                        Concern.AU,
                        Concern.BANKVERBINDUNG,
                        Concern.ANSCHRIFT_NAME,
                        Concern.ARBEITSAUFNAHME,
                        Concern.NEBENEINKOMMEN,
                        Concern.LEISTUNGSAENDERUNG,
                        Concern.RENTE,
                        Concern.WIDERSPRUCH,
                    }
                ),
                _WHO | {Carried.CONCERN},
            ),
            TaskRule(
                TaskKind.BEARBEITUNGSSTAND,
                Receiver.OS_ALGPLUS,
                _A1.format("1"),
                frozenset({Concern.BEARBEITUNGSSTAND}),
                _WHO | {Carried.CLAIM_START},
            ),
            TaskRule(
                TaskKind.FAMILIENKASSE,
                Receiver.FAMILIENKASSE,
                "§ 16 Abs. 2 SGB I; Weisung 202404002",
                frozenset({Concern.FAMILIENKASSE}),
                _FORWARD,
                carries_mail=True,
                holds_item=True,
            ),
            TaskRule(
                TaskKind.JOBCENTER,
                Receiver.JOBCENTER,
                "§ 16 Abs. 2 SGB I; Weisung 202404002",
                frozenset({Concern.JOBCENTER}),
                _FORWARD,
                carries_mail=True,
                holds_item=True,
            ),
            TaskRule(
                TaskKind.BETRIEBSNUMMERN,
                Receiver.BETRIEBSNUMMERN,
                "Weisung 202003006, Nr. 2.2 a, Punkt 5",
                frozenset({Concern.ARBEITGEBER}),
                _FORWARD,
                carries_mail=True,
                holds_item=True,
            ),
            TaskRule(
                TaskKind.SOFORTZUGANG,
                Receiver.SOFORTZUGANG,
                "Weisung 201809021, Nr. 1 und 2 (abgelaufen 19.09.2023, als Hausregel)",
                _JOBSEEKERS,
                _WHO | {Carried.CONCERN},
            ),
        )
    }
)
"""In the order in which the desk offers them. Source: as each row says; own decision 0059."""


_KEY: Final = re.compile(r"task-([a-z_]+)-[0-9a-f]{20}", re.ASCII)


def rule_of(kind: TaskKind) -> TaskRule:
    """The row of the table. Source: as each row says; own decision 0059."""
    return TASKS[kind]


def key(kind: TaskKind, digest: str) -> str:
    """The idempotency key: the kind is in it, so that a receipt tells whose it is.

    `digest` is 20 hex digits of all that makes the task. Source: own decision 0059.
    """
    return f"task-{kind.value}-{digest}"


def kind_of_key(text: str) -> TaskKind | None:
    """The kind of a key, or None where it is no task's. Source: own decision 0059."""
    found = _KEY.fullmatch(text)
    return TaskKind(found[1]) if found and found[1] in set(TaskKind) else None


def offered(concerns: Iterable[Concern]) -> tuple[TaskRule, ...]:
    """The tasks that fit a mail with these concerns, in the order of the table.

    Source: R11, R15, N14.
    """
    found = set(concerns)
    return tuple(rule for rule in TASKS.values() if not rule.concerns.isdisjoint(found))


def carried(
    kind: TaskKind, known: Known, said: Said, *, today: date
) -> dict[str, str | int | None]:
    """The fields of the task, by the table; `today` is the local day of the order.

    Raises: Refused: `task.not_offered`, `task.kundennummer_missing`, `task.other_concerns`,
        `task.not_called`, `task.claim_start_missing`, `task.incomplete`, `task.too_early` (with
        the earliest day in `details`).

    Source: as each row of the table says; own decision 0059.
    """
    rule = TASKS[kind]
    _check(rule, known, said, today)
    values: dict[Carried, str | int | None] = {
        Carried.KUNDENNUMMER: known.kundennummer,
        Carried.AGENCY: " ".join(known.agency) if known.agency else None,
        Carried.CONCERN: next(code.value for code in known.concerns if code in rule.concerns),
        Carried.RECEIVED_ON: known.received_on.isoformat(),
        Carried.PHONE: known.phone,
        Carried.DUE_ON: add_arbeitstage(
            known.received_on, FIRST_TALK_ARBEITSTAGE, known.land
        ).isoformat(),
        Carried.CLAIM_START: said.claim_start.isoformat() if said.claim_start else None,
        Carried.CALL_ATTEMPTS: CALL_ATTEMPTS if said.called else 0,
    }
    return {name.value: values[name] for name in Carried if name in rule.carries}


def _check(rule: TaskRule, known: Known, said: Said, today: date) -> None:
    if rule.concerns.isdisjoint(known.concerns):
        raise Refused(
            "task.not_offered",
            f"The task {rule.kind.value} is not for this concern. Remedy: correct the verdict.",
            task=rule.kind.value,
        )
    if Carried.KUNDENNUMMER in rule.carries and not known.kundennummer:
        raise Refused(
            "task.kundennummer_missing",
            "The receiver needs the Kundennummer. Remedy: add it by correcting the verdict.",
        )
    if rule.carries_mail and not rule.concerns.issuperset(known.concerns):
        raise Refused(
            "task.other_concerns",
            "The mail is about more than this receiver's business and must not be passed on whole."
            " Remedy: answer with the text that names the right office, or correct the verdict.",
        )
    reported = Concern.ARBEITSUCHEND in known.concerns
    if rule.kind is TaskKind.ATV_TERMIN and reported and not (said.called or said.call_spared):
        raise Refused(
            "task.not_called",
            "One call attempt comes before the appointment, unless nothing but the school years"
            " is open in the online report. Remedy: call, or say that the call is spared.",
        )
    if rule.kind is TaskKind.BEARBEITUNGSSTAND:
        _check_ticket(said, today)


def _check_ticket(said: Said, today: date) -> None:
    if said.claim_start is None:
        raise Refused("task.claim_start_missing", "Name the expected start of the claim.")
    if not said.complete:
        raise Refused(
            "task.incomplete",
            "The ticket is for complete applications only. Remedy: ask for what is missing.",
        )
    earliest = said.claim_start + timedelta(days=TICKET_AFTER_DAYS)
    if today < earliest:
        raise Refused(
            "task.too_early",
            f"The ticket may leave on {earliest.isoformat()} at the earliest. Remedy: park the"
            " item until then.",
            earliest=earliest,
        )
