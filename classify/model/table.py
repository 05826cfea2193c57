"""The trained scorer as plain numbers: terms, their rarity, and a weight for each target.

Exported by `learning.train`, kept by `model.file`, read by `classify.scorer`. Judging needs nothing
else: no scikit-learn, no code inside a file. Source: own decisions 0027 and 0072.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classify.terms import Cut

Floats = NDArray[np.float32]
Steps = NDArray[np.int8]
_MOST_STEPS: Final = 127
"""A weight is so many steps at most, to either side: what a signed byte holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Terms of one kind. Their values are TF-IDF, of length `scale` over the block.

    `column` is the column of `features.row` that is cut; `idf` goes with `terms`. With
    `sublinear` a term that stands there n times counts 1 + log n, else n.
    """

    name: str
    column: int
    cut: Cut
    scale: float
    sublinear: bool
    terms: tuple[str, ...]
    idf: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The blocks, and the weights: a row for each term in the blocks' order, a column a target.

    A weight is a number of steps; how large a step is, `sizes` tells for each row. `constant` is
    what every mail starts from, one number a target.
    """

    blocks: tuple[Block, ...]
    weights: Steps
    sizes: Floats
    constant: Floats


def in_steps(weights: Floats) -> tuple[Steps, Floats]:
    """The weights as whole steps, and the size of a step of each row.

    The loudest weight of a row is `_MOST_STEPS` of them, so a weight is off by half a step at most:
    a 254th of the loudest of its term. Source: own decision 0072.
    """
    loudest = np.abs(weights).max(axis=1, initial=0.0)
    sizes = np.where(loudest > 0, loudest / np.float32(_MOST_STEPS), np.float32(1.0))
    sizes = sizes.astype(np.float32)
    return np.rint(weights / sizes[:, None]).astype(np.int8), sizes
