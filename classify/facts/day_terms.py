"""What stands around a day in a mail, as terms: the ground on which its role is decided.

Words before and after it, whether it begins or ends a range, how far it lies from the day of the
mail, what its sentence and the one before speak of, and the concerns of the mail. Numbers don't
count, only that there is one. Source: label guide, "What to read out of the text"; measured in
docs/judge.md.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from classify.facts.dates import DateFound, find_dates
from classify.reading import Reading
from rules.codes import Concern

_WINDOW_CHARS: Final = 60
_WINDOW_WORDS: Final = 6
ORDERED_BEFORE: Final = 4
ORDERED_AFTER: Final = 3
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

SUBJECT: Final = "in_subject"
_NOTHING: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Sentence:
    """What all days of a sentence have around them.

    `said_before` is what the sentence before it says. `about` are terms that also count together
    with each day's marks: what its sentence says, and the concerns of the mail.
    """

    words: Sequence[str]
    said_before: frozenset[str]
    is_subject: bool
    about: tuple[str, ...]

    def terms(self) -> Iterator[str]:
        """Those of each of its days, without `about`."""
        yield from [f"in:{word}" for word in self.words]
        yield from [f"previous:{cue}" for cue in self.said_before]
        if self.is_subject:
            yield SUBJECT


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the words that name a day, which may mean another day too.

    `before` and `after` are the words, the nearest first, `side` is a term, as is `nearest`: the
    first of `before`, even if there is none.
    """

    before: Sequence[str]
    after: Sequence[str]
    nth: str
    side: str
    nearest: str

    def terms(self) -> Iterator[str]:
        """Those of each day that may be meant."""
        yield from _in_order("before", self.before, ORDERED_BEFORE)
        yield from _in_order("after", self.after, ORDERED_AFTER)
        yield from (self.nth, self.side, f"{self.side}|{self.nearest}")


@dataclass(frozen=True, slots=True)
class Mention:
    """A day that the mail names, with what stands around it.

    Its terms aren't joined here: a reader of known ones need not join them.
    """

    day: date
    sentence: Sentence
    around: Around
    distance: str

    @property
    def marks(self) -> tuple[str, str, str]:
        """What a linear scorer can't put together with `about`."""
        return (self.around.side, self.distance, self.around.nearest)

    @property
    def terms(self) -> frozenset[str]:
        """All of them, the crossed ones as `about|mark`."""
        about = self.sentence.about
        crossed = [f"{one}|{mark}" for one in about for mark in self.marks]
        own = (self.distance, f"{self.distance}|{self.around.nearest}")
        return frozenset((*self.sentence.terms(), *self.around.terms(), *own, *about, *crossed))


def mentions(reading: Reading, *, concerns: Iterable[Concern], today: date) -> tuple[Mention, ...]:
    """All days of subject and text, in this order. `today` is the local day of the mail."""
    heard = (*reading.subject_sentences, *reading.sentences)
    found: list[Mention] = []
    codes = [f"concern:{code}" for code in concerns]
    for place, one in enumerate(heard):
        days = find_dates(one, today=today)
        if not days:
            continue
        sentence = Sentence(
            _words(one.text),
            heard[place - 1].said if place else _NOTHING,
            place < len(reading.subject_sentences),
            (*[f"cue:{cue}" for cue in one.said], *codes),
        )
        for number, named in enumerate(days):
            around = _around(one.text, days, number, nth=len(found))
            found.append(Mention(named.day, sentence, around, _distance(named.day, today)))
            if named.other is not None:
                found.append(Mention(named.other, sentence, around, _distance(named.other, today)))
    return tuple(found)


def _around(text: str, days: Sequence[DateFound], number: int, *, nth: int) -> Around:
    """The words before and after a day, and its side of a range; `nth` days were found before."""
    day = days[number]
    before = _words(text[max(0, day.start - _WINDOW_CHARS) : day.start])[-_WINDOW_WORDS:][::-1]
    return Around(
        before,
        _words(text[day.end : day.end + _WINDOW_CHARS])[:_WINDOW_WORDS],
        f"nth:{min(nth, _LAST_PLACE)}",
        f"side:{_side(text, days, number)}",
        f"before0:{before[0] if before else ''}",
    )


def _in_order(name: str, words: Sequence[str], ordered: int) -> list[str]:
    terms = [f"{name}:{word}" for word in words]
    terms += [f"{name}{n}:{word}" for n, word in enumerate(words[:ordered])]
    if len(words) > 1:
        terms.append(f"{name}:{words[0]}_{words[1]}")
    return terms


def _distance(day: date, today: date) -> str:
    off = (day - today).days
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
