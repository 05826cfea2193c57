"""Measure quality on mail of writers that the model has not seen.

Source: F27 (held-out gate), N8; corpus/README.md ("Evaluate by leaving whole writers out").
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from classify import factcheck, features
from classify.baselines import BASELINES
from classify.corpus import Example
from classify.factcheck import FactFigures
from classify.judge import Judge
from classify.measures import Answer, CodeFigures, Figures, by_code, confusions, figures
from classify.model import Model
from classify.scorer import Scorer
from classify.train import train
from rules.directory import Directory
from rules.errors import Refused
from rules.verdict import Facts

Progress = Callable[[str, int, int], None]
"""Called with (what, done, of) before each step; for the command line's progress bar."""

OURS: Final = "judge"
_WORST: Final = 20


@dataclass(frozen=True, slots=True)
class WorstMail:
    """A mail that was judged wrong, the surest mistake first. Ids and codes only, no text."""

    id: str
    true: tuple[str, ...]
    said: tuple[str, ...]
    probability: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one measurement. `systems` has ours first, then the baselines."""

    how: str
    writers: tuple[str, ...]
    systems: tuple[Figures, ...]
    by_writer: tuple[Figures, ...]
    codes: tuple[CodeFigures, ...]
    confusions: tuple[tuple[str, str, int], ...]
    review_reasons: tuple[tuple[str, int], ...]
    facts: tuple[FactFigures, ...]
    worst: tuple[WorstMail, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """One answer of ours with everything the report asks for beside."""

    answer: Answer
    facts: Facts | None = None
    probability: float = 0.0
    because: tuple[str, ...] = ()
    review_because: tuple[str, ...] = ()


def evaluate(
    examples: Sequence[Example],
    *,
    places: Directory,
    seed: int,
    model: Model | None = None,
    progress: Progress | None = None,
) -> Report:
    """Leave one writer out in turn and judge the writer's mails; with `model`, only judge.

    With `model` the baselines are left out: they have nothing to learn from.

    Raises:
        Refused: `evaluate.one_writer` if there is no second writer to learn from.
    """
    tell = progress or _silent
    truth = [_truth(example) for example in examples]
    writers = tuple(sorted({example.line.writer for example in examples}))
    if model is not None:
        said = _judged(model, examples, places)
        return _report(f"model {model.id}", examples, truth, said, {})
    if len(writers) < 2:
        raise Refused(
            "evaluate.one_writer",
            "all mails are of one writer; add a second file, or give a trained model",
        )
    ours: dict[int, _Said] = {}
    others: dict[str, dict[int, Answer]] = {name: {} for name in BASELINES}
    for step, writer in enumerate(writers):
        tell(f"without {writer}", step, len(writers))
        seen = [example for example in examples if example.line.writer != writer]
        places_asked = [n for n, example in enumerate(examples) if example.line.writer == writer]
        asked = [examples[n] for n in places_asked]
        ours |= zip(places_asked, _judged(train(seen, seed=seed), asked, places), strict=True)
        for name, baseline in BASELINES.items():
            others[name] |= zip(places_asked, baseline(seen, asked), strict=True)
    tell("done", len(writers), len(writers))
    said = [ours[n] for n in range(len(examples))]
    rest = {name: [answers[n] for n in range(len(examples))] for name, answers in others.items()}
    return _report("leave one writer out", examples, truth, said, rest)


def _silent(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


def _truth(example: Example) -> Answer:
    line = example.line
    return Answer(
        tuple(str(code) for code in line.concerns),
        line.payment_relevant,
        line.channel.value if line.channel else None,
    )


def _judged(model: Model, asked: Sequence[Example], places: Directory) -> list[_Said]:
    if model.speaks_house:
        judge = Judge(model, places)
        return [_by_judge(judge, example) for example in asked]
    scorer = Scorer(model)
    return [_by_model(model, scorer, example) for example in asked]


def _by_judge(judge: Judge, example: Example) -> _Said:
    judgement = judge.judge(
        example.mail, received_at=example.line.received_at, mailbox=example.line.recipient
    )
    answer = Answer(
        tuple(found.code.value for found in judgement.concerns),
        judgement.payment_relevant,
        judgement.channel.value,
        judgement.review,
    )
    first = judgement.concerns[0]
    return _Said(answer, judgement.facts, first.probability, (), judgement.review_because)


def _by_model(model: Model, scorer: Scorer, example: Example) -> _Said:
    """For a label set that isn't the house's: thresholds only, likeliest first."""
    sure = scorer.score(*features.row(example.mail)).probabilities[: len(model.labels)]
    ranked = sorted(range(len(model.labels)), key=lambda n: -sure[n])
    named = [n for n in ranked if sure[n] >= model.thresholds[n]] or ranked[:1]
    answer = Answer(tuple(model.labels[n] for n in named))
    return _Said(answer, None, float(sure[ranked[0]]))


def _report(
    how: str,
    examples: Sequence[Example],
    truth: list[Answer],
    said: list[_Said],
    others: dict[str, list[Answer]],
) -> Report:
    given = [one.answer for one in said]
    writers = tuple(sorted({example.line.writer for example in examples}))
    return Report(
        how=how,
        writers=writers,
        systems=(
            figures(OURS, truth, given),
            *(figures(name, truth, answers) for name, answers in others.items()),
        ),
        by_writer=tuple(_of_writer(writer, examples, truth, given) for writer in writers),
        codes=by_code(truth, given),
        confusions=confusions(truth, given),
        review_reasons=tuple(
            Counter(code for one in said for code in one.review_because).most_common()
        ),
        facts=factcheck.check([e.line for e in examples], [one.facts for one in said]),
        worst=_worst(examples, said),
    )


def _of_writer(
    writer: str, examples: Sequence[Example], truth: list[Answer], given: list[Answer]
) -> Figures:
    own = [n for n, example in enumerate(examples) if example.line.writer == writer]
    return figures(writer, [truth[n] for n in own], [given[n] for n in own])


def _worst(examples: Sequence[Example], said: list[_Said]) -> tuple[WorstMail, ...]:
    wrong = [
        WorstMail(
            example.line.id,
            tuple(str(code) for code in example.line.concerns),
            one.answer.concerns,
            round(one.probability, 3),
            one.review_because,
        )
        for example, one in zip(examples, said, strict=True)
        if one.answer.concerns[0] not in example.line.concerns
    ]
    return tuple(sorted(wrong, key=lambda mail: (-mail.probability, mail.id))[:_WORST])
