"""The scikit-learn pipeline of a training, and the table that is exported from it.

Source: own decision 0027; measured in docs/judge.md.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import Pipeline

from classify import features, terms
from classify.learning import heldout
from classify.learning.calibrate import Truth
from classify.model.table import Block, Table, in_steps
from classify.terms import Cut

RIDGE_ALPHA: Final = 0.3
"""How far weights are drawn to zero. Measured: docs/judge.md."""


@dataclass(frozen=True, slots=True)
class _BlockPlan:
    """What `table.Block` tells, and in how many mails a term must stand to be kept."""

    name: str
    column: int
    cut: Cut
    fewest_mails: int
    sublinear: bool = False
    scale: float = 1.0


_BLOCKS: Final = (
    _BlockPlan("words", features.TEXT, Cut.WORDS, 2, sublinear=True),
    _BlockPlan("pieces", features.TEXT, Cut.PIECES, 5, sublinear=True),
    # More weight drowns the words of the mail. Measured: docs/judge.md.
    _BlockPlan("cues", features.CUES, Cut.READY, 1, scale=0.14),
    _BlockPlan("chains", features.CHAINS, Cut.READY, 3),
)


def columns() -> ColumnTransformer:
    """Words and pairs, pieces of words, cues, chains, and a constant in place of an intercept."""
    return ColumnTransformer(
        [
            *((block.name, _vectoriser(block), block.column) for block in _BLOCKS),
            ("constant", _constant(), features.CUES),
        ],
        transformer_weights={block.name: block.scale for block in _BLOCKS},
        sparse_threshold=1.0,
    )


def ridge(matrix: Any, truth: Truth, solved: heldout.Solved, *, seed: int) -> RidgeClassifier:  # noqa: ANN401 - scipy ships no types
    """One linear scorer for all targets at once, with the weights that were solved already.

    scikit-learn would multiply and invert the same Gram matrix again; it is only shown two mails,
    so that it knows its targets. The weights are those that the table will have, step by step.
    """
    scorer = RidgeClassifier(
        alpha=RIDGE_ALPHA, fit_intercept=False, solver="cholesky", random_state=seed
    )
    scorer.fit(matrix[:2], truth[:2])
    weights = np.ascontiguousarray(matrix.T @ solved.duals, dtype=np.float32)
    steps, sizes = in_steps(weights[:-1])
    weights[:-1] = steps * sizes[:, None]
    scorer.coef_ = np.ascontiguousarray(weights.T)
    return scorer


def table(pipeline: Pipeline) -> Table:
    """The fitted pipeline as plain numbers; the constant is the last column."""
    weights = np.ascontiguousarray(np.atleast_2d(pipeline["ridge"].coef_).T, np.float32)
    steps, sizes = in_steps(weights[:-1])
    return Table(
        blocks=tuple(_block(plan, pipeline["columns"]) for plan in _BLOCKS),
        weights=steps,
        sizes=sizes,
        constant=weights[-1],
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
        analyzer=terms.ready, vocabulary=[features.ALWAYS], binary=True, dtype=np.float32
    )


def _block(plan: _BlockPlan, fitted_columns: ColumnTransformer) -> Block:
    fitted = fitted_columns.named_transformers_[plan.name]
    return Block(
        name=plan.name,
        column=plan.column,
        cut=plan.cut,
        scale=plan.scale,
        sublinear=plan.sublinear,
        terms=tuple(sorted(fitted.vocabulary_, key=fitted.vocabulary_.__getitem__)),
        idf=np.asarray(fitted.idf_, np.float32),
    )
