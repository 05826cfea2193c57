"""What an approved text may not say, and whether it is easy to read.

An answer goes by plain mail: a stranger who sees it on a lock screen learns nothing of the
reader's health, money or family. So a delicate matter is either not named at all, or only
in a list with at least one other, which then tells nothing.
Source: Weisung 202404002 no. 3 (data protection); § 35 SGB I; § 67 (2) SGB X.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rules.texts import wording_english
from rules.texts.approved import Text, render
from rules.texts.language import Language
from rules.texts.placeholders import WHITELIST

SUBJECT: Final = "Ihre Nachricht vom {eingangstag}"
"""The only subject: lock screens show it. Source: § 35 SGB I; house rule."""

SENTENCE_WORDS: Final = 16
"""Longest sentence. Source: house rule after ISO 24495-1 (short sentences)."""

GRADE: Final = 8.0
"""Highest grade of the Wiener Sachtextformel (4 easy, 15 hard).
Source: Bamberger/Vanecek 1984; house rule, the hardest of 73 texts has 7.3 (2026-11-25)."""

SIMPLE_WORDS: Final = 10
"""Longest sentence of a text in plain German. Source: DIN 8581-1 (short sentences); house rule,
the longest of 16 texts has 9 (2026-11-26)."""

SIMPLE_GRADE: Final = 5.0
"""Highest grade of one, by the Wiener Sachtextformel. Source: house rule, own decision 0096."""

_NEVER: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "disclosure.health": re.compile(
            r"(?i)krank|arbeitsunfähig|\be?AU\b|\batteste?\b|\barzt|ärzt|diagnose|\breha\b|klinik"
            r"|schwanger|mutterschutz|behinder|therapie"
        ),
        "disclosure.account": re.compile(
            r"\bIBAN\b|\bBIC\b|(?i:bankverbindung|kontonummer|girokonto|kreditinstitut|\bschecks?\b|\bbank\b)"
        ),
        "disclosure.amount": re.compile(r"€|\d\s?(?:Euro|EUR)\b"),
        "disclosure.number": re.compile(r"\b\d{3}[A-Z]\d{6}\b|\b[A-Z]{2}\d{2}(?: ?[0-9]{4}){3}"),
        "disclosure.possessive": re.compile(
            r"\bIhr(?:e[mnrs]?)? (?:neuen? |geänderten? )?(?:Kündigung|Bescheid|Rente|Insolvenz"
            r"|Heirat|Scheidung|Kind|Umzug|Anschrift|Adresse|Leistung|Geld|Konto\b|Nebenjob"
            r"|Nebentätigkeit|Arbeitslosigkeit|Ausbildung|Studium|Steuerklasse|Schulden)"
        ),
    }
)
"""Never in any text, whatever it is about."""

_POSSESSIVE: Final = "disclosure.possessive"
"""What a text may say that goes only to who was compared; health, accounts, amounts and numbers
stay out of plain mail even then. Source: § 35 SGB I; Art. 9 GDPR; own decision 0051."""

_TOPICS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "familienkasse": re.compile(r"Familienkasse|Kindergeld|Kinderzuschlag"),
        "jobcenter": re.compile(r"Jobcenter|Bürgergeld|Grundsicherung"),
        "widerspruch": re.compile(r"Widerspr|Überprüfungsantr|Beschwerde"),
        "insolvenz": re.compile(r"(?i)insolvenz"),
        "rente": re.compile(r"\bRente"),
        "familie": re.compile(r"Heirat|Scheidung|Elternzeit|Geburt|Sorgerecht|Pflege"),
        "nebeneinkommen": re.compile(r"(?i)nebenjob|nebentätigkeit|nebeneinkommen|nebenverdienst"),
        "leistung": re.compile(r"Arbeitslosengeld|Kurzarbeitergeld|Auszahlung|Überweisung|Steuer"),
    }
)
"""Delicate matters that a text may name only beside another matter."""

_PLAIN_TOPIC: Final = re.compile(r"Arbeitslosmeldung|Vollmacht")
"""Matters that say nothing delicate and hide a delicate one that stands beside them."""

_STYLE: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "style.abbreviation": re.compile(
            r"\b(?:z\. ?B|d\. ?h|u\. ?a|ggf|bzw|evtl|usw|etc|i\. ?d\. ?R)\."
        ),
        "style.phrase": re.compile(r"(?i)\bleider\b|zögern sie nicht|jederzeit gerne|unverzüglich"),
        "style.gender": re.compile(
            r"(?<!innen und )\b(?:Kunden?|Mitarbeitern?|Ansprechpartnern?|Beratern?|Vermittlern?)\b"
        ),
        # The Weisungen name both forms ("Kundinnen und Kunden"); signs are read badly aloud.
        "style.gender_sign": re.compile(r"\w[*:_](?:in|innen)\b|[a-zäöüß]Innen\b"),
        "style.du": re.compile(
            r"\b[Dd](?:u|ein|eine|einen|ich|ir)\b|\b[Ee]u(?:ch|er|re|rem|ren)\b"
        ),
    }
)

_Patterns = Mapping[str, re.Pattern[str]]

_SENTENCE_END: Final = re.compile(r"(?<=[.!?:])\s+|\n+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_VOWELS: Final = re.compile(r"(?i)aa|ai|au|äu|ay|ee|ei|eu|ey|ie|oo|oi|ou|[aeiouyäöü]")
_GREETING: Final = "Guten Tag,\n\n"
_CLOSING: Final = "\n\nMit freundlichen Grüßen\n"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to mend in a text: stable code, and what it is about (never a customer's word).

    `line` counts the lines of the body from 1; 0 is the text as a whole.
    """

    code: str
    message: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Readability:
    """Counts of a plain text. `grade` is the Wiener Sachtextformel: years of school needed."""

    words: int
    sentences: int
    longest_sentence_words: int
    grade: float


