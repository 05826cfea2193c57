"""Does a change hold already, concern by concern, and what the table of payment asks beside.

Source: label guide, `ann.` and the rows `rente` and `ortsabwesenheit`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from classify import moods
from classify.reading import Heard, Reading
from rules.codes import Concern
from rules.payment import MOVES_MONEY, PaymentHint, RenteStage
from rules.verdict import Span

CONCEPTS: Final[Mapping[Concern, tuple[str, ...]]] = {
    Concern.AU: ("krank", "au_schein", "gesund", "klinik", "kind_krank", "krankengeld"),
    Concern.BANKVERBINDUNG: ("konto", "konto_neu", "scheck"),
    Concern.ANSCHRIFT_NAME: ("umzug", "name_neu", "strasse"),
    Concern.ARBEITSAUFNAHME: ("job_beginnt", "ausbildung", "selbst"),
    Concern.NEBENEINKOMMEN: ("nebenjob", "lohn"),
    Concern.LEISTUNGSAENDERUNG: (
        "steuerklasse",
        "kind",
        "mutterschutz",
        "pflege",
        "kurs",
        "verzicht",
    ),
    Concern.RENTE: ("rente",),
    Concern.ORTSABWESENHEIT: ("urlaub",),
}
"""The concepts of the lexicon that speak of a change, by its concern."""
NOT_HELD: Final = frozenset(
    {moods.Mood.ASKED, moods.Mood.PLANNED, moods.Mood.DENIED, moods.Mood.WITHDRAWN}
)
"""In these no change holds."""


_SURE_OF_NONE_STATED: Final = 0.6
"""From here on a change holds though no sentence states it: moods are heard by words, and people
say it in others. Of 4,789 unseen mails eight of ten below it tell of none, twelve of 13 above do.
Source: own decision 0159."""
_SUBJECT: Final = -1


def announced(
    reading: Reading, codes: Iterable[Concern], *, sure: float, bound: float
) -> frozenset[Concern]:
    """The money-moving concerns among `codes` whose change holds.

    `sure` is the model's probability that the message announces one. A concern that is only asked
    about, planned or denied in every sentence is left out, unless all are and the model is sure.
    """
    money = [code for code in codes if code in MOVES_MONEY]
    if sure < bound or not money:
        return frozenset()
    held = frozenset(code for code in money if _is_held(reading, code))
    return held or (frozenset(money) if sure >= _SURE_OF_NONE_STATED else held)


def told_in(reading: Reading, codes: Iterable[Concern]) -> tuple[Span, ...]:
    """The sentences that say why the mail moves money: for each concern the first that states it.

    The new text goes before the subject, which often only names the matter. None for a concern
    that is told in words that no lexicon has.
    """
    stating = dict.fromkeys(_first_stating(reading, CONCEPTS.get(code, ())) for code in codes)
    stating.pop(None, None)
    if not stating:
        return ()
    subject = Span(0, len(reading.mail.subject), "subject")
    spans = _spans(reading) if any(number != _SUBJECT for number in stating) else []
    return tuple(subject if n == _SUBJECT else spans[n] for n in stating if n is not None)


def _first_stating(reading: Reading, concepts: tuple[str, ...]) -> int | None:
    """The number of the first sentence that does; the subject's, else None."""
    for number, heard in enumerate(reading.sentences):
        if _states(heard, concepts):
            return number
    return _SUBJECT if _states(reading.subject, concepts) else None


def _spans(reading: Reading) -> list[Span]:
    """Where each sentence of the new text stands."""
    spans, at = [], 0
    for written in reading.written:
        start = reading.new.index(written, at)
        at = start + len(written)
        spans.append(Span(start, at))
    return spans


def _states(heard: Heard, concepts: Iterable[str]) -> bool:
    return not heard.said.isdisjoint(concepts) and not moods.of_said(heard.said) <= NOT_HELD


def hint(said: frozenset[str], dates: Mapping[str, date]) -> PaymentHint:
    """How far a Rente is, and what an Ortsabwesenheit is like; `said` is of the whole mail."""
    first, last = dates.get("absence_from"), dates.get("absence_to")
    return PaymentHint(
        rente=_rente(said),
        absence_days=(last - first).days + 1 if first and last else None,
        absence_unapproved="payment.absence_unapproved" in said,
        absence_withdrawn="payment.absence_off" in said,
    )


def _rente(said: frozenset[str]) -> RenteStage:
    if "payment.rente_granted" in said:
        return RenteStage.GRANTED
    return RenteStage.APPLIED if "payment.rente_applied" in said else RenteStage.UNKNOWN


def _is_held(reading: Reading, code: Concern) -> bool:
    """Whether any sentence about the concern states it, or none speaks of it in known words."""
    spoken = [
        moods.of_said(sentence.said)
        for sentence in (*reading.subject_sentences, *reading.sentences)
        if not sentence.said.isdisjoint(CONCEPTS[code])
    ]
    return not spoken or any(not moods_heard <= NOT_HELD for moods_heard in spoken)
