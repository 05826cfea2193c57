"""Sentences that are nothing but manners: thanks in advance, wishes, the head of a letter.

They say nothing of the matter, yet their words are those of matters: "Bleiben Sie gesund" is no end
of an illness, and the day of a letter no day of its matter. Greetings stay, since the name stands
by them. Source: own decision 0155.
"""

import re
from collections.abc import Sequence
from typing import Final

from classify import lexicon

_WORDS = lexicon.phrases("courtesy")
_LIKELY = _WORDS["begins"]
_ONLY = re.compile(rf"(?:[^\w]*{_WORDS['words'].pattern})+[^\w]*")
_DATED = re.compile(
    r"(?P<place>(?!(?:ab|bis|seit|vom|zum|am)\b|.*tag\b|.*mittwoch)[a-z-]+(?: [a-z-]+){0,2}), den "
    r"\d{1,2}\. ?(?:\d{1,2}\.|[a-z]{3,9}\.?) ?(?:\d\d){1,2}\.?"
)
_NONE: Final[frozenset[int]] = frozenset()
_FEWEST_WORDS: Final = 8
"""So many others must be left: who only thanks wants to thank."""


def among(lines: Sequence[str]) -> frozenset[int]:
    """The numbers of the folded sentences that are courtesy, if there is anything else."""
    likely = map(_LIKELY.search, lines)
    found = [
        number
        for number, (word, line) in enumerate(zip(likely, lines, strict=True))
        if (word and _ONLY.fullmatch(line)) or (", den " in line and _dates(line))
    ]
    if not found:
        return _NONE
    left = sum([len(line.split()) for number, line in enumerate(lines) if number not in found])
    return frozenset(found) if left >= _FEWEST_WORDS else _NONE


def _dates(line: str) -> bool:
    """Whether it says where and when a letter was written: "Kassel, den 3. Februar 2026"."""
    dated = _DATED.fullmatch(line)
    return dated is not None and not lexicon.CONCEPTS.keys() & lexicon.hear(dated["place"])
