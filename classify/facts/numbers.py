"""Kundennummer, IBAN and telephone numbers inside running text, as people write them.

Shapes and check digits are in rules/facts.py; here is where in a text such a number may begin.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rules import facts

# The look back stands behind the first character, so that a search leaps from one possible first
# character to the next: three times as fast on text without numbers.
_GAP = r"(?:[ \t\u00a0.\-/]{0,2}|[ \t]?\r?\n[ \t]?)"
"""A mail program may break a line inside a number, where its writer put a blank."""
_KUNDENNUMMER = re.compile(
    rf"[0-9](?:(?<![A-Za-z0-9][0-9])|(?<=[Nn][Rr][0-9])|(?<=mer[0-9])){_GAP}[0-9]{_GAP}[0-9]"
    rf"{_GAP}[A-Za-z]{_GAP}{_GAP.join([r'[0-9]'] * 6)}(?![0-9])"
)
_IBAN_DE = re.compile(r"[Dd](?<![A-Za-z0-9][Dd])[Ee](?:[\s\u00a0.\-/:]{0,3}[0-9]){20}(?![0-9])")
_IBAN_DE_LIKE = re.compile(
    r"D(?<![A-Za-z0-9]D)[Ee][ .:\u00a0]?[0-9]{2}(?:[\s\u00a0.\-]{0,3}[0-9]){9,24}(?![0-9])"
)
_IBAN_ABROAD = re.compile(
    r"[A-Z](?<![A-Za-z0-9][A-Z])(?:(?<!D)|(?!E))[A-Z][0-9]{2}(?:[ \u00a0]?[A-Z0-9]{4}){2,7}"
    r"(?:[ \u00a0]?[A-Z0-9]{1,3})?"
    r"(?![A-Za-z0-9])"
)
_NO_PHONE_BEHIND = r"(?<![A-Za-z0-9./\-]"
_PHONE = re.compile(
    rf"(?:\+{_NO_PHONE_BEHIND}\+)|00{_NO_PHONE_BEHIND}00))49[\s().\-/0]{{0,4}}[1-9][0-9](?:[\s().\-/]{{0,2}}[0-9]){{5,10}}(?![0-9])"
    rf"|(?:\({_NO_PHONE_BEHIND}\()0|0{_NO_PHONE_BEHIND}0))[1-9][0-9]{{1,4}}\)?(?:[\s.\-/]{{1,3}}|(?=[0-9]))"
    r"[0-9](?:[ .\-/]?[0-9]){4,10}(?![0-9])"
)
_FAX_BEFORE = re.compile(
    r"(?:fax|telefax|az\.?|nr\.?|aktenzeichen)[\w .]{0,6}:?\s*$", re.IGNORECASE
)
_OLD_BEFORE = re.compile(
    r"\b(?:alte?[snr]?|bisher\w*|frueher\w*|früher\w*|(?:an)?statt)\b[^\n]*$", re.IGNORECASE
)
_DIGITS = re.compile(r"[0-9]+")
_PHONE_BEGIN = re.compile(r"[+(0]")
_GERMAN = re.compile(
    "[0-9](?<![0-9][0-9])(?:{})".format(
        "|".join(
            rf"(?<=[Dd][Ee]{gap}[0-9])(?<![A-Za-z0-9][Dd][Ee]{gap}[0-9])"
            for gap in (r"[\s\u00a0.\-/:]" * count for count in range(4))
        )
    )
)
"""Stands in every IBAN of Germany, and in what looks like one."""
_ABROAD = re.compile(r"[0-9](?<=[A-Z][A-Z][0-9])[0-9]")
"""Stands in every IBAN from elsewhere."""
_SOME_DIGITS = re.compile(r"[0-9](?:[\s().\-/]{0,5}[0-9]){6}")
"""Stands in every telephone number."""
_NOT_OURS = re.compile(r"^\(?0800")


@dataclass(frozen=True, slots=True)
class IbanFound:
    """A valid IBAN of a text; `shape_seen` also where only a broken one stands there.

    `start` and `end` count characters of the text searched.
    """

    value: str | None = None
    start: int = -1
    end: int = -1
    shape_seen: bool = False


def kundennummern(text: str) -> Iterator[tuple[str, int, int]]:
    """Each Kundennummer in normal form, and where it begins and ends, in their order.

    Blanks, dots and hyphens inside are allowed. Source: label guide, "Facts"; facts section 10
    ("with spaces").
    """
    end = 0
    for digits in _DIGITS.finditer(text):
        match = _KUNDENNUMMER.match(text, digits.start()) if digits.start() >= end else None
        if match:
            end = match.end()
            found = facts.kundennummer(match.group())
            if found:
                yield found, match.start(), end


def find_kundennummer(text: str) -> str | None:
    """The first Kundennummer in normal form."""
    first = next(kundennummern(text), None)
    return first[0] if first else None


def find_iban(text: str) -> IbanFound:
    """The IBAN with right check digits, across blanks and line breaks; of several the new one.

    Source: ISO 13616; label guide (a wrong check digit is a defect, not a number).
    """
    found, seen = ibans(text)
    return found[0] if found else IbanFound(shape_seen=seen)


def ibans(text: str) -> tuple[list[IbanFound], bool]:
    """All that `find_iban` chooses from, the best first; and whether a German shape is seen."""
    german, abroad = _GERMAN.search(text), _ABROAD.search(text)
    likely = (
        *((_IBAN_DE,) if german else ()),
        *((_IBAN_ABROAD,) if abroad else ()),
        *((_IBAN_DE_LIKE,) if german else ()),
    )
    if not likely:
        return [], False
    seen = False
    found: list[IbanFound] = []
    for pattern in likely:
        for match in pattern.finditer(text):
            value = facts.iban(match.group().replace(":", " "))
            if value:
                found.append(IbanFound(value, match.start(), match.end(), shape_seen=True))
            seen = seen or pattern is not _IBAN_ABROAD
    old = [bool(_OLD_BEFORE.search(text[max(0, one.start - 24) : one.start])) for one in found]
    new_ones = [one for one, is_old in zip(found, old, strict=True) if not is_old]
    return new_ones + [one for one, is_old in zip(found, old, strict=True) if is_old], seen


def _phones(text: str) -> Iterator[re.Match[str]]:
    """As a search finds them; a pattern with so many beginnings is tried at each character."""
    end = 0
    for begin in _PHONE_BEGIN.finditer(text):
        match = _PHONE.match(text, begin.start()) if begin.start() >= end else None
        if match:
            end = match.end()
            yield match


def _crossed_out(iban: re.Match[str]) -> str:
    return "x" * len(iban.group())


def find_phone(text: str) -> str | None:
    """The first telephone number as digits with a leading + or 0; fax and the BA's own left out.

    Source: facts section 5 (0800 numbers of the BA).
    """
    if not _SOME_DIGITS.search(text):
        return None
    if _GERMAN.search(text):
        # The groups of an IBAN read like a number with area code.
        text = _IBAN_DE_LIKE.sub(_crossed_out, text)
    if _ABROAD.search(text):
        text = _IBAN_ABROAD.sub(_crossed_out, text)
    for match in _phones(text):
        before = text[max(0, match.start() - 16) : match.start()]
        if not _FAX_BEFORE.search(before) and not _NOT_OURS.match(match.group()):
            return re.sub(r"[^0-9+]", "", match.group().replace("(0)", ""))
    return None
