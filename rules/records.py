"""For whose records a mail is handed over: its one number's, or those that a person has named.

Of a mail about several customers each gets a package of its own, with a receipt of its own. Source:
own decision 0153; 0150 (several numbers), 0005 (the bolt).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rules.errors import Refused
from rules.facts import NUMBER_UNCLEAR, SEVERAL_NUMBERS, kundennummer
from rules.item_events import Event, HandoverRejected, HandoverRepeated, ReceiptArrived

NONE: Final = "0"
"""The mark of a hand-over without a number: people of the eAkte assign the record."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record that a mail goes into. `number` None: the eAkte's people assign it.

    `mark` is the place of the number among those that the mail names, from 1, and `choice` the
    marks of all that were named with it ("1-2"); both empty where nobody had to name one.
    """

    number: str | None
    mark: str = ""
    choice: str = ""


def require_one_number(verdict: Mapping[str, Any]) -> None:
    """Pass where the mail has one Kundennummer of its sender, or none, or a person named one.

    `verdict` is the public JSON of the newest. Under the wrong number what leaves would lie in a
    stranger's record.
    Raises: Refused: `item.several_numbers`, `item.number_unclear`.
    Source: own decisions 0150, 0153.
    """
    defects = verdict.get("defects", ())
    if SEVERAL_NUMBERS in defects:
        raise Refused(
            "item.several_numbers",
            "More than one Kundennummer stands in this mail. Name those it is handed over for in"
            " `kundennummern`, or correct the item with the one `kundennummer` that it is about.",
        )
    if NUMBER_UNCLEAR in defects:
        raise Refused(
            "item.number_unclear",
            "The Kundennummer in this mail may be somebody else's. Name it in `kundennummern`, or"
            " correct the item with the `kundennummer` that it is about.",
        )


def named_in(verdict: Mapping[str, Any]) -> tuple[str, ...]:
    """The numbers that a person may name: those that the mail names, and the one it was given.

    Source: own decision 0153.
    """
    facts = verdict.get("facts", {})
    own = facts.get("kundennummer")
    return tuple(dict.fromkeys([*facts.get("kundennummern", ()), *([own] if own else [])]))


def chosen(verdict: Mapping[str, Any], said: Sequence[str] | None) -> tuple[Record, ...]:
    """The records that a mail goes into, by what a person `said`; None: as the verdict has it.

    An empty `said` is a hand-over without a number. Raises: Refused: `item.number_not_named`, and
    as `require_one_number`. Source: own decision 0153.
    """
    if said is None:
        require_one_number(verdict)
        return (Record(verdict.get("facts", {}).get("kundennummer")),)
    named = named_in(verdict)
    numbers = {kundennummer(one) or "" for one in said}
    if not numbers.issubset(named):
        raise Refused(
            "item.number_not_named",
            "One of these Kundennummern does not stand in the mail. Correct the item with it"
            " first, then hand it over.",
        )
    marks = [str(place) for place, one in enumerate(named, 1) if one in numbers] or [NONE]
    choice = "-".join(marks)
    return tuple(
        Record(None if mark == NONE else named[int(mark) - 1], mark, choice) for mark in marks
    )


def left_out(verdict: Mapping[str, Any], records: Sequence[Record]) -> bool:
    """Whether some of the numbers in the mail were named, and others were not.

    A hand-over without a number leaves nobody out: the eAkte's people assign it. Source: own
    decision 0153.
    """
    named = {one.number for one in records if one.choice and one.number}
    return bool(named) and not named.issuperset(named_in(verdict))


def joint(event: Event, *, ended_badly: bool, all_received: bool) -> Event | None:
    """What an event at one of several hand-overs of a mail means for its item; None: nothing yet.

    The receipt of the last one is the item's, and the rejection of any. Source: own decision 0153.
    """
    if all_received:
        return ReceiptArrived()
    if ended_badly:
        return HandoverRejected()
    return event if isinstance(event, HandoverRepeated) else None
