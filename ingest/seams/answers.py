"""Answers that somebody writes into or below an earlier mail whose lines carry no marks.

Outlook and many webmailers mark nothing, so what is new there is told by who speaks, by a mark of
the writer's own, or by colour. Source: own decision 0148.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from itertools import islice
from typing import Final

from ingest.seams import signature
from rules.mail import BodyParts

_SPEAKS: Final = re.compile(
    r"\b(?:ich|mir|mich|anbei|hier (?:ist|sind|kommt)|im anhang|i['\u2019]?m|i)\b"
    r"|^\W{0,3}(?:sehr geehrte|guten (?:tag|morgen|abend)|hallo|moin|liebe|grü(?:ß|ss) gott|dear)",
    re.IGNORECASE,
)
"""A person, not an office below its own closing."""

_ANSWERS: Final = (
    *("antwort", "anmerkung", "kommentar", "ergänz", "angabe", "eingetragen", "ausgefüllt"),
    *("eingefügt", "answer", "comment"),
)
_COLOUR: Final = r"(?:rot|blau|grün|lila|orange|fett|farbig|red|blue|green|bold)(?:e[nrm])?"
_WHERE: Final = re.compile(
    rf"\b(?:unten\w*|darunter|dazwischen|zwischen|direkt|jeweils|text|below|{_COLOUR})\b"
)
_NEAR: Final = 70
"""Characters before and behind an answer's word in which the place is told."""
_INLINE: Final = ("siehe im text", "s. im text", "siehe inline", "see inline")
_IN_COLOUR: Final = re.compile(rf"\bin {_COLOUR}(?: schrift| farbe)?\b")
_COLOURS: Final = (" in rot", " in blau", " in grün", " in fett", " in lila", " in red", "farbig")
_HINTS: Final = (*_ANSWERS, *_INLINE, *_COLOURS)
"""One of these is in every announcement; most texts have none, and are looked at no further."""
_ANNOUNCED_WITHIN: Final = 1_000
"""Characters of the new text in which answers further down are announced."""

_OWN_MARK: Final = re.compile(
    r"\s*(?:antw(?:ort)?\.?\s?[:>–-]|answer\s?:|-{1,3}>|={1,3}>|[→»►]|\*{2,3}\s?\w)", re.IGNORECASE
)
_IN_BRACKETS: Final = re.compile(r"\s*\[([^\[\]\n]{2,60})\]")
_WRAPPED: Final = 65
"""So long is a line that a program broke: the next one goes on with it."""

_COLOURED: Final = re.compile(
    r"<(span|font|p|div|li|td)\b(?=[^<>]{0,500}[\s\"';]color\s{0,9}[:=][\s\"']{0,9}"
    r"(rgba?\([\d\s.,%]{5,40}\)|[#\w]{3,20}))[^<>]{0,500}>",
    re.IGNORECASE,
)
_MAX_COLOURED: Final = 200
_MAX_CHARS: Final = 2_000
_MAX_LINES: Final = 1_000
"""Elements, characters of one, and quoted lines that are held against each other."""
_HEX: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")
_NUMBER: Final = re.compile(r"\d{1,3}")
_BRIGHT: Final = 60
"""So much, of 255, the strongest part of a colour is above its weakest."""
_NO_COLOURS: Final = frozenset(str.split("black white windowtext inherit initial gray grey silver"))
_BREAK: Final = re.compile(r"<(?:br|/?(?:p|div|tr|li|td))\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[!/?a-zA-Z][^<>]*>")
_ENOUGH: Final = 12
"""Letters by which a piece of a coloured paragraph is known."""


def below(lines: list[str], start: int, stop: int) -> int:
    """The line where an answer begins below the earlier mail in that range; `stop` if none does.

    Below its closing and the lines of its signature, from the first paragraph in which somebody
    speaks of himself.
    """
    closing = next((n for n in range(start, stop) if signature.is_closing(lines[n])), stop)
    under = next((n for n in range(closing + 1, stop) if lines[n].strip()), stop)
    paragraph = under
    for number in range(under, stop):
        if not lines[number].strip():
            paragraph = number + 1
        elif paragraph > under and _SPEAKS.search(lines[number][:400]):
            return paragraph
    return stop


