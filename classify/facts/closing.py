"""The place under or beside the name with which a mail closes: "Jens Allermann, Celle"."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from classify.facts.place_names import whole_place
from classify.text import fold
from rules.directory import Directory

_LINES: Final = 4
_LONGEST_LINE_CHARS: Final = 2_000
"""Of a longer one the end: the patterns here go over a line once from each of its words."""
_GREETING_LINE: Final = "gruss"
_GREETING: Final = re.compile(r"gruss|gruess|mfg|\blg\b|\bvg\b|dank|hochacht|bis dann|servus")
_SENTENCE_END = re.compile(r"(?<=[^\W\d]{2}[.!?)])\s+(?=[A-ZÄÖÜ])|[!?]\s+|[:;]-?\)\s+|\s[–|]\s")
_NAME: Final = re.compile(
    r"[,.!?;:)\d]\s(?:[A-ZÄÖÜ][\w.-]*\s){1,2}(?:(?:von|van|de|zu|al|el)\s){0,2}[A-ZÄÖÜ][\w-]+$"
)
"""First name and surname at the end of what may be a sentence without its first capital."""
_NAME_IN_PLACE: Final = re.compile(
    r"(?:^|[.!?;:)\d]\s)(?:[A-ZÄÖÜ][\w.-]*\s){2,3}"
    r"(?:in\s(?P<place>[A-ZÄÖÜ][\w /()-]+)|\((?P<bracketed>[A-ZÄÖÜ][\w /.-]+)\))$"
)
_IN_SMALL: Final = re.compile(
    r"(?:^|[.!?)]\s+)(?:(?:gruß|grüße|lg|mfg|vg|danke)[ ,]+)?"
    r"[a-zäöüß-]{2,} [a-zäöüß-]{2,}, (?P<place>[a-zäöü-]{4,})$"
)
"""Two words and a place as the last sentence, where all is written in small letters."""
_FROM_SMALL: Final = re.compile(
    r"(?:^|[.!?)]\s+)[A-ZÄÖÜ]\w+\s[A-ZÄÖÜ][\w-]+\saus\s(?P<place>[a-zäöü-]{4,})(?=,|$)"
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
_OTHER_NUMBERS: Final = re.compile(
    r"[,;]?\s(?:VSNR|RV|Renten|Sozialvers|Steuer|Id|Tel|Telefon|Mobil|Handy|Fon|BG)\S*"
    r"\s[\w /().+-]*$"
)
_BORN: Final = re.compile(r",?\s?\(?(?:\bgeb(?:oren)?\b\.?|\*)(?: am)? ?\d[\w. ]*?\d{2}\b\)?")
_EARLIER: Final = re.compile(r",\s?\(?(?:vorher|früher|bisher|ehemals|zuvor)\s[^,]+$")
"""Behind the place: where somebody lived before."""
_LONG_NUMBER = re.compile(r"\d(?:[ .\-/]?\d){5}|\d\w{5}")
"""Stands in each Kundennummer, also in one that lacks a digit."""
Parts = tuple[str, str]
"""Of a line: what stands before and behind the Kundennummer."""
_AROUND: Final = " ,;|/:–("
_LONGEST_NAME: Final = 5
"""Words of the longest name of a place."""
_JOINTS: Final = re.compile(r"\s[-–|·•]\s|\s/\s(?!\w+\.)|,\s*,\s")
"""Between name, street and place in one line, or what a Kundennummer leaves behind."""
_COUNTRY: Final = re.compile(r",\s(?:Deutschland|Germany)$")
_OF_OTHERS: Final = re.compile(r"\b(?:praxis|arzt|aerztin|arbeitgeber)\s?[:?]")
_FIRM: Final = "firma "


def places(
    lines: Sequence[str], parts: Sequence[Parts | None], directory: Directory
) -> Iterator[str]:
    """Those in the last lines that stand beside a name or in a line of their own.

    `lines` as of `last_lines`, `parts` as of `around_numbers`.

    The line right below the greeting is a name, even where a place is called the same. The name
    may stand behind the last sentence, in the same line; a Kundennummer may stand around it.
    """
    before = "" if len(lines) > _LINES else _GREETING_LINE
    for written, around in zip(lines, parts, strict=True):
        place = _place_of(_without_number(written, around), before, directory) if before else None
        before = written
        if place:
            yield place


def last_lines(text: str) -> list[str]:
    """The last lines that aren't empty, in their order, and the one before them."""
    filled = (line for line in map(str.strip, reversed(text.splitlines())) if line)
    return [line[-_LONGEST_LINE_CHARS:] for line in islice(filled, _LINES + 1)][::-1]


