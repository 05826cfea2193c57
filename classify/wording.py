"""Text made alike for the model: numbers by their kind, and words chained within their sentence.

Which number is written says nothing, that a date or an IBAN is written says much; and `ab` beside
`arbeit` says more than both alone. Source: measured in docs/judge.md.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

from classify import kept, lexicon

# What a first character must not stand behind is asked after it, so that a search leaps from one
# possible first character to the next.
_NUMBERS: Final = (
    ((), re.compile(r"\d(?<!\w\d)\d{2} ?[a-z] ?\d{6}\b"), " qqkd "),
    (("de",), re.compile(r"de(?<!\wde)\d{2}(?: ?\d){10,20}\b"), " qqib "),
    (
        (".", "-"),
        re.compile(
            r"\d(?<!\w\d)(?:\d?\. ?\d{1,2}\.(?: ?\d{2,4})?"
            r"|\d?\. ?(?:jan|feb|maer|apr|mai|jun|jul|aug|sep|okt|nov|dez)\w*(?: \d{4})?"
            r"|\d{3}-\d\d-\d\d\b)"
        ),
        " qqda ",
    ),
    (
        ("€", "eur"),
        re.compile(r"[\d€](?:(?<=€) ?\d+|(?<!€)(?<!\w\d)\d*(?:[.,]\d+)* ?(?:€|euro|eur)\b)"),
        " qqgl ",
    ),
    (("uhr",), re.compile(r"\d(?<!\w\d)\d?(?:[:.]\d{2})? ?uhr"), " qqur "),
    (("0",), re.compile(r"0(?<!\w0)\d[\d /-]{6,}"), " qqtl "),
    ((), re.compile(r"\d(?<!\w\d)\d{4}\b(?: (?:bad )?[a-z][a-z-]{2,})?"), " qqpl "),
)
"""Kundennummer, IBAN, day, sum, time, telephone, PLZ; in this order, the longest first.

Each with the signs one of which stands in every match; without signs any digit may begin one.
The names hold no piece of a German word, so that explanations never point at a word by chance.
"""

_CALLED = re.compile(
    r"(?:\b(?:(?:meine?|unsere?|die|der|unter|mit|zur|fuer) )?"
    r"(?:kunden?|kd)[ .-]{0,2}(?:nummer|nr|no)?[ .:=#(-]{0,4}"
    r"(?:(?:ist|lautet|von mir) )?(?:die )?)? qqkd [)]?"
)
"""A Kundennummer with what it is called: who gives his number says nothing of his matter."""
_BORN = re.compile(
    r"\bgeb(?:\.|oren|urtsdatum|dat)?[ .:]{0,3}(?:am )?"
    r"\d{1,2}\. ?\d{1,2}\. ?(?:19\d\d|200\d|[3-9]\d)\b"
)
"""The birthday of somebody grown-up."""

# From the beginning of a word only, else each letter of a long word is a new try.
_ADDRESS = re.compile(r"(?<!\S)\S+@\S+")

STEM_CHARS: Final = 5
REACH: Final = 6
"""How many words further a chain may reach. Measured: docs/judge.md."""

_NUMBER_OR_ADDRESS = re.compile(r"[\d@]")
_SEAM = re.compile(r"[.!?\n]+")
_STEM = re.compile(r"[a-z]\w*")
_WORD = re.compile(r"[a-z]{3,}")
_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys(",;:\"'`´()[]{}<>/\\*+=~#|„“”‚‘’«»–—•·", " "),
        **dict.fromkeys(".!…", "\n"),
        "?": " qqfr\n",
    }
)
_ASKED_TWICE = re.compile(r"\?[?!.]+")
_FILLER = lexicon.phrases("wording")["filler"]
_LONGEST_FILLER_CHARS: Final = 20
_FEWEST_WEIGHTY_CHARS: Final = 3


def alike(folded: str) -> str:
    """The folded text with numbers and addresses replaced by names of their kind."""
    lines = folded.split("\n")
    places = [place for place, line in enumerate(lines) if _NUMBER_OR_ADDRESS.search(line)]
    if not places:
        return folded
    # None goes over the end of a line, so all these lines are made alike in one go.
    made = _lines_alike("\n".join([lines[place] for place in places])).split("\n")
    for place, line in zip(places, made, strict=True):
        lines[place] = _ADDRESS.sub(" qqad ", line) if "@" in line else line
    return "\n".join(lines)


def _lines_alike(lines: str) -> str:
    if "geb" in lines:
        lines = _BORN.sub(" ", lines)
    for signs, pattern, name in _NUMBERS:
        if not signs or signs[0] in lines or signs[-1] in lines:
            lines = pattern.sub(name, lines)
    return _CALLED.sub(" ", lines) if "qqkd" in lines else lines


def bare(text: str) -> str:
    """The text without signs at its words: a word is the same before a comma and before a blank.

    The end of a sentence is that of a line, a question a word of its own, however many signs.
    """
    if "?" in text:
        text = _ASKED_TWICE.sub("?", text)
    return text.translate(_SIGNS)


def chains(text: str) -> frozenset[str]:
    """Pairs and triples of neighbouring stems, and pairs within reach without fillers.

    `text` is the result of `bare`.
    """
    found: list[str] = []
    for part in parts(text):
        near = stems(part)
        pairs = [f"{first}_{second}" for first, second in pairwise(near)]
        found += pairs
        found += [f"{pair}_{third}" for pair, third in zip(pairs, near[2:], strict=False)]
        far = weighty_stems(part)
        found += [
            f"{first}_{second}"
            for place, first in enumerate(far, 1)
            for second in far[place : place + REACH]
        ]
    return frozenset(found)


def parts(text: str) -> list[str]:
    """The stretches that chains never leave: sentences, roughly, and lines."""
    return _SEAM.split(text)


def stems(part: str) -> list[str]:
    """The beginnings of its words, in their order."""
    return [word[:STEM_CHARS] for word in _STEM.findall(part)]


def weighty_stems(part: str) -> list[str]:
    """The same without fillers and very short words."""
    return [word[:STEM_CHARS] for word in _WORD.findall(part) if is_weighty(word)]


def is_weighty(word: str) -> bool:
    """Whether a word of small letters is neither filler nor very short."""
    count = len(word)
    return count > _LONGEST_FILLER_CHARS or (
        count >= _FEWEST_WEIGHTY_CHARS and not _is_filler(word)
    )


@lru_cache(maxsize=kept.WORDS)
def _is_filler(word: str) -> bool:
    return _FILLER.fullmatch(word) is not None
