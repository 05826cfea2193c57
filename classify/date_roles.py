"""What the days in a mail mean: begin and end of an AU, first day of work, move, absence, birth.

A small model of its own decides for every day that is named; grammar can't tell "zum 15. beginne
ich" from "zum 15. bin ich raus". Keys are those of `rules.verdict.Facts.dates`. Source: label
guide, "What to read out of the text"; measured in docs/judge.md.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from classify.day_terms import Mention
from classify.model import DayRoles, Numbers

SURE: Final = 0.3
"""From here on a day is told. A clerk sees it beside the text; a wrong one costs a look, a missing
one a search. Source: measured in docs/judge.md."""

_RANGES: Final = (("au_from", "au_to"), ("absence_from", "absence_to"))


class DayReader:
    """Gives days their roles. Immutable after it is made; threads may share it."""

    __slots__ = ("_days", "_rows")

    def __init__(self, days: DayRoles) -> None:
        self._days = days
        self._rows = {term: row for row, term in enumerate(days.terms)}

    def roles(self, mentions: Sequence[Mention]) -> dict[str, date]:
        """The likeliest day of each role that is sure enough; of equals the one named first.

        A last day before its first day is dropped.
        """
        if not mentions or not self._days.roles:
            return {}
        sure = np.asarray([self._probabilities(mention) for mention in mentions])
        found = {}
        for column, role in enumerate(self._days.roles):
            likeliest = int(np.argmax(sure[:, column]))
            if role and sure[likeliest, column] >= SURE:
                found[role] = mentions[likeliest].day
        return _without_reversed(found)

    def _probabilities(self, mention: Mention) -> Numbers:
        # Ascending, so that the sum is the same in every process.
        rows = sorted([self._rows[term] for term in mention.terms if term in self._rows])
        margins = self._days.constant + self._days.weights[rows].sum(axis=0, dtype=np.float64)
        shares = np.exp(margins - margins.max())
        result: Numbers = shares / shares.sum()
        return result


def _without_reversed(found: dict[str, date]) -> dict[str, date]:
    for first, last in _RANGES:
        if first in found and last in found and found[last] < found[first]:
            del found[last]
    return found
