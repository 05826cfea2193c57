"""Marks on a mail in the postbox: ours that people see, theirs that Postlotse follows.

A mark is a category of Outlook, or a keyword of IMAP. Names are configuration; what a mark does is
decided here. Source: Weisung 202404002 (QuickStep: for deletion, and for the picture of the
region); F11, F34, N11; own decision 0046.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.codes import Concern
from rules.errors import Refused
from rules.item import CloseReason, ItemState

MARK_MOST_CHARS: Final = 60
"""Of the name of a mark. Outlook cuts longer names in its lists. Source: own decision 0046."""


class OwnMark(StrEnum):
    """What Postlotse says of a mail in the postbox."""

    IN_WORK = "in_work"
    DONE = "done"
    HANDED_OVER = "handed_over"


class Effect(StrEnum):
    """What a mark of a person asks for.

    `done`: close as done. `elsewhere`: handed over elsewhere, close as passed on. `correct`: the
    concern is another one. `note`: count it, nothing else.
    """

    DONE = "done"
    ELSEWHERE = "elsewhere"
    CORRECT = "correct"
    NOTE = "note"


class Outcome(StrEnum):
    """What became of a mark of a person.

    `brought`: the mail came with it, nobody of the house set it. `noted`: counted. `closed`,
    `corrected`: done as asked. `already`: it was so before. `held`: a clerk had the item, nothing
    was done under her hands. `receipt_missing`: money moves and the eAkte has not confirmed.
    `no_item`: the mail has no item.
    """

    BROUGHT = "brought"
    NOTED = "noted"
    CLOSED = "closed"
    CORRECTED = "corrected"
    ALREADY = "already"
    HELD = "held"
    RECEIPT_MISSING = "receipt_missing"
    NO_ITEM = "no_item"


OPEN_MATTERS: Final = frozenset({Outcome.HELD, Outcome.RECEIPT_MISSING})
"""Asked for and not done: a person decides at the desk. Source: own decision 0046."""

CLOSES_AS: Final[Mapping[Effect, CloseReason]] = MappingProxyType(
    {Effect.DONE: CloseReason.DONE, Effect.ELSEWHERE: CloseReason.PASSED_ON}
)
"""Effects that close, and the reason that figures count. Source: F38; own decision 0046."""

OWN_NAMES: Final[Mapping[OwnMark, str]] = MappingProxyType(
    {
        OwnMark.IN_WORK: "Postlotse: in Arbeit",
        OwnMark.DONE: "Postlotse: erledigt",
        OwnMark.HANDED_OVER: "Postlotse: übergeben",
    }
)


@dataclass(frozen=True, slots=True)
class MarkRule:
    """A mark that people set, as configured. `concern` is given for `correct` only."""

    name: str
    effect: Effect
    concern: Concern | None = None


@dataclass(frozen=True, slots=True)
class MarkBook:
    """The marks of the house: names of our own, and what those of people do.

    Raises: Refused: a name no server takes (`mark.name`), two names that are one mark
    (`mark.twice`), a correction without concern or a concern without correction (`mark.concern`).
    """

    own: Mapping[OwnMark, str] = field(default_factory=lambda: OWN_NAMES)
    people: tuple[MarkRule, ...] = ()

    def __post_init__(self) -> None:
        names = (*self.own.values(), *(rule.name for rule in self.people))
        for name in names:
            _require_name(name)
        folded = [fold(name) for name in names]
        twice = next((name for name in names if folded.count(fold(name)) > 1), None)
        if twice is not None:
            raise Refused("mark.twice", f"The mark {twice!r} stands there twice; keep one.")
        for rule in self.people:
            if (rule.effect is Effect.CORRECT) != (rule.concern is not None):
                raise Refused(
                    "mark.concern",
                    f"Mark {rule.name!r}: give a concern with effect 'correct', and only there.",
                )

    def own_of(self, mark: str) -> OwnMark | None:
        """Which of our marks that is, in any spelling of a server.

        Source: own decision 0046.
        """
        wanted = fold(mark)
        return next((own for own, name in self.own.items() if fold(name) == wanted), None)

    def rule_of(self, mark: str) -> MarkRule | None:
        """What a mark set by a person does; None for one that nobody configured.

        Whoever sets our own "done" by hand says that it is done; our other marks say nothing.
        Source: own decision 0046.
        """
        wanted = fold(mark)
        found = next((rule for rule in self.people if fold(rule.name) == wanted), None)
        own = self.own_of(mark)
        if found or own is None:
            return found
        return MarkRule(self.own[own], Effect.DONE if own is OwnMark.DONE else Effect.NOTE)


def _require_name(name: str) -> None:
    """Outlook separates categories by comma and semicolon."""
    fits = 0 < len(name.strip()) == len(name) <= MARK_MOST_CHARS
    if not fits or not name.isprintable() or set(name) & set(",;"):
        raise Refused(
            "mark.name",
            f"{name!r} can't be a mark: 1 to {MARK_MOST_CHARS} printable characters, no comma or"
            " semicolon, no blank at the ends.",
        )


def keyword(name: str) -> str:
    """The name as an IMAP keyword: letters, digits and "_" only, umlauts spelled out.

    Source: RFC 3501 section 9 (flag-keyword is an atom, ASCII without blanks and specials).
    """
    spelled = name.translate(_UMLAUTS)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9.-]+", "_", plain).strip("_") or "Postlotse"


def fold(name: str) -> str:
    """What two spellings of one mark have in common: "Rückfrage" and "rueckfrage" are one.

    Exchange keeps names as typed, IMAP knows keywords without regard to case.
    Source: RFC 3501 section 2.3.2; own decision 0046.
    """
    return keyword(unicodedata.normalize("NFC", name)).casefold()


_UMLAUTS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


def wanted(state: ItemState, reason: CloseReason | None) -> frozenset[OwnMark]:
    """Our marks on the mail of an item in that state; `reason` is why it was closed.

    All that is worked off says so, for deletion; what went on elsewhere says that too.
    Source: Weisung 202404002 (QuickStep); F34; own decision 0046.
    """
    if state in {ItemState.HELD, ItemState.PARKED}:
        return frozenset({OwnMark.IN_WORK})
    if state is ItemState.PENDING:
        return frozenset({OwnMark.HANDED_OVER})
    if state is not ItemState.CLOSED:
        return frozenset()
    went_on = reason in {CloseReason.HANDED_OVER, CloseReason.PASSED_ON}
    return frozenset({OwnMark.DONE, OwnMark.HANDED_OVER} if went_on else {OwnMark.DONE})
