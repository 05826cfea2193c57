"""What an English second text may not say, and how easy it is to read.

The same bounds as wording.py has for German, by English words.
Source: Weisung 202404002 no. 3 (data protection); § 35 SGB I; own decision 0096.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NEVER: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "disclosure.health": re.compile(
            r"(?i)\bsick|\bill(?:ness)?\b|health|unfit for work|incapacity|\bdoctor|diagnos|rehab"
            r"|clinic|hospital|pregnan|maternity|disab|therap|medical"
        ),
        "disclosure.account": re.compile(
            r"\bIBAN\b|\bBIC\b|(?i:account number|\bche(?:que|ck)s?\b|\bbank\b)"
        ),
        "disclosure.amount": re.compile(r"(?i)€|\d\s?(?:euros?|eur)\b"),
        "disclosure.number": re.compile(r"\b\d{3}[A-Z]\d{6}\b|\b[A-Z]{2}\d{2}(?: ?[0-9]{4}){3}"),
        "disclosure.possessive": re.compile(
            r"(?i)\byour (?:new |changed )?(?:notice|dismissal|decision|pension|insolvency|marriage"
            r"|divorce|child|move|address|account|benefits?|money|side job|unemployment|training"
            r"|studies|tax class|debts?)\b"
        ),
    }
)
"""Never in any English text. Source: as `rules.texts.wording`; own decision 0096."""

TOPICS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "familienkasse": re.compile(r"(?i)familienkasse|child benefit|child supplement"),
        "jobcenter": re.compile(r"(?i)job ?cent(?:er|re)|bürgergeld|basic income support"),
        "widerspruch": re.compile(r"(?i)objection|complain|appeal"),
        "insolvenz": re.compile(r"(?i)insolven"),
        "rente": re.compile(r"(?i)\bpension"),
        "familie": re.compile(r"(?i)marriage|divorce|parental leave|birth|custody|caring for"),
        "nebeneinkommen": re.compile(r"(?i)side job|secondary (?:job|income)"),
        "leistung": re.compile(r"(?i)unemployment benefit|short-time|payment|transfer|\btax"),
    }
)
"""Delicate matters that stand only beside another. Source: as `rules.texts.wording`."""

STYLE: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "style.abbreviation": re.compile(r"\b(?:e\.g|i\.e|etc|approx|asap|resp)\b\.?"),
        "style.phrase": re.compile(
            r"(?i)unfortunately|do not hesitate|don't hesitate|kindly|hereby|herewith"
        ),
    }
)

GREETING: Final = "Hello,\n\n"
CLOSING: Final = "\n\nKind regards\n"

_SILENT: Final = re.compile(r"(?i)(?<=[^aeiouyl])e(?:s|d)?$")
_VOWELS: Final = re.compile(r"(?i)[aeiouy]+")


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end; at least one. Source: house rule."""
    return max(1, len(_VOWELS.findall(_SILENT.sub("", word) if len(word) > 3 else word)))


def grade(words: list[str], sentences: int) -> float:
    """Flesch-Kincaid grade: years of school needed.

    Source: Kincaid et al. 1975, 0.39 words a sentence + 11.8 syllables a word - 15.59.
    """
    spoken = sum(map(syllables, words))
    return round(0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59, 1)
