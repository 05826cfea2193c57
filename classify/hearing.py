"""Which sayings a text holds: one look-up a word instead of one search a saying.

A saying is a name with alternatives, regular expressions over folded text. Most alternatives are
decided by a single word, and words repeat: what a word says, or may help to say, is kept. Only
sayings of several words are searched for, and only where one of their needles stands
(`classify.needles`). The result is that of searching for each (a test compares both).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Final

from classify import needles
from classify.kept import Kept

_KEY_CHARS: Final = 3
_LINE_END: Final = r"\s"
"""In a pattern: a match may begin on one line and end on the next; no line need hold it whole."""

_DIGITS = re.compile(r"\d+")
_SIGNS_OF_PATTERNS = re.compile(r"[\\.^$*+?{}\[\]|()]")

Finds = Callable[[str], object]
"""Whether a text holds something; anything but None and False says yes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Alternative:
    """One way to say what `name` stands for."""

    name: str
    finds: Finds


@dataclass(frozen=True, slots=True)
class _Sign:
    """What a needle in a word means: these bits, if `within` is nothing or finds it in the word."""

    needle: str
    bits: int
    within: Finds | None = None


class Ear:
    """Hears a set of sayings. Immutable but for the words it keeps; threads may share it.

    What a word says or leads to are bits of one number, so that what a text says and leads to is
    the union of its words' numbers. From the lowest bit on: one that is always set; names that are
    said; names that are hinted at; the ways of several words that must be searched for, those last
    for which two needles are needed; and for the same once more whether the second is there.
    What is `watched` is never searched for, only hinted at where it may stand.
    """

    __slots__ = (
        *(
            "_always",
            "_by_key",
            "_of_digits",
            "_hinted",
            "_hints_shift",
            "_of_word",
            "_one_needle",
            "_said",
        ),
        *("_said_mask", "_hints_mask", "_ways", "_ways_mask", "_ways_shift"),
    )

    def __init__(
        self,
        sayings: Mapping[str, Sequence[str]],
        watched: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        every = [(name, source, needles.of_pattern(source)) for name, source in _each(sayings)]
        wide = sorted([one for one in every if not _is_of_one_word(one[2])], key=_needs_two)
        hinted = [*_each(watched), *((one[0], one[1]) for one in wide if _LINE_END in one[1])]
        self._said = tuple(sayings)
        self._hinted = tuple(dict.fromkeys([name for name, _ in hinted]))
        self._ways = tuple(_Alternative(name, _finder(source)) for name, source, _ in wide)
        self._hints_shift = 1 + len(self._said)
        self._ways_shift = self._hints_shift + len(self._hinted)
        self._said_mask, self._hints_mask, self._ways_mask = map(
            _ones, (len(self._said), len(self._hinted), len(wide))
        )
        self._one_needle = _ones(sum(not _needs_two(one) for one in wide))
        self._always = 1
        self._by_key: dict[str, list[_Sign]] = defaultdict(list)
        self._of_digits: list[_Sign] = []
        for name, source, needed in every:
            if _is_of_one_word(needed):
                self._put(needed.words, 2 << self._said.index(name), _finder(source))
        for name, source in hinted:
            bit = 1 << self._hints_shift + self._hinted.index(name)
            self._put(needles.of_pattern(source).words, bit)
        for number, (_, _, needed) in enumerate(wide, self._ways_shift):
            self._put(needed.words, 1 << number)
            self._put(needed.also or (), 1 << number + len(wide))
        self._of_word = Kept(self._listen)

    def _put(self, words: Iterable[str] | None, bits: int, within: Finds | None = None) -> None:
        """Put it where the first characters of its needles lead to."""
        if words is None:
            self._always |= bits
        for word in words or ():
            sign = _Sign(word, bits, within)
            if word.strip(needles.DIGIT):
                self._by_key[word[:_KEY_CHARS]].append(sign)
            else:
                self._of_digits.append(sign)

    def hear(self, text: str) -> frozenset[str]:
        """The names of all sayings that the folded text holds."""
        return self.listen(text)[0]

    def listen(self, text: str) -> tuple[frozenset[str], frozenset[str]]:
        """The names of all sayings that the folded text holds, and of what it hints at.

        That is what is watched for, and what may begin or end here and go on over a line end. Of
        what is not hinted at there is nothing in the text.
        """
        bits = self._bits(text)
        names = self._names(bits)
        self._search(text, bits, names)
        hints = bits >> self._hints_shift & self._hints_mask
        return frozenset(names), frozenset([self._hinted[number] for number in _numbers(hints)])

    def hear_lines(self, text: str) -> frozenset[str]:
        """The names of all sayings that any line of the folded text holds.

        Each is searched for until it is found once.
        """
        bits = self._bits(text)
        names = self._names(bits)
        if self._leads(bits):
            for line in text.split("\n"):
                self._search(line, self._bits(line), names)
        return frozenset(names)

    def _bits(self, text: str) -> int:
        return reduce(or_, self._of_word.of_all(text.split()), self._always)

    def _names(self, bits: int) -> set[str]:
        """What is said by single words."""
        return {self._said[number] for number in _numbers(bits >> 1 & self._said_mask)}

    def _search(self, text: str, bits: int, names: set[str]) -> None:
        """Search for what the words lead to, and add to the names what is found."""
        for number in _numbers(self._leads(bits)):
            way = self._ways[number]
            if way.name not in names and way.finds(text):
                names.add(way.name)

    def _leads(self, bits: int) -> int:
        """The ways of several words of which all needles are there."""
        first = bits >> self._ways_shift
        second = first >> len(self._ways) | self._one_needle
        return first & second & self._ways_mask

    def _listen(self, word: str) -> int:
        bits = 1
        for sign in self._met(word):
            if sign.within is None or sign.within(word):
                bits |= sign.bits
        return bits

    def _met(self, word: str) -> Iterator[_Sign]:
        """The signs whose needle stands in the word."""
        by_key = self._by_key
        for start in range(len(word)):
            for size in range(1, _KEY_CHARS + 1):
                for sign in by_key.get(word[start : start + size], ()):
                    if word.startswith(sign.needle, start):
                        yield sign
        digits = max(map(len, _DIGITS.findall(word)), default=0)
        yield from (sign for sign in self._of_digits if len(sign.needle) <= digits)


def _ones(count: int) -> int:
    return (1 << count) - 1


def _numbers(bits: int) -> list[int]:
    """The numbers of the bits that are set, from the lowest on."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


def _is_of_one_word(needed: needles.Needles) -> bool:
    """Whether each word tells it for itself."""
    return needed.within_word and needed.words is not None


def _needs_two(one: tuple[str, str, needles.Needles]) -> bool:
    """Whether a match must hold a second needle, on the same line."""
    _, source, needed = one
    return needed.words is not None and needed.also is not None and _LINE_END not in source


def _each(sayings: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    return ((name, source) for name, sources in sayings.items() for source in sources)


def _finder(source: str) -> Finds:
    """A plain phrase needs no regular expression."""
    if _SIGNS_OF_PATTERNS.search(source):
        return re.compile(source, re.MULTILINE).search
    return lambda text: source in text
