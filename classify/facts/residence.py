"""Where somebody says that he lives, wherever in the sentence the place stands.

"Mein Wohnsitz liegt weiterhin in Celle", "da ich in Husum gemeldet bin", "zu Hause bin ich in
Fulda": a word of living and a place behind "in" in one sentence. Said of oneself and of today.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classify.facts.place_names import known_place, town_of_quarter
from classify.text import fold
from rules.directory import Directory

_LIVING: Final = re.compile(
    r"\b(?:(?:haupt|erst|)wohnsitz(?!\w)|(?:haupt|)wohnort(?!\w)|zuhause|zu hause|daheim|gemeldet"
    r"|wohnhaft|ansaessig|wohnen?(?!\w)|leben?(?!\w))"
)
_MAY_LIVE: Final = re.compile(r"[Ww]ohn|ause\b|aheim\b|emeldet\b|\b[Ll]eben?\b|nsässig")
_PLACE: Final = re.compile(
    r"\b(?:in|bei|ist|bleibt|jetzt)\s(?:der\s(?:Gemeinde|Samtgemeinde|Stadt|Ortschaft)\s)?"
    r"(?P<place>(?:(?:Bad|Sankt|St\.|Lutherstadt|Schwäbisch|Berlin)\s)?[A-ZÄÖÜ][\w-]+"
    r"(?:\s\([A-ZÄÖÜ][\w./ ]{1,20}\)|/[A-ZÄÖÜ]\w+"
    r"|\s(?:am|an\sder|im|in\sder|ob\sder|auf)\s[A-ZÄÖÜ]\w+)?)"
)
_SENTENCE_END: Final = re.compile(
    r"(?<=[^\W\d_]{2}[.!?])(?<!\bSt\.)\s+(?=[A-ZÄÖÜ\W])|[!?]\s+|;\s|\n|:\s|\s[–—]\s|,?\s(?:und|aber)\s(?=ich\b)"
)
_NOT_OWN: Final = re.compile(
    r"\b(?:sein|seine\w?|wohnt|lebt|kinder|tochter|sohn|freund\w*|bruder"
    r"|schwester|mandant\w*|betreut\w*|kund\w+|mitarbeiter\w*|azubi|herrn?|frau|bewerber\w*"
    r"|arbeit(?:s(?:los|uchend|suchend|unfaehig))|krank)\b"
)
"""Of somebody else; or `gemeldet` is said of an illness, or of being out of work."""
_HERS: Final = re.compile(r"\b(?:[Ee]r|sie|ihr|ihre\w?)\b")
"""With a capital it is the reader: "wie Sie wissen"."""
_OWN: Final = re.compile(r"\b(?:ich|wir|mein\w{0,2}|unser\w{0,2}|bin|wohnhaft)\b")
_NOT_NOW: Final = re.compile(
    r"\bnicht\b|\bkein|frueher|\bwar(?:en)?\b|vorher|damals|\bbis\b|ehemal|bisher|ueberleg|moecht"
    r"|\bwill\b|wollen|wuerd|koennt|\bfalls\b|\bwenn\b|\bob\b|vielleicht|suche|geplant|voruebergehend"
    r"|\bwerden?\b|\burlaub"
)
_REGISTERED: Final = re.compile(r"\b(?:bin|sind|bleiben?)\b")
_REPORTED: Final = re.compile(r"\b(?:mich|uns|ihnen|euch|habe?|hatten?)\b")
_AT_WORK: Final = re.compile(
    r"\b(?:arbeit\w*|standort|stelle|firma|betrieb|kurs)\b(?:(?!wohn|,).)*$"
)
_LONGEST_SENTENCE_CHARS: Final = 240
_REACH_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class Residence:
    """A place and where in the text it is told."""

    place: str
    start: int


def find(text: str, directory: Directory) -> Iterator[Residence]:
    """Of each sentence that tells where its writer lives the place nearest to the word."""
    if not _MAY_LIVE.search(text):
        return
    start = 0
    for end in (*_SENTENCE_END.finditer(text), None):
        stop = end.start() if end else len(text)
        place = _of_sentence(text[start:stop], directory)
        if place:
            yield Residence(place[0], start + place[1])
        start = end.end() if end else stop


def _of_sentence(sentence: str, directory: Directory) -> tuple[str, int] | None:
    if len(sentence) > _LONGEST_SENTENCE_CHARS or not _MAY_LIVE.search(sentence):
        return None
    folded = fold(sentence)
    living = _LIVING.search(folded)
    is_own = _OWN.search(folded) and not _NOT_OWN.search(folded) and not _HERS.search(sentence)
    if living is None or not is_own or _is_report(living, folded):
        return None
    # Folded text is a little longer; the nearest place is the nearest all the same.
    found = [
        (abs(match.start("place") - living.start()), match.start("place"), place)
        for match in _PLACE.finditer(sentence)
        if not _AT_WORK.search(folded, max(0, match.start() - 40), match.start())
        and (place := _named(match, directory))
    ]
    if not found:
        return None
    distance, at, place = min(found)
    told = max(at + len(place), living.end())
    near = folded[:told] + folded[told : told + 14].partition(",")[0]
    if distance > _REACH_CHARS or _NOT_NOW.search(near):
        return None
    return place, at


def _is_report(living: re.Match[str], folded: str) -> bool:
    """Whether `gemeldet` is no residence: "ich hatte Ihnen gemeldet, dass …"."""
    is_told = _REPORTED.search(folded) or not _REGISTERED.search(folded)
    return living[0] == "gemeldet" and bool(is_told)


def _named(match: re.Match[str], directory: Directory) -> str | None:
    return known_place(match["place"], directory) or town_of_quarter(match["place"], directory)
