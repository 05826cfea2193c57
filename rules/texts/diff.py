"""What differs between two versions of a text, word by word, line breaks kept.

Source: F41; own decision 0052.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

_WORDS: Final = re.compile(r"\n+|[^\S\n]+|\S+")


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

    A changed word is gone, then new. Source: own decision 0052.
    """
    old, new = _WORDS.findall(older), _WORDS.findall(newer)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        piece
        for _, i1, i2, j1, j2 in matcher.get_opcodes()
        for piece in _pieces(old[i1:i2], new[j1:j2])
        if piece.text
    )


def _pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    if old == new:
        yield Piece(Mark.SAME, "".join(old))
        return
    yield Piece(Mark.GONE, "".join(old))
    yield Piece(Mark.NEW, "".join(new))
