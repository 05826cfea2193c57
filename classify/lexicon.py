"""The house's words: what things are called (lexicon.toml) and how they are said (phrases.toml).

Both are data, regular expressions over folded text (`classify.text.fold`). Names of concepts and
phrases are features of the trained model: renaming or adding one asks for training.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from classify.date_shapes import SIGNS
from classify.hearing import Ear

Patterns = MappingProxyType[str, re.Pattern[str]]


def _table(file: str) -> dict[str, Any]:
    return tomllib.loads(files("classify").joinpath(file).read_text(encoding="utf-8"))


def _pattern(words: list[str], parts: list[str]) -> re.Pattern[str]:
    """`words` stand alone, `parts` may stand inside a word."""
    whole = [rf"\b(?:{'|'.join(words)})\b"] if words else []
    return re.compile("|".join([*whole, *parts]), re.MULTILINE)


CONCEPTS: Patterns = MappingProxyType(
    {name: _pattern([], stems) for name, stems in _table("lexicon.toml")["concepts"].items()}
)
"""Concept name -> what it is called. Each speaks for one or more concerns."""

_PHRASES: MappingProxyType[str, Patterns] = MappingProxyType(
    {
        section: MappingProxyType(
            {
                name: _pattern(entry.get("words", []), entry.get("parts", []))
                for name, entry in entries.items()
            }
        )
        for section, entries in _table("phrases.toml").items()
    }
)


_HEARD_SECTIONS = ("moods", "machine", "payment", "attachment", "review")
"""The sections that are looked for in whole texts and sentences; the others are parts of rules."""

_WHOLE_SECTIONS = ("machine", "payment", "review")
"""The sections that are asked for of a mail as a whole."""

DATES = "dates."
"""Stands before the name of a shape of `classify.date_shapes` where one may be."""


def _sayings(*sections: str) -> Iterator[tuple[str, list[str]]]:
    phrases_by_section = _table("phrases.toml")
    for section in sections:
        for name, entry in phrases_by_section[section].items():
            whole = [rf"\b(?:{word})\b" for word in entry.get("words", [])]
            yield f"{section}.{name}", [*whole, *entry.get("parts", [])]


_EAR = Ear(
    _table("lexicon.toml")["concepts"] | dict(_sayings(*_HEARD_SECTIONS)),
    watched={f"{DATES}{name}": signs for name, signs in SIGNS.items()},
)
hear = _EAR.hear
"""The names of the concepts (`konto`) and phrases (`moods.asked`) that a folded text holds."""

listen = _EAR.listen
"""The same, and the names of those that the text may hold where it goes on, dates among them."""

hear_in_whole = Ear(dict(_sayings(*_WHOLE_SECTIONS))).hear_lines
"""The names of phrases that any line of a folded text holds, of the sections for whole mails."""


def phrases(section: str) -> Patterns:
    """The ways of saying things of one section of phrases.toml, by name."""
    return _PHRASES[section]
