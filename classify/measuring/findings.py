"""What a measurement found, as values: from what was said of each mail to all tables and curves."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from classify.corpus.lines import Example
from classify.measuring import curves, factcheck
from classify.measuring.curves import Calibration, Point
from classify.measuring.factcheck import FactFigures
from classify.measuring.measures import Answer, CodeFigures, Figures, by_code, confusions, figures
from classify.model.model import HOUSE_LABELS, Numbers
from rules.codes import PaymentRelevant
from rules.verdict import Facts

OURS: Final = "judge"
_WORST: Final = 20
_LENGTHS: Final = ((5, "under 5 words"), (20, "5 to 19"), (60, "20 to 59"), (150, "60 to 149"))
"""Words of the new text, upper ends not included. Own choice: short, a few lines, a page."""


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of ours with everything the report asks for beside.

    `sure` are the probabilities of all labels, `payment` that of moving money (None for label
    sets that aren't the house's). `because` are the words that spoke for the first concern.
    """

    answer: Answer
    sure: Mapping[str, float]
    facts: Facts | None = None
    payment: float | None = None
    probability: float = 0.0
    because: tuple[str, ...] = ()
    review_because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorstMail:
    """A mail that was judged wrong: payment missed first, then the surest wrong concern."""

    id: str
    what: str
    true: tuple[str, ...]
    said: tuple[str, ...]
    probability: float
    because: tuple[str, ...]
    review_because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve and the point where the judge stands on the way it really decides."""

    name: str
    points: tuple[Point, ...]
    operating: Point


@dataclass(frozen=True, slots=True)
class Cost:
    """What the measurement took: seconds of all, of one training, of one mail; peak memory."""

    seconds: float
    seconds_a_training: float | None
    milliseconds_a_mail: float
    peak_megabytes: float


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one measurement. `systems` has ours first, then the baselines.

    `unlearned` are codes that the model which judged the mail had no example of, with the mails
    they stand in; of `half_measured` mails it told the concerns alone, for the same reason.
    """

    how: str
    writers: tuple[str, ...]
    systems: tuple[Figures, ...]
    slices: tuple[tuple[str, tuple[Figures, ...]], ...]
    codes: tuple[CodeFigures, ...]
    unlearned: tuple[tuple[str, int], ...]
    half_measured: int
    confusions: tuple[tuple[str, str, int], ...]
    review_reasons: tuple[tuple[str, int], ...]
    facts: tuple[FactFigures, ...]
    worst: tuple[WorstMail, ...]
    calibrations: tuple[Calibration, ...]
    payment: Curve | None
    abstention: tuple[Curve, ...]
    cost: Cost


def truth_of(example: Example) -> Answer:
    """What the person who labelled the mail says."""
    line = example.line
    return Answer(
        tuple(str(code) for code in line.concerns),
        line.payment_relevant,
        line.channel.value if line.channel else None,
    )


def report_of(
    how: str,
    examples: Sequence[Example],
    said: Sequence[Said],
    others: Mapping[str, Sequence[Answer]],
    cost: Cost,
) -> Report:
    """Everything that is told of the answers; `others` are the baselines' by name."""
    truth = [truth_of(example) for example in examples]
    given = [one.answer for one in said]
    ours = figures(OURS, truth, given)
    return Report(
        how=how,
        writers=tuple(sorted({example.line.writer for example in examples})),
        systems=(ours, *(figures(name, truth, answers) for name, answers in others.items())),
        slices=tuple(
            (name, _slices([of(example) for example in examples], truth, given))
            for name, of in _SLICED.items()
        ),
        codes=by_code(truth, given, known=_known(truth, said)),
        unlearned=_unlearned(truth, said),
        half_measured=sum(
            t.payment is not None and s.payment is None for t, s in zip(truth, given, strict=True)
        ),
        confusions=confusions(truth, given),
        review_reasons=tuple(
            Counter(code for one in said for code in one.review_because).most_common()
        ),
        facts=factcheck.check([e.line for e in examples], [one.facts for one in said]),
        worst=_worst(examples, truth, said),
        calibrations=_calibrations(truth, said),
        payment=_payment(truth, said, ours),
        abstention=_abstention(truth, said, ours),
        cost=cost,
    )


