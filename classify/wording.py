"""Text made alike for the model: numbers by their kind, and words chained within their sentence.

Which number is written says nothing, that a date or an IBAN is written says much; and `ab` beside
`arbeit` says more than both alone. Source: measured in docs/judge.md.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from classify import lexicon
from classify.hearing import WORDS_KEPT

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
    # From the beginning of a word only, else each letter of a long word is a new try.
    (re.compile(r"(?<!\S)\S+@\S+"), " qqad "),
)
"""Kundennummer, IBAN, day, sum, time, PLZ, telephone, address; in this order, the longest first.

The names hold no piece of a German word, so that explanations never point at a word by chance.
"""

_STEM_CHARS: Final = 5
_REACH: Final = 6
"""How many words further a chain may reach. Measured: docs/judge.md."""

_NUMBER_OR_ADDRESS = re.compile(r"[\d@]")
_SEAM = re.compile(r"[.!?\n]+")
_STEM = re.compile(r"[a-z]\w*")
_WORD = re.compile(r"[a-z]{3,}")
_FILLER = lexicon.phrases("wording")["filler"]
_LONGEST_FILLER_CHARS: Final = 20


def alike(folded: str) -> str:
    """The folded text with numbers and addresses replaced by names of their kind."""
    if not _NUMBER_OR_ADDRESS.search(folded):
        return folded
    return "\n".join(
        [
            _line_alike(line) if _NUMBER_OR_ADDRESS.search(line) else line
            for line in folded.split("\n")
        ]
    )


def _line_alike(line: str) -> str:
    for pattern, name in _KINDS:
        line = pattern.sub(name, line)
    return line


def chains(text: str) -> frozenset[str]:
    """Pairs and triples of neighbouring stems, and pairs within reach without fillers.

    `text` is the result of `alike`.
    """
    found: list[str] = []
    for part in _SEAM.split(text):
        stems = [word[:_STEM_CHARS] for word in _STEM.findall(part)]
        pairs = [f"{first}_{second}" for first, second in pairwise(stems)]
        found += pairs
        found += [f"{pair}_{third}" for pair, third in zip(pairs, stems[2:], strict=False)]
        words = [
            word[:_STEM_CHARS]
            for word in _WORD.findall(part)
            if len(word) > _LONGEST_FILLER_CHARS or not _is_filler(word)
        ]
        found += [
            f"{first}_{second}"
            for place, first in enumerate(words, 1)
            for second in words[place : place + _REACH]
        ]
    return frozenset(found)


@lru_cache(maxsize=WORDS_KEPT)
def _is_filler(word: str) -> bool:
    return _FILLER.fullmatch(word) is not None
