"""Where needles stand in a word: a few looks at its letters instead of a search a needle.

Most needles begin or end a word (`classify.needles.EDGE`), so they are looked for at its ends only;
one that does both is looked up. Source: own decision 0113.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

from classify.kept import LONGEST_WORD_CHARS
from classify.needles import DIGIT, EDGE

Finds = Callable[[str], object]
"""Whether a text holds something; anything but None and False says yes."""

_KEY_CHARS: Final = 3
_ENDS_KEPT: Final = 4_096
"""Beginnings and ends of words, of `_KEY_CHARS`; of each the needles are put together once."""
_RUN = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")

_Sign = tuple[str, int, Finds | None]
"""A needle without its edges, and what it means: these bits, if the last is None or finds it."""
_Index = dict[str, list[_Sign]]


class Signs:
    """Needles with what they mean. Threads may share it once all are put."""

    __slots__ = (
        *("_anywhere", "_at_begin", "_at_end", "_beginning", "_ending", "_of_digits"),
        *("_short", "_short_words", "_whole"),
    )

    def __init__(self) -> None:
        self._anywhere: _Index = {}
        self._beginning: _Index = {}
        self._ending: _Index = {}
        self._whole: _Index = {}
        self._of_digits: list[_Sign] = []
        self._short: list[_Sign] = []
        self._short_words: list[_Sign] = []
        self._at_begin = lru_cache(_ENDS_KEPT)(self._beginning_with)
        self._at_end = lru_cache(_ENDS_KEPT)(self._ending_with)

    def put(self, needle: str, bits: int, within: Finds | None = None) -> None:
        """Words with the needle have the bits, if `within` is nothing or finds it in the word."""
        word = needle.strip(EDGE)
        begins, ends = needle.startswith(EDGE), needle.endswith(EDGE)
        if not word.strip(DIGIT):
            place = self._of_digits
        elif begins and ends and _RUN.fullmatch(word):
            place = self._whole.setdefault(word, [])
        elif begins:
            within = within or (_edged(word) if ends else None)
            place = self._beginning.setdefault(word[:_KEY_CHARS], [])
        elif ends:
            place = self._ending.setdefault(word[-_KEY_CHARS:], [])
        elif len(word) < _KEY_CHARS:
            place = self._short_words if word.isalpha() else self._short
        else:
            place = self._anywhere.setdefault(word[:_KEY_CHARS], [])
        place.append((word, bits, within))

    def bits(self, word: str) -> int:
        """What all needles in a word mean together."""
        met = [sign for sign in self._short_words if sign[0] in word]
        for signs in filter(None, map(self._anywhere.get, _keys(word))):
            for sign in signs:
                if sign[0] in word:
                    met.append(sign)  # noqa: PERF401 - most lists hold one: a list of them is dearer
        if word.isalpha():
            met += self._of_run(word, 0, len(word))
        else:
            met += self._of_others(word)
        found = 0
        for _, bits, within in met:
            if within is None or within(word):
                found |= bits
        return found

    def _of_others(self, word: str) -> Iterator[_Sign]:
        """Those that a word can hold which isn't of letters alone."""
        yield from (sign for sign in self._short if sign[0] in word)
        last = word[-1]
        if word[:-1].isalpha() and not (last.isalnum() or last == "_"):
            # Of three words one is of letters with a sign behind.
            yield from self._of_run(word, 0, len(word) - 1)
            return
        digits = max(map(len, _DIGITS.findall(word)), default=0)
        yield from (sign for sign in self._of_digits if len(sign[0]) <= digits)
        for run in _RUN.finditer(word):
            yield from self._of_run(word, *run.span())

    def _of_run(self, word: str, start: int, end: int) -> list[_Sign]:
        """Those at the edges of a stretch of letters and digits."""
        met = [*self._whole.get(word[start:end], ())]
        for sign in self._at_begin(word[start : start + _KEY_CHARS]):
            if word.startswith(sign[0], start):
                met.append(sign)  # noqa: PERF401 - as above
        for sign in self._at_end(word[max(0, end - _KEY_CHARS) : end]):
            if word.endswith(sign[0], 0, end):
                met.append(sign)  # noqa: PERF401 - as above
        return met

    def _beginning_with(self, key: str) -> tuple[_Sign, ...]:
        sizes = range(1, len(key) + 1)
        return tuple([one for n in sizes for one in self._beginning.get(key[:n], ())])

    def _ending_with(self, key: str) -> tuple[_Sign, ...]:
        sizes = range(1, len(key) + 1)
        return tuple([one for n in sizes for one in self._ending.get(key[-n:], ())])


def _edged(word: str) -> Finds:
    return re.compile(rf"\b{re.escape(word)}\b").search


def _cutter(count: int) -> Callable[[str], tuple[str, ...]]:
    """What cuts a word of so many letters into keys, one from each letter on."""
    ends = range(_KEY_CHARS, count + 1)
    # With two keys or more it gives a tuple; the empty key leads nowhere.
    nothing = [slice(0)] * max(0, 2 - len(ends))
    return itemgetter(*[slice(end - _KEY_CHARS, end) for end in ends], *nothing)


_CUTTERS: Final = tuple(map(_cutter, range(LONGEST_WORD_CHARS + 1)))


def _keys(word: str) -> Sequence[str]:
    if len(word) <= LONGEST_WORD_CHARS:
        return _CUTTERS[len(word)](word)
    return [word[start : start + _KEY_CHARS] for start in range(len(word) - _KEY_CHARS + 1)]
