"""Train a model on labelled mail: weights, calibration and thresholds, reproducibly.

Source: own decision 0025; guides to speed and quality measured in docs/judge.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline

from classify import calibrate, features, fingerprint, heldout, terms
from classify.corpus import Example, LabelledMail
from classify.model import (
    ANNOUNCED_TARGETS,
    CHANNEL_TARGETS,
    PAYMENT_TARGET,
    Model,
    Numbers,
    Origin,
)
from classify.opinion import payment_scores
from classify.table import Block, Table
from classify.terms import Cut
from rules.codes import PaymentRelevant
from rules.errors import Refused

_VERSIONED = ("numpy", "scikit-learn", "scipy")
_RIDGE_ALPHA = 0.3
"""How far weights are drawn to zero. Measured: docs/judge.md."""
_FEWEST_MAILS = 10


@dataclass(frozen=True, slots=True)
class _BlockPlan:
    """What `classify.table.Block` tells, and in how many mails a term must stand to be kept."""

    name: str
    column: int
    cut: Cut
    fewest_mails: int
    sublinear: bool = False
    scale: float = 1.0


_BLOCKS: Final = (
    _BlockPlan("words", features.TEXT, Cut.WORDS, 2, sublinear=True),
    _BlockPlan("pieces", features.TEXT, Cut.PIECES, 3, sublinear=True),
    # More weight drowns the words of the mail. Measured: docs/judge.md.
    _BlockPlan("cues", features.CUES, Cut.TOKENS, 1, scale=0.2),
    _BlockPlan("chains", features.CHAINS, Cut.TOKENS, 2),
)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model and the scikit-learn pipeline it was exported from, against which it is tested."""

    model: Model
    pipeline: Pipeline


def train(examples: Sequence[Example], *, seed: int) -> Model:
    """The model of `fit`, which is all that judging needs. Raises: Refused: as there."""
    return fit(examples, seed=seed).model


def fit(examples: Sequence[Example], *, seed: int) -> Trained:
    """Fit everything on the examples; calibration and bounds come from writers held out in turn.

    Same examples in the same order, same seed, same library versions: same weights. A few
    seconds for the house's corpus on one core.

    Raises:
        Refused: `train.too_few` if there are fewer than two labels or too few mails.
    """
    labels = tuple(sorted({str(code) for example in examples for code in example.line.concerns}))
    if len(labels) < 2 or len(examples) < _FEWEST_MAILS:
        raise Refused(
            "train.too_few",
            f"{len(examples)} mails with {len(labels)} labels; give at least {_FEWEST_MAILS} mails "
            "with two different labels",
        )
    targets, truth = _targets(labels, examples)
    columns, ridge = _columns(), _ridge(seed)
    matrix = columns.fit_transform(features.rows([example.mail for example in examples]))
    writers = [example.line.writer for example in examples]
    held_out = heldout.margins(matrix, truth, writers, alpha=_RIDGE_ALPHA, seed=seed)
    scale = calibrate.sigmoids(held_out, truth)
    sure = calibrate.apply(held_out, scale)
    bound, payment_sure = _payment_bounds(targets, sure, truth)
    pipeline = Pipeline([("columns", columns), ("ridge", ridge.fit(matrix, truth))])
    model = Model(
        table=_table(pipeline),
        labels=labels,
        targets=targets,
        slopes=scale.slopes,
        offsets=scale.offsets,
        thresholds=calibrate.thresholds(sure[:, : len(labels)], truth[:, : len(labels)]),
        ranks=calibrate.ranks(labels, [example.line.concerns for example in examples]),
        payment_bound=bound,
        payment_sure=payment_sure,
        origin=_origin(examples, seed),
    )
    return Trained(model, pipeline)


def _columns() -> ColumnTransformer:
    """Words and pairs, pieces of words, cues, chains, and a constant in place of an intercept."""
    return ColumnTransformer(
        [
            *((block.name, _vectoriser(block), block.column) for block in _BLOCKS),
            ("constant", _constant(), features.CUES),
        ],
        transformer_weights={block.name: block.scale for block in _BLOCKS},
        sparse_threshold=1.0,
    )


def _vectoriser(block: _BlockPlan) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer=terms.CUTTERS[block.cut],
        sublinear_tf=block.sublinear,
        min_df=block.fewest_mails,
        dtype=np.float32,
    )


def _constant() -> CountVectorizer:
    return CountVectorizer(
        analyzer=terms.tokens, vocabulary=[features.ALWAYS], binary=True, dtype=np.float32
    )


def _table(pipeline: Pipeline) -> Table:
    """The fitted pipeline as plain numbers; the constant is the last column."""
    weights = np.ascontiguousarray(np.atleast_2d(pipeline["ridge"].coef_).T, np.float32)
    return Table(
        blocks=tuple(_block(plan, pipeline["columns"]) for plan in _BLOCKS),
        weights=weights[:-1],
        constant=weights[-1],
    )


def _block(plan: _BlockPlan, columns: ColumnTransformer) -> Block:
    fitted = columns.named_transformers_[plan.name]
    return Block(
        name=plan.name,
        column=plan.column,
        cut=plan.cut,
        scale=plan.scale,
        sublinear=plan.sublinear,
        terms=tuple(sorted(fitted.vocabulary_, key=fitted.vocabulary_.__getitem__)),
        idf=np.asarray(fitted.idf_, np.float32),
    )


def _ridge(seed: int) -> RidgeClassifier:
    """One linear scorer for all targets at once, solved exactly over the mails' Gram matrix."""
    return RidgeClassifier(
        alpha=_RIDGE_ALPHA, fit_intercept=False, solver="cholesky", random_state=seed
    )


def _targets(
    labels: tuple[str, ...], examples: Sequence[Example]
) -> tuple[tuple[str, ...], np.ndarray[Any, np.dtype[np.int64]]]:
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
    targets: tuple[str, ...], sure: Numbers, truth: np.ndarray[Any, np.dtype[np.int64]]
) -> tuple[float, float]:
    if PAYMENT_TARGET not in targets:
        return 1.0, 1.0
    scores, moves = payment_scores(sure, targets), truth[:, targets.index(PAYMENT_TARGET)]
    bound = calibrate.recall_bound(scores, moves)
    return bound, max(bound, calibrate.false_yes_bound(scores, moves))


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
