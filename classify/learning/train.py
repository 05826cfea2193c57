"""Train a model on labelled mail: pipeline, calibration and thresholds, reproducibly.

Source: own decision 0025; guides to speed and quality measured in docs/judge.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from classify import familiar, features, reading, review
from classify.corpus.lines import Example, LabelledMail
from classify.learning import calibrate, counted, heldout, pipeline, riskcontrol, train_days
from classify.learning.calibrate import Truth
from classify.learning.counted import Counted
from classify.learning.riskcontrol import Promise
from classify.learning.train_days import Labelled
from classify.model import fingerprint
from classify.model.model import (
    ANNOUNCED_TARGETS,
    CHANNEL_TARGETS,
    PAYMENT_TARGET,
    Familiar,
    Model,
    Numbers,
    Origin,
)
from classify.opinion import payment_scores
from rules.codes import Channel, PaymentRelevant
from rules.errors import Refused

_VERSIONED = ("numpy", "scikit-learn", "scipy")
_FEWEST_MAILS = 10


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples with their terms and days counted, ready to train on any part of them.

    `usual` tells of each whether a person wrote it in German.
    """

    examples: tuple[Example, ...]
    counted: Counted
    days: tuple[Labelled, ...]
    usual: tuple[bool, ...]


def prepare(examples: Sequence[Example]) -> Prepared:
    """Cut and count the texts once; the slow half of a training. Raises: Refused: as `train`."""
    _check(examples)
    readings = [reading.of(example.mail) for example in examples]
    rows = features.rows_of(readings)
    days = [train_days.labelled(*pair) for pair in zip(readings, examples, strict=True)]
    usual = [
        example.line.channel is not Channel.MASCHINELL
        and not review.is_foreign(read.words, read.german)
        for read, example in zip(readings, examples, strict=True)
    ]
    columns = counted.count(rows, pipeline.columns())
    return Prepared(tuple(examples), columns, tuple(days), tuple(usual))


def train(examples: Sequence[Example], *, seed: int) -> Model:
    """Fit everything on the examples; calibration and bounds come from writers held out in turn.

    Same examples in the same order, same seed and library versions: same model, however many
    processors there are. A minute or two for the house's corpus.

    Raises:
        Refused: `train.too_few` if there are fewer than two labels or too few mails.
    """
    return train_part(prepare(examples), range(len(examples)), seed=seed).model


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model, the pipeline it was exported from (tests compare both), and its promise.

    The promise is that of the payment bound; None for a label set without payment.
    """

    model: Model
    pipeline: Pipeline
    promise: Promise | None


def train_part(prepared: Prepared, seen: Sequence[int], *, seed: int) -> Trained:
    """The model that `train` would make of the examples `seen`, in that order.

    On one thread: how many share a product of tables changes its last bits, and so the name.
    Raises: Refused: `train.too_few`.
    """
    with threadpool_limits(limits=1):
        return _fitted(prepared, seen, seed=seed)


def _fitted(prepared: Prepared, seen: Sequence[int], *, seed: int) -> Trained:
    examples = [prepared.examples[place] for place in seen]
    labels = _check(examples)
    targets, truth = _targets(labels, examples)
    columns = pipeline.columns()
    matrix = counted.fit(prepared.counted, seen, columns)
    writers = [example.line.writer for example in examples]
    weights = np.asarray([example.line.weight for example in examples])
    solved = heldout.solve(matrix, truth, writers, alpha=pipeline.RIDGE_ALPHA / weights, seed=seed)
    # Bounds are promises: what is only probably labelled right has no say in them.
    margins, certain = solved.margins[weights == 1], truth[weights == 1]
    scale = calibrate.sigmoids(margins, certain)
    sure = calibrate.apply(margins, scale)
    promise, payment_sure = _payment_bounds(targets, sure, certain)
    ridge = pipeline.ridge(matrix, truth, solved, seed=seed)
    fitted = Pipeline([("columns", columns), ("ridge", ridge)])
    model = Model(
        table=pipeline.table(fitted),
        labels=labels,
        targets=targets,
        slopes=scale.slopes,
        offsets=scale.offsets,
        thresholds=calibrate.thresholds(sure[:, : len(labels)], certain[:, : len(labels)]),
        ranks=calibrate.ranks(labels, [example.line.concerns for example in examples]),
        payment_bound=promise.bound if promise else 1.0,
        payment_sure=payment_sure,
        familiar=_familiar(prepared, seen),
        days=train_days.fit(examples, [prepared.days[place] for place in seen], seed=seed),
        origin=_origin(examples, seed),
    )
    return Trained(model, fitted, promise)


def _check(examples: Sequence[Example]) -> tuple[str, ...]:
    """The labels, in alphabetical order. Raises: Refused: `train.too_few`."""
    labels = tuple(sorted({str(code) for example in examples for code in example.line.concerns}))
    if len(labels) < 2 or len(examples) < _FEWEST_MAILS:
        raise Refused(
            "train.too_few",
            f"{len(examples)} mails with {len(labels)} labels; give at least {_FEWEST_MAILS} mails "
            "with two different labels",
        )
    return labels


def _familiar(prepared: Prepared, seen: Sequence[int]) -> Familiar:
    """What people write in German; words of machines or other languages make anything usual."""
    # A data set in another language is usual as it is.
    usual = [n for n in seen if prepared.usual[n]] or list(seen)
    texts = prepared.counted.rows[usual, features.TEXT].tolist()
    return familiar.fit(texts, [prepared.examples[n].line.writer for n in usual])


def _targets(labels: tuple[str, ...], examples: Sequence[Example]) -> tuple[tuple[str, ...], Truth]:
    """The names of the columns, and 0/1 for every example; plain texts have concerns only."""
    plain = any(example.line.channel is None for example in examples)
    targets = labels if plain else (*labels, PAYMENT_TARGET, *ANNOUNCED_TARGETS, *CHANNEL_TARGETS)
    truth = [
        [int(target in of_line) for target in targets]
        for of_line in (_true_targets(example.line) for example in examples)
    ]
    return targets, np.asarray(truth, dtype=np.int64)


def _true_targets(line: LabelledMail) -> frozenset[str]:
    true = {str(code) for code in line.concerns}
    if line.channel is not None:
        true.add(f"channel:{line.channel.value}")
    if line.payment_relevant is PaymentRelevant.YES:
        true.add(PAYMENT_TARGET)
        true.update(f"announced:{code}" for code in line.concerns)
    return frozenset(true)


def _payment_bounds(
    targets: tuple[str, ...], sure: Numbers, truth: Truth
) -> tuple[Promise | None, float]:
    """What is promised from `payment_bound` on, and `payment_sure`."""
    if PAYMENT_TARGET not in targets:
        return None, 1.0
    scores, moves = payment_scores(sure, targets), truth[:, targets.index(PAYMENT_TARGET)]
    promise = riskcontrol.bound_with_confidence(
        scores[moves == 1],
        miss_rate=calibrate.PAYMENT_MISS_RATE,
        confidence=calibrate.PAYMENT_CONFIDENCE,
    )
    return promise, max(promise.bound, calibrate.false_yes_bound(scores, moves))


def _origin(examples: Sequence[Example], seed: int) -> Origin:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr(example.line).encode())
        digest.update(b"\n")
    return Origin(
        data_sha256=digest.hexdigest(),
        seed=seed,
        mails=len(examples),
        writers=tuple(sorted({example.line.writer for example in examples})),
        versions=tuple((name, version(name)) for name in _VERSIONED),
        features_sha256=fingerprint.of_features(),
    )
