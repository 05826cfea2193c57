"""Which sayings a text holds: one look-up a word instead of one search a saying.

A saying is a name with alternatives, regular expressions over folded text. Most alternatives are
decided by a single word, and words repeat: what a word says, or may help to say, is kept. Only
sayings of several words are searched for, and only where one of their needles stands
(`classify.needles`). The result is that of searching for each (a test compares both).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import chain
from operator import or_
from types import MappingProxyType
from typing import Any, Final

from classify import needles
from classify.kept import Kept
from classify.signs import Finds, Signs

_LINE_END: Final = r"\s"
"""In a pattern: a match may begin on one line and end on the next; no line need hold it whole."""

_PLAIN = re.compile(r"(\\b)?(?:([a-z]+)|\(\?:([a-z|]+)\))(\\b)?")
_SIGNS_OF_PATTERNS = re.compile(r"[\\.^$*+?{}\[\]|()]")

_Learned = tuple[int, int, tuple[str, ...], tuple[str, ...]]
"""Of a word: its bits, its count, and the names among the bits, once more: said and hinted at."""
_MIXES: Final = 1_024
"""Of names that a word says or hints at; what each is, is found out once."""
_NO_NAMES: Final[tuple[tuple[str, ...], tuple[str, ...]]] = ((), ())
_SILENCE: Final[tuple[_Learned, ...]] = ((0, 0, (), ()),)
_NOTHING: Final[frozenset[str]] = frozenset()

Line = tuple[frozenset[str], frozenset[str]]
"""The names of what a line says, and of what it hints at."""


@dataclass(frozen=True, slots=True, eq=False)
class _Alternative:
    """One way to say what `name` stands for. One of `needles` stands in it; none if unknown."""

    name: str
    finds: Finds
    needles: tuple[str, ...]


class Ear:
    """Hears a set of sayings. Immutable but for the words it keeps; threads may share it.

    What a word says or leads to are bits of one number, so that what a text says and leads to is
    the union of its words' numbers. From the lowest bit on: one that means nothing; names that are
    said; names that are hinted at; the ways of several words that must be searched for, those last
    for which two needles are needed; and for the same once more whether the second is there.
    What is `watched` is never searched for, only hinted at where it may stand. `count` says a
    number of each stretch without blanks; `listen` adds them up.
    """

    __slots__ = (
        *(
            "_always",
            "_always_hinted",
            "_count",
            "_hinted",
            "_hints_shift",
            "_of_word",
            "_one_needle",
            "_said",
        ),
        *("_names", "_names_mask", "_said_mask", "_hints_mask", "_signs"),
        *("_ways", "_ways_mask", "_ways_shift"),
    )

    def __init__(
        self,
        sayings: Mapping[str, Sequence[str]],
        watched: Mapping[str, Sequence[str]] = MappingProxyType({}),
        *,
        count: Callable[[str], int] = lambda _word: 0,
    ) -> None:
        every = [(name, source, needles.of_pattern(source)) for name, source in _each(sayings)]
        wide = sorted([one for one in every if not _is_of_one_word(one[2])], key=_needs_two)
        hinted = [*_each(watched), *((one[0], one[1]) for one in wide if _LINE_END in one[1])]
        self._said = tuple(sayings)
        self._hinted = tuple(dict.fromkeys([name for name, _ in hinted]))
        self._ways = tuple(
            _Alternative(name, _finder(source), _plain(needed)) for name, source, needed in wide
        )
        self._hints_shift = 1 + len(self._said)
        self._ways_shift = self._hints_shift + len(self._hinted)
        self._said_mask, self._hints_mask, self._ways_mask = map(
            _ones, (len(self._said), len(self._hinted), len(wide))
        )
        self._one_needle = _ones(sum(not _needs_two(one) for one in wide))
        self._always = 1
        self._signs = Signs()
        for name, source, needed in every:
            if _is_of_one_word(needed):
                self._put(needed.words, 2 << self._said.index(name), _within(source, needed))
        for name, source in hinted:
            bit = 1 << self._hints_shift + self._hinted.index(name)
            needed = needles.of_pattern(source)
            self._put(needed.words, bit, _within(source, needed))
        for number, (_, _, needed) in enumerate(wide, self._ways_shift):
            self._put(needed.words, 1 << number)
            self._put(needed.also or (), 1 << number + len(wide))
        self._always_hinted = frozenset(self._hinted_by(self._always))
        self._count = count
        self._names_mask = _ones(self._ways_shift) ^ 1
        self._names = lru_cache(_MIXES)(self._names_of)
        self._of_word = Kept(self._listen)

    def _put(self, words: Iterable[str] | None, bits: int, within: Finds | None = None) -> None:
        if words is None:
            self._always |= bits
        for needle in words or ():
            self._signs.put(needle, bits, within)

    def hear(self, text: str) -> frozenset[str]:
        """The names of all sayings that the folded text holds."""
        ((said, _),) = self.listen([text])[0]
        return said

    def listen(self, lines: Sequence[str]) -> tuple[list[Line], int, int]:
        """Of each folded line what it says and what it hints at; bits and count of all together.

        Hinted at is what is watched for, and what may begin or end here and go on over a line end.
        Of what is not hinted at there is nothing in the line. The bits are for `hear_lines`.
        """
        cut = [line.split() for line in lines]
        known: Sequence[Any] = self._of_word.of_all(chain.from_iterable(cut)) or _SILENCE
        bits, counts, names, hints = zip(*known, strict=True)
        heard, end, every = [], 0, self._always
        for line, words in zip(lines, cut, strict=True):
            start, end = end, end + len(words)
            said = _NOTHING.union(*names[start:end])
            of_line = reduce(or_, bits[start:end], self._always)
            every |= of_line
            leads = self._leads(of_line)
            if leads:
                said = frozenset(self._searched(line, leads, said))
            heard.append((said, self._always_hinted.union(*hints[start:end])))
        return heard, every, sum(counts)

    def part(self, names: Iterable[str]) -> "Part":
        """Some of the sayings, for `hear_lines`."""
        among = frozenset(names)
        said = [number for number, name in enumerate(self._said) if name in among]
        ways = [number for number, way in enumerate(self._ways) if way.name in among]
        return Part(sum(1 << number for number in said), sum(1 << number for number in ways))

    def hear_lines(self, text: str, bits: int, part: "Part") -> frozenset[str]:
        """The names of those sayings of the part that any line of the folded text holds.

        `bits` are those of all its stretches together, however they were cut. Each saying is
        searched for until it is found once.
        """
        names = {self._said[number] for number in _numbers(bits >> 1 & part.said)}
        text = f"{text}\n"
        for number in _numbers(self._leads(bits) & part.ways):
            way = self._ways[number]
            if way.name not in names and any(map(way.finds, _lines_with(way.needles, text))):
                names.add(way.name)
        return frozenset(names)

    def _searched(self, text: str, leads: int, names: Iterable[str]) -> set[str]:
        """The names, and those of the ways led to that the text holds too."""
        found = set(names)
        for number in _numbers(leads):
            way = self._ways[number]
            if way.name not in found and way.finds(text):
                found.add(way.name)
        return found

    def _leads(self, bits: int) -> int:
        """The ways of several words of which all needles are there."""
        first = bits >> self._ways_shift
        second = first >> len(self._ways) | self._one_needle
        return first & second & self._ways_mask

    def _listen(self, word: str) -> _Learned:
        bits = self._signs.bits(word)
        said, hints = self._names(bits & self._names_mask) if bits else _NO_NAMES
        return bits, self._count(word), said, hints

    def _names_of(self, bits: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names among the bits: said, and hinted at."""
        said = tuple([self._said[number] for number in _numbers(bits >> 1 & self._said_mask)])
        return said, self._hinted_by(bits)

    def _hinted_by(self, bits: int) -> tuple[str, ...]:
        hints = bits >> self._hints_shift & self._hints_mask
        return tuple([self._hinted[number] for number in _numbers(hints)])


