"""What stands around a day in a mail, as terms: the ground on which its role is decided.

Words before and after it, whether it begins or ends a range, how far it lies from the day of the
mail, what its sentence and the one before speak of, and the concerns of the mail. Numbers don't
count, only that there is one. Source: label guide, "What to read out of the text"; measured in
docs/judge.md.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from classify.facts.dates import DateFound, find_dates
from classify.reading import Heard, Reading
from rules.codes import Concern

_WINDOW_CHARS: Final = 60
_WINDOW_WORDS: Final = 6
_ORDERED_BEFORE: Final = 4
_ORDERED_AFTER: Final = 3
_LAST_PLACE: Final = 4
_LONGEST_SEAM_CHARS: Final = 30

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[a-z]+|[^\w\s]")
_SEAM = re.compile(
    r"\W*(?:bis|-|–|—|/|to|und|fuer)?"
    r"(?:\s(?:zum|einschl\w*|inkl\w*|voraussichtlich|mit|den|dem|\w+tag))*\W*"
)
"""What may stand between the two days of a range."""

_GROWN_UP_DAYS: Final = 5_000
"""Some 14 years: who was born so long ago may write himself."""

_DISTANCES: Final = (
    *(
        (-5000, "decades_ago"),
        (-401, "years_ago"),
        (-60, "months_ago"),
        (-14, "weeks_ago"),
        (-7, "-14"),
        (-2, "-7"),
    ),
    *((-1, "-1"), (0, "0"), (1, "1"), (7, "7"), (30, "30"), (120, "120")),
)
"""Days from the day of the mail: up to this many bear this name; more are "far"."""

GROWN_UP: Final = "distance:decades_ago"
"""The term of a day that may be a day of birth of who writes."""

CROSSED: Final = ("cue:", "concern:")
"""How the terms begin that are crossed with marks."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A day that the mail names, with what stands around it.

    `shared` are the terms of all days of its sentence, `around` those of the words that name it,
    which may mean another day too, `own` those it has for itself. Each of `about` is a term by
    itself and one with each of `marks`: what a linear scorer can't put together. They aren't joined
    here, for a reader of known terms need not join them.
    """

    day: date
    shared: frozenset[str]
    around: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def terms(self) -> frozenset[str]:
        """All of them, the crossed ones as `about|mark`."""
        crossed = [f"{about}|{mark}" for about in self.about for mark in self.marks]
        return self.shared.union(self.around, self.own, self.about, crossed)


def mentions(reading: Reading, *, concerns: Iterable[Concern], today: date) -> tuple[Mention, ...]:
    """All days of subject and text, in this order. `today` is the local day of the mail."""
    heard = (*reading.subject_sentences, *reading.sentences)
    found: list[Mention] = []
    codes = [f"concern:{code}" for code in concerns]
    for place, sentence in enumerate(heard):
        days = find_dates(sentence, today=today)
        if not days:
            continue
        shared = _of_sentence(heard, place, is_subject=place < len(reading.subject_sentences))
        about = (*[f"cue:{cue}" for cue in sentence.said], *codes)
        for number, named in enumerate(days):
            nth = f"nth:{min(len(found), _LAST_PLACE)}"
            around, side, nearest = _around(sentence.text, days, number)
            around = (nth, side, *around, f"{side}|{nearest}")
            for day in (named.day, named.other):
                if day is not None:
                    marks = (side, _distance((day - today).days), nearest)
                    own = (marks[1], f"{marks[1]}|{nearest}")
                    found.append(Mention(day, shared, around, own, about, marks))
    return tuple(found)


def _of_sentence(heard: Sequence[Heard], place: int, *, is_subject: bool) -> frozenset[str]:
    said_before = heard[place - 1].said if place else ()
    words = [f"in:{word}" for word in _words(heard[place].text)]
    words += [f"previous:{cue}" for cue in said_before]
    return frozenset([*words, "in_subject"] if is_subject else words)


def _around(text: str, days: Sequence[DateFound], number: int) -> tuple[Sequence[str], str, str]:
    """The words before and after a day as terms; its side of a range, and its nearest word."""
    day = days[number]
    before = _words(text[max(0, day.start - _WINDOW_CHARS) : day.start])[-_WINDOW_WORDS:][::-1]
    after = _words(text[day.end : day.end + _WINDOW_CHARS])[:_WINDOW_WORDS]
    terms = [*_in_order("before", before, _ORDERED_BEFORE)]
    terms += _in_order("after", after, _ORDERED_AFTER)
    return terms, f"side:{_side(text, days, number)}", f"before0:{before[0] if before else ''}"


def _in_order(name: str, words: Sequence[str], ordered: int) -> list[str]:
    terms = [f"{name}:{word}" for word in words]
    terms += [f"{name}{n}:{word}" for n, word in enumerate(words[:ordered])]
    if len(words) > 1:
        terms.append(f"{name}:{words[0]}_{words[1]}")
    return terms


def _distance(off: int) -> str:
    return "distance:" + next((name for limit, name in _DISTANCES if off <= limit), "far")


def _side(text: str, days: Sequence[DateFound], number: int) -> str:
    if number and _is_seam(text[days[number - 1].end : days[number].start]):
        return "last"
    if number + 1 < len(days) and _is_seam(text[days[number].end : days[number + 1].start]):
        return "first"
    return "alone"


def _is_seam(between: str) -> bool:
    return len(between) < _LONGEST_SEAM_CHARS and _SEAM.fullmatch(between) is not None


def _words(text: str) -> list[str]:
    return _WORD.findall(_NUMBER.sub("#", text))
