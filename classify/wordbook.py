"""From a text to the rows of a model's table: words are looked up, their neighbours computed.

A word stands for some rows by itself (itself, its pieces) and has a number by which it makes
terms with its neighbours: pairs of words, chains of stems. Such a term is one integer made of its
words' numbers, so those of a whole mail are found in one go. The result is that of cutting the
text by `classify.terms` and `classify.wording` and looking each term up (a test compares both on
the whole corpus). Source: own decision 0035.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classify import terms, wording
from classify.kept import Kept

Rows = NDArray[np.int32]
_Codes = NDArray[np.int64]

_BITS: Final = 20
"""Of the number of a word or stem; three of them make 60 bits. A model's limit is a million."""
_LINE_END: Final = "\n"
"""Among the words of a text the end of a line; no word can be it."""
_NOBODY: Final = 0
"""The number of what no term of several words holds, and of the seam between two parts."""

_SECOND: Final = ((1 << _BITS) - 1) << _BITS
_FIRST: Final = 1 << 2 * _BITS
_APART: Final = np.arange(1, wording.REACH + 1)[:, None]

_Found = tuple[bytes, bytes, bytes, bytes]
"""Of a word: rows as int32; numbers, in the highest place, for pairs, chains, and wide chains."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms of the three blocks that are cut from the text, each with its row in the table."""

    words: dict[str, int]
    pieces: dict[str, int]
    chains: dict[str, int]


class Wordbook:
    """Finds the terms of a vocabulary. Immutable but for words it keeps; threads may share it."""

    __slots__ = ("_codes", "_kept", "_numbers", "_pieces", "_rows", "_words")

    def __init__(self, known: Vocabulary) -> None:
        self._words, self._pieces = known.words, known.pieces
        self._numbers: dict[str, int] = {}
        found = dict(self._coded(known))
        codes = np.fromiter(found.keys(), np.int64, len(found))
        order = np.argsort(codes)
        rows = np.fromiter(found.values(), np.int32, len(found))
        # The last one is there so that every search ends before the end.
        self._codes: _Codes = np.append(codes[order], np.iinfo(np.int64).max)
        self._rows: Rows = np.append(rows[order], np.int32(-1))
        self._kept = Kept(self._learn)

    def rows(self, text: str) -> tuple[Rows, Rows]:
        """The rows of the known terms of a text, each as often as it was found; in no order.

        `text` is the result of `wording.alike`. In a mail a chain counts once, however often it
        is found. First those of single words and pieces, then the rest.
        """
        words: list[str] = []
        for line in text.split("\n"):
            words += line.split()
            words.append(_LINE_END)
        own, pairs, stems, far = zip(*self._kept.of_all(words), strict=True)
        codes = _whole(
            np.concatenate([_pairs(_joined(pairs)), *_chains(_joined(stems)), _wide(_joined(far))])
        )
        places = self._codes.searchsorted(codes)
        known = places[self._codes[places] == codes]
        return np.frombuffer(b"".join(own), np.int32), self._rows[known]

    def _coded(self, known: Vocabulary) -> Iterator[tuple[int, int]]:
        for term, row in known.words.items():
            if " " in term:
                yield self._code(term.split(" "), ""), row
        for term, row in known.chains.items():
            for stems in _readings(term):
                yield self._code(stems, "_"), row

    def _code(self, parts: Iterable[str], kind: str) -> int:
        """The parts' numbers, three of `_BITS`, the first highest. Words and stems don't mix."""
        code = 0
        numbers = [self._numbers.setdefault(kind + p, len(self._numbers) + 1) for p in parts]
        for number in (*numbers, _NOBODY)[:3]:
            code = (code << _BITS) + number
        return code

    def _learn(self, word: str) -> _Found:
        if word == _LINE_END:
            return b"", b"", _seam(1), _seam(wording.REACH)
        whole = terms.single_words(word)
        rows = [self._words.get(one) for one in whole]
        rows += [self._pieces.get(piece) for piece in terms.pieces_of(word)]
        stems, far = b"", b""
        for number, part in enumerate(wording.parts(word)):
            stems += (_seam(1) if number else b"") + self._packed(wording.stems(part), "_")
            far += _seam(wording.REACH) if number else b""
            far += self._packed(wording.weighty_stems(part), "_")
        own = np.array([row for row in rows if row is not None], np.int32)
        return own.tobytes(), self._packed(whole, ""), stems, far

    def _packed(self, words: Iterable[str], kind: str) -> bytes:
        numbers = [self._numbers.get(kind + word, _NOBODY) << 2 * _BITS for word in words]
        return np.array(numbers, np.int64).tobytes()


def _readings(chain: str) -> Iterator[tuple[str, ...]]:
    """The stems a chain may be made of. Words may hold `_` too, so there can be several."""
    seams = [place for place, sign in enumerate(chain) if sign == "_"]
    for count in (1, 2):
        for cut in combinations(seams, count):
            begins, ends = (0, *(place + 1 for place in cut)), (*cut, len(chain))
            stems = tuple(chain[b:e] for b, e in zip(begins, ends, strict=True))
            if all(0 < len(stem) <= wording.STEM_CHARS for stem in stems):
                yield stems


def _seam(length: int) -> bytes:
    return np.full(length, _NOBODY, np.int64).tobytes()


def _joined(numbers: Iterable[bytes]) -> _Codes:
    return np.frombuffer(b"".join(numbers), np.int64)


def _pairs(words: _Codes) -> _Codes:
    result: _Codes = words[:-1] + (words[1:] >> _BITS)
    return result


def _chains(stems: _Codes) -> tuple[_Codes, _Codes]:
    """Pairs and triples of neighbours."""
    pairs = _pairs(stems)
    return pairs, pairs[:-1] + (stems[2:] >> 2 * _BITS)


def _wide(stems: _Codes) -> _Codes:
    """Pairs of those that lie up to `REACH` apart; the seams keep them within their part."""
    first = np.flatnonzero(stems)
    second = stems.take(first + _APART)
    result: _Codes = (stems.take(first) + (second >> _BITS)).ravel()
    return result


def _whole(codes: _Codes) -> _Codes:
    """Those whose first two words are both known; the others can't be terms."""
    known: _Codes = codes[((codes & _SECOND) != 0) & (codes > _FIRST)]
    return known
