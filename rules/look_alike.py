"""Domains and names that look like the house's own and are not.

Hints for a person, never a decision: a word list and a distance, both bounded, total on any text.
Source: own decision 0082. Unicode UTS 39 names all confusable letters; those of Cyrillic and
Greek that look Latin in any font, and digits, are enough here.
"""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from rules.placename import fold

MAX_DOMAIN_CHARS: Final = 253
"""Longest domain there is. Source: RFC 1035 section 2.3.4."""

MIN_LABEL_CHARS: Final = 6
"""Shorter names of the house are not searched for in others: they would be found everywhere.
Source: own decision 0082."""

LONG_LABEL_CHARS: Final = 12
"""From here two letters may differ instead of one. Source: own decision 0082."""

_LATIN: Final = str.maketrans(
    "аеорсухіјѕԁһӏԛԝвкмнтαεικνορτυχı",
    "aeopcyxijsdhlqwbkmhtaeiknoptuxi",
)
_DIGITS: Final = str.maketrans("0135", "oles")
_TWINS: Final = (("rn", "m"), ("vv", "w"))
_OURS: Final = re.compile(
    r"bundesagentur|arbeitsagentur|agentur(?:en)? fu?e?r arbeit|arbeitsamt\b|familienkasse\b"
    r"|bundesanstalt fuer arbeit|eingangszone\b"
)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"@]{1,64}@[^\s<>()\[\],;:\"@]{1,253}")
_UNSEEN: Final = frozenset({"Cf", "Cc", "Mn", "Me"})
"""Kinds of characters that take no room. Source: Unicode, general category."""


def domain_of(address: str) -> str:
    """What stands behind the last @, in lower case, without a dot at its end; or empty.

    Source: RFC 5321 section 2.3.11.
    """
    return address.rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def is_inside(domain: str, houses: Collection[str]) -> bool:
    """Whether the domain is one of the house's or lies under one. Source: own decision 0082."""
    return any(domain == house or domain.endswith("." + house) for house in houses)


def looks_like(domain: str, houses: Collection[str]) -> bool:
    """Whether a stranger's domain could be taken for one of the house's at a glance.

    It reads the same but for confusable letters, has the house's name within, or differs in a
    letter or two. A domain of the house itself never does. Source: own decision 0082.
    """
    if not domain or is_inside(domain, houses):
        return False
    seen = tuple(_skeleton(label) for label in _labels(domain[:MAX_DOMAIN_CHARS]))
    return any(_like(seen, tuple(_skeleton(part) for part in house.split("."))) for house in houses)


def names_the_house(name: str) -> bool:
    """Whether a display name says that it is the Bundesagentur or one of its offices.

    Jobcenter are not listed: many are no part of it and write with the same word.
    Source: own decision 0082.
    """
    return bool(_OURS.search(plain(name)))


def addresses_in(name: str) -> tuple[str, ...]:
    """Mail addresses inside a display name, in lower case. Source: own decision 0082."""
    shown = unicodedata.normalize("NFKC", name[:500])
    return tuple(found.lower().rstrip(".") for found in _ADDRESS.findall(shown))


def plain(text: str) -> str:
    """What a reader takes the text for: Latin letters, lower case, nothing unseen, single spaces.

    Source: own decision 0082.
    """
    shown = unicodedata.normalize("NFKC", text[:500])
    composed = "".join(c for c in shown if unicodedata.category(c) not in _UNSEEN).lower()
    return " ".join(fold(composed.translate(_LATIN)).split())


def _labels(domain: str) -> tuple[str, ...]:
    return tuple(_readable(label) for label in domain.split(".") if label)


def _readable(label: str) -> str:
    """A label as the browser would show it. Source: RFC 3492 (Punycode), RFC 5890."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _skeleton(label: str) -> str:
    text = plain(label).translate(_DIGITS)
    for pair, letter in _TWINS:
        text = text.replace(pair, letter)
    return text


def _like(seen: tuple[str, ...], house: tuple[str, ...]) -> bool:
    if seen == house:
        return True
    own = house[-2] if len(house) > 1 else house[0]
    if len(own) < MIN_LABEL_CHARS:
        return False
    if own.replace("-", "") in "".join(seen).replace("-", ""):
        return True
    allowed = 2 if len(own) >= LONG_LABEL_CHARS else 1
    return any(_distance(label, own, limit=allowed) <= allowed for label in seen)


def _distance(one: str, other: str, *, limit: int) -> int:
    """Letters to change, add, drop or swap with the next; above the limit any number above it."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        last, row = row, [i]
        for j, wanted in enumerate(other, start=1):
            least = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before = last
    return row[-1]
