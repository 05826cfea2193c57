"""Whose address it is: by the words before it, and by the lines above it in its block.

A letter names its receiver, its sender, an old and a new address, an employer or a doctor; each
in a block of short lines or all in one line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classify.text import fold

_BEFORE_CHARS: Final = 90
_BEHIND_CHARS: Final = 40
_BLOCK_LINES: Final = 5
_LONGEST_LINE_CHARS: Final = 60
"""A longer line is running text and belongs to no block."""
_ABOVE_CHARS: Final = 2_000
"""So far above an address is looked: a text may be a list of thousands."""

_NOT_OWN: Final = -20
"""So low that no word lifts the address above nothing."""

_OLD: Final = re.compile(
    r"\b(?:alte[rns]?|alt:|bisherige[rns]?|bisher|frueher\w*|vorher|von)(?!\w)"
    r"(?:(?!\bnach\b|\bneu)[^.\n]){0,60}$"
)
_FOREIGN: Final = re.compile(
    r"(?:arbeitsagentur|agentur fuer arbeit|firma|gmbh|arbeitgeber|jobcenter|praxis|klinik"
    r"|krankenkasse|\b(?:bkk|ikk|aok)\b|kanzlei|bei der|beim)"
    r"(?:(?!(?<=[a-z]{4})(?<!str)[.!?;] (?:[a-z]|\Z))[^\n]){0,40}\Z"
)
_NEW: Final = re.compile(
    r"\b(?:neue[rns]?|neu:|jetzt|nun|ab sofort|ziehe|umgezogen|gezogen|post (?:bitte )?an)(?!\w)"
)
_HEAD: Final = re.compile(
    r"(?:(?:meine?|unsere?|die|deine|postalische)\s)?(?:(?P<old>alte?[rns]?|bisherige[rns]?|bisher"
    r"|fruehere[rns]?|frueher|vorherige[rns]?|vorher|ehemalige[rns]?)"
    r"|(?P<new>neue?[rns]?|jetzige[rns]?|jetzt|aktuelle[rns]?|kuenftige[rns]?|zukuenftige[rns]?))"
    r"(?:\s(?:an|post)?(?:schrift|adresse|wohnung|wohnort|wohnsitz)\b[^:]{0,30}:?|:)"
)
"""The line over a block, or the beginning of a line, that says which of two addresses it is."""
_JUST_OLD: Final = re.compile(r"\b(?:vorher|bisher|frueher|zuvor|ehemals|statt|nicht mehr):? $")
"""Right before an address, whatever the line began with: "neu: 26427 …(vorher 26486 …)"."""
_HOUSE: Final = re.compile(
    r"(?:an (?:die|das) )?(?:bundes)?(?:agentur fuer arbeit|arbeitsagentur|jobcenter|familienkasse)"
    r"\b[\w ./()-]{0,40}\Z|(?:an )?bundesagentur\b"
)
_HOUSE_IN_LINE: Final = re.compile(
    r"(?:agentur fuer arbeit|arbeitsagentur|jobcenter|familienkasse)\b"
    r"(?:[^.!?]|(?<=tr)\.){0,80}\d[^.!?]{0,20}\Z"
)
"""With the number of its house between: "Agentur für Arbeit Kassel, Lewinskistr. 6, "."""
_OTHERS_LABEL: Final = re.compile(
    r"(?:\w+ ){0,3}(?:arbeitgeber\w*|firma|praxis|arzt|aerztin|behandelnd\w*|krankenkasse"
    r"|vermieter\w*)\s?:"
)
OFFICE: Final = re.compile(
    r"\b(?:g?gmbh|ohg|kg|ug|ag|gbr|e\.\s?k\.|e\.\s?v\.|partg\w*|hrb|ust-?id\w*|betriebsn\w+)"
    r"(?!\w)"
    r"|kanzlei|rechtsanw|steuerberat|praxis|klinik|krankenhaus|krankenkasse|betreuungsbuero"
    r"|betreuer|betreuung|personalabteilung|lohnbuero|pflegedienst|\b(?:bkk|ikk|aok)\b"
)
"""In the imprint of who writes for others: it tells where he is, not where the customer lives."""
_OWN_OFFICE: Final = re.compile(
    r"\b(?:mein|unser)\w{0,2} (?:neue[nsr]? )?"
    r"(?:buero\w*|kanzlei\w*|praxis\w*|anschrift|adresse|haus|firma)\b"
)
_CLOSING: Final = re.compile(r"gruss|gruess|\bmfg\b|hochacht|\bi\.\s?a\.")
_SENTENCE: Final = re.compile(r"(?<=[a-z]{4}[.!?])(?<!str\.)\s")
_RUNNING: Final = re.compile(r"[a-z]{3}[.!?,;]\Z")
_ABROAD: Final = re.compile(
    r"[\w .-]{0,30}[,(/|\n ]\s?(?:frankreich|italien|spanien|polen|tuerkei|tschechien|kroatien"
    r"|finnland|schweden|serbien|griechenland|ukraine|france|italia|espana|polska|italy|spain)\b"
)
"""Behind a number of five digits that is a code of another country."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What the surroundings add to an address: old and foreign ones count down, new ones up.

    `office` says that it stands in the imprint of a firm, practice or chancery that writes.
    """

    score: int
    office: bool = False


def of_words(text: str, start: int) -> int:
    """The weight by the words shortly before."""
    before = fold(text[max(0, start - _BEFORE_CHARS) : start])
    foreign = -12 if _FOREIGN.search(before) else 0
    return foreign + _by_age(before)


def of_address(text: str, start: int, end: int) -> Weight:
    """The weight of a PLZ with its place, by the words before it and its block of lines."""
    if _ABROAD.match(fold(text[end - 1 : end + _BEHIND_CHARS])):
        return Weight(_NOT_OWN)
    before = fold(text[max(0, start - _BEFORE_CHARS) : start])
    block = [*_block(text, start)]
    head = next(filter(None, map(_HEAD.match, block)), None)
    is_old = head is not None and (head["old"] or _JUST_OLD.search(before))
    score = (-8 if is_old else 3) if head else _by_age(before)
    # A line with a label of its own belongs to a form, whatever stands above it.
    labelled = block[:1] if ":" in block[0] else block
    if any(map(_HOUSE.match, block[1:])) or any(map(_OTHERS_LABEL.match, labelled)):
        return Weight(_NOT_OWN)
    office = any(map(OFFICE.search, block))
    if office and _is_imprint(text, start, end):
        return Weight(score, office=True)
    of_others = _FOREIGN.search(before) or any(map(OFFICE.search, labelled[1:]))
    if of_others and office and _OWN_OFFICE.search(fold(text[max(0, start - 200) : start])):
        return Weight(score, office=True)
    return Weight(_NOT_OWN if of_others else score, office=office)


def of_house(text: str, start: int) -> bool:
    """Whether an agency's address begins there: its name stands above it, or in its line."""
    above, *block = _block(text, start)
    return any(map(_HOUSE.match, block)) or _HOUSE_IN_LINE.search(above) is not None