@dataclass(frozen=True, slots=True)
class Part:
    """Some of an ear's sayings: the bits of their names, and of their ways of several words."""

    said: int
    ways: int


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


def _plain(needed: needles.Needles) -> tuple[str, ...]:
    """The needles as they stand in a text; none if there are others."""
    words = sorted(word.strip(needles.EDGE) for word in needed.words or ())
    return () if any(needles.DIGIT in word for word in words) else tuple(words)


def _lines_with(words: Sequence[str], text: str) -> Iterator[str]:
    """The lines that hold one of the words, once for each; all if there are no words.

    The last line of the text has its end, too.
    """
    if not words:
        yield from text[:-1].split("\n")
    for word in words:
        at = text.find(word)
        while at >= 0:
            end = text.index("\n", at)
            yield text[text.rfind("\n", 0, at) + 1 : end]
            at = text.find(word, end)


def _finder(source: str) -> Finds:
    """A plain phrase needs no regular expression."""
    if _SIGNS_OF_PATTERNS.search(source):
        return _Search(source)
    return lambda text: source in text


def _within(source: str, needed: needles.Needles) -> Finds | None:
    """What else to ask of a word with a needle; None where the needle tells all."""
    if not _is_of_one_word(needed) or needed.words == _plain_words(source):
        return None
    return _finder(source)


def _plain_words(source: str) -> frozenset[str]:
    """The needles of a pattern that is nothing but them; none if it is more."""
    plain = _PLAIN.fullmatch(source)
    if plain is None:
        return frozenset()
    before, one, several, after = (part or "" for part in plain.groups())
    words = (one or several).split("|")
    return frozenset([f"{before}{word}{after}".replace(r"\b", needles.EDGE) for word in words])


class _Search:
    """A search whose pattern is made when it is first needed: that is dear, and most never are."""

    __slots__ = ("_finds", "_source")

    def __init__(self, source: str) -> None:
        self._source = source
        self._finds: Finds | None = None

    def __call__(self, text: str) -> object:
        finds = self._finds
        if finds is None:
            finds = self._finds = re.compile(self._source, re.MULTILINE).search
        return finds(text)
