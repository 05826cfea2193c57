"""Figures over answers beside the truth. Pure; knows neither models nor mail.

Source: label guide (payment relevance belongs to the message; `open` is treated like `yes`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.codes import PaymentRelevant


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody (a person, a model, a baseline) says of one mail.

    `concerns` most weighty first. `payment` and `channel` are None where nobody was asked.
    """

    concerns: tuple[str, ...]
    payment: PaymentRelevant | None = None
    channel: str | None = None
    review: bool = False


@dataclass(frozen=True, slots=True)
class CodeFigures:
    """Precision, recall and F1 of one code; `mails` have it in truth, `named` were given it.

    None where there was nothing to measure: precision of a code never named, recall and F1 of a
    code that no mail has.
    """

    code: str
    precision: float | None
    recall: float | None
    f1: float | None
    mails: int
    named: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One system on one set of mails; shares are 0..1, None where there was nothing to measure.

    `first` is the share whose first concern is exactly the first one of the label, `first_among`
    the share whose first concern is any of the label's. `payment_recall` is the share of the
    truly relevant that were handed over (yes or open), `payment_false_yes` the share of the
    truly irrelevant that were called `yes`, `handed_over` the share of all that were handed over.
    `payment_called_yes` is the share of the truly relevant that were called `yes`, `payment_open`
    the share of all that were left `open`. `sure_first` and `sure_among` are `first` and
    `first_among` of the mails without review.
    """

    name: str
    mails: int
    first: float
    first_among: float
    micro_f1: float
    macro_f1: float
    payment_recall: float | None
    payment_false_yes: float | None
    handed_over: float | None
    payment_called_yes: float | None
    payment_open: float | None
    channel: float | None
    review: float
    sure_first: float | None
    sure_among: float | None


def figures(name: str, truth: Sequence[Answer], given: Sequence[Answer]) -> Figures:
    """All figures of one system; `truth` and `given` in the same order, at least one mail."""
    pairs = list(zip(truth, given, strict=True))
    codes = by_code(truth, given)
    sure = [(true, said) for true, said in pairs if not said.review]
    return Figures(
        name=name,
        mails=len(pairs),
        first=_share([_same_first(true, said) for true, said in pairs]) or 0.0,
        first_among=_share([said.concerns[0] in true.concerns for true, said in pairs]) or 0.0,
        micro_f1=micro_f1(truth, given),
        macro_f1=macro_f1(codes),
        payment_recall=_handed_over(pairs, PaymentRelevant.YES),
        payment_false_yes=_called_yes(pairs, PaymentRelevant.NO),
        handed_over=_handed_over(pairs, None),
        payment_called_yes=_called_yes(pairs, PaymentRelevant.YES),
        payment_open=_share([s.payment is PaymentRelevant.OPEN for _, s in pairs if s.payment]),
        channel=_share([t.channel == s.channel for t, s in pairs if t.channel and s.channel]),
        review=1 - len(sure) / len(pairs),
        sure_first=_share([_same_first(true, said) for true, said in sure]),
        sure_among=_share([said.concerns[0] in true.concerns for true, said in sure]),
    )


def by_code(
    truth: Sequence[Answer], given: Sequence[Answer], *, known: Iterable[str] = ()
) -> tuple[CodeFigures, ...]:
    """One row for every code of the truth and every `known` one, in alphabetical order."""
    true, said, both = _counts(truth, given)
    return tuple(
        CodeFigures(
            code=code,
            precision=both[code] / said[code] if said[code] else None,
            recall=both[code] / true[code] if true[code] else None,
            f1=2 * both[code] / (said[code] + true[code]) if true[code] else None,
            mails=true[code],
            named=said[code],
        )
        for code in sorted({*true, *known})
    )


def macro_f1(codes: Sequence[CodeFigures]) -> float:
    """The mean F1 of the codes that at least one mail has."""
    measured = [row.f1 for row in codes if row.f1 is not None]
    return sum(measured) / len(measured) if measured else 0.0


def micro_f1(truth: Sequence[Answer], given: Sequence[Answer]) -> float:
    """F1 over all pairs of mail and code."""
    true, said, both = _counts(truth, given)
    named = true.total() + said.total()
    return 2 * both.total() / named if named else 0.0


def confusions(
    truth: Sequence[Answer], given: Sequence[Answer]
) -> tuple[tuple[str, str, int], ...]:
    """The commonest mistakes of the first concern: (true, said, mails)."""
    wrong = Counter(
        (true.concerns[0], said.concerns[0])
        for true, said in zip(truth, given, strict=True)
        if said.concerns[0] not in true.concerns
    )
    rows = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))[:15]
    return tuple((true, said, mails) for (true, said), mails in rows)


def _counts(
    truth: Sequence[Answer], given: Sequence[Answer]
) -> tuple[Counter[str], Counter[str], Counter[str]]:
    true = Counter(code for answer in truth for code in answer.concerns)
    said = Counter(code for answer in given for code in answer.concerns)
    both = Counter(
        code
        for answer, other in zip(truth, given, strict=True)
        for code in set(answer.concerns) & set(other.concerns)
    )
    return true, said, both


def _same_first(true: Answer, said: Answer) -> bool:
    return true.concerns[0] == said.concerns[0]


def _handed_over(
    pairs: Sequence[tuple[Answer, Answer]], true_is: PaymentRelevant | None
) -> float | None:
    """Share of yes or open among the mails whose truth is `true_is`, or among all (None)."""
    return _share(
        [
            said.payment is not PaymentRelevant.NO
            for true, said in pairs
            if true.payment and said.payment and true_is in (None, true.payment)
        ]
    )


def _called_yes(pairs: Sequence[tuple[Answer, Answer]], true_is: PaymentRelevant) -> float | None:
    """Share of `yes` among the mails whose truth is `true_is`."""
    return _share(
        [
            said.payment is PaymentRelevant.YES
            for true, said in pairs
            if true.payment is true_is and said.payment
        ]
    )


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
