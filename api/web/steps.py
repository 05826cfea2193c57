"""The next steps of an item as its page shows them; what they are stands in rules/next_steps.py."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from api.web import days
from rules import next_steps as rules
from rules.codes import Concern


@dataclass(frozen=True, slots=True)
class NextStep:
    """One step in German; `must` steps stop closing. `when` says from which day it may be done."""

    code: str
    title: str
    why: str
    source: str
    must: bool
    when: str


def next_steps(
    concerns: Iterable[str], *, handover_owed: bool, dates: Mapping[str, str], today: date
) -> tuple[NextStep, ...]:
    """The steps in their order. `dates` are those of the verdict's facts, ISO days by key."""
    start = dates.get("job_end")
    found = rules.next_steps(
        map(Concern, concerns),
        handover_owed=handover_owed,
        claim_start=_day_after(start) if start else None,
    )
    return tuple(
        NextStep(
            code=step.code,
            title=step.title,
            why=step.why,
            source=step.source,
            must=step.must,
            when=_when(step.not_before, today),
        )
        for step in found
    )


def _day_after(last_working_day: str) -> date:
    """The claim is expected to start on the day after the job's last."""
    return date.fromordinal(date.fromisoformat(last_working_day).toordinal() + 1)


def _when(not_before: date | None, today: date) -> str:
    if not_before is None:
        return ""
    if not_before > today:
        return f"Noch nicht: frühestens am {days.day(not_before)}."
    return f"Möglich seit {days.day(not_before)}."
