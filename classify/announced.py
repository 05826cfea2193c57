"""Does a change hold already, concern by concern, and what the table of payment asks beside.

Source: label guide, `ann.` and the rows `rente` and `ortsabwesenheit`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from classify import lexicon, moods
from classify.text import fold, sentences
from rules.codes import Concern
from rules.payment import MOVES_MONEY, YES_IF_ANNOUNCED, PaymentHint, RenteStage

_CONCEPTS: Final[Mapping[Concern, tuple[str, ...]]] = {
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
}
_NOT_HELD: Final = frozenset(
    {moods.Mood.ASKED, moods.Mood.PLANNED, moods.Mood.DENIED, moods.Mood.WITHDRAWN}
)
_PHRASES: Final = lexicon.phrases("payment")


def announced(
    text: str, codes: Iterable[Concern], *, sure: float, bound: float
) -> frozenset[Concern]:
    """The money-moving concerns among `codes` whose change holds.

    `sure` is the model's probability that the message announces one. With several such
    concerns, one that is only asked about or denied in every sentence is left out, as long
    as another remains.
    """
    money = [code for code in codes if code in MOVES_MONEY]
    if sure < bound or not money:
        return frozenset()
    held = frozenset(code for code in money if _is_held(text, code))
    return held or frozenset(money)


def hint(text: str, dates: Mapping[str, date]) -> PaymentHint:
    """How far a Rente is, and what an Ortsabwesenheit is like."""
    folded = fold(text)
    first, last = dates.get("absence_from"), dates.get("absence_to")
    return PaymentHint(
        rente=_rente(folded),
        absence_days=(last - first).days + 1 if first and last else None,
        absence_unapproved=bool(_PHRASES["absence_unapproved"].search(folded)),
        absence_withdrawn=bool(_PHRASES["absence_off"].search(folded)),
    )


def _rente(folded: str) -> RenteStage:
    if _PHRASES["rente_granted"].search(folded):
        return RenteStage.GRANTED
    return RenteStage.APPLIED if _PHRASES["rente_applied"].search(folded) else RenteStage.UNKNOWN


def _is_held(text: str, code: Concern) -> bool:
    """Whether any sentence about the concern states it, or none speaks of it in known words."""
    if code not in YES_IF_ANNOUNCED:
        return True
    patterns = [lexicon.CONCEPTS[name] for name in _CONCEPTS[code]]
    spoken = [
        moods.of_sentence(folded)
        for folded in (fold(sentence.text) for sentence in sentences(text))
        if any(pattern.search(folded) for pattern in patterns)
    ]
    return not spoken or any(not moods_heard <= _NOT_HELD for moods_heard in spoken)
