"""What the days in a mail mean: begin and end of an AU, first day of work, move, absence, birth.

A small model of its own decides for every day that is named; grammar can't tell "zum 15. beginne
ich" from "zum 15. bin ich raus". Keys are those of `rules.verdict.Facts.dates`. Source: label
guide, "What to read out of the text"; measured in docs/judge.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import numpy as np

from classify.facts import appointments, birthdays
from classify.facts.day_terms import (
    CROSSED,
    ORDERED_AFTER,
    ORDERED_BEFORE,
    SUBJECT,
    Around,
    Mention,
    Sentence,
)
from classify.model.model import DayRoles, Numbers

SURE: Final = 0.25
"""From here on a day is told. A clerk sees it beside the text; a wrong one costs a look, a missing
one a search. Source: measured in docs/judge.md."""

_OF_WORDS: Final = ("in:", "previous:", "before", "after")
"""How the terms begin that are a name and a word behind its colon."""
_Rows = tuple[int, ...]

_RANGES: Final = (("au_from", "au_to"), ("absence_from", "absence_to"))


class DayReader:
    """Gives days their roles. Immutable after it is made; threads may share it."""

    __slots__ = ("_after", "_before", "_constant", "_crossed", "_named", "_roles", "_weights")

    def __init__(self, days: DayRoles) -> None:
        self._roles = days.roles
        self._constant = days.constant
        self._named: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._crossed: defaultdict[str, dict[str, int]] = defaultdict(dict)
        # Row nought says nothing: a day of which no term is known has that one.
        for row, term in enumerate(days.terms, 1):
            if term.startswith(CROSSED):
                about, _, mark = term.partition("|")
                self._crossed[mark][about] = row
            elif term.startswith(_OF_WORDS):
                name, _, word = term.partition(":")
                self._named[name][word] = row
            else:
                self._named[""][term] = row
        self._before = self._by_place("before", ORDERED_BEFORE)
        self._after = self._by_place("after", ORDERED_AFTER)
        # As they are kept, for half as much memory is looked into; added up they are wider.
        nothing = np.zeros((1, len(days.roles)), np.float32)
        self._weights = np.concatenate([nothing, days.weights])

    def _by_place(self, name: str, ordered: int) -> dict[str, tuple[_Rows, ...]]:
        """Of each word its rows where it stands nearest, next, ... and anywhere farther off."""
        anywhere = self._named[name]
        places = [self._named[f"{name}{n}"] for n in range(ordered)]
        places.append({})
        found = {}
        for word in anywhere.keys() | set().union(*places):
            rows = [(anywhere.get(word), one.get(word)) for one in places]
            found[word] = tuple([tuple([row for row in pair if row]) for pair in rows])
        return found

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
        sentence: Sentence | None = None
        around: Around | None = None
        of_sentence: set[int | None] = set()
        of_around: set[int | None] = set()
        for mention in mentions:
            if mention.sentence is not sentence:
                sentence = mention.sentence
                of_sentence = self._of_sentence(sentence)
            if mention.around is not around:
                around = mention.around
                of_around = of_sentence.union(self._of_around(around, sentence.about))
            starts.append(len(rows))
            own = of_around.union(self._of_day(mention, sentence.about))
            # Ascending, so that the sum is the same in every process.
            rows += sorted(filter(None, own)) or [0]
        weights = self._weights.take(rows, axis=0).astype(np.float64)
        margins = self._constant + np.add.reduceat(weights, starts, axis=0)
        shares = np.exp(margins - margins.max(axis=1, keepdims=True))
        result: Numbers = shares / shares.sum(axis=1, keepdims=True)
        return result

    def _of_sentence(self, sentence: Sentence) -> set[int | None]:
        named = self._named
        found = {*map(named["in"].get, sentence.words), *map(self._crossed[""].get, sentence.about)}
        found.update(map(named["previous"].get, sentence.said_before))
        if sentence.is_subject:
            found.add(named[""].get(SUBJECT))
        return found

    def _of_around(self, around: Around, about: Iterable[str]) -> list[int | None]:
        found: list[int | None] = []
        for table, words, ordered in (
            (self._before, around.before, ORDERED_BEFORE),
            (self._after, around.after, ORDERED_AFTER),
        ):
            for place, word in enumerate(words):
                if word in table:
                    found += table[word][min(ordered, place)]
            if words[1:] and (pair := f"{words[0]}_{words[1]}") in table:
                found += table[pair][ordered]
        side, nearest, others = around.side, around.nearest, self._named[""]
        found += map(others.get, (around.nth, side, f"{side}|{nearest}"))
        return [*found, *self._with(side, about), *self._with(nearest, about)]

    def _of_day(self, mention: Mention, about: Iterable[str]) -> list[int | None]:
        distance, others = mention.distance, self._named[""]
        own = (others.get(distance), others.get(f"{distance}|{mention.around.nearest}"))
        return [*own, *self._with(distance, about)]

    def _with(self, mark: str, about: Iterable[str]) -> Iterable[int | None]:
        """The rows of what is crossed with a mark."""
        crossed = self._crossed.get(mark)
        return map(crossed.get, about) if crossed else ()


def _without_reversed(found: dict[str, date]) -> dict[str, date]:
    for first, last in _RANGES:
        if first in found and last in found and found[last] < found[first]:
            del found[last]
    return found