def lint(text: Text) -> tuple[Remark, ...]:
    """What keeps a text from being approved; empty for a good one.

    The text is measured with the sample values of its gaps.

    Source: Weisung 202404002 no. 3; § 35 SGB I; DIN 5008 (greeting, closing, blank lines);
        ISO 24495-1 (plain language).
    """
    return (*_disclosures(text), *_form(text), *_style(text))


def bounds(text: Text) -> tuple[int, float]:
    """The longest sentence (words) and the highest grade that a text of its language may have.

    Source: own decisions 0052, 0096.
    """
    if text.language is Language.SIMPLE:
        return SIMPLE_WORDS, SIMPLE_GRADE
    return SENTENCE_WORDS, GRADE


def readability(body: str, language: Language | None = None) -> Readability:
    """Measure a plain text; numbers and signs don't count as words, a colon ends a sentence.

    English is measured by Flesch-Kincaid, German as follows.

    First Wiener Sachtextformel: 0.1935 MS + 0.1672 SL + 0.1297 IW - 0.0327 ES - 0.875, with
    MS the percentage of words of three or more syllables, SL words a sentence, IW the
    percentage of words over six letters, ES that of one-syllable words. Syllables are
    counted as groups of vowels. A text without words has grade 0.

    Source: Bamberger/Vanecek, Lesen-Verstehen-Lernen-Schreiben, 1984.
    """
    lengths = [n for s in _SENTENCE_END.split(body) if (n := len(_WORD.findall(s)))]
    words = _WORD.findall(body)
    if not words:
        return Readability(0, 0, 0, 0.0)
    if language is Language.ENGLISH:
        return Readability(
            len(words), len(lengths), max(lengths), wording_english.grade(words, len(lengths))
        )
    syllables = [len(_VOWELS.findall(word)) for word in words]
    percent = 100 / len(words)
    grade = (
        0.1935 * percent * sum(count >= 3 for count in syllables)
        + 0.1672 * len(words) / len(lengths)
        + 0.1297 * percent * sum(len(word) > 6 for word in words)
        - 0.0327 * percent * sum(count <= 1 for count in syllables)
        - 0.875
    )
    return Readability(len(words), len(lengths), max(lengths), round(grade, 1))


def _disclosures(text: Text) -> Iterator[Remark]:
    if text.subject != SUBJECT:
        yield Remark("disclosure.subject", f"the subject is always „{SUBJECT}“")
    never, delicate = _disclosing_words(text)
    for code, pattern in never.items():
        for found in pattern.finditer(text.body):
            if not (text.discloses and code == _POSSESSIVE):
                yield Remark(code, f"„{found[0]}“ tells a stranger too much", _line(text, found))
    if text.discloses:
        return
    topics = [name for name, pattern in delicate.items() if pattern.search(text.body)]
    if len(topics) == 1 and not _PLAIN_TOPIC.search(text.body):
        yield Remark(
            "disclosure.single_topic",
            f"names only „{topics[0]}“; leave it out, or name another matter beside it",
        )


def _disclosing_words(text: Text) -> tuple[_Patterns, _Patterns]:
    """Of the text's language, what it never says, and what it says only beside another matter."""
    if text.language is Language.ENGLISH:
        return wording_english.NEVER, wording_english.TOPICS
    return _NEVER, _TOPICS


def _greeting(text: Text) -> str:
    return wording_english.GREETING if text.language is Language.ENGLISH else _GREETING


def _closing(text: Text) -> str:
    return wording_english.CLOSING if text.language is Language.ENGLISH else _CLOSING


def _form(text: Text) -> Iterator[Remark]:
    if not text.body.startswith(_greeting(text)):
        yield Remark("form.greeting", f"begins with „{_greeting(text).strip()}“, an empty line", 1)
    if text.body.count(_closing(text)) != 1:
        yield Remark("form.closing", f"ends with „{_closing(text).strip()}“ and who writes")
    if blanks := re.search(r"\n\n\n| \n|  |\t", text.body):
        where = _line(text, blanks)
        yield Remark("form.blanks", "one empty line between paragraphs, no doubled blanks", where)


def _line(text: Text, found: re.Match[str]) -> int:
    return text.body.count("\n", 0, found.start()) + 1


def _style(text: Text) -> Iterator[Remark]:
    style = wording_english.STYLE if text.language is Language.ENGLISH else _STYLE
    for code, pattern in style.items():
        for found in pattern.finditer(text.body):
            yield Remark(code, f"„{found[0]}“", _line(text, found))
    letter = render(text, {name: WHITELIST[name].sample for name in text.gaps}).body
    core = letter.removeprefix(_greeting(text)).partition(_closing(text))[0]
    measured = readability(core, text.language)
    longest, hardest = bounds(text)
    if measured.longest_sentence_words > longest:
        yield Remark(
            "style.sentence",
            f"a sentence has {measured.longest_sentence_words} words; at most {longest}",
        )
    if measured.grade > hardest:
        yield Remark("style.grade", f"grade {measured.grade}, at most {hardest}; use shorter words")
