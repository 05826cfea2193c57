"""From a text to the rows of a model's table: words are looked up, their neighbours computed.

A word stands for some rows by itself (itself, its pieces) and has a number by which it makes
terms with its neighbours: pairs of words, chains of stems. Such a term is one integer made of its
words' numbers, so those of a whole mail are found in one go. The result is that of cutting the
text by `classify.terms` and `classify.wording` and looking each term up (a test compares both on
the whole corpus). Source: own decision 0043.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from sys import byteorder
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classify import terms, wording
from classify.codes import Codes, Rows
from classify.kept import Kept

_Codes = NDArray[np.int64]

_BITS: Final = 20
"""Of the number of a word or stem; three of them make 60 bits. A model's limit is a million."""
_LINE_END: Final = "\x00"
"""Among the words of a text the end of a line; no word can be it."""
_NOBODY: Final = 0
"""The number of what no term of several words holds, and of the seam between two parts."""

_PLAIN: Final = re.compile(r"([a-z]{2,})(?:[,;:)]|([.!?]))?")
"""A word of letters, and whether the sign behind it ends a part; three of four are so."""
_SECOND: Final = ((1 << _BITS) - 1) << _BITS
_SEAM: Final = np.full(1, _NOBODY, np.int64).tobytes()
_WIDE_SEAM: Final = _SEAM * wording.REACH
_APART: Final = np.arange(1, wording.REACH + 1)[:, None]

