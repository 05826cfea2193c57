"""Texts on which a regular expression may take the square of their length, made from itself.

For each part of a pattern that repeats without end: what leads there, then that part again and
again, then what ends in no match. A search that begins anew at each character is slow where a match
goes on from each of them, so what leads there is repeated as well.
"""

import re
import re._constants as sre  # the parse tree of a pattern has no public name
import re._parser as parser
from collections.abc import Iterator
from random import Random
from typing import Any

_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_SIGNS = ("a", "b", "1", " ", "\n", "A", ".", ",", "-", '"', "ä", "<", "(", ":", "x", "@", "_")
_TRIES = 3
_MOST_PARTS = 24
"""Of a pattern with more so many are tried, from its beginning to its end."""
_LONGEST = 60
_Tree = list[tuple[Any, Any]]


def on(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str]]:
    """What to begin with, and what to repeat. The same ones each time."""
    maker = _Maker(Random(1))  # noqa: S311 - the same each time
    tree = list(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    seen: set[tuple[str, str]] = set()
    parts = [*_endless(tree, [])]
    for before, body, behind in parts[:: len(parts) // _MOST_PARTS + 1]:
        for _ in range(_TRIES):
            lead, end = maker.text(before), maker.text(behind)
            part = maker.text(list(body), near=lead) or "a"
            for one in (
                *((lead, part), ("", lead + part), ("", part), ("", lead), (lead, part + end[:1])),
                *(("", lead + part + end[:1]), ("", lead + part + end), (lead, part + end)),
                ("", f"{lead} "),
            ):
                if one[1] and len(one[1]) < _LONGEST and one not in seen:
                    seen.add(one)
                    yield one


def _endless(tree: _Tree, before: _Tree) -> Iterator[tuple[_Tree, _Tree, _Tree]]:
    """Each part that repeats without end, with what stands before and behind it."""
    for number, (kind, value) in enumerate(tree):
        lead = [*before, *tree[:number]]
        if kind in _REPEATS:
            if value[1] is sre.MAXREPEAT:
                yield lead, list(value[2]), tree[number + 1 :]
            yield from _endless(list(value[2]), lead)
        elif kind is sre.SUBPATTERN:
            yield from _endless(list(value[3]), lead)
        elif kind is sre.ATOMIC_GROUP:
            yield from _endless(list(value), lead)
        elif kind is sre.BRANCH:
            for one in value[1]:
                yield from _endless(list(one), lead)
        elif kind in {sre.ASSERT, sre.ASSERT_NOT}:
            yield from _endless(list(value[1]), lead)


class _Maker:
    """Makes texts that a tree matches; which of many is chance."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def text(self, tree: _Tree, *, near: str = "") -> str:
        """One that it matches, if it can with signs that stand in `near`."""
        made = ""
        for kind, value in tree:
            made += self._one(kind, value, near + made[:3])
        return made

    def _one(self, kind: Any, value: Any, near: str) -> str:
        if kind is sre.LITERAL:
            return chr(value)
        if kind in {sre.NOT_LITERAL, sre.ANY}:
            but = 10 if value is None else value
            return self._sign([(sre.NEGATE, None), (sre.LITERAL, but)], near)
        if kind is sre.IN:
            return self._sign(value, near)
        if kind is sre.BRANCH:
            return self.text(list(self._chance.choice(value[1])), near=near)
        if kind in {sre.SUBPATTERN, sre.ATOMIC_GROUP}:
            return self.text(list(value[3] if kind is sre.SUBPATTERN else value), near=near)
        if kind in _REPEATS:
            least, most, part = value
            count = min(max(least, self._chance.choice((least, 1, 2))), int(most), 20)
            return "".join(self.text(list(part), near=near) for _ in range(count))
        return ""

    def _sign(self, of: _Tree, near: str) -> str:
        there = [sign for sign in near if _holds(of, sign)]
        if there and self._chance.random() < 0.6:
            return self._chance.choice(there)
        pool = [sign for sign in _SIGNS if _holds(of, sign)]
        for kind, value in of:
            if kind in {sre.LITERAL, sre.RANGE}:
                first = chr(value if kind is sre.LITERAL else value[0])
                pool += [first] if _holds(of, first) else []
        return self._chance.choice(pool or ["a"])


def _holds(of: _Tree, sign: str) -> bool:
    """Whether a set of signs holds that one."""
    found = negated = False
    for kind, value in of:
        if kind is sre.NEGATE:
            negated = True
        elif kind is sre.LITERAL:
            found |= ord(sign) == value
        elif kind is sre.RANGE:
            found |= value[0] <= ord(sign) <= value[1]
        elif kind is sre.CATEGORY:
            found |= _is_of(value, sign)
    return found != negated


def _is_of(category: Any, sign: str) -> bool:
    name = str(category)
    if name.endswith("DIGIT"):
        found = sign.isdigit()
    elif name.endswith("SPACE"):
        found = sign.isspace()
    else:
        found = sign.isalnum() or sign == "_"
    return found != ("_NOT_" in name)
