"""The languages of a text that stands below the German one, and how its id says which.

A German text is "<folder>.<name>", its second text "<folder>.<name>.<language>".
Source: § 19 (1) SGB X (the official language is German); own decision 0096.
"""

from enum import StrEnum


class Language(StrEnum):
    """In which language the same is said again. `SIMPLE` is plain German.

    Source: § 11 BGG (understandable language); DIN 8581-1 (plain language).
    """

    ENGLISH = "en"
    SIMPLE = "einfach"


def parts_of(text_id: str) -> tuple[str, Language | None]:
    """The id of the German text and the language; None where the id is that of a German text.

    Source: own decision 0096.
    """
    first, dot, last = text_id.rpartition(".")
    if dot and "." in first and last in set(Language):
        return first, Language(last)
    return text_id, None


def id_of(first_id: str, language: Language) -> str:
    """The id of the second text of a German one. Source: own decision 0096."""
    return f"{first_id}.{language}"
