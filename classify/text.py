"""Text as the judge sees it: folded for comparing, cut into sentences for understanding."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_SPELLED = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ł", "l"), ("ı", "i"))
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_END = re.compile(r"(?<=[.!?…])[\"'“”»)]*\s+(?=[^\s.,;])|\n[ \t]*\n|\n(?=[ \t]*[-*•–\d])|\n")
_SIGN_OF_END = re.compile(r"[.!?…\n]")
_ABBREVIATION = re.compile(
    r"\b(?:\d{1,2}|nr|str|tel|kd|bzw|ca|dr|fr|hr|hrn|z|d|u|b|a|h|o|i|evtl|ggf|inkl|einschl|vorauss"
    r"|jan|feb|mrz|apr|jun|jul|aug|sept|okt|nov|dez|st|abs|geb|mtl|std|jg|vgl|usw|etc)\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12
"""With the full stop and some characters before, so that the beginning of the word is seen."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or line, and where it starts in the text it was cut from (Python characters)."""

    text: str
    start: int


def fold(text: str) -> str:
    """Lower case, umlauts spelled out, accents dropped: `Größe` and `groesse` become one.

    Many people write without umlauts, so this is for comparing only, never for showing.
    """
    folded = text.lower()
    if folded.isascii():
        return folded
    for umlaut, spelled in _SPELLED:
        folded = folded.replace(umlaut, spelled)
    return folded if folded.isascii() else _BEYOND_ASCII.sub(_without_accents, folded)


def _without_accents(stretch: re.Match[str]) -> str:
    decomposed = unicodedata.normalize("NFKD", stretch.group())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def sentences(text: str) -> tuple[Sentence, ...]:
    """Cut at sentence ends and line breaks; `3.4.`, `Nr.` and the like don't end a sentence.

    A line break inside a wrapped sentence is no end: it counts only where the next line starts
    anew (blank line, bullet, capital letter after a full stop).
    """
    found: list[Sentence] = []
    start = 0
    for match in _ends(text):
        if _goes_on(text, start, match):
            continue
        _keep(found, text, start, match.start())
        start = match.end()
    _keep(found, text, start, len(text))
    return tuple(found)


def _ends(text: str) -> Iterator[re.Match[str]]:
    """The matches of `_END`; it is only tried where one can begin."""
    end = 0
    for sign in _SIGN_OF_END.finditer(text):
        place = sign.start() if sign.group() == "\n" else sign.end()
        match = _END.match(text, place) if place >= end else None
        if match:
            end = match.end()
            yield match


def _goes_on(text: str, start: int, seam: re.Match[str]) -> bool:
    before = text[start : seam.start()].rstrip()
    if not before:
        return False
    if "\n" in seam.group():
        after = text[seam.end() : seam.end() + 1]
        wrapped = len(before) - before.rfind("\n") > 60
        return seam.group() == "\n" and wrapped and after.islower()
    return before.endswith(".") and bool(_ABBREVIATION.search(before[-_LONGEST_ABBREVIATION:]))


def _keep(found: list[Sentence], text: str, start: int, end: int) -> None:
    part = text[start:end]
    stripped = part.strip()
    if stripped:
        found.append(Sentence(stripped, start + part.index(stripped[0])))
