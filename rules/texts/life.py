"""The life of one version of a text: draft, review, approved by a second person, retired.

What is approved never changes again; the next wording is the next version.
Source: F40-F42; Weisung 202404002 no. 3; Weisung 202003006 no. 2.1, 2.2; own decision 0052.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.errors import Conflict, Refused
from rules.reasons import SHORTEST, is_too_short

REASON_MAX_CHARS: Final = 500
"""Longest one: a reason, no second text. Hausregel, own decision 0052."""


class TextState(StrEnum):
    """Where a version is. A draft that was given up is retired without ever being approved."""

    DRAFT = "draft"
    REVIEW = "review"
    APPROVED = "approved"
    RETIRED = "retired"


class TextStep(StrEnum):
    """What may happen to a version; the word stands in the trail as `text.<step>`."""

    SAVED = "saved"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    TURNED_DOWN = "turned_down"
    APPROVED = "approved"
    RETIRED = "retired"


class Phase(StrEnum):
    """What people want to know of a version on a day: its state, and for approved ones the days."""

    DRAFT = "draft"
    REVIEW = "review"
    PLANNED = "planned"
    IN_FORCE = "in_force"
    ENDED = "ended"
    RETIRED = "retired"


_NEXT: Final[Mapping[tuple[TextState, TextStep], TextState]] = MappingProxyType(
    {
        (TextState.DRAFT, TextStep.SAVED): TextState.DRAFT,
        (TextState.DRAFT, TextStep.SUBMITTED): TextState.REVIEW,
        (TextState.DRAFT, TextStep.RETIRED): TextState.RETIRED,
        (TextState.REVIEW, TextStep.WITHDRAWN): TextState.DRAFT,
        (TextState.REVIEW, TextStep.TURNED_DOWN): TextState.DRAFT,
        (TextState.REVIEW, TextStep.APPROVED): TextState.APPROVED,
        (TextState.APPROVED, TextStep.RETIRED): TextState.RETIRED,
    }
)


def after(state: TextState, step: TextStep) -> TextState:
    """The state after a step.

    Raises: Conflict: `text.step`: the version is not where that step begins.
    Source: F40, F41; own decision 0052.
    """
    found = _NEXT.get((state, step))
    if found is None:
        raise Conflict(
            "text.step",
            f"The version is {state.value!r}, from where {step.value!r} is no step. Load it again,"
            " then decide.",
            state=state.value,
            step=step.value,
        )
    return found


def require_second(authors: Collection[str], person: str) -> None:
    """Pass if that person wrote nothing of the version.

    Raises: Refused: `text.same_person`. Source: Weisung 202404002 no. 3; second person: house
    rule, as § 77 BHO asks of payments; own decision 0052.
    """
    if person in authors:
        raise Refused(
            "text.same_person",
            "Who wrote on a version does not approve it; a second person has to.",
        )


def reason_of(typed: str) -> str:
    """The reason without blanks around it.

    Raises: Refused: `text.reason`. Source: Hausregel, own decision 0052.
    """
    stripped = typed.strip()
    if is_too_short(stripped) or len(stripped) > REASON_MAX_CHARS:
        raise Refused(
            "text.reason",
            f"A reason of {SHORTEST} to {REASON_MAX_CHARS} characters is needed here.",
            shortest=SHORTEST,
            longest=REASON_MAX_CHARS,
        )
    return stripped


def phase(state: TextState, *, valid_from: date, valid_to: date, day: date) -> Phase:
    """What a version is on a local day, apart from newer versions that stand before it.

    Source: Weisung 202003006 no. 2.1; own decision 0052.
    """
    if state is not TextState.APPROVED:
        return Phase(state.value)
    if day < valid_from:
        return Phase.PLANNED
    return Phase.IN_FORCE if day <= valid_to else Phase.ENDED
