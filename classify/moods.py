"""Does a change hold, or is it only asked about, planned, wished, denied or withdrawn?

Sentence by sentence: which concept of the lexicon is spoken of in which mood. Source: label
guide, `ann.` and "Decided cases" (plan, wish, withdrawal, "not changed", fact as a question).
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from types import MappingProxyType

from classify import lexicon
from classify.text import fold, sentences


class Mood(StrEnum):
    """How something is said. The value is the mark in a cue (`konto?`)."""

    STATED = "!"
    ASKED = "?"
    PLANNED = "~"
    DENIED = "-"
    WITHDRAWN = "x"


MONEY_CONCEPTS: frozenset[str] = frozenset(
    {
        "krank", "au_schein", "gesund", "klinik", "krankengeld", "kind_krank", "konto", "konto_neu",
        "scheck", "umzug", "name_neu", "strasse", "job_beginnt", "ausbildung", "selbst", "nebenjob",
        "lohn", "steuerklasse", "kind", "mutterschutz", "pflege", "kurs", "verzicht", "rente", "urlaub",
    }
)  # fmt: skip
"""Concepts whose mood matters: those of concerns that can move money (label guide)."""

_PLAN = re.compile(
    r"\b(?:wuerde|wuerden|koennte|koennten|moechte|moechten|wollen|will|wollte|waere|haette|plane|planen"
    r"|ueberleg\w*|vielleicht|eventuell|evtl|vermutlich|voraussichtlich|wahrscheinlich|falls|wenn|sofern"
    r"|sobald|sollte|sollten|demnaechst|irgendwann|hoff\w*|vorhabe|habe vor|interess\w*|denke darueber"
    r"|noch nicht (?:sicher|entschieden|fest|unterschrieben)|noch offen|steht noch nicht|in aussicht"
    r"|kommt in frage|moeglich\w*|angenommen|theoretisch|gegebenenfalls|ggf)\b"
)
_DENIAL = re.compile(
    r"\b(?:nicht (?:mehr )?(?:umgezogen|geaendert|veraendert|gewechselt|krank|angetreten|angenommen)"
    r"|bleibt (?:alles )?(?:gleich|unveraendert|wie|die gleiche|beim alten)|unveraendert|nichts (?:geaendert"
    r"|veraendert)|keine (?:neue|aenderung|veraenderung)|nach wie vor|weiterhin (?:die|das|in|unter)|gleich"
    r"|stimmt (?:noch|weiterhin)|aendert sich (?:nichts|nicht)|hat sich nichts|bin nicht|habe nicht"
    r"|habe kein\w*|ist nicht|kein\w*)\b"
)
_WITHDRAWAL = re.compile(
    r"ignorier|gegenstandslos|hinfaellig|hat sich erledigt|doch nicht|widerruf|zurueckzieh|ziehe.{0,40}zurueck"
    r"|nehme.{0,40}zurueck|stornier|nicht (?:bearbeiten|beachten)|vergessen sie|versehentlich|aus versehen"
)
_QUESTION = re.compile(
    r"\?|^(?:ob|wie|was|wann|wo|welche\w*|muss ich|darf ich|kann ich|brauch\w* ich|gibt es|bekomme? ich)\b"
    r"|\b(?:frage|fragen|wissen|wuesste gern\w*|erkundig\w*), ?(?:ob|wie|was|wann)\b"
)
_FACT = re.compile(
    r"\b(?:habe?n?|bin|ist|wurde|sind|war)\b.{0,60}\b(?:ge\w+t|ge\w+en|\w*ge\w{3,}(?:t|en)|unterschrieben|bekommen|erhalten"
    r"|begonnen|beendet|eroeffnet)\b|\b(?:ab|seit|zum|vom|bis)\s+(?:dem\s+|den\s+|heute|gestern|sofort|montag|\d)"
    r"|\bhiermit\b|\bteile ich\b.{0,12}\bmit\b|\bmelde (?:ich )?mich\b"
)
_MOODS: MappingProxyType[Mood, re.Pattern[str]] = MappingProxyType(
    {
        Mood.WITHDRAWN: _WITHDRAWAL,
        Mood.ASKED: _QUESTION,
        Mood.PLANNED: _PLAN,
        Mood.DENIED: _DENIAL,
    }
)


def of_sentence(folded: str) -> frozenset[Mood]:
    """The moods of one folded sentence; `STATED` if a fact is told or no other mood is heard.

    A fact may be dressed as a question ("mein Sohn ist da, bekomme ich mehr?"): then both.
    """
    heard = {mood for mood, pattern in _MOODS.items() if pattern.search(folded)}
    if not heard or _FACT.search(folded):
        heard.add(Mood.STATED)
    return frozenset(heard)


def cues(text: str) -> Iterator[str]:
    """`<concept><mood>` for every money concept of every sentence, and `mood:<mood>` once each."""
    for sentence in sentences(text):
        folded = fold(sentence.text)
        moods = of_sentence(folded)
        yield from (f"mood:{mood}" for mood in sorted(moods))
        for name in sorted(MONEY_CONCEPTS):
            if lexicon.PATTERNS[name].search(folded):
                yield from (f"{name}{mood}" for mood in sorted(moods))
