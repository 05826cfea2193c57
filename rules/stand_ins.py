"""Numbers of persons in a text, replaced by others of the same shape that are nobody's.

A model learns that an IBAN is written, never which one, so lines for training need no true number.
Names and places stay: they can't be told from other words for certain, and the text teaches by
its words. Such a text is therefore still personal data. Source: F53; Art. 5 (1) (c) DSGVO.
"""

import re
from typing import Final

from stdnum.iso7064 import mod_97_10

from rules import facts

_DIGIT: Final = "1"
_ANY_DIGIT = re.compile(r"[0-9]")

_LONG_NUMBER: Final = r"(?<![0-9.,])\+?[0-9](?:[ \u00a0/()\-]{0,3}[0-9]){6,}(?![.,]?[0-9])"
"""Telephone, account, tax or insurance number: seven digits or more. Days and sums have dots or
commas between their digits."""
_NUMBER: Final = re.compile(
    f"(?P<iban>{facts.IBAN_LIKE.pattern})"
    f"|(?P<own>{facts.RV_LIKE.pattern}|{facts.KUNDENNUMMER_LIKE.pattern})|{_LONG_NUMBER}"
)
_YEAR_AND: Final = re.compile(r"(?:19|20)[0-9]{2}[/-][0-9]{2}")
"""A day, a stretch of years, a file number of ours: what is no person's number, or says when."""
_DIALLED: Final = re.compile(r"(?:\+|00)[0-9]{2}|0")
"""What a telephone number is known by, and says nothing of whose it is: trunk or country code."""
_ADDRESS: Final = re.compile(r"(?<![\w.+\-])[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
ADDRESS: Final = "jemand@ersetzt.example"


def replace(text: str) -> str:
    """The text with no IBAN, Kundennummer, RV-Nummer, long number or mail address of anybody.

    Blanks and signs between the digits stay, so what reads shapes reads the same as before. A valid
    IBAN stays valid and a wrong one wrong. Idempotent. Source: F53; own decision 0154.
    """
    return _NUMBER.sub(_stand_in, _ADDRESS.sub(ADDRESS, text))


def _stand_in(found: re.Match[str]) -> str:
    written = found.group()
    match found.lastgroup:
        case "iban":
            return _iban(written)
        case "own":
            return _digits(written)
        case _:
            return _long_number(written)


def _digits(number: str) -> str:
    return _ANY_DIGIT.sub(_DIGIT, number)


def _iban(written: str) -> str:
    kept = _digits(written)
    compact = "".join(sign for sign in kept if sign.isalnum()).upper()
    check = mod_97_10.calc_check_digits(compact[4:] + compact[:2])
    if facts.iban(written) is None:
        check = "00"
    first, second = (place.start() for place in list(_ANY_DIGIT.finditer(kept))[:2])
    return f"{kept[:first]}{check[0]}{kept[first + 1 : second]}{check[1]}{kept[second + 1 :]}"


def _long_number(written: str) -> str:
    if _YEAR_AND.search(written):
        return written
    dialled = _DIALLED.match(written)
    known = dialled.group() if dialled else ""
    return known + _digits(written[len(known) :])
