"""The trained scorer as plain numbers: terms, their rarity, and a weight for each target.

Exported by `classify.train`, kept by `classify.modelfile`, read by `classify.scorer`. Judging
needs nothing else: no scikit-learn, no code inside a file. Source: own decision 0027.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.terms import Cut

Floats = NDArray[np.float32]


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

    `constant` is what every mail starts from, one number a target.
    """

    blocks: tuple[Block, ...]
    weights: Floats
    constant: Floats
