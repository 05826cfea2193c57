"""Does a change hold, or is it only asked about, planned, wished, denied or withdrawn?

Sentence by sentence: which concept of the lexicon is spoken of in which mood. Source: label
guide, `ann.` and "Decided cases" (plan, wish, withdrawal, "not changed", fact as a question).
"""

from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Final

from classify import lexicon
from classify.reading import Heard, Reading


class Mood(StrEnum):
    """How something is said. The value is the mark in a cue (`konto?`)."""

    STATED = "!"
    ASKED = "?"
    PLANNED = "~"
    DENIED = "-"
    WITHDRAWN = "x"


MONEY_CONCEPTS: frozenset[str] = frozenset(
    (
        *("krank", "au_schein", "gesund", "klinik", "krankengeld", "kind_krank"),
        *("konto", "konto_neu", "scheck", "umzug", "name_neu", "strasse"),
        *("job_beginnt", "ausbildung", "selbst", "nebenjob", "lohn"),
        *("steuerklasse", "kind", "mutterschutz", "pflege", "kurs", "verzicht", "rente", "urlaub"),
    )
)
"""Concepts whose mood matters: those of concerns that can move money (label guide)."""

_MOODS = tuple(
    (mood, f"moods.{mood.name.lower()}")
    for mood in (Mood.WITHDRAWN, Mood.ASKED, Mood.PLANNED, Mood.DENIED)
)
_FACT = "moods.fact"
_MOOD_SAYINGS = frozenset({_FACT, *(name for _, name in _MOODS)})
_CONCEPTS: frozenset[str] = frozenset(lexicon.CONCEPTS)
_OVER_LINES: frozenset[str] = frozenset(
    name for name, stems in lexicon.CONCEPTS.items() if any(r"\s" in stem for stem in stems)
)
"""Concepts that may begin on one line and end on the next, as forms print an address."""
_SEAM_CHARS: Final = 60
"""On each side of a line end: longer than what any of them must have there."""


def of_said(said: frozenset[str]) -> frozenset[Mood]:
    """The moods of what one sentence says; `STATED` if a fact is told or no other mood is heard.

    A fact may be dressed as a question ("mein Sohn ist da, bekomme ich mehr?"): then both.
    """
    return _moods_of(said & _MOOD_SAYINGS)


@cache
def _moods_of(said: frozenset[str]) -> frozenset[Mood]:
    """There are few ways to mix moods, so each is thought about once."""
    heard = {mood for mood, name in _MOODS if name in said}
    if not heard or _FACT in said:
        heard.add(Mood.STATED)
    return frozenset(heard)


def cues(reading: Reading) -> set[str]:
    """`<concept>` for each spoken of, `<concept><mood>` for those of `MONEY_CONCEPTS`, and moods.

    A match belongs to the sentence it begins in.
    """
    found: set[str] = set()
    moods = [of_said(sentence.said) for sentence in reading.sentences]
    found.update([f"mood:{mood}" for mood in frozenset().union(*moods)])
    for sentence, of_one in zip(reading.sentences, moods, strict=True):
        for name in sentence.said & _CONCEPTS:
            found.update(_cues_of(name, of_one))
    may_go_on = [not _OVER_LINES.isdisjoint(one.hinted) for one in reading.sentences]
    for place, (first, second) in enumerate(pairwise(reading.sentences)):
        if may_go_on[place] or may_go_on[place + 1]:
            for name in (first.hinted | second.hinted) & _OVER_LINES - first.said:
                if _is_over_lines(name, first, second):
                    found.update(_cues_of(name, moods[place]))
    return found


@cache
def _cues_of(name: str, moods: frozenset[Mood]) -> tuple[str, ...]:
    if name in MONEY_CONCEPTS:
        return (name, *(f"{name}{mood}" for mood in moods))
    return (name,)


def _is_over_lines(name: str, first: Heard, second: Heard) -> bool:
    """Whether the concept begins in the first and isn't said there alone."""
    # More than is looked at, so that a word's beginning is seen.
    before, after = first.text[-2 * _SEAM_CHARS :], second.text[: 2 * _SEAM_CHARS]
    from_, to = max(0, len(before) - _SEAM_CHARS), len(before) + 1 + _SEAM_CHARS
    match = lexicon.concept(name).search(f"{before}\n{after}", from_, to)
    return match is not None and match.start() < len(before)
