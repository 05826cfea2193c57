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

from classify.dates import DateFound, find_dates
from classify.reading import Heard, Reading
from rules.codes import Concern

_WINDOW_CHARS: Final = 60
_WINDOW_WORDS: Final = 6
_ORDERED_BEFORE: Final = 4
_ORDERED_AFTER: Final = 3
_LAST_PLACE: Final = 4
_LONGEST_SEAM_CHARS: Final = 30

_WORD = re.compile(r"[a-z]+|\d+|[^\w\s]")
_SEAM = re.compile(
    r"\W*(?:bis|-|–|—|/|to|und)?"
    r"(?:\s(?:zum|einschl\w*|inkl\w*|voraussichtlich|mit|den|dem|\w+tag))*\W*"
)
"""What may stand between the two days of a range."""

_DISTANCES: Final = (
    *((-401, "years_ago"), (-60, "months_ago"), (-14, "weeks_ago"), (-7, "-14"), (-2, "-7")),
    *((-1, "-1"), (0, "0"), (1, "1"), (7, "7"), (30, "30"), (120, "120")),
)
"""Days from the day of the mail: up to this many bear this name; more are "far"."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A day that the mail names, with what stands around it."""

    day: date
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a day stands: the words around it, its side of a range, how far off it is."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    side: str
    distance: str


def mentions(reading: Reading, *, concerns: Iterable[Concern], today: date) -> tuple[Mention, ...]:
    """All days of subject and text, in this order. `today` is the local day of the mail."""
    heard = (*reading.subject_sentences, *reading.sentences)
    found: list[Mention] = []
    codes = tuple(concerns)
    for place, sentence in enumerate(heard):
        days = find_dates(sentence, today=today)
        if not days:
            continue
        shared = _of_sentence(heard, place)
        if place < len(reading.subject_sentences):
            shared.add("in_subject")
        for number, named in enumerate(days):
            nth = f"nth:{min(len(found), _LAST_PLACE)}"
            for day in (named.day, named.other):
                if day is not None:
                    spot = _spot(sentence.text, days, number, (day - today).days)
                    own = {nth, *_of_spot(spot), *_crossed(spot, sentence.said, codes)}
                    found.append(Mention(day, frozenset(shared | own)))
    return tuple(found)


def _of_sentence(heard: Sequence[Heard], place: int) -> set[str]:
    said_before = heard[place - 1].said if place else ()
    words = {f"in:{word}" for word in _words(heard[place].text)}
    return words.union([f"previous:{cue}" for cue in said_before])


def _spot(text: str, days: Sequence[DateFound], number: int, off: int) -> _Spot:
    day = days[number]
    before = _words(text[max(0, day.start - _WINDOW_CHARS) : day.start])[-_WINDOW_WORDS:]
    after = _words(text[day.end : day.end + _WINDOW_CHARS])[:_WINDOW_WORDS]
    distance = next((name for limit, name in _DISTANCES if off <= limit), "far")
    return _Spot(before, after, _side(text, days, number), distance)


def _side(text: str, days: Sequence[DateFound], number: int) -> str:
    if number and _is_seam(text[days[number - 1].end : days[number].start]):
        return "last"
    if number + 1 < len(days) and _is_seam(text[days[number].end : days[number + 1].start]):
        return "first"
    return "alone"


def _is_seam(between: str) -> bool:
    return len(between) < _LONGEST_SEAM_CHARS and _SEAM.fullmatch(between) is not None


def _of_spot(spot: _Spot) -> Iterator[str]:
    yield f"side:{spot.side}"
    yield f"distance:{spot.distance}"
    for name, words, ordered in (
        ("before", spot.before[::-1], _ORDERED_BEFORE),
        ("after", spot.after, _ORDERED_AFTER),
    ):
        yield from (f"{name}:{word}" for word in words)
        yield from (f"{name}{n}:{word}" for n, word in enumerate(words[:ordered]))
        if len(words) > 1:
            yield f"{name}:{words[0]}_{words[1]}"


def _crossed(spot: _Spot, said: Iterable[str], concerns: Iterable[Concern]) -> Iterator[str]:
    """What a linear scorer can't put together by itself."""
    nearest = spot.before[-1] if spot.before else ""
    marks = (f"side:{spot.side}", f"distance:{spot.distance}", f"before0:{nearest}")
    for about in (*(f"cue:{cue}" for cue in said), *(f"concern:{code}" for code in concerns)):
        yield about
        yield from (f"{about}|{mark}" for mark in marks)
    yield f"{marks[0]}|{marks[2]}"
    yield f"{marks[1]}|{marks[2]}"


def _words(text: str) -> tuple[str, ...]:
    return tuple("#" if word.isdigit() else word for word in _WORD.findall(text))