def around_numbers(lines: Sequence[str]) -> Sequence[Parts | None]:
    """Of each line what stands around the Kundennummer in it; most mails close without one."""
    if _LONG_NUMBER.search("\n".join(lines)):
        return [*map(_around_number, lines)]
    return [None] * len(lines)


def _around_number(line: str) -> Parts | None:
    """What stands before a Kundennummer and what it is called there, and behind it."""
    number = _NUMBER.search(line) or _CALLED_NUMBER.search(line)
    if number is None:
        return None
    call = _CALL.search(line, max(0, number.start() - _LONGEST_CALL_CHARS), number.start())
    return line[: call.start() if call else number.start()], line[number.end() :]


def _without_number(line: str, parts: Parts | None) -> str:
    """The line without the Kundennummer, other numbers behind it, birth and earlier places."""
    bare = f"{parts[0]}{_OTHER_NUMBERS.sub('', parts[1]).rstrip('.)')}" if parts else line
    bare = bare.strip(_AROUND)
    if "geb" in bare or "*" in bare:
        bare = _BORN.sub("", bare).strip(_AROUND)
    if "vor" in bare or "früher" in bare or "bisher" in bare or "ehemals" in bare:
        bare = _EARLIER.sub("", bare).strip(_AROUND)
    return bare.removesuffix(".") if parts else bare


def _place_of(line: str, before: str, directory: Directory) -> str | None:
    """The place with which a line closes."""
    # Few lines have one of these, and a search costs more than a look.
    if ":" not in line and (" / " in line or " - " in line or " | " in line or ", ," in line):
        line = _JOINTS.sub(", ", line)
    if "Germany" in line or "Deutschland" in line:
        line = _COUNTRY.sub("", line)
    _, comma, last = line.rpartition(",")
    last = last.strip()
    has_link = "St. " in line or " an " in line or " am " in line or " der " in line
    if has_link and _is_name_alone(line, before, directory):
        return whole_place(line, directory)
    # Few lines end with a place, so this is asked before they are taken apart.
    if last[:1].isupper() and (comma or len(line.split()) <= 3):
        place = whole_place(last, directory)
        if place and _is_closing(line, before):
            return place
    if comma and last.islower() and (small := _IN_SMALL.search(line)):
        place = whole_place(small["place"], directory)
        return place.title() if place else None
    told = _FROM_SMALL.search(line) if " aus " in line else None
    if told and directory.is_place(told["place"]):
        return told["place"].title()
    named = _NAME_IN_PLACE.search(line) if " in " in line or line[-1:] == ")" else None
    of_person = named is not None and _FIRM not in fold(named.group())
    place = (named["place"] or named["bracketed"]) if named else None
    return whole_place(place, directory) if place and of_person else None


def _is_name_alone(line: str, before: str, directory: Directory) -> bool:
    """Whether the line is nothing but a name of several words: "Biberach an der Riß"."""
    is_long = line[:1].isupper() and line[-1:].isalnum() and 1 < len(line.split()) <= _LONGEST_NAME
    return is_long and directory.is_place(line) and not _GREETING.search(fold(before))


def _is_closing(line: str, before: str) -> bool:
    """Whether the place at the end of the line stands there alone, or beside a name."""
    if _OF_OTHERS.search(fold(line)):
        return False
    closing = _SENTENCE_END.split(line)[-1].strip()
    name, comma, _ = closing.rpartition(",")
    if comma:
        return len(name.split()) <= 5 or _NAME.search(name) is not None
    return closing == line and len(closing.split()) <= 3 and not _GREETING.search(fold(before))
