"""The house's words: what things are called (lexicon.toml) and how they are said (phrases.toml).

Both are data, regular expressions over folded text (`classify.text.fold`). Names of concepts and
phrases are features of the trained model: renaming or adding one asks for training.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from classify.facts.date_shapes import SIGNS
from classify.hearing import Ear

Patterns = MappingProxyType[str, re.Pattern[str]]


def _table(file: str) -> dict[str, Any]:
    return tomllib.loads(files("classify").joinpath(file).read_text(encoding="utf-8"))


def _pattern(words: list[str], parts: list[str]) -> re.Pattern[str]:
    """`words` stand alone, `parts` may stand inside a word."""
    whole = [rf"\b(?:{'|'.join(words)})\b"] if words else []
    return re.compile("|".join([*whole, *parts]), re.MULTILINE)


CONCEPTS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {name: tuple(stems) for name, stems in _table("lexicon.toml")["concepts"].items()}
)
"""Concept name -> what it is called, as expressions. Each speaks for one or more concerns."""

_PHRASES: MappingProxyType[str, Any] = MappingProxyType(_table("phrases.toml"))


@cache
def concept(name: str) -> re.Pattern[str]:
    """What a concept is called, as one pattern; few are ever asked for, so none is made before."""
    return _pattern([], [*CONCEPTS[name]])


@cache
def phrases(section: str) -> Patterns:
    """The ways of saying things of one section of phrases.toml, by name."""
    return MappingProxyType(
        {
            name: _pattern(entry.get("words", []), entry.get("parts", []))
            for name, entry in _PHRASES[section].items()
        }
    )


_HEARD_SECTIONS = ("moods", "machine", "payment", "attachment", "review")
"""The sections that are looked for in whole texts and sentences; the others are parts of rules."""

_WHOLE_SECTIONS = ("machine", "payment", "review")
"""The sections that are asked for of a mail as a whole."""

DATES = "dates."
"""Stands before the name of a shape of `classify.facts.date_shapes` where one may be."""


def _sayings(*sections: str) -> Iterator[tuple[str, list[str]]]:
    for section in sections:
        for name, entry in _PHRASES[section].items():
            whole = [rf"\b(?:{word})\b" for word in entry.get("words", [])]
            yield f"{section}.{name}", [*whole, *entry.get("parts", [])]


_WORD = re.compile(r"[^\W\d_]{2,}")
_GERMAN = phrases("review")["german"]
_FACTOR = 1 << 20
"""More words than any text that is read has."""


def _count_words(stretch: str) -> int:
    """Of a folded stretch without blanks: its words, and its common German ones, as one number."""
    words = [stretch] if stretch.isalpha() and len(stretch) > 1 else _WORD.findall(stretch)
    return len(words) * _FACTOR + sum(_GERMAN.fullmatch(word) is not None for word in words)


def words_and_german(count: int) -> tuple[int, int]:
    """How many words, and how many of the commonest German ones, a sum of counts tells of."""
    return divmod(count, _FACTOR)


_EAR = Ear(
    {**CONCEPTS, **dict(_sayings(*_HEARD_SECTIONS))},
    watched={f"{DATES}{name}": signs for name, signs in SIGNS.items()},
    count=_count_words,
)
hear = _EAR.hear
"""The names of the concepts (`konto`) and phrases (`moods.asked`) that a folded text holds."""

listen = _EAR.listen
"""The same, and the names of those that the text may hold where it goes on, dates among them; and
what `hear_in_whole` and `words_and_german` ask for."""

_WHOLE = _EAR.part(name for name, _ in _sayings(*_WHOLE_SECTIONS))


def hear_in_whole(text: str, bits: int) -> frozenset[str]:
    """The names of phrases that any line of a folded text holds, of the sections for whole mails.

    `bits` are what `listen` gave of all stretches of the text, united.
    """
    return _EAR.hear_lines(text, bits, _WHOLE)