def between(parts: BodyParts, markup: str, name: str) -> BodyParts:
    """With the answers between the quoted lines as new text, below the rest of it.

    Those in brackets with the sender's `name` in them, as Outlook marks them; where the new text
    announces answers, those with another mark, and what `markup` has in colour.
    """
    if not markup and parts.quoted.rstrip().rpartition("\n")[2].startswith(">"):
        return parts  # plain marks to the end: what is between them is new already
    announced = is_announced(parts.new)
    if not announced and "\n[" not in parts.quoted and "> [" not in parts.quoted:
        return parts
    lines = parts.quoted.split("\n")
    own = set(_named(lines, _words(name)))
    if announced:
        own.update(_marked(lines, name), _in_colour(lines, markup))
    if not own:
        return parts
    new = parts.new if not parts.new or parts.new.endswith("\n") else f"{parts.new}\n"
    found = "\n".join(line.lstrip("> ") for n, line in enumerate(lines) if n in own)
    rest = "\n".join(line for n, line in enumerate(lines) if n not in own)
    return replace(parts, new=f"{new}{found}\n", quoted=rest)


def is_announced(text: str) -> bool:
    """Whether the beginning of the text says that there are answers further down."""
    lower = text[:_ANNOUNCED_WITHIN].lower()
    hints = [hint for hint in _HINTS if hint in lower]
    return any(_is_told_where(lower, hint) for hint in hints)


def _is_told_where(lower: str, hint: str) -> bool:
    if hint not in _ANSWERS:
        return hint in _INLINE or _IN_COLOUR.search(lower) is not None
    at = lower.find(hint)
    while at >= 0:
        if _WHERE.search(lower, max(at - _NEAR, 0), at + len(hint) + _NEAR):
            return True
        at = lower.find(hint, at + 1)
    return False


def _named(lines: list[str], name: frozenset[str]) -> Iterator[int]:
    for number, line in enumerate(lines):
        found = _IN_BRACKETS.match(line.lstrip("> "))
        if found and name and _words(found[1]) and _words(found[1]) <= name:
            yield from _whole(lines, number)


def _marked(lines: list[str], name: str) -> Iterator[int]:
    """Lines that begin with a mark of the writer's own, his name, or its first letters."""
    initials = "".join(word[0] for word in name.split() if word[0].isalpha())
    called = [f"{one}:" for one in (name, initials, *name.split()) if len(one) > 1]
    marked_twice = sum(line.startswith(">") for line in lines) * 2 <= len(lines)
    for number, line in enumerate(lines):
        bare = line.lstrip()
        if (
            _OWN_MARK.match(bare)
            or (_IN_BRACKETS.match(bare) and initials and bare.startswith(f"[{initials}]"))
            or bare.startswith(tuple(called))
            or (marked_twice and bare.startswith(">>"))
        ):
            yield from _whole(lines, number)


def _whole(lines: list[str], number: int) -> Iterator[int]:
    """The line, and those that a program broke off it."""
    yield number
    while len(lines[number]) >= _WRAPPED and number + 1 < len(lines) and lines[number + 1].strip():
        number += 1
        yield number


def _in_colour(lines: list[str], markup: str) -> list[int]:
    """Lines that are in colour; none where most are, as in mail of a program that likes it."""
    coloured = {_letters(line) for line in _coloured(markup)} - {""}
    long_ones = [one for one in coloured if len(one) >= _ENOUGH]
    found = []
    for number, line in enumerate(lines[:_MAX_LINES]):
        said = _letters(line)
        if said in coloured or (len(said) >= _ENOUGH and any(said in one for one in long_ones)):
            found.append(number)
    return found if len(found) * 2 <= sum(bool(_letters(line)) for line in lines) else []


def _coloured(markup: str) -> Iterator[str]:
    """The lines of text in elements that say a colour."""
    for found in islice(_COLOURED.finditer(markup), _MAX_COLOURED):
        if _is_bright(found[2].lower()):
            last = found.end() + _MAX_CHARS
            end = markup.find(f"</{found[1]}", found.end(), last)
            inner = markup[found.end() : end] if end >= 0 else ""
            yield from unescape(_TAG.sub("", _BREAK.sub("\n", " ".join(inner.split())))).split("\n")


def _is_bright(colour: str) -> bool:
    """Neither black, white nor grey."""
    if colour.isalpha():
        return colour not in _NO_COLOURS
    if _HEX.fullmatch(colour):
        step = len(colour) // 3
        parts = [int(colour[n : n + step] * (3 - step), 16) for n in range(1, len(colour), step)]
    else:
        parts = [int(one) for one in _NUMBER.findall(colour)[:3]]
    return len(parts) == 3 and max(parts) - min(parts) >= _BRIGHT


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w{2,}", text.lower()))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()
