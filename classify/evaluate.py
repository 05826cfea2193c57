"""Measure quality on mail of writers that the model has not seen.

Source: F27 (held-out gate), N8; corpus/README.md ("Evaluate by leaving whole writers out").
"""

import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from classify import features, reading
from classify.baselines import BASELINES
from classify.corpus import Example
from classify.findings import Cost, Report, Said, report_of
from classify.judge import Judge
from classify.measures import Answer
from classify.model import Model
from classify.scorer import Scorer
from classify.train import prepare, train_part
from rules.directory import Directory
from rules.errors import Refused

Progress = Callable[[str, int, int], None]
"""Called with (what, done, of) before each step; for the command line's progress bar."""


@dataclass(slots=True)
class _Watch:
    """Adds up the seconds of a measurement; the report tells them."""

    started: float
    training: float = 0.0
    trainings: int = 0
    judging: float = 0.0

    def cost(self, mails: int) -> Cost:
        """What it took so far. Peak memory is that of the process (`getrusage`, kB on Linux)."""
        return Cost(
            seconds=perf_counter() - self.started,
            seconds_a_training=self.training / self.trainings if self.trainings else None,
            milliseconds_a_mail=1000 * self.judging / max(mails, 1),
            peak_megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        )


def evaluate(
    examples: Sequence[Example],
    *,
    places: Directory,
    seed: int,
    model: Model | None = None,
    progress: Progress | None = None,
) -> Report:
    """Leave one writer out in turn and judge the writer's mails; with `model`, only judge.

    The judge of a writer is the model that `train` makes of the other writers' mails: weights,
    calibration, thresholds and bounds never saw him. With `model` the baselines are left out:
    they have nothing to learn from.

    Raises:
        Refused: `evaluate.one_writer` if there is no second writer to learn from.
    """
    watch = _Watch(perf_counter())
    if model is not None:
        said = _judged(model, examples, places, watch)
        return report_of(f"model {model.id}", examples, said, {}, watch.cost(len(examples)))
    writers = sorted({example.line.writer for example in examples})
    if len(writers) < 2:
        raise Refused(
            "evaluate.one_writer",
            "all mails are of one writer; add a second file, or give a trained model",
        )
    tell = progress or _silent
    ours: dict[int, Said] = {}
    others: dict[str, dict[int, Answer]] = {name: {} for name in BASELINES}
    tell("reading", 0, len(writers))
    prepared = prepare(examples)
    for step, writer in enumerate(writers):
        tell(f"without {writer}", step, len(writers))
        seen = [n for n, example in enumerate(examples) if example.line.writer != writer]
        asked = [n for n, example in enumerate(examples) if example.line.writer == writer]
        begun = perf_counter()
        fitted = train_part(prepared, seen, seed=seed).model
        watch.training += perf_counter() - begun
        watch.trainings += 1
        unseen = [examples[n] for n in asked]
        ours |= zip(asked, _judged(fitted, unseen, places, watch), strict=True)
        for name, baseline in BASELINES.items():
            answers = baseline([examples[n] for n in seen], unseen)
            others[name] |= zip(asked, answers, strict=True)
    tell("done", len(writers), len(writers))
    return report_of(
        "leave one writer out",
        examples,
        [ours[n] for n in range(len(examples))],
        {name: [found[n] for n in range(len(examples))] for name, found in others.items()},
        watch.cost(len(examples)),
    )


def _silent(_what: str, _done: int, _of: int) -> None:
    """Nobody watches."""


def _judged(model: Model, asked: Sequence[Example], places: Directory, watch: _Watch) -> list[Said]:
    if not model.speaks_house:
        scorer = Scorer(model)
        return [_by_model(model, scorer, example) for example in asked]
    judge = Judge(model, places)
    return [_by_judge(judge, example, watch) for example in asked]


def _by_judge(judge: Judge, example: Example, watch: _Watch) -> Said:
    begun = perf_counter()
    judgement, opinion = judge.judge_openly(
        example.mail, received_at=example.line.received_at, mailbox=example.line.recipient
    )
    watch.judging += perf_counter() - begun
    first = judgement.concerns[0]
    return Said(
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
