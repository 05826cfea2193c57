"""Sentences that say nothing: thanks in advance, wishes, head and address of a letter.

They say nothing of the matter, yet their words are those of matters: "Bleiben Sie gesund" is no end
of an illness, and the day of a letter no day of its matter. Greetings stay, since the name stands
by them. Source: own decision 0155.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

from classify import lexicon, sender_lines

_WORDS = lexicon.phrases("courtesy")
_LIKELY = _WORDS["begins"]
_ONLY = re.compile(rf"(?:[^\w?]*{_WORDS['words'].pattern})+[^\w?]*")
_DATED = re.compile(
    r"(?P<place>(?!(?:ab|bis|seit|vom|zum|am)\b|.*tag\b|.*mittwoch)[a-z-]+(?: [a-z-]+){0,2}), den "
    r"\d{1,2}\. ?(?:\d{1,2}\.|[a-z]{3,9}\.?) ?(?:\d\d){1,2}\.?"
)
_NONE: Final[frozenset[int]] = frozenset()
_FEWEST_WORDS: Final = 8
"""So many others must be left: who only thanks wants to thank."""
_FEWEST_WORDS_BESIDE_AN_ADDRESS: Final = 3
"""Who sends his address alone may want it to be known."""


def among(lines: Sequence[str], *, subject: str) -> frozenset[int]:
    """The numbers of the folded sentences that say nothing, if there is anything else."""
    likely = map(_LIKELY.search, lines)
    manners = [
        number
        for number, (word, line) in enumerate(zip(likely, lines, strict=True))
        if (word and _ONLY.fullmatch(line)) or (", den " in line and _dates(line))
    ]
    senders = sender_lines.among(lines, subject=subject)
    if manners and _words_beside(lines, found := {*manners, *senders}) >= _FEWEST_WORDS:
        return frozenset(found)
    if senders and _words_beside(lines, senders) >= _FEWEST_WORDS_BESIDE_AN_ADDRESS:
        return frozenset(senders)
    return _NONE


def _words_beside(lines: Sequence[str], found: Collection[int]) -> int:
    return sum([len(line.split()) for number, line in enumerate(lines) if number not in found])


def _dates(line: str) -> bool:
    """Whether it says where and when a letter was written: "Kassel, den 3. Februar 2026"."""
    dated = _DATED.fullmatch(line)
    return dated is not None and not lexicon.CONCEPTS.keys() & lexicon.hear(dated["place"])
