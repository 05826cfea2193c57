"""Which sayings a text holds: one look-up a word instead of one search a saying.

A saying is a name with alternatives, regular expressions over folded text. Most alternatives are
decided by a single word, and words repeat: what a word says, or may help to say, is kept. Only
sayings of several words are searched for, and only where one of their needles stands
(`classify.needles`). The result is that of searching for each (a test compares both).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from classify import needles
from classify.needles import Needles

WORDS_KEPT: Final = 20_000
LONGEST_WORD_KEPT_CHARS: Final = 40
"""Some 5 MB at most; longer words are rare, and many long ones would fill the memory."""

_KEY_CHARS: Final = 3
_DIGIT = re.compile(r"\d")
_SIGNS_OF_PATTERNS = re.compile(r"[\\.^$*+?{}\[\]|()]")

Finds = Callable[[str], object]
"""Whether a text holds something; anything but None and False says yes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Alternative:
    """One way to say what `name` stands for."""

    name: str
    finds: Finds


@dataclass(frozen=True, slots=True)
class _Said:
    """What a word says for itself, and which ways of several words it may be a part of."""

    names: frozenset[str]
    hints: frozenset[_Alternative]


class Ear:
    """Hears a set of sayings. Immutable but for the words it keeps; threads may share it."""

    __slots__ = ("_always", "_by_key", "_of_word", "_within")

    def __init__(self, sayings: Mapping[str, Sequence[str]]) -> None:
        self._by_key: dict[str, list[tuple[str, _Alternative]]] = defaultdict(list)
        self._within: set[_Alternative] = set()
        self._always: set[_Alternative] = set()
        for name, sources in sayings.items():
            for source in sources:
                self._add(_Alternative(name, _finder(source)), needles.of_pattern(source))
        self._of_word = lru_cache(WORDS_KEPT)(self._listen)

    def _add(self, told: _Alternative, needed: Needles) -> None:
        """Put it where the first characters of its needles lead to."""
        if needed.within_word:
            self._within.add(told)
        if needed.words is None:
            self._always.add(told)
        for word in needed.words or ():
            self._by_key[word[:_KEY_CHARS]].append((word, told))

    def hear(self, text: str) -> frozenset[str]:
        """The names of all sayings that the folded text holds."""
        names, hints = self._said(text)
        for hint in hints:
            if hint.name not in names and hint.finds(text):
                names.add(hint.name)
        return frozenset(names)

    def possible(self, text: str) -> set[str]:
        """The names of all sayings that the folded text may hold; of others it holds none."""
        names, hints = self._said(text)
        names.update([hint.name for hint in hints])
        return names

    def _said(self, text: str) -> tuple[set[str], set[_Alternative]]:
        words = text.split()
        if len(max(words, key=len, default="")) <= LONGEST_WORD_KEPT_CHARS:
            said = [*map(self._of_word, words)]
        else:
            said = [*map(self._of_any_word, words)]
        names: set[str] = set().union(*[one.names for one in said])
        return names, self._always.union(*[one.hints for one in said])

    def _of_any_word(self, word: str) -> _Said:
        return self._of_word(word) if len(word) <= LONGEST_WORD_KEPT_CHARS else self._listen(word)

    def _listen(self, word: str) -> _Said:
        met = set(self._met(word)) | self._always
        names = {one.name for one in met & self._within if one.finds(word)}
        return _Said(frozenset(names), frozenset(met - self._within))

    def _met(self, word: str) -> Iterator[_Alternative]:
        """The alternatives of which a needle stands in the word."""
        by_key = self._by_key
        for start in range(len(word)):
            for size in range(1, _KEY_CHARS + 1):
                for needle, told in by_key.get(word[start : start + size], ()):
                    if word.startswith(needle, start):
                        yield told
        if _DIGIT.search(word):
            yield from (told for _, told in by_key.get(needles.DIGIT, ()))


def _finder(source: str) -> Finds:
    """A plain phrase needs no regular expression."""
    if _SIGNS_OF_PATTERNS.search(source):
        return re.compile(source, re.MULTILINE).search
    return lambda text: source in text
