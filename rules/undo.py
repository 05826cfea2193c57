"""Which deeds a clerk may take back, for how long, and what the item is then. Pure.

What left the house (answer, hand-over) is never called back, and a written "no" stays.
Source: desk guide, principle 6 (undo instead of "are you sure"); own decision 0051.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.errors import Conflict
from rules.item import ItemCase, ItemState

UNDO_SECONDS: Final = 300
"""Source: WCAG 2.2.1 (time enough for everybody); own decision 0051."""


class Undoable(StrEnum):
    """The deeds that may be taken back."""

    CLOSED = "closed"
    PARKED = "parked"
    RETURNED = "returned"
    FORWARDED = "forwarded"
    CORRECTED = "corrected"
    LEFT = "left"
    """Left to the receipt: the wish to close is taken back, never the hand-over."""


_LEADS_TO: Final[Mapping[Undoable, ItemState]] = MappingProxyType(
    {
        Undoable.CLOSED: ItemState.CLOSED,
        Undoable.PARKED: ItemState.PARKED,
        Undoable.RETURNED: ItemState.WAITING,
        Undoable.FORWARDED: ItemState.WAITING,
        Undoable.CORRECTED: ItemState.HELD,
        Undoable.LEFT: ItemState.PENDING,
    }
)


def may_take_back(deed: Undoable, before: ItemCase) -> bool:
    """Whether the deed on that case can be undone whole: no written reason would be lost.

    Source: own decision 0051.
    """
    return deed is not Undoable.CORRECTED or not before.waiver


def taken_back(case: ItemCase, before: ItemCase, *, deed: Undoable, clerk: str) -> ItemCase:
    """The case as it was before the deed, in the hands of the clerk again.

    The caller has made sure that nobody acted since (by the version). Raises: Conflict:
    `item.nothing_to_undo`. Source: own decision 0051.
    """
    if case.state is not _LEADS_TO[deed] or case.holder not in {None, clerk}:
        raise nothing_to_undo()
    return replace(before, state=ItemState.HELD, holder=clerk)


def nothing_to_undo() -> Conflict:
    """The refusal of an undo that comes too late. Source: own decision 0051."""
    return Conflict(
        "item.nothing_to_undo",
        "There is nothing to take back any more: time is over, or somebody has acted since.",
    )
