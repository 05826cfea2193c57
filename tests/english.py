"""Whether words that go to a program are English, as far as a test can tell.

Names stay German (Kundennummer, Regionaldirektion, a region): what gives a language away are the
small words between them, and those are in no English text.
"""

import re

_SMALL_WORDS = """
aber auch auf aus bei bereits bitte darf das dem der deren dessen diese diesem diesen dieser
dieses doch dort durch eine einem einen einer eines erst fehlt fehlen für gehört gibt haben hat
heute hier ihr ihre ihrem ihren ihrer ist kann kein keine keinen mehr muss nach nicht noch nur
oder ohne schon sich sie sind soll und unter vom von vor wählen wenn wer werden wird wurde zu
zum zur zuerst zwischen über
"""
_GERMAN = frozenset(_SMALL_WORDS.split())
_QUOTES = re.compile("[„“”]")


def german_in(text: str) -> list[str]:
    """The words of `text` that are German, and German quotation marks; empty for English."""
    words = [word for word in re.findall(r"[^\W\d_]+", text.lower()) if word in _GERMAN]
    return words + _QUOTES.findall(text)
