"""Which recognisers fired for a concern, by their stable names, with the sentence they heard.

Most are cues that the model weighs (classify/cues.py): those are named that spoke for it. Others
settle something by themselves: a form that was read, a machine's mark in a header, how far a Rente
is, a change that is only asked about. The names are a promise to programs; docs/judge.md lists
them. Source: F25 (reasons shown).
"""

from collections.abc import Iterable, Sequence
from typing import Final

from classify import lexicon, machine, moods
from classify.announced import CONCEPTS, NOT_HELD
from classify.reading import Reading
from classify.scorer import Scored, Scorer
from rules.codes import Channel, Concern
from rules.payment import MOVES_MONEY
from rules.verdict import Recogniser, Span

_MOST: Final = 3
_SHARE_OF_BEST: Final = 0.3
"""One that speaks with less than this share of the strongest one's voice says little."""
LAYOUT: Final = "form."
IBAN: Final = "fact.iban"
IBAN_WRONG: Final = "fact.iban_wrong"
_SILENT: Final = ("mood:", "f:form_lines", "f:key_lines", "f:short")
"""Cues that say how a mail is written, not what it is about."""
_PLACES: Final = {"s": "subject", "a": "attachment", "t": "topic", "f": "fact"}
_CHANNELS: Final = frozenset(channel.value for channel in Channel)
_ABSENCE: Final = ("payment.absence_unapproved", "payment.absence_off")
_RENTE: Final = ("payment.rente_granted", "payment.rente_applied")
"""Of these the first that is heard counts, as for payment."""
_MOODS: Final = tuple(f"moods.{mood.name.lower()}" for mood in moods.Mood if mood in NOT_HELD)


def of_cue(cue: str) -> str:
    """The name of the recogniser that gave the cue; empty for what speaks of no matter."""
    place, parted, name = cue.partition(":")
    if cue.startswith(_SILENT):
        return ""
    if not parted:
        concept = cue if cue in lexicon.CONCEPTS else cue[:-1]
        return f"text.{concept}" if concept in lexicon.CONCEPTS else ""
    if place == "m":
        return f"machine.{name}" if name.endswith("_words") else f"header.{name}"
    return LAYOUT if name in _CHANNELS else f"{_PLACES[place]}.{name}"


class Recognisers:
    """Tells which fired. Immutable; threads may share it."""

    __slots__ = ("_names", "_scorer")

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._names = [*map(of_cue, scorer.cue_terms)]

    def of_mail(
        self, read: Reading, scored: Scored, targets: Iterable[int]
    ) -> list[list[Recogniser]]:
        """Those that spoke for each of the targets, loudest first; equals by name."""
        rows, voices = self._scorer.of_cues(scored)
        names = [self._names[row] for row in rows]
        told: dict[str, Recogniser] = {}
        found = []
        for target in targets:
            said: dict[str, float] = {}
            for name, voice in zip(names, voices[target].tolist(), strict=True):
                # A concept is a cue, and once more with each mood in which it is spoken of.
                said[name] = said[name] + voice if name in said else voice
            loud = sorted([(-said[name], name) for name in said if name and said[name] > 0])
            kept = [name for n, name in loud[:_MOST] if n <= loud[0][0] * _SHARE_OF_BEST]
            for name in kept:
                if name not in told:
                    told[name] = told_of(read, name)
            found.append([told[name] for name in kept])
        return found


def settling(read: Reading, code: Concern, came_by: Channel) -> list[Recogniser]:
    """Those that decide by themselves: an AU form, a machine's mark, what payment asks beside."""
    names: Sequence[str] = ()
    if code is Concern.AU and came_by is Channel.ESERVICE_AU and read.mail.form:
        names = (LAYOUT,)
    elif code is Concern.KEIN_ANLIEGEN and came_by is Channel.MASCHINELL:
        names = [f"header.{mark}" for mark in read.marks if mark in machine.SURE]
    elif code is Concern.RENTE:
        names = [name for name in _RENTE if name in read.said][:1]
    elif code is Concern.ORTSABWESENHEIT:
        names = [name for name in _ABSENCE if name in read.said]
    return [told_of(read, name) for name in names]


def moods_of(read: Reading, code: Concern) -> list[Recogniser]:
    """In which moods a change is spoken of that is not announced for that."""
    if code not in MOVES_MONEY:
        return []
    spoken = [one.said for one in read.sentences if not one.said.isdisjoint(CONCEPTS[code])]
    heard = [mood for mood in _MOODS if any(mood in said for said in spoken)]
    return [told_of(read, mood) for mood in heard]


def told_of(read: Reading, name: str) -> Recogniser:
    """The recogniser under its full name, with its place."""
    if name[:8] == "subject.":
        return Recogniser(name, (Span(0, len(read.mail.subject), "subject"),))
    if name == IBAN:
        iban = read.iban
        spans = (Span(iban.start, iban.end),) if iban.value else ()
        return Recogniser(IBAN if spans else IBAN_WRONG, spans)
    if name == LAYOUT and read.mail.form:
        return Recogniser(LAYOUT + read.mail.form.layout)
    heard = name[5:] if name[:5] == "text." else name
    for place, sentence in enumerate(read.sentences):
        if heard in sentence.said:
            written = read.written[place]
            start = read.new.find(written)
            return Recogniser(name, (Span(start, start + len(written)),))
    return Recogniser(name)
