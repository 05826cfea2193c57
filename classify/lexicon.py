"""The house's words: what things are called (lexicon.toml) and how they are said (phrases.toml).

Both are data, regular expressions over folded text (`classify.text.fold`). Names of concepts and
phrases are features of the trained model: renaming or adding one asks for training.
"""

import re
import tomllib
from importlib.resources import files
from types import MappingProxyType
from typing import Any

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


def phrases(section: str) -> Patterns:
    """The ways of saying things of one section of phrases.toml, by name."""
    return _PHRASES[section]
