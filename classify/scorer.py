"""The model's pipeline as tables, for one mail at a time, and what each term contributed.

The same arithmetic as scikit-learn's (a test compares them on whole corpora), without its
per-call costs: one dictionary look-up a term, one small matrix product a mail. Source:
measured in docs/judge.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classify import features
from classify.model import Model, Numbers, probabilities

_BLOCKS: Final = (("words", features.TEXT), ("pieces", features.TEXT), ("cues", features.CUES))
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Block:
    """One vectoriser: how it cuts, its terms, and where its columns begin in the weight table."""

    analyse: Callable[[str], list[str]]
    terms: Mapping[str, int]
    idf: Floats
    scale: float
    sublinear: bool
    first_column: int
    column: int


@dataclass(frozen=True, slots=True)
class Scored:
    """Probabilities in the order of `model.targets`, and the value of each term by block name."""

    probabilities: Numbers
    values: Mapping[str, Mapping[str, tuple[int, float]]]


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

    def score(self, text: str, cues: str) -> Scored:
        """Probabilities of all targets for one row of `features.rows`."""
        margins = self._intercept.copy()
        values: dict[str, dict[str, tuple[int, float]]] = {}
        for name, block in self._blocks.items():
            found = _values(block, text if block.column == features.TEXT else cues)
            values[name] = found
            if found:
                columns = np.fromiter((column for column, _ in found.values()), np.int64)
                amounts = np.fromiter((amount for _, amount in found.values()), np.float32)
                margins += amounts @ self._weights[columns]
        sure = probabilities(margins, self._model.slopes, self._model.offsets)
        return Scored(sure, values)

    def contributions(self, scored: Scored, block: str, target: int) -> dict[str, float]:
        """What each known term of a block added to the margin of the target."""
        found = scored.values[block]
        if not found:
            return {}
        columns = [column for column, _ in found.values()]
        voices = self._weights[columns, target] * [amount for _, amount in found.values()]
        return dict(zip(found, voices.tolist(), strict=True))


def _blocks(columns: Any) -> dict[str, _Block]:  # noqa: ANN401 - scikit-learn ships no types
    weights = columns.transformer_weights or {}
    blocks: dict[str, _Block] = {}
    first = 0
    for name, column in _BLOCKS:
        vectoriser = columns.named_transformers_[name]
        terms = {term: int(place) + first for term, place in vectoriser.vocabulary_.items()}
        blocks[name] = _Block(
            analyse=vectoriser.build_analyzer(),
            terms=terms,
            idf=np.asarray(vectoriser.idf_, np.float32),
            scale=float(weights.get(name, 1.0)),
            sublinear=bool(vectoriser.sublinear_tf),
            first_column=first,
            column=column,
        )
        first += len(terms)
    return blocks


def _values(block: _Block, text: str) -> dict[str, tuple[int, float]]:
    """TF-IDF of the known terms, L2-normed, times the block's weight: term -> (column, value)."""
    counts: dict[str, int] = {}
    for term in block.analyse(text):
        if term in block.terms:
            counts[term] = counts.get(term, 0) + 1
    if not counts:
        return {}
    columns = np.fromiter((block.terms[term] for term in counts), np.int64, len(counts))
    amounts = np.fromiter(counts.values(), np.float32, len(counts))
    if block.sublinear:
        amounts = np.log(amounts) + np.float32(1.0)
    amounts = amounts * block.idf[columns - block.first_column]
    amounts *= np.float32(block.scale) / np.sqrt(np.sum(amounts * amounts))
    return dict(zip(counts, zip(columns.tolist(), amounts.tolist(), strict=True), strict=True))
