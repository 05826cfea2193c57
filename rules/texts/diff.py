"""What differs between two versions of a text, word by word, line breaks kept.

Source: F41; own decision 0052.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

_WORDS: Final = re.compile(r"\n+|[^\S\n]+|\S+")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_PAIRS: Final = 250_000
"""Pairs of equal pieces that are compared; two texts of a hundred words have some 10,000. Each
round looks at all of them, and one word over and over makes a round of each word."""


class Mark(StrEnum):
    """Where a piece stands: in both versions, only in the older, or only in the newer one."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words with the blanks between them."""

    mark: Mark
    text: str


def diff(older: str, newer: str) -> tuple[Piece, ...]:
    """The pieces of both in reading order: same and gone make the older, same and new the newer.

    A changed word is gone, then new; of texts that say the same over and over a changed line, or
    the whole. Source: own decision 0052.
    """
    cuts = ((cut.findall(older), cut.findall(newer)) for cut in (_WORDS, _LINES))
    whole = ([older], [newer])
    old, new = next((cut for cut in cuts if _pairs(*cut) <= _MOST_PAIRS), whole)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        piece
        for _, i1, i2, j1, j2 in matcher.get_opcodes()
        for piece in _pieces(old[i1:i2], new[j1:j2])
        if piece.text
    )


def _pairs(old: list[str], new: list[str]) -> int:
    times = Counter(new)
    return sum(times[piece] for piece in old)


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    if old == new:
        yield Piece(Mark.SAME, "".join(old))
        return
    yield Piece(Mark.GONE, "".join(old))
    yield Piece(Mark.NEW, "".join(new))
