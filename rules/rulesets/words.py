"""Plain words and phrases of rules, compared in time linear in the text. No regular expressions.

Text and phrase are brought to one form: lower case, umlauts spelled out, words between single
blanks. A phrase stands for whole words; a star at its end or beginning leaves the word open
there: "umschul*" finds "Umschulungen". Source: F14; own decision 0037.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rules.placename import fold

READ_CHARS: Final = 100_000
"""How much of a text is read. Source: own decision 0037 (twenty times the longest corpus mail)."""

PHRASE_CHARS: Final = 200
"""Longest phrase. Own decision 0037."""

PHRASES_KEPT: Final = 4_096
"""Phrases that are not brought to form again; a set of 300 rules has some thousand."""

_WORD: Final = re.compile(r"[a-z0-9]+")


def words_of(text: str) -> str:
    """The comparable form: " ich bin krank ". Source: own decision 0037."""
    return f" {' '.join(_WORD.findall(fold(text[:READ_CHARS])))} "


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase ready to be looked for; `shown` is how the admin wrote it."""

    shown: str
    needle: str

    def within(self, words: str) -> bool:
        """Whether it stands in a text brought to form by `words_of`. Own decision 0037."""
        return self.needle in words


@lru_cache(maxsize=PHRASES_KEPT)
def phrase(text: str) -> Phrase | None:
    """The phrase, or None if it has no letter or digit, or a star inside. Own decision 0037.

    Kept, because the lint holds each rule against all above it.
    """
    bare = text.strip()
    begins_open, ends_open = bare.startswith("*"), len(bare) > 1 and bare.endswith("*")
    core = bare.removeprefix("*").removesuffix("*")
    words = words_of(core).strip()
    if not words or "*" in core or len(bare) > PHRASE_CHARS:
        return None
    return Phrase(bare, f"{'' if begins_open else ' '}{words}{'' if ends_open else ' '}")


def covers(wide: str, narrow: str) -> bool:
    """Whether every text with `narrow` has `wide` too. Own decision 0037."""
    outer, inner = phrase(wide), phrase(narrow)
    return outer is not None and inner is not None and outer.needle in inner.needle


def name_fits(pattern: str, name: str) -> bool:
    """Whether a file name fits: whole name, or open where a star begins or ends the pattern.

    "*.pdf", "Antrag*", "*Bescheid*". Source: F14; own decision 0037.
    """
    wanted, found = fold(pattern), fold(name)
    core = wanted.removeprefix("*").removesuffix("*")
    if wanted.startswith("*") and wanted.endswith("*"):
        return core in found
    if wanted.startswith("*"):
        return found.endswith(core)
    if wanted.endswith("*"):
        return found.startswith(core)
    return found == core


def address_fits(pattern: str, address: str) -> bool:
    """A whole address, or a domain with all below it ("@firma.example"). Own decision 0037."""
    wanted, found = pattern.lower(), address.lower()
    if not wanted.startswith("@"):
        return found == wanted
    domain = found.rpartition("@")[2]
    return domain == wanted[1:] or domain.endswith(f".{wanted[1:]}")