def _known(truth: Sequence[Answer], said: Sequence[Said]) -> frozenset[str]:
    """All codes of the house, or of the model where the labels are somebody else's.

    So that also those without a mail have a row.
    """
    foreign = {code for answer in truth for code in answer.concerns} - HOUSE_LABELS
    return frozenset().union(*(one.sure for one in said)) if foreign else HOUSE_LABELS


def _unlearned(truth: Sequence[Answer], said: Sequence[Said]) -> tuple[tuple[str, int], ...]:
    pairs = zip(truth, said, strict=True)
    found = Counter(code for true, one in pairs for code in true.concerns if code not in one.sure)
    return tuple(sorted(found.items()))


def _slices(
    names: Sequence[str], truth: Sequence[Answer], given: Sequence[Answer]
) -> tuple[Figures, ...]:
    rows = []
    for name in sorted(set(names), key=_in_order):
        own = [place for place, of in enumerate(names) if of == name]
        rows.append(figures(name, [truth[n] for n in own], [given[n] for n in own]))
    return tuple(rows)


def _in_order(name: str) -> tuple[int, str]:
    lengths = [length for _, length in _LENGTHS]
    return (lengths.index(name) if name in lengths else len(lengths), name)


def _length(example: Example) -> str:
    words = len(example.mail.body.new.split())
    return next((name for end, name in _LENGTHS if words < end), "150 and more")


_SLICED: Final[Mapping[str, Callable[[Example], str]]] = {
    "writer": lambda example: example.line.writer,
    "channel": lambda example: example.line.channel.value if example.line.channel else "plain text",
    "length of the new text": _length,
}


def _worst(
    examples: Sequence[Example], truth: Sequence[Answer], said: Sequence[Said]
) -> tuple[WorstMail, ...]:
    found = []
    for example, true, one in zip(examples, truth, said, strict=True):
        what = _mistake(true, one.answer)
        if what:
            mail = WorstMail(
                example.line.id,
                what,
                true.concerns,
                one.answer.concerns,
                round(one.probability, 3),
                one.because,
                one.review_because,
            )
            found.append(mail)
    # Missed money is the gravest, whatever else was right.
    found.sort(key=lambda mail: (mail.what != _MISSED, -mail.probability, mail.id))
    return tuple(found[:_WORST])


_MISSED: Final = "money missed"


def _mistake(true: Answer, said: Answer) -> str:
    if true.payment is PaymentRelevant.YES and said.payment is PaymentRelevant.NO:
        return _MISSED
    return "" if said.concerns[0] in true.concerns else "first concern"


def _calibrations(truth: Sequence[Answer], said: Sequence[Said]) -> tuple[Calibration, ...]:
    pairs = [
        (probability, float(code in true.concerns))
        for true, one in zip(truth, said, strict=True)
        for code, probability in one.sure.items()
    ]
    table = np.asarray(pairs, dtype=np.float64)
    found = [curves.calibration("concerns", table[:, 0], table[:, 1])]
    sure, moves = _money(truth, said)
    if len(sure):
        found.append(curves.calibration("payment", sure, moves))
    return tuple(found)


def _money(truth: Sequence[Answer], said: Sequence[Said]) -> tuple[Numbers, Numbers]:
    pairs = [
        (one.payment, float(true.payment is PaymentRelevant.YES))
        for true, one in zip(truth, said, strict=True)
        if one.payment is not None and true.payment is not None
    ]
    table = np.asarray(pairs, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _payment(truth: Sequence[Answer], said: Sequence[Said], ours: Figures) -> Curve | None:
    sure, moves = _money(truth, said)
    if not moves.any() or ours.handed_over is None or ours.payment_recall is None:
        return None
    here = Point(ours.handed_over, ours.payment_recall)
    return Curve("payment recall", curves.handed_over(sure, moves), here)


def _abstention(truth: Sequence[Answer], said: Sequence[Said], ours: Figures) -> tuple[Curve, ...]:
    pairs = list(zip(truth, said, strict=True))
    sure = np.asarray([one.probability for one in said])
    among = [one.answer.concerns[0] in true.concerns for true, one in pairs]
    first = [one.answer.concerns[0] == true.concerns[0] for true, one in pairs]
    handled = 1 - ours.review
    return (
        Curve(
            "among the label's",
            curves.abstention(sure, np.asarray(among, dtype=np.float64)),
            Point(handled, ours.sure_among or 0.0),
        ),
        Curve(
            "exactly the first",
            curves.abstention(sure, np.asarray(first, dtype=np.float64)),
            Point(handled, ours.sure_first or 0.0),
        ),
    )