def _by_age(before: str) -> int:
    return (-8 if _OLD.search(before) else 0) + (3 if _NEW.search(before) else 0)


def _block(text: str, start: int) -> Iterator[str]:
    """The address's line as far as it stands before it, and the lines over it, nearest first.

    An empty line ends the block, but for a heading above it.
    """
    above = text[max(0, start - _ABOVE_CHARS) : start].rsplit("\n", _BLOCK_LINES + 1)[::-1]
    # No more than may be needed: a list may be one line, with an address every few words.
    line = above[0][-3 * _LONGEST_LINE_CHARS :]
    yield _SENTENCE.split(fold(line.strip()))[-1][-_LONGEST_LINE_CHARS:]
    for number, line in enumerate(above[1 : _BLOCK_LINES + 1], 1):
        folded = fold(line.strip())
        if not folded and above[number + 1 :] and above[number + 1].rstrip().endswith(":"):
            yield fold(above[number + 1].strip())[-_LONGEST_LINE_CHARS:]
        is_over = not folded or len(folded) > _LONGEST_LINE_CHARS or _RUNNING.search(folded)
        if is_over or _CLOSING.search(folded):
            return
        yield folded


def _is_imprint(text: str, start: int, end: int) -> bool:
    """Whether the mail closes with these lines: something stands before, no greeting behind."""
    highest = max(0, start - _ABOVE_CHARS)
    line = max(highest, text.rfind("\n", highest, start))
    is_first = not text[max(0, line - _ABOVE_CHARS) : line].strip()
    return not is_first and not _CLOSING.search(fold(text[end : end + 400]))
