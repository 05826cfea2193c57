"""Margins for every mail from a scorer that saw no mail of its writer, without training again.

For ridge regression the answer for a group that was left out has a closed form: with
G = (K + alpha)^-1, K the Gram matrix of the mails, the residual of group S is G_SS^-1 (G y)_S.
One inversion replaces a training a writer. The vocabulary and its document frequencies are
those of all mails; they know no labels. Source: Hastie, Tibshirani, Friedman, "Elements of
Statistical Learning", section 7.10 (leave-one-out of linear fits), for blocks instead of rows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from classify.folds import split
from classify.model import Numbers


def margins(
    matrix: Any,  # noqa: ANN401 - scipy ships no types
    truth: np.ndarray[Any, np.dtype[np.int64]],
    writers: Sequence[str],
    *,
    alpha: float,
    seed: int,
) -> Numbers:
    """One row a mail, one column a target. Memory grows with the square of the mails."""
    rows = csr_matrix(matrix, dtype=np.float64)
    signs = 2.0 * truth - 1.0
    gram = np.asarray((rows @ rows.T).todense())
    gram[np.diag_indices_from(gram)] += alpha
    inverse = np.linalg.inv(gram)
    fitted = inverse @ signs
    found = np.empty_like(signs)
    for _, unseen in split(writers, seed=seed):
        block = inverse[np.ix_(unseen, unseen)]
        found[unseen] = signs[unseen] - np.linalg.solve(block, fitted[unseen])
    return found
