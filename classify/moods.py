"""Does a change hold, or is it only asked about, planned, wished, denied or withdrawn?

Sentence by sentence: which concept of the lexicon is spoken of in which mood. Source: label
guide, `ann.` and "Decided cases" (plan, wish, withdrawal, "not changed", fact as a question).
"""

from bisect import bisect_right
from collections.abc import Iterator
from enum import StrEnum
from itertools import accumulate

from classify import lexicon
from classify.text import fold, sentences


class Mood(StrEnum):
    """How something is said. The value is the mark in a cue (`konto?`)."""

    STATED = "!"
    ASKED = "?"
    PLANNED = "~"
    DENIED = "-"
    WITHDRAWN = "x"


MONEY_CONCEPTS: tuple[str, ...] = (
    *("krank", "au_schein", "gesund", "klinik", "krankengeld", "kind_krank"),
    *("konto", "konto_neu", "scheck", "umzug", "name_neu", "strasse"),
    *("job_beginnt", "ausbildung", "selbst", "nebenjob", "lohn"),
    *("steuerklasse", "kind", "mutterschutz", "pflege", "kurs", "verzicht", "rente", "urlaub"),
)
"""Concepts whose mood matters: those of concerns that can move money (label guide)."""

_PHRASES = lexicon.phrases("moods")
_MOODS = tuple(
    (mood, _PHRASES[mood.name.lower()])
    for mood in (Mood.WITHDRAWN, Mood.ASKED, Mood.PLANNED, Mood.DENIED)
)


def of_sentence(folded: str) -> frozenset[Mood]:
    """The moods of one folded sentence; `STATED` if a fact is told or no other mood is heard.

    A fact may be dressed as a question ("mein Sohn ist da, bekomme ich mehr?"): then both.
    """
    heard = {mood for mood, pattern in _MOODS if pattern.search(folded)}
    if not heard or _PHRASES["fact"].search(folded):
        heard.add(Mood.STATED)
    return frozenset(heard)


def cues(text: str) -> Iterator[str]:
    """`<concept>` for each spoken of, `<concept><mood>` for those of `MONEY_CONCEPTS`, and moods.

    One pass a concept over the folded text; a match belongs to the sentence it begins in.
    """
    folded = [fold(sentence.text).replace("\n", " ") for sentence in sentences(text)]
    moods = [sorted(of_sentence(sentence)) for sentence in folded]
    yield from (f"mood:{mood}" for of_one in moods for mood in of_one)
    whole = "\n".join(folded)
    ends = list(accumulate(len(sentence) + 1 for sentence in folded))
    for name, pattern in lexicon.CONCEPTS.items():
        if name not in MONEY_CONCEPTS:
            if pattern.search(whole):
                yield name
            continue
        for match in pattern.finditer(whole):
            yield name
            yield from (f"{name}{mood}" for mood in moods[bisect_right(ends, match.start())])
