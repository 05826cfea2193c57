"""A second text below the German one: both approved, both word for word, one letter.

The German text stands first and is what counts; the second one only helps to understand it.
Source: § 19 (1) SGB X; § 11 BGG; own decision 0096.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rules.texts.approved import Rendered, Text
from rules.texts.language import Language, id_of

HEADLINES: Final[Mapping[Language, str]] = MappingProxyType(
    {
        Language.ENGLISH: "English translation. Only the German text above is binding.",
        Language.SIMPLE: "Das Gleiche in einfacher Sprache:",
    }
)
"""The line between the two texts. Source: § 19 (1) SGB X; own decision 0096."""


@dataclass(frozen=True, slots=True)
class Second:
    """Which second text was chosen; its version as it was shown."""

    language: Language
    version: int


def below(first: Rendered, second: Rendered, language: Language) -> Rendered:
    """One letter of both; id, version and subject are those of the German text.

    Source: own decision 0096.
    """
    body = f"{first.body}\n\n{HEADLINES[language]}\n\n{second.body}"
    languages = "de, en" if language is Language.ENGLISH else "de"
    return Rendered(first.text_id, first.version, first.subject, body, languages)


def fits(second: Text, first: Text) -> bool:
    """Whether it says the same as this version: it was written to it and needs no more gaps.

    Source: own decision 0096 (a translation of an older wording would say something else).
    """
    return (
        second.language is not None
        and second.id == id_of(first.id, second.language)
        and second.to_version == first.version
        and set(second.gaps) <= set(first.gaps)
    )


def of(first: Text, texts: Iterable[Text]) -> tuple[Text, ...]:
    """Those of the texts that may stand below the German one, by language.

    Source: own decision 0096.
    """
    return tuple(sorted((one for one in texts if fits(one, first)), key=lambda one: one.id))


def suggested(language: str) -> Language | None:
    """What a mail in a language ("de" or "other") suggests; the clerk decides.

    Source: own decision 0096; which language it is nobody measures (own decision 0049).
    """
    return Language.ENGLISH if language == "other" else None
