"""Numbers and their shapes: check digits, normal forms, and masking of what others said.

A number that passes its check is not thereby real; it only is well written.
Source: facts section 5; ISO 13616.
"""

import re
from typing import Final

from stdnum import iban as stdnum_iban

SEVERAL_NUMBERS: Final = "kundennummer.several"
"""Defect of a mail in which more than one Kundennummer stands, until a person names the right one.
Source: own decision 0150."""
NUMBER_UNCLEAR: Final = "kundennummer.unclear"
"""Defect of a mail whose one Kundennummer may be somebody else's, until a person names the right
one. Source: own decision 0153."""
NUMBER_DEFECTS: Final = frozenset({SEVERAL_NUMBERS, NUMBER_UNCLEAR})
"""With one of them nothing leaves under the Kundennummer that was read."""

_BLANKS: Final = re.compile(r"[\s\u00a0.\-/]+")
_KUNDENNUMMER: Final = re.compile(r"[0-9]{3}[A-Z][0-9]{6}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")

# Wider than the checks above on purpose: a log line rather loses a word than shows an account.
# A letter may follow the digits without a blank ("…00Danke"), so no word boundary at the end.
IBAN_LIKE: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[ .\-]?[0-9]{2}(?:[\s.\-]?[0-9]){10,30}|"
    r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}[ ]?[A-Z]{4}[ ]?(?:[A-Z0-9][ ]?){7,26}"
)
KUNDENNUMMER_LIKE: Final = re.compile(
    r"(?<![0-9])[0-9](?:[\s.\-/]?[0-9]){2}[\s.\-/]?[A-Za-z](?:[\s.\-/]?[0-9]){6}"
)
RV_LIKE: Final = re.compile(
    r"(?<![0-9])[0-9]{2}[ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?[0-9]{2}[ ]?[A-Za-z][ ]?[0-9]{2}[ ]?[0-9]"
)


def kundennummer(text: str) -> str | None:
    """The Kundennummer in normal form (three digits, capital letter, six digits), or None.

    Blanks, hyphens, dots and slashes between the characters are dropped. There is no public
    check digit, so only the shape is proven. Source: label guide, "What to read out of the text".
    """
    compact = _compact(text)
    return compact if _KUNDENNUMMER.fullmatch(compact) else None


def iban_shape(text: str) -> bool:
    """Whether the text has the outer form of an IBAN, right or wrong; German ones have 22 places.

    With `iban` None this is the sign for the defect `iban.check_digit`. Source: ISO 13616.
    """
    compact = _compact(text)
    if not _IBAN.fullmatch(compact):
        return False
    return not compact.startswith("DE") or (len(compact) == 22 and compact[2:].isdigit())


def iban(text: str) -> str | None:
    """The IBAN in normal form (no blanks, capitals), or None if shape or check digits are wrong.

    Source: ISO 13616 (mod 97 = 1), by python-stdnum.
    """
    compact = _compact(text)
    if not iban_shape(compact):
        return None
    return compact if stdnum_iban.is_valid(compact) else None


def mask(text: str) -> str:
    """The text with every IBAN-, Kundennummer- or RV-Nummer-like stretch replaced by its kind.

    For log lines and error texts of others (a server's answer may repeat what we sent). It
    errs on the side of masking too much. Idempotent. Source: F53; BSI Mindeststandard
    Protokollierung und Detektion v2.1 (no content in logs); own decision 0011.
    """
    for pattern, name in (
        (IBAN_LIKE, "[IBAN]"),
        (RV_LIKE, "[RV-Nummer]"),
        (KUNDENNUMMER_LIKE, "[Kundennummer]"),
    ):
        text = pattern.sub(name, text)
    return text


def _compact(text: str) -> str:
    return _BLANKS.sub("", text).upper()
