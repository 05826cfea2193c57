"""Text made alike for the model: numbers by their kind, and words chained within their sentence.

Which number is written says nothing, that a date or an IBAN is written says much; and `ab` beside
`arbeit` says more than both alone. Source: measured in docs/judge.md.
"""

import re
from collections.abc import Iterator
from typing import Final

from classify import lexicon

_KINDS: Final = (
    (re.compile(r"\b\d{3} ?[a-z] ?\d{6}\b"), " qqkd "),
    (re.compile(r"\bde\d{2}(?: ?\d){10,20}\b"), " qqib "),
    (
        re.compile(
            r"\b\d{1,2}\. ?\d{1,2}\.(?: ?\d{2,4})?"
            r"|\b\d{1,2}\. ?(?:jan|feb|maer|apr|mai|jun|jul|aug|sep|okt|nov|dez)\w*(?: \d{4})?"
            r"|\b\d{4}-\d\d-\d\d\b"
        ),
        " qqda ",
    ),
    (re.compile(r"\b\d+(?:[.,]\d+)* ?(?:€|euro|eur)\b|€ ?\d+"), " qqgl "),
    (re.compile(r"\b\d{1,2}(?:[:.]\d{2})? ?uhr"), " qqur "),
    (re.compile(r"\b\d{5}\b"), " qqpl "),
    (re.compile(r"\b0\d[\d /-]{6,}"), " qqtl "),
    (re.compile(r"\S+@\S+"), " qqad "),
)
"""Kundennummer, IBAN, day, sum, time, PLZ, telephone, address; in this order, the longest first.

The names hold no piece of a German word, so that explanations never point at a word by chance.
"""

_STEM_CHARS: Final = 5
_REACH: Final = 6
"""How many words further a chain may reach. Measured: docs/judge.md."""

_SEAM = re.compile(r"[.!?\n]+")
_STEM = re.compile(r"[a-z]\w*")
_WORD = re.compile(r"[a-z]{3,}")
_FILLER = lexicon.phrases("wording")["filler"]


def alike(folded: str) -> str:
    """The folded text with numbers and addresses replaced by names of their kind."""
    for pattern, name in _KINDS:
        folded = pattern.sub(name, folded)
    return folded


def chains(text: str) -> str:
    """Pairs and triples of neighbouring stems, and pairs within reach without fillers, each once.

    `text` is the result of `alike`. The chains are sorted and joined by blanks.
    """
    found: set[str] = set()
    for part in _SEAM.split(text):
        found.update(_neighbours([word[:_STEM_CHARS] for word in _STEM.findall(part)]))
        words = [word[:_STEM_CHARS] for word in _WORD.findall(part) if not _FILLER.fullmatch(word)]
        found.update(
            f"{first}_{second}"
            for place, first in enumerate(words)
            for second in words[place + 1 : place + 1 + _REACH]
        )
    return " ".join(sorted(found))


def _neighbours(stems: list[str]) -> Iterator[str]:
    for place in range(1, len(stems)):
        yield f"{stems[place - 1]}_{stems[place]}"
        if place > 1:
            yield f"{stems[place - 2]}_{stems[place - 1]}_{stems[place]}"
