"""How a column of a mail is cut into terms; training and serving cut by these and nothing else.

The shapes are scikit-learn's own (word pairs, `char_wb`), so that its figures can be repeated
with it; a test compares both on the whole corpus.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Final

from classify import kept

_WORD = re.compile(r"\w\w+")
_PIECE_CHARS: Final = (3, 4, 5)
"""Lengths of pieces. Measured: docs/judge.md."""


class Cut(StrEnum):
    """The ways of cutting. The values stand in model files."""

    WORDS = "words"
    PIECES = "pieces"
    READY = "ready"


def words(text: str) -> list[str]:
    """Words of two characters or more, and pairs of neighbours joined by a blank."""
    found = single_words(text)
    return found + [f"{first} {second}" for first, second in pairwise(found)]


def single_words(text: str) -> list[str]:
    """Words of two characters or more, without their pairs."""
    return _WORD.findall(text)


def pieces(text: str) -> list[str]:
    """The pieces of each word between blanks; they never reach over a blank."""
    return [piece for word in text.split() for piece in pieces_of(word)]


def pieces_of(word: str) -> Sequence[str]:
    """All stretches of 3 to 5 characters of a word with a blank before and behind it."""
    padded = f" {word} "
    if 1 < len(word) <= kept.LONGEST_WORD_CHARS:
        return _CUTTERS[len(word)](padded)
    return [padded[stretch] for stretch in _stretches(len(word))]


def _stretches(count: int) -> list[slice]:
    """Where the pieces of a word of so many characters lie."""
    return [
        slice(start, start + size)
        for size in _PIECE_CHARS
        for start in range(count + len("  ") - size + 1)
    ]


_CUTTERS: Final[tuple[Callable[[str], tuple[str, ...]], ...]] = tuple(
    [itemgetter(*_stretches(max(count, 2))) for count in range(kept.LONGEST_WORD_CHARS + 1)]
)
"""By the number of characters; all pieces of a word in one go. One character makes one piece."""


def ready(found: Iterable[str]) -> Iterable[str]:
    """A column that holds terms already."""
    return found


CUTTERS: Final[MappingProxyType[Cut, Callable[[Any], Iterable[str]]]] = MappingProxyType(
    {Cut.WORDS: words, Cut.PIECES: pieces, Cut.READY: ready}
)
"""Each way with its function: from a column to its terms, each as often as it stands there."""
