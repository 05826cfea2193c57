"""Lines at a letter's head and end that say who writes: street, PLZ and place, telephone, number.

Where somebody lives and is reached says nothing of his matter, and who is asked for it in each
letter gives it in each letter. Facts are read from the whole text; only these lines are not heard.
An address between sentences stays, for it may be the matter. Source: own decision 0159.
"""

import re
from collections.abc import Sequence
from typing import Final

from classify import lexicon

_STREET: Final = (
    r"(?:[a-z'.-]+ ){0,3}[a-z'.-]*(?:str\.|str|strasse|weg|allee|platz|gasse|ring|damm|ufer|berg"
    r"|hof|markt|stieg|pfad|garten) ?\d{1,3} ?[a-z]?"
)
_PLACE: Final = r"(?:d ?- ?)?\d{5},? [a-z][a-z./()-]+(?: [a-z./()-]+){0,2}"
_PHONE: Final = (
    r"(?:(?:tel|telefon|fon|handy|mobil|mobile|festnetz|rueckruf)(?:nummer|nr)?[ .:]{0,3})?"
    r"(?:0|\+\d{2})\d?[\d ()/-]{6,16}"
)
_MAIL: Final = r"(?:e-?mail|mail)?[ .:]{0,3}[a-z0-9._-]+@[a-z0-9.-]+"
_NUMBER: Final = r"(?:kunden?|kd)[a-z .:#-]{0,16}\d{3} ?[a-z] ?\d{6}"
_NAME: Final = r"(?:[a-z.'-]+ ){0,3}[a-z'-]+"
_PIECE: Final = f"(?:{_STREET}|{_PLACE}|{_PHONE}|{_MAIL}|{_NUMBER})"
_SEAM: Final = r"[ ,;/|·–-]{1,4}"
_ANY_STREET: Final = rf"[a-z'. -]{{3,40}} \d{{1,3}} ?[a-z]?{_SEAM}{_PLACE}"
"""Before a PLZ any name is that of a street."""
_SAYS_WHO = re.compile(
    rf"(?:{_NAME} ?[,;/|·–-] ?)?(?:{_PIECE}|{_ANY_STREET})(?:{_SEAM}{_PIECE}){{0,4}}\W{{0,3}}"
)
_IS_NEWS = re.compile(
    r"\b(?:ich|bin|jetzt|nun|nur|ab|bis|seit|statt|nicht|kein\w*|mein\w*|war|ist|neu\w*|alt\w*)\b"
    r"|bisher|wohn|zieh|zog|umzug|adress|anschrift|post"
)
"""Words by which an address or a number may be told, not signed with."""
_POINTS_AT_IT = re.compile(
    r"adress|anschrift|umzug|umgezog|umzieh|gezogen\b|\bzieh|ausgezog|eingezog|ummeld|umgemeld|wohn"
    r"|unterkunft|aender|\bneu:|\bunten\b|folgende|hierhin|hierher|\bdaten\b|angaben|umschreib"
    r"|korrig|berichtig|aktualis"
)
_OF_AN_ADDRESS: Final = frozenset({"strasse", "plz_ort"})
_CLOSING = re.compile(r"\b(?:gruss|gruesse\w*|mfg|lg|vg|dank\w*|hochachtungsvoll)\b")
_STREET_ABOVE = re.compile(r"[a-z'. -]{3,40} \d{1,3} ?[a-z]?,?")
_PLZ_FIRST = re.compile(rf"{_PLACE}\W{{0,3}}")
_IS_NAME = re.compile(rf"{_NAME},?")
_COMMON = lexicon.phrases("review")["german"]
_ENOUGH_WORDS: Final = 8
_GERMAN_SHARE: Final = 0.12
_LONGEST_CHARS: Final = 120
_MOST_NAMES: Final = 3
"""Lines without a number that may stand below an address: a name, a place."""


def among(lines: Sequence[str], *, subject: str) -> list[int]:
    """The numbers of such folded lines: all before the first other one, all behind the last.

    None where a word of the mail, or of its subject, may point at them; none of other languages.
    """
    found = _at_the_edges(lines)
    if found and (any(map(_POINTS_AT_IT.search, (subject, *lines))) or not _is_german(lines)):
        return []
    return found


def _is_german(lines: Sequence[str]) -> bool:
    """As `review.is_foreign` asks, which reads what is left."""
    words = sum([len(line.split()) for line in lines])
    common = sum([len(_COMMON.findall(line)) for line in lines])
    return words < _ENOUGH_WORDS or common >= _GERMAN_SHARE * words


def _at_the_edges(lines: Sequence[str]) -> list[int]:
    count = len(lines)
    first = 0
    while first < count and (_says_who(lines, first) or _is_name_above(lines, first)):
        first += 1
    found = [*range(first)]
    names = 0
    for number in range(count - 1, first - 1, -1):
        if _says_who(lines, number):
            found.append(number)
        elif names < _MOST_NAMES and _is_name(lines[number]):
            names += 1
        else:
            break
    return found


def _says_who(lines: Sequence[str], number: int) -> bool:
    line = lines[number]
    if len(line) > _LONGEST_CHARS or not ("@" in line or any(map(str.isdigit, line))):
        return False
    below = lines[number + 1] if number + 1 < len(lines) else ""
    is_address = _SAYS_WHO.fullmatch(line) or (
        _STREET_ABOVE.fullmatch(line) and _PLZ_FIRST.fullmatch(below)
    )
    return bool(is_address) and not _is_news(line)


def _is_name_above(lines: Sequence[str], number: int) -> bool:
    """A name above such a line. Words of a matter, and of a sentence, are none."""
    line = lines[number]
    return (
        number + 1 < len(lines)
        and _says_who(lines, number + 1)
        and _is_name(line)
        and not _COMMON.search(line)
        and not _is_news(line)
    )


def _is_name(line: str) -> bool:
    return _IS_NAME.fullmatch(line) is not None and not _CLOSING.search(line)


def _is_news(line: str) -> bool:
    """Whether it holds a word of any matter but where somebody lives."""
    heard = lexicon.CONCEPTS.keys() & lexicon.hear(line)
    return not heard <= _OF_AN_ADDRESS or _IS_NEWS.search(line) is not None
