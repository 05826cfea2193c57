"""Where the customer lives, if somebody else writes: a lawyer, a guardian, a brother.

The sender's own place is no hint then; the place of residence of whom it is about is in charge.
Source: § 327 (1) SGB III; own decision 0121.
"""

import re
from collections.abc import Iterator
from typing import Final

from classify.facts.place_names import whole_place
from rules.directory import Directory
from rules.verdict import Home

_LIVES: Final = re.compile(
    r"\b(?:wohnhaft|wohnend|gemeldet)(?: in|:)?\s"
    r"(?:(?P<street>[\w.\- ]{3,40}\d{1,4}\s?[a-z]?)(?:,| in) )?"
    r"(?:(?:D-)?(?P<plz>\d{5})\s)?(?P<place>(?:Bad )?[A-ZÄÖÜ][\w-]+(?:\s?\([A-ZÄÖÜ][\w. ]+\))?)"
)
_BESIDE_NUMBER: Final = re.compile(
    r"\((?P<place>[A-ZÄÖÜ][\w -]+), ?(?:\w{1,14}[.:-]{0,2} ?){0,2}\d{3} ?[A-Z][\d ]{6,8}\)"
    r"|\((?:\w{1,14}[.:-]{0,2} ?){0,2}\d{3} ?[A-Z][\d ]{6,8}, ?(?P<place2>[A-ZÄÖÜ][\w -]+)\)"
)
_HE_LIVES: Final = re.compile(
    r"\b(?:Herr|Frau)(?: [A-ZÄÖÜ][\w-]+){1,2} (?:wohnt|lebt)(?: \w+){0,3}? in "
    r"(?P<place>(?:Bad )?[A-ZÄÖÜ][\w-]+)"
)
_SOMEBODY: Final = re.compile(
    r"(?:\b(?:Herrn|für Herr|für Frau|von Frau|der Frau|Mandant\w*|Betreut\w+|Klient\w+|Patient\w*"
    r"|Mitarbeiter\w*|Versichert\w*|Mündel\w*|Mitglied\w*|Bewohner\w*)"
    r"|\b(?:[Mm]ein|[Uu]nser)\w{0,2} (?:Bruder|Schwester|Mutter|Vater|Sohn|Tochter|Mann"
    r"|Frau|Ehemann\w*|Ehefrau|Oma|Opa|Nachbar\w*|Freund\w*|Onkel|Tante|Enkel\w*|Neffe\w*|Nichte))\b"
    r"(?:[^.!?\n]|\.(?!\s[A-ZÄÖÜ])){0,90}$"
)
_BEFORE_CHARS: Final = 130


def may_tell(text: str) -> bool:
    """Whether `of_customer` may find anything; most mails hold none of these."""
    told = "ohnhaft" in text or "ohnend" in text or "gemeldet" in text or "(" in text
    return told or "wohnt" in text or " lebt" in text


def of_customer(text: str, directory: Directory) -> Home | None:
    """What is told of the residence of somebody else, for whom the mail is written."""
    for match in _told(text):
        parts = match.groupdict()
        plz = parts.get("plz")
        named = whole_place(parts.get("place") or parts.get("place2") or "", directory)
        if named or directory.by_plz(plz):
            return Home(plz, named)
    return None


def _told(text: str) -> Iterator[re.Match[str]]:
    """Each way is tried only where one of its words stands."""
    found: list[re.Match[str]] = []
    if "ohnhaft" in text or "ohnend" in text or "gemeldet" in text:
        found += _LIVES.finditer(text)
    if "(" in text:
        found += _BESIDE_NUMBER.finditer(text)
    for match in found:
        if _SOMEBODY.search(text, max(0, match.start() - _BEFORE_CHARS), match.start()):
            yield match
    if "wohnt" in text or "lebt" in text:
        yield from _HE_LIVES.finditer(text)
