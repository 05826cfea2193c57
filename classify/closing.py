"""The place under or beside the name with which a mail closes: "Jens Allermann, Celle"."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

from classify.place_names import whole_place
from classify.text import fold
from rules.directory import Directory

_LINES: Final = 4
_GREETING_LINE: Final = "gruss"
_GREETING: Final = re.compile(r"gruss|gruess|mfg|\blg\b|\bvg\b|dank|hochacht|bis dann|servus")
_SENTENCE_END = re.compile(r"(?<=[^\W\d]{2}[.!?)])\s+(?=[A-ZÄÖÜ])|[!?]\s+|\s[–|]\s")
_NAME: Final = re.compile(
    r"[,.!?;:)\d]\s(?:[A-ZÄÖÜ][\w.-]*\s){1,2}(?:(?:von|van|de|zu|al|el)\s){0,2}[A-ZÄÖÜ][\w-]+$"
)
"""First name and surname at the end of what may be a sentence without its first capital."""
_NAME_IN_PLACE: Final = re.compile(
    r"(?:^|[.!?;:)\d]\s)(?:[A-ZÄÖÜ][\w.-]*\s){2,3}in\s(?P<place>[A-ZÄÖÜ][\w /()-]+)$"
)
_NUMBER = re.compile(r"\d(?<!\w\d)(?:[ .\-/]?\d){2}[ .\-/]?[A-Za-z](?:[ .\-/]?\d){6}(?!\d)")
_CALLED_NUMBER = re.compile(r"\b[Kk]\w{1,8}[-. ]{0,2}[Nn]\w*\.?:?\s(?:ist |lautet )?\d\w{5,}")
"""What is called a Kundennummer and lacks a digit."""
_LONGEST_CALL_CHARS: Final = 30
_CALL = re.compile(
    r"(?:\b[Mm]eine?\s)?(?:\b[Kk]\w{0,8}[-. ]{0,3}[Nn]\w{0,6}|\b[Kk][DdNn]|\b[Nn]r|\b[Nn]ummer)\.?"
    r"(?:\s?:|\s(?:ist|lautet|war):?)?\s?$"
)
"""What stands before a Kundennummer: "Kd.-Nr.:", "Kundennummer lautet"."""
_AROUND: Final = " ,;|/:–("
_OF_OTHERS: Final = re.compile(r"\b(?:praxis:|arzt\W|arbeitgeber:)")
_FIRM: Final = "firma "


def places(text: str, directory: Directory) -> Iterator[str]:
    """Those in the last lines that stand beside a name or in a line of their own.

    The line right below the greeting is a name, even where a place is called the same. The name
    may stand behind the last sentence, in the same line; a Kundennummer may stand around it.
    """
    lines = _last_lines(text, _LINES + 1)
    if len(lines) <= _LINES:
        lines.insert(0, _GREETING_LINE)
    for before, written in pairwise(lines):
        place = _place_of(_without_number(written), before, directory)
        if place:
            yield place


def _last_lines(text: str, count: int) -> list[str]:
    """The last lines that aren't empty, in their order."""
    filled = (line for line in map(str.strip, reversed(text.splitlines())) if line)
    return [*islice(filled, count)][::-1]


def _without_number(line: str) -> str:
    """The line without the Kundennummer in it and what it is called there."""
    number = _NUMBER.search(line) or _CALLED_NUMBER.search(line)
    if number is None:
        return line.strip(_AROUND)
    call = _CALL.search(line, max(0, number.start() - _LONGEST_CALL_CHARS), number.start())
    before = line[: call.start() if call else number.start()]
    return f"{before}{line[number.end() :].rstrip('.)')}".strip(_AROUND).removesuffix(".")


def _place_of(line: str, before: str, directory: Directory) -> str | None:
    """The place with which a line closes."""
    _, comma, last = line.rpartition(",")
    last = last.strip()
    # Few lines end with a place, so this is asked before they are taken apart.
    if last[:1].isupper() and (comma or len(line.split()) <= 3):
        place = whole_place(last, directory)
        if place and _is_closing(line, before):
            return place
    named = _NAME_IN_PLACE.search(line) if " in " in line else None
    of_person = named is not None and _FIRM not in fold(named.group())
    return whole_place(named["place"], directory) if named and of_person else None


def _is_closing(line: str, before: str) -> bool:
    """Whether the place at the end of the line stands there alone, or beside a name."""
    if _OF_OTHERS.search(fold(line)):
        return False
    closing = _SENTENCE_END.split(line)[-1].strip()
    name, comma, _ = closing.rpartition(",")
    if comma:
        return len(name.split()) <= 5 or _NAME.search(name) is not None
    return closing == line and len(closing.split()) <= 3 and not _GREETING.search(fold(before))
