"""The terms of many mails, counted once; of any part of them the same columns as fitted anew.

Measuring trains once for every writer who is left out. Cutting texts into words and pieces is
most of the work and always the same; only which terms are frequent enough and how much they
weigh depends on the part. Source: measured in docs/judge.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

_STAND_IN: Final = ("ein wort", "ein wort", "ein wort")
"""A row with something in each column: it only wakes the transformer up, its terms are replaced."""
_STAND_INS: Final = 10
"""More than any vectoriser wants a term to stand in (`min_df`)."""


@dataclass(frozen=True, slots=True)
class _Block:
    """The counts of one vectoriser: a row a mail, a column a term, terms in ascending order."""

    name: str
    terms: Any
    counts: Any


@dataclass(frozen=True, slots=True)
class Counted:
    """All mails' terms. `rows` is what `features.rows` made of them, in the same order."""

    rows: Any
    blocks: tuple[_Block, ...]


def count(rows: Any, columns: ColumnTransformer) -> Counted:  # noqa: ANN401 - scipy ships no types
    """Count every term of every mail, rare ones too. `columns` is not fitted and stays so."""
    blocks = []
    for name, vectoriser, column in columns.transformers:
        counter = clone(vectoriser)
        if isinstance(counter, TfidfVectorizer):
            counter.set_params(min_df=1)
        # The plain counter's method: weights come later, from the mails that are seen.
        counts = csr_matrix(CountVectorizer.fit_transform(counter, rows[:, column]))
        blocks.append(_Block(name, counter.get_feature_names_out(), counts))
    return Counted(rows, tuple(blocks))


def fit(counted: Counted, seen: Sequence[int], columns: ColumnTransformer) -> Any:  # noqa: ANN401
    """Fit `columns` on the mails `seen` as `columns.fit_transform` would; their matrix (CSR)."""
    columns.fit(np.asarray([_STAND_IN] * _STAND_INS, dtype=object))
    fitted, parts = [], []
    for block, (name, vectoriser, column) in zip(counted.blocks, columns.transformers, strict=True):
        fresh = clone(vectoriser)
        values = _fit_block(fresh, block, seen)
        fitted.append((name, fresh, column))
        parts.append(values * (columns.transformer_weights or {}).get(name, 1.0))
    columns.transformers_ = fitted
    return hstack(parts, format="csr", dtype=np.float32)


def _fit_block(vectoriser: Any, block: _Block, seen: Sequence[int]) -> Any:  # noqa: ANN401
    counts = block.counts[np.asarray(seen, dtype=np.int64)]
    if not isinstance(vectoriser, TfidfVectorizer):
        vectoriser.fit([])  # a fixed vocabulary learns nothing
        return counts
    frequent = np.flatnonzero(counts.getnnz(axis=0) >= vectoriser.min_df)
    weigher = TfidfTransformer(sublinear_tf=vectoriser.sublinear_tf)
    counts = counts[:, frequent]
    # Sums depend on their order; so the same mails give the same bits, whatever else was counted.
    counts.sort_indices()
    values = weigher.fit_transform(counts)
    vectoriser.vocabulary_ = {
        term: place for place, term in enumerate(block.terms[frequent].tolist())
    }
    vectoriser.idf_ = weigher.idf_
    return values
