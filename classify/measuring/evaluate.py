"""Measure quality on mail of writers that the model has not seen.

Source: F27 (held-out gate), N8; corpus/README.md ("Evaluate by leaving whole writers out").
"""

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from time import perf_counter
from typing import Any

from threadpoolctl import threadpool_limits

from classify import features, reading
from classify.corpus.lines import Example
from classify.judge import Judge
from classify.learning import forks
from classify.learning.train import Prepared, prepare, train_part
from classify.measuring.baselines import BASELINES
from classify.measuring.findings import Cost, Report, Said, report_of
from classify.measuring.measures import Answer
from classify.model.model import Model
from classify.scorer import Scorer
from rules.directory import Directory
from rules.errors import Refused

Progress = Callable[[str, int, int], None]
"""Called with (what, done, of) before each step; for the command line's progress bar."""


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """What was said of one writer's mails, by us and by the baselines, and the seconds it took."""

    said: list[Said]
    others: dict[str, list[Answer]]
    training: float
    judging: float


def evaluate(
    examples: Sequence[Example],
    *,
    places: Directory,
    seed: int,
    model: Model | None = None,
    progress: Progress | None = None,
    processes: int = 1,
) -> Report:
    """Leave one writer out in turn and judge the writer's mails; with `model`, only judge.

    The judge of a writer is the model that `train` makes of the other writers' mails: weights,
    calibration, thresholds and bounds never saw him. With `model` the baselines are left out:
    they have nothing to learn from. Writers are left out in `processes` side by side; the report
    is the same but for what it took.

    Raises:
        Refused: `evaluate.one_writer` if there is no second writer to learn from; `forks.lost`.
    """
    begun = perf_counter()
    if model is not None:
        said, judging = _judged(model, examples, places)
        cost = _cost(begun, None, judging, len(examples))
        return report_of(f"model {model.id}", examples, said, {}, cost)
    writers = sorted({example.line.writer for example in examples})
    if len(writers) < 2:
        raise Refused(
            "evaluate.one_writer",
            "all mails are of one writer; add a second file, or give a trained model",
        )
    tell = progress or _silent
    tell("reading", 0, len(writers))
    prepared = prepare(examples)
    parts = forks.each(
        writers,
        lambda writer: _left_out(prepared, writer, places, seed=seed),
        processes=processes,
        tell=lambda writer, done: tell(f"without {writer}", done, len(writers)),
    )
    tell("done", len(writers), len(writers))
    training = sum(part.training for part in parts) / len(parts)
    judging = sum(part.judging for part in parts)
    # By writer, then as they stood there: the places of the joined answers.
    order = [n for w in writers for n, example in enumerate(examples) if example.line.writer == w]
    return report_of(
        "leave one writer out",
        examples,
        _in_place(order, [part.said for part in parts]),
        {name: _in_place(order, [part.others[name] for part in parts]) for name in BASELINES},
        _cost(begun, training, judging, len(examples)),
    )


def _left_out(prepared: Prepared, writer: str, places: Directory, *, seed: int) -> _LeftOut:
    """Train without the writer and judge his mails, on one processor: others have theirs."""
    examples = prepared.examples
    seen = [n for n, example in enumerate(examples) if example.line.writer != writer]
    unseen = [example for example in examples if example.line.writer == writer]
    with threadpool_limits(limits=1):
        begun = perf_counter()
        fitted = train_part(prepared, seen, seed=seed).model
        training = perf_counter() - begun
        said, judging = _judged(fitted, unseen, places)
        known = [examples[n] for n in seen]
        others = {name: baseline(known, unseen) for name, baseline in BASELINES.items()}
    return _LeftOut(said, others, training, judging)


def _in_place(order: Sequence[int], parts: Sequence[Sequence[Any]]) -> list[Any]:
    """The joined parts, each answer at the place of its mail."""
    found = dict(zip(order, chain.from_iterable(parts), strict=True))
    return [found[n] for n in range(len(order))]


def _cost(begun: float, training: float | None, judging: float, mails: int) -> Cost:
    """What it took. Peak memory is that of the largest process (`getrusage`, kB on Linux)."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return Cost(
        seconds=perf_counter() - begun,
        seconds_a_training=training,
        milliseconds_a_mail=1000 * judging / max(mails, 1),
        peak_megabytes=max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1000,
    )


def _silent(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


def _judged(model: Model, asked: Sequence[Example], places: Directory) -> tuple[list[Said], float]:
    """What is said of each mail, and the seconds of judging alone."""
    if not model.speaks_house:
        scorer = Scorer(model)
        return [_by_model(model, scorer, example) for example in asked], 0.0
    judge = Judge(model, places)
    timed = [_by_judge(judge, example) for example in asked]
    return [said for said, _ in timed], sum(seconds for _, seconds in timed)


def _by_judge(judge: Judge, example: Example) -> tuple[Said, float]:
    begun = perf_counter()
    judgement, opinion = judge.judge_openly(
        example.mail, received_at=example.line.received_at, mailbox=example.line.recipient
    )
    seconds = perf_counter() - begun
    first = judgement.concerns[0]
    said = Said(
        answer=Answer(
            tuple(found.code.value for found in judgement.concerns),
            judgement.payment_relevant,
            judgement.channel.value,
            judgement.review,
        ),
        sure={code.value: sure for code, sure in opinion.concerns.items()},
        facts=judgement.facts,
        payment=opinion.payment,
        probability=first.probability,
        because=first.because,
        review_because=judgement.review_because,
    )
    return said, seconds


def _by_model(model: Model, scorer: Scorer, example: Example) -> Said:
    """For a label set that isn't the house's: thresholds only, likeliest first."""
    read = reading.of(example.mail)
    sure = scorer.score(features.row(read)).probabilities[: len(model.labels)].tolist()
    ranked = sorted(range(len(model.labels)), key=lambda n: -sure[n])
    named = [n for n in ranked if sure[n] >= model.thresholds[n]] or ranked[:1]
    return Said(
        answer=Answer(tuple(model.labels[n] for n in named)),
        sure=dict(zip(model.labels, sure, strict=True)),
        probability=sure[ranked[0]],
    )
