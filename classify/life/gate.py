"""Whether a new model may go live: not worse than the live one on the fixed split.

The split is the mail of fixed writers; a twin of the model, trained by the same code on the other
writers' mail, judges it. So both models are measured on strangers, and on the same ones. Source:
F27 (held-out gate); own decision 0029.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from classify.corpus.lines import LabelledMail
from classify.measuring.findings import Report
from classify.measuring.measures import CodeFigures

WRITERS: Final[tuple[str, ...]] = ("f_people", "h_country")
"""The writers of the fixed split: the two with the mix of a real inbox (corpus/README.md)."""

RECALL_TOLERANCE: Final = 0.005
"""Payment recall may be so much lower: about one mail of the split. Own decision 0029."""

MACRO_F1_TOLERANCE: Final = 0.01
"""Macro-F1 may be so much lower; smaller differences are chance on 350 mails. Own decision 0029."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a model's twin did on the split. `split_sha256` is over its mails with their labels."""

    split_sha256: str
    writers: tuple[str, ...]
    mails: int
    payment_recall: float
    payment_false_yes: float
    macro_f1: float
    first_among: float
    to_a_person: float
    codes: tuple[CodeFigures, ...]


def split_sha256(lines: Sequence[LabelledMail]) -> str:
    """The same mails with the same labels give the same hash; their order doesn't count."""
    digest = hashlib.sha256()
    for text in sorted(repr(line) for line in lines):
        digest.update(text.encode())
    return digest.hexdigest()


def measured(report: Report, lines: Sequence[LabelledMail], writers: Collection[str]) -> Measured:
    """The figures of the gate out of the report on the twin."""
    ours = report.systems[0]
    return Measured(
        split_sha256=split_sha256(lines),
        writers=tuple(sorted(writers)),
        mails=ours.mails,
        payment_recall=ours.payment_recall or 0.0,
        payment_false_yes=ours.payment_false_yes or 0.0,
        macro_f1=ours.macro_f1,
        first_among=ours.first_among,
        to_a_person=ours.review,
        codes=report.codes,
    )


def objections(candidate: Measured | None, live: Measured | None) -> tuple[str, ...]:
    """Why the candidate may not replace the live model; empty if it may. Stable codes.

    `unmeasured`, `other_split`, `payment_recall`, `macro_f1`.
    """
    if candidate is None or live is None:
        return ("unmeasured",)
    if candidate.split_sha256 != live.split_sha256:
        return ("other_split",)
    found = []
    if candidate.payment_recall < live.payment_recall - RECALL_TOLERANCE:
        found.append("payment_recall")
    if candidate.macro_f1 < live.macro_f1 - MACRO_F1_TOLERANCE:
        found.append("macro_f1")
    return tuple(found)
