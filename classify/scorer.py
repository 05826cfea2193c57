"""The model's pipeline as tables, for one mail at a time, and what each term contributed.

The same arithmetic as scikit-learn's (a test compares them on whole corpora), without its
per-call costs: one dictionary look-up a term, one small matrix product a mail. Source:
measured in docs/judge.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classify import features
from classify.model import Model, Numbers, probabilities

_BLOCKS: Final = (
    ("words", features.TEXT),
    ("pieces", features.TEXT),
    ("cues", features.CUES),
    ("chains", features.CHAINS),
)
Floats = NDArray[np.float32]

_WORDS_KEPT: Final = 50_000
"""Words whose pieces are kept, some 20 MB at most. Own decision 0025."""


@dataclass(frozen=True, slots=True)
class _Block:
    """One vectoriser: how it finds its columns in a text, and where they begin in the table."""

    find: Callable[[str], Sequence[int]]
    names: tuple[str, ...]
    idf: Floats
    scale: float
    sublinear: bool
    first_column: int
    column: int


@dataclass(frozen=True, slots=True)
class _Values:
    """The terms of one mail in one block: columns of the weight table, ascending, and values."""

    columns: NDArray[np.int64]
    amounts: Floats


@dataclass(frozen=True, slots=True)
class Scored:
    """Probabilities in the order of `model.targets`, and the terms' values by block name."""

    probabilities: Numbers
    values: Mapping[str, _Values]


class Scorer:
    """Scores single mails with a model. Immutable after it is made; threads may share it."""

    __slots__ = ("_blocks", "_intercept", "_model", "_weights")

    def __init__(self, model: Model) -> None:
        self._model = model
        columns, ridge = model.pipeline["columns"], model.pipeline["ridge"]
        self._blocks = _blocks(columns)
        self._weights: Floats = np.ascontiguousarray(np.atleast_2d(ridge.coef_).T, np.float32)
        # The last column is the constant (features.ALWAYS).
        self._intercept: Numbers = self._weights[-1].astype(np.float64)

    def score(self, text: str, cues: str, chains: str) -> Scored:
        """Probabilities of all targets for one row of `features.rows`."""
        row = (text, cues, chains)
        margins = self._intercept.copy()
        values: dict[str, _Values] = {}
        for name, block in self._blocks.items():
            found = _values(block, row[block.column])
            values[name] = found
            margins += found.amounts @ self._weights[found.columns]
        sure = probabilities(margins, self._model.slopes, self._model.offsets)
        return Scored(sure, values)

    def loudest(
        self, scored: Scored, block: str, target: int, *, limit: int
    ) -> list[tuple[str, float]]:
        """The terms of a block that added most to the margin of the target, loudest first."""
        found, names = scored.values[block], self._blocks[block].names
        voices = self._weights[found.columns, target] * found.amounts
        order = np.argsort(-voices, kind="stable")[:limit]
        first = self._blocks[block].first_column
        return [(names[found.columns[n] - first], float(voices[n])) for n in order.tolist()]


def _blocks(columns: Any) -> dict[str, _Block]:  # noqa: ANN401 - scikit-learn ships no types
    weights = columns.transformer_weights or {}
    blocks: dict[str, _Block] = {}
    first = 0
    for name, column in _BLOCKS:
        vectoriser = columns.named_transformers_[name]
        terms = {term: int(place) + first for term, place in vectoriser.vocabulary_.items()}
        blocks[name] = _Block(
            find=_finder(vectoriser, terms),
            names=tuple(sorted(terms, key=terms.__getitem__)),
            idf=np.asarray(vectoriser.idf_, np.float32),
            scale=float(weights.get(name, 1.0)),
            sublinear=bool(vectoriser.sublinear_tf),
            first_column=first,
            column=column,
        )
        first += len(terms)
    return blocks


def _finder(
    vectoriser: Any,  # noqa: ANN401 - scikit-learn ships no types
    terms: Mapping[str, int],
) -> Callable[[str], Sequence[int]]:
    """From a text to the columns of its known terms, each as often as it stands there.

    Pieces never reach over a blank (`char_wb`), so those of a word are cut once and kept.
    """
    analyse, place = vectoriser.build_analyzer(), terms.get

    def columns_of(text: str) -> tuple[int, ...]:
        return tuple(column for column in map(place, analyse(text)) if column is not None)

    if vectoriser.analyzer != "char_wb":
        return columns_of
    of_word = lru_cache(maxsize=_WORDS_KEPT)(columns_of)
    return lambda text: [column for word in text.split() for column in of_word(word)]


def _values(block: _Block, text: str) -> _Values:
    """TF-IDF of the known terms, L2-normed, times the block's weight."""
    columns, counts = np.unique(np.asarray(block.find(text), np.int64), return_counts=True)
    amounts = counts.astype(np.float32)
    if block.sublinear:
        amounts = np.log(amounts) + np.float32(1.0)
    amounts = amounts * block.idf[columns - block.first_column]
    length = float(np.sqrt(np.sum(amounts * amounts))) or 1.0
    return _Values(columns, amounts * np.float32(block.scale / length))
