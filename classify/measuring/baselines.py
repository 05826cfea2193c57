"""What the judge has to beat: the commonest answer, a list of words, and a plain text classifier.

They see the same mails and the same folds; a figure without them beside it says little.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from classify.corpus.lines import Example
from classify.measuring.measures import Answer
from classify.text import fold
from rules.codes import Channel, Concern, PaymentRelevant
from rules.payment import MOVES_MONEY, by_weight

Baseline = Callable[[Sequence[Example], Sequence[Example]], list[Answer]]
"""Learns from the first examples, answers for the second, in their order."""

_KEYWORDS: Final[MappingProxyType[Concern, tuple[str, ...]]] = MappingProxyType(
    {
        Concern.AU: ("krank", "arbeitsunfaehig"),
        Concern.ARBEITSUCHEND: ("arbeitsuchend", "kuendigung", "befristet"),
        Concern.ARBEITSLOS: ("arbeitslos melden", "arbeitslosmeldung", "arbeitslos"),
        Concern.BANKVERBINDUNG: ("iban", "konto", "bankverbindung"),
        Concern.ANSCHRIFT_NAME: ("umzug", "umgezogen", "neue adresse", "neue anschrift"),
        Concern.ARBEITSAUFNAHME: ("arbeitsvertrag", "neue stelle", "arbeitsaufnahme"),
        Concern.NEBENEINKOMMEN: ("minijob", "nebenjob", "nebeneinkommen"),
        Concern.LEISTUNGSAENDERUNG: ("steuerklasse", "elternzeit", "mutterschutz"),
        Concern.RENTE: ("rente",),
        Concern.ORTSABWESENHEIT: ("urlaub", "ortsabwesenheit", "verreise"),
        Concern.TERMIN: ("termin", "einladung"),
        Concern.BEARBEITUNGSSTAND: ("bearbeitungsstand", "wann kommt", "wie weit"),
        Concern.ANTRAG_UNTERLAGEN: ("antrag", "unterlagen", "formular"),
        Concern.INSOLVENZGELD: ("insolvenz",),
        Concern.BERATUNG: ("beratung", "bildungsgutschein", "weiterbildung"),
        Concern.BESCHEINIGUNG: ("bescheinigung ueber", "leistungsnachweis"),
        Concern.WIDERSPRUCH: ("widerspruch", "beschwerde"),
        Concern.FAMILIENKASSE: ("kindergeld", "kinderzuschlag"),
        Concern.JOBCENTER: ("buergergeld", "jobcenter"),
        Concern.ARBEITGEBER: ("betriebsnummer", "kurzarbeit", "wir suchen"),
        Concern.ONLINE_ZUGANG: ("passwort", "login", "anmelden"),
        Concern.KEIN_ANLIEGEN: ("newsletter", "abwesenheit", "undeliverable"),
    }
)


def majority(seen: Sequence[Example], asked: Sequence[Example]) -> list[Answer]:
    """Always the commonest first concern, payment and channel of what was seen."""
    first = Counter(example.line.concerns[0] for example in seen).most_common(1)[0][0]
    payment = Counter(example.line.payment_relevant for example in seen).most_common(1)[0][0]
    channel = Counter(example.line.channel for example in seen).most_common(1)[0][0]
    return [Answer((str(first),), payment, channel)] * len(asked)


def keywords(_seen: Sequence[Example], asked: Sequence[Example]) -> list[Answer]:
    """What Outlook rules would do: a concern for each word found, money if one moves it."""
    return [_by_keywords(example) for example in asked]


def plain_classifier(seen: Sequence[Example], asked: Sequence[Example]) -> list[Answer]:
    """TF-IDF over words and word pairs with one LinearSVC a label, as in every tutorial."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    matrix = words.fit_transform([_text(example) for example in seen])
    unseen = words.transform([_text(example) for example in asked])
    labels = sorted({str(code) for example in seen for code in example.line.concerns})
    truth = [[label in example.line.concerns for label in labels] for example in seen]
    margins = OneVsRestClassifier(LinearSVC(random_state=0)).fit(matrix, np.asarray(truth, int))
    concerns = [_labels_of(row, labels) for row in margins.decision_function(unseen)]
    if any(example.line.channel is None for example in seen):
        return [Answer(codes) for codes in concerns]
    money = LinearSVC(random_state=0).fit(matrix, [_payment(example) for example in seen])
    channels = LinearSVC(random_state=0).fit(matrix, [str(e.line.channel) for e in seen])
    return [
        Answer(codes, PaymentRelevant(answer), str(channel))
        for codes, answer, channel in zip(
            concerns, money.predict(unseen), channels.predict(unseen), strict=True
        )
    ]


BASELINES: Final[MappingProxyType[str, Baseline]] = MappingProxyType(
    {"majority": majority, "keyword list": keywords, "TF-IDF + LinearSVC": plain_classifier}
)


def _by_keywords(example: Example) -> Answer:
    text = _text(example)
    found = [code for code, words in _KEYWORDS.items() if any(word in text for word in words)]
    moves = bool(MOVES_MONEY.intersection(found))
    return Answer(
        tuple(str(code) for code in by_weight(found or [Concern.SONSTIGES])),
        PaymentRelevant.YES if moves else PaymentRelevant.NO,
        example.mail.form.channel if example.mail.form else Channel.FREIE_EMAIL,
    )


def _payment(example: Example) -> str:
    return str(example.line.payment_relevant or PaymentRelevant.NO)


def _labels_of(
    margins: np.ndarray[tuple[int], np.dtype[np.float64]], labels: list[str]
) -> tuple[str, ...]:
    named = [label for label, margin in zip(labels, margins, strict=True) if margin > 0]
    named = named or [labels[int(margins.argmax())]]
    house = {code.value for code in Concern}
    if not house.issuperset(named):
        return tuple(sorted(named, key=lambda label: -margins[labels.index(label)]))
    return tuple(str(code) for code in by_weight(Concern(label) for label in named))


def _text(example: Example) -> str:
    return fold(f"{example.mail.subject}\n{example.mail.body.new}")
