"""What the days in a mail mean: begin and end of an AU, first day of work, move, absence, birth.

A small model of its own decides for every day that is named; grammar can't tell "zum 15. beginne
ich" from "zum 15. bin ich raus". Keys are those of `rules.verdict.Facts.dates`. Source: label
guide, "What to read out of the text"; measured in docs/judge.md.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from classify.facts import appointments, birthdays
from classify.facts.day_terms import CROSSED, Mention
from classify.model.model import DayRoles, Numbers

SURE: Final = 0.25
"""From here on a day is told. A clerk sees it beside the text; a wrong one costs a look, a missing
one a search. Source: measured in docs/judge.md."""

_RANGES: Final = (("au_from", "au_to"), ("absence_from", "absence_to"))


class DayReader:
    """Gives days their roles. Immutable after it is made; threads may share it."""

    __slots__ = ("_constant", "_crossed", "_roles", "_rows", "_weights")

    def __init__(self, days: DayRoles) -> None:
        self._roles = days.roles
        self._constant = days.constant
        # Row nought says nothing: a day of which no term is known has that one.
        self._rows: dict[str, int] = {}
        self._crossed: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for row, term in enumerate(days.terms, 1):
            if term.startswith(CROSSED):
                about, _, mark = term.partition("|")
                self._crossed[about][mark] = row
            else:
                self._rows[term] = row
        self._weights: Numbers = np.concatenate([np.zeros((1, len(days.roles))), days.weights])

    def roles(self, mentions: Sequence[Mention]) -> dict[str, date]:
        """The likeliest day of each role that is sure enough; of equals the one named first.

        A last day before its first day is dropped.
        """
        if not mentions or not self._roles:
            return {}
        found: dict[str, date] = {}
        for role, sure in zip(self._roles, self._probabilities(mentions).T.tolist(), strict=True):
            likeliest = max(sure)
            if role and likeliest >= SURE:
                found[role] = mentions[sure.index(likeliest)].day
        if born := birthdays.own(mentions):
            found[birthdays.ROLE] = born
        if day := appointments.told(mentions):
            found[appointments.ROLE] = day
        return _without_reversed(found)

    def _probabilities(self, mentions: Sequence[Mention]) -> Numbers:
        """A row a day: all days of a mail in one go, for numpy's cost is that of the call."""
        rows: list[int] = []
        starts = []
        shared: frozenset[str] = frozenset()
        around: Sequence[str] = ()
        about: Sequence[str] = ()
        of_shared: set[int | None] = set()
        of_around: set[int | None] = set()
        crossed: list[dict[str, int]] = []
        for mention in mentions:
            if mention.shared is not shared or mention.about is not about:
                # Another sentence.
                shared, about = mention.shared, mention.about
                of_around = of_shared = {*map(self._rows.get, shared)}
                around = ()
                crossed = [*filter(None, map(self._crossed.get, about))]
            if mention.around is not around:
                around = mention.around
                of_around = of_shared.union(map(self._rows.get, around))
            starts.append(len(rows))
            own = of_around.union(map(self._rows.get, mention.own))
            marks = ("", *mention.marks)
            for known in crossed:
                own.update(map(known.get, marks))
            # Ascending, so that the sum is the same in every process.
            rows += sorted(filter(None, own)) or [0]
        weights = self._weights.take(rows, axis=0)
        margins = self._constant + np.add.reduceat(weights, starts, axis=0)
        shares = np.exp(margins - margins.max(axis=1, keepdims=True))
        result: Numbers = shares / shares.sum(axis=1, keepdims=True)
        return result


def _without_reversed(found: dict[str, date]) -> dict[str, date]:
    for first, last in _RANGES:
        if first in found and last in found and found[last] < found[first]:
            del found[last]
    return found