_Learned = tuple[bytes, bytes, bytes, bytes, tuple[str, ...], tuple[str, ...]]
"""Of a word: rows as int32; numbers, in the highest place, for pairs, chains, and wide chains; the
words between its signs, and those of them that aren't familiar."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms of the three blocks that are cut from the text, each with its row in the table.

    `familiar` are the words that were seen (classify/familiar.py).
    """

    words: dict[str, int]
    pieces: dict[str, int]
    chains: dict[str, int]
    familiar: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a text is to a vocabulary: the rows of its known terms, in no order.

    First those of single words and pieces, then the rest; each as often as it was found, though in
    a mail a chain counts once. `words` counts its different words, `unknown` those not familiar.
    """

    own: Rows
    further: Rows
    words: int
    unknown: int


class Wordbook:
    """Finds the terms of a vocabulary. Immutable but for words it keeps; threads may share it."""

    __slots__ = (
        "_codes",
        "_familiar",
        "_kept",
        "_of_stems",
        "_of_words",
        "_pieces",
        "_words",
    )

    def __init__(self, known: Vocabulary) -> None:
        self._words, self._pieces, self._familiar = known.words, known.pieces, known.familiar
        self._of_words: dict[str, int] = {}
        self._of_stems: dict[str, int] = {}
        self._codes = Codes(dict(self._coded(known)))
        self._kept = Kept(self._learn)

    def find(self, text: str) -> Found:
        """What is known of a text, the result of `wording.bare`."""
        words = f"{text}\n".replace("\n", f" {_LINE_END} ").split()
        own, pairs, stems, far, whole, new = zip(*self._kept.of_all(words), strict=True)
        # Words and stems have different numbers, and a seam stands between them.
        near = b"".join([*pairs, _SEAM])
        chains = _chains(np.frombuffer(near + b"".join(stems), np.int64), len(near) // 8)
        codes = np.concatenate([*chains, _wide(np.frombuffer(b"".join(far), np.int64))])
        further = self._codes.rows(codes[(codes & _SECOND) != 0])
        rows = np.frombuffer(b"".join(own), np.int32)
        return Found(rows, further, len(set().union(*whole)), len(set().union(*new)))

    def _coded(self, known: Vocabulary) -> Iterator[tuple[int, int]]:
        """Code and row of each term of several words. The slower half of loading a model."""
        for term, row in known.words.items():
            first, blank, second = term.partition(" ")
            if blank:
                yield self._code(self._of_words, (first, second)), row
        for term, row in known.chains.items():
            parts = term.split("_")
            sure = len(parts) == 2 or (len(parts) == 3 and _are_stems(parts))
            for stems in [parts] if sure else _readings(parts):
                yield self._code(self._of_stems, stems), row

    def _code(self, numbers: dict[str, int], parts: Sequence[str]) -> int:
        """The parts' numbers, three of `_BITS`, the first highest. Words and stems don't mix."""
        code = 0
        for part in parts:
            number = numbers.get(part)
            if number is None:
                number = numbers[part] = len(self._of_words) + len(self._of_stems) + 1
            code = (code << _BITS) + number
        return code if len(parts) == 3 else code << _BITS

    def _learn(self, word: str) -> _Learned:
        if word == _LINE_END:
            return b"", b"", _SEAM, _WIDE_SEAM, (), ()
        plain = _PLAIN.fullmatch(word)
        if plain is None:
            whole = tuple(terms.single_words(word))
            near, stems, far = self._of_parts(word, whole)
        else:
            whole = (plain[1],)
            near, stems, far = self._of_plain(plain[1], bool(plain[2]))
        rows = [*map(self._words.get, whole), *map(self._pieces.get, terms.pieces_of(word))]
        own = array("i", [row for row in rows if row is not None]).tobytes()
        new = () if self._familiar.issuperset(whole) else self._unfamiliar(whole)
        return own, near, stems, far, whole, new

    def _unfamiliar(self, words: Sequence[str]) -> tuple[str, ...]:
        return tuple([one for one in words if one not in self._familiar])

    def _of_plain(self, word: str, ends_part: bool) -> tuple[bytes, bytes, bytes]:
        """The result of `_of_parts` for one word of letters with at most one sign behind."""
        number = self._of_words.get(word)
        near = _in_highest(number) if number else _SEAM
        number = self._of_stems.get(word[: wording.STEM_CHARS])
        stem = _in_highest(number) if number else _SEAM
        far = stem if wording.is_weighty(word) else b""
        return (near, stem + _SEAM, far + _WIDE_SEAM) if ends_part else (near, stem, far)

    def _of_parts(self, word: str, whole: Sequence[str]) -> tuple[bytes, bytes, bytes]:
        """Numbers for pairs, chains and wide chains."""
        stems, far = b"", b""
        for number, part in enumerate(wording.parts(word)):
            stems += (_SEAM if number else b"") + _packed(self._of_stems, wording.stems(part))
            far += _WIDE_SEAM if number else b""
            far += _packed(self._of_stems, wording.weighty_stems(part))
        return _packed(self._of_words, whole), stems, far


def _in_highest(number: int) -> bytes:
    return (number << 2 * _BITS).to_bytes(8, byteorder)


def _packed(numbers: dict[str, int], words: Iterable[str]) -> bytes:
    """The numbers in the highest place, `_NOBODY` for unknown words."""
    return array("q", [numbers.get(word, _NOBODY) << 2 * _BITS for word in words]).tobytes()


def _are_stems(parts: Sequence[str]) -> bool:
    """Whether three parts are three stems and nothing else: too long for two of them to be one."""
    first, second, third = map(len, parts)
    longest = wording.STEM_CHARS
    apart = first + second >= longest <= second + third
    return apart and 0 < first <= longest and 0 < second <= longest and 0 < third <= longest


def _readings(parts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The stems a chain may be made of. Words may hold `_` too, so there can be several."""
    for count in (2, 3):
        for cut in combinations(range(1, len(parts)), count - 1):
            ends = (0, *cut, len(parts))
            stems = ["_".join(parts[first:last]) for first, last in pairwise(ends)]
            if all(0 < len(stem) <= wording.STEM_CHARS for stem in stems):
                yield stems


def _chains(near: _Codes, first_stem: int) -> tuple[_Codes, _Codes]:
    """Pairs of neighbours; triples of stems only: a pair of words must not be found once more."""
    second = near >> _BITS
    pairs = near[:-1] + second[1:]
    return pairs, pairs[first_stem:-1] + (second[first_stem + 2 :] >> _BITS)


def _wide(stems: _Codes) -> _Codes:
    """Pairs of those that lie up to `REACH` apart; the seams keep them within their part."""
    first = stems.nonzero()[0]
    second = stems.take(first + _APART)
    result: _Codes = ((second >> _BITS) + stems.take(first)).ravel()
    return result
