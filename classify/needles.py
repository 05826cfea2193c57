"""What a text must hold before a pattern can match: read out of the pattern itself.

A search for `konto.{0,25}gewechselt` is in vain in a text without `gewechselt`. Most patterns of
the lexicon fail on most texts, so this saves most of the searching. It only ever leaves out what
can't match (a test compares both ways on the corpus). Reads the dialect that the lexicon and
`classify.facts.date_shapes` are written in, and takes what it doesn't know as "may match anywhere".
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

DIGIT: Final = "0"
"""Stands for any digit among the needles, several for as many in a row; no pattern of ours needs
noughts alone."""

EDGE: Final = "\b"
"""In a needle: a letter stands on one side of it only, as `\b` in a pattern."""

_TOKEN = re.compile(
    r"(?P<look>\(\?<?[=!])|(?P<open>\((?:\?:|\?P<\w+>)?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<class>\[(?:\\.|[^\]\\])+\])|(?P<escape>\\.)|(?P<wide>[.^$])|(?P<literal>.)",
    re.DOTALL,
)
_QUANTITY = re.compile(r"(?:[?*+]|\{\d+(?:,\d*)?\})\??")
_OPTIONAL = ("?", "*", "{0")
_FEWEST = re.compile(r"\{(\d+)")
_WIDE_ESCAPES: Final = frozenset([r"\s", r"\S", r"\W", r"\D", r"\Z"])
_EDGES: Final = frozenset([r"\b", "^", " ", r"\s"])


@dataclass(frozen=True, slots=True)
class Needles:
    """One of `words` stands in each text that matches; None if that can't be told.

    One of `also` stands there too, perhaps in another word; None if that can't be told. With
    `within_word` a match never reaches over a blank or the end of a line, and depends on
    nothing beyond them: each word of a text may be looked at alone.
    """

    words: frozenset[str] | None
    within_word: bool
    also: frozenset[str] | None = None


@dataclass(slots=True)
class _Branch:
    """One alternative while it is read: the run of letters at hand, and all needles so far.

    `ends` tells whether the last needle stands at the very end of what the alternative matches.
    """

    run: str = ""
    found: list[frozenset[str]] = field(default_factory=list)
    ends: bool = False

    def add(self, letter: str) -> None:
        """A letter more. An edge is one of letters only."""
        self.run = self.run + letter if self.run != EDGE or letter.isalnum() else letter

    def end_run(self) -> None:
        self.ends = bool(self.run.strip(EDGE))
        if self.ends:
            self.found.append(frozenset({self.run}))
        self.run = ""

    def at_edge(self) -> None:
        """A word ends here if a letter stands before, and begins if one follows."""
        if self.run != EDGE:
            was_at_end = self.ends and not self.run
            self.end_run()
            if self.ends or was_at_end:
                self.found[-1] = frozenset(map(_ended, self.found[-1]))
        self.run = EDGE

    def best(self) -> frozenset[str] | None:
        return max(self.found, key=_worth, default=None)


@cache
def of_pattern(source: str) -> Needles:
    """The needles of a regular expression."""
    branches, wide, _ = _alternatives(source, 0)
    ranked = sorted(dict.fromkeys(_of_all(branches)), key=_worth, reverse=True)
    first, second = [*ranked, None, None][:2]
    # Without a needle that can be used there is no use in a second one.
    first = first if first and all(map(_is_usable, first)) else None
    usable = first is not None and second is not None and all(map(_is_usable, second))
    return Needles(first, within_word=not wide, also=second if usable else None)


def _alternatives(source: str, at: int, run: str = "") -> tuple[list[_Branch], bool, int]:
    """(alternatives, reaches over blanks, end) up to the closing bracket.

    `run` is what each begins with.
    """
    branches, wide = [_Branch(run)], False
    while at < len(source):
        token = _TOKEN.match(source, at)
        if token is None or token.lastgroup == "close":
            break
        inner: list[_Branch] = []
        at = token.end()
        if token.lastgroup in {"open", "look"}:
            inner, inner_wide, at = _alternatives(source, at, _begun(branches[-1], token))
            wide = wide or inner_wide or ("<" in token.group() and token.lastgroup == "look")
            at += 1
        quantity = _QUANTITY.match(source, at)
        at = quantity.end() if quantity else at
        wide = wide or _is_wide(token)
        if inner and not quantity and _is_edge_at(source, at):
            _end_all(inner)
        if token.lastgroup == "bar":
            branches[-1].end_run()
            branches.append(_Branch(run))
        else:
            _take(branches[-1], token, _of_all(inner), quantity.group() if quantity else "")
    branches[-1].end_run()
    return branches, wide, at


def _begun(branch: _Branch, token: re.Match[str]) -> str:
    """What the alternatives of a bracket begin with."""
    return EDGE if token.lastgroup == "open" and branch.run == EDGE else ""


def _end_all(branches: Iterable[_Branch]) -> None:
    for branch in branches:
        branch.at_edge()


def _of_all(branches: Sequence[_Branch]) -> list[frozenset[str]]:
    """Of each of them one stands in every match of the alternatives."""
    if len(branches) == 1:
        return branches[0].found
    either = _union(branch.best() for branch in branches)
    return [either] if either else []


def _take(
    branch: _Branch, token: re.Match[str], inner: list[frozenset[str]], quantity: str
) -> None:
    """Lengthen the run by a letter, or end it and offer what the token is good for."""
    optional = quantity.startswith(_OPTIONAL)
    letter = _letter(token)
    if letter and not quantity:
        branch.add(letter)
        return
    if _is_edge(token, quantity):
        branch.at_edge()
        return
    if letter and not optional:
        branch.add(letter)
    branch.end_run()
    branch.ends = False
    if token.lastgroup == "open" and not optional:
        branch.found += inner
    if token.group() == r"\d" and not optional:
        fewest = _FEWEST.match(quantity)
        branch.found.append(frozenset({DIGIT * (int(fewest[1]) if fewest else 1)}))


def _letter(token: re.Match[str]) -> str:
    """The one character a token stands for, if it is one and no blank."""
    text = token.group()
    if token.lastgroup == "literal":
        return "" if text.isspace() else text
    if token.lastgroup == "escape" and not text[1].isalnum():
        return text[1]
    return ""


def _is_edge(token: re.Match[str], quantity: str) -> bool:
    """Whether a word ends before it and begins behind it, if a letter stands there."""
    return token.group() in _EDGES and not quantity.startswith(_OPTIONAL)


def _is_edge_at(source: str, at: int) -> bool:
    token = _TOKEN.match(source, at)
    quantity = _QUANTITY.match(source, token.end()) if token else None
    return token is not None and _is_edge(token, quantity.group() if quantity else "")


def _is_wide(token: re.Match[str]) -> bool:
    text, kind = token.group(), token.lastgroup
    if kind == "escape":
        return text in _WIDE_ESCAPES
    if kind == "class":
        return text.startswith("[^") or " " in text or any(e in text for e in _WIDE_ESCAPES)
    return kind == "wide" or text.isspace()


def _ended(word: str) -> str:
    return word + EDGE if word[-1].isalnum() else word


def _union(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    words: set[str] = set()
    for part in parts:
        if not part:
            return None
        words |= part
    return frozenset(words)


def _worth(words: frozenset[str]) -> tuple[int, int]:
    """Longer needles are rarer; of equals fewer are better."""
    return min(map(len, words)) if DIGIT not in words else 1, -len(words)


def _is_usable(word: str) -> bool:
    """A single letter stands in every text; a sign or a digit does not."""
    return len(word) > 1 or not word.isalpha()
