"""Where a `no` would be a guess: what moves money is named, and nobody says that nothing changes.

Whether a change is announced is the scorer's feeling for the whole mail, and its bound a promise on
mail as in the corpus. So a `no` of a mail whose own matter moves money wants a sentence that asks,
plans, denies or takes back, and none that states a change by itself. Source: own decision 0150.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from classify import elsewhere, lexicon, moods, reading
from classify.announced import NOT_HELD
from classify.opinion import Questions
from classify.reading import Heard, Reading
from classify.text import fold
from rules.codes import Concern
from rules.payment import MOVES_MONEY

_PAPERS: Final = frozenset(
    str.split(
        "krank au_schein kind_krank klinik krankengeld konto_neu scheck umzug name_neu nebenjob "
        "steuerklasse mutterschutz rente"
    )
)
"""Concepts that the name of a file has for the sake of the change itself. Contracts, payslips and
bank statements go along with any claim."""
_PAPER: Final = re.compile(
    r"(?<!lohn)konto(?!aus)(?!\.)|bankverbind|\biban\b|geburtsurk|gewerbeanm|aenderungsm"
)


_STATED_FROM: Final = 0.05
"""Probability of money from which a sentence by itself is a reason. Not the bound of `yes`, which
each training finds anew (0.29 to 0.30). Source: own decisions 0154 and 0159."""


def named_but_unsettled(
    read: Reading, named: Iterable[Concern], questions: Questions
) -> Concern | None:
    """The first concern that moves money, where nothing tells that no change of it holds.

    So it is where no sentence asks, plans, denies or takes back anything, and where one that states
    something, judged as a mail of its own, may move money.
    """
    money = next((code for code in named if code in MOVES_MONEY), None)
    if money is None:
        return None
    heard = chain(read.subject_sentences, read.sentences)
    if all(NOT_HELD.isdisjoint(moods.of_said(one.said)) for one in heard):
        return money
    stated = _stated(read.written, read.sentences)
    said = questions.of_mails([reading.of(elsewhere.alone(read.mail, one)) for one in stated])
    return money if any(one.payment >= _STATED_FROM for one in said) else None


def has_paper_of_a_change(read: Reading) -> bool:
    """Whether the name of a file tells a change: a sick note, another account, a birth."""
    names = [fold(one.name).replace("_", " ") for one in read.mail.attachments]
    return any(_PAPER.search(name) or not _PAPERS.isdisjoint(lexicon.hear(name)) for name in names)


def _stated(written: Sequence[str], heard: Sequence[Heard]) -> list[str]:
    return [
        text
        for text, one in zip(written, heard, strict=True)
        # What says nothing has no text (classify/courtesy.py).
        if one.text and not moods.of_said(one.said) <= NOT_HELD
    ]
