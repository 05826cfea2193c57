"""The table at work: one mail at a time, and what each term contributed.

The same arithmetic as the scikit-learn pipeline that the table was exported from (a test compares
them on the whole corpus), without its costs a call: one dictionary look-up a term, one gather of
rows and one small matrix product a mail. Source: own decision 0027; measured in docs/judge.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from classify import features, terms
from classify.hearing import LONGEST_WORD_KEPT_CHARS
from classify.model import Model, Numbers, probabilities
from classify.table import Block, Floats, Table
from classify.terms import Cut

_Ids = NDArray[np.int32]
_Find = Callable[[Any], bytes]
"""From a column to the rows of its known terms, each as often as it stands there, as int32."""

_INT32 = Struct("=i")
_WORDS_KEPT: Final = 20_000
"""Words whose pieces are kept, some 8 MB at most. Own decision 0027."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Probabilities in the order of `model.targets`, and the terms that made them.

    `rows` are rows of the table, ascending, `amounts` their values; block number n has those
    from `starts[n]` to `starts[n + 1]`.
    """

    probabilities: Numbers
    rows: _Ids
    amounts: Floats
    starts: tuple[int, ...]


class Scorer:
    """Scores single mails with a model. Immutable after it is made; threads may share it."""

    __slots__ = (
        "_constant",
        "_finders",
        "_firsts",
        "_idf",
        "_names",
        "_offsets",
        "_slopes",
        "_table",
    )

    def __init__(self, model: Model) -> None:
        self._slopes, self._offsets = np.asarray(model.slopes), np.asarray(model.offsets)
        self._table: Table = model.table
        self._firsts = np.cumsum([0, *(len(block.terms) for block in model.table.blocks)])
        self._idf: Floats = np.concatenate([block.idf for block in model.table.blocks])
        self._constant: Numbers = model.table.constant.astype(np.float64)
        self._names = {block.name: number for number, block in enumerate(model.table.blocks)}
        self._finders: tuple[tuple[int, _Find], ...] = tuple(
            (block.column, _finder(block, int(first)))
            for block, first in zip(model.table.blocks, self._firsts, strict=False)
        )

    def score(self, row: features.Row) -> Scored:
        """Probabilities of all targets for one row of `features.rows`."""
        rows, counts = _counted(b"".join([find(row[column]) for column, find in self._finders]))
        starts = tuple(np.searchsorted(rows, self._firsts).tolist())
        amounts = self._amounts(rows, counts, starts)
        # No BLAS: its threads hinder each other on a busy machine, and its sums differ by machine.
        margins = self._constant + np.einsum(
            "i,ij->j", amounts, self._table.weights.take(rows, axis=0)
        )
        sure = probabilities(margins, self._slopes, self._offsets)
        return Scored(sure, rows, amounts, starts)

    def _amounts(self, rows: _Ids, counts: Floats, starts: Sequence[int]) -> Floats:
        """TF-IDF, each block of length `scale`; in float32 as scikit-learn does it."""
        amounts = counts
        for number, block in enumerate(self._table.blocks):
            part = slice(starts[number], starts[number + 1])
            if block.sublinear:
                np.log(amounts[part], out=amounts[part])
                amounts[part] += np.float32(1.0)
            amounts[part] *= self._idf[rows[part]]
            length = float(np.sqrt(amounts[part] @ amounts[part])) or 1.0
            amounts[part] *= np.float32(block.scale / length)
        return amounts

    def loudest(
        self, scored: Scored, block: str, target: int, *, limit: int
    ) -> list[tuple[str, float]]:
        """The terms of a block that added most to the margin of the target, loudest first."""
        number = self._names[block]
        part = slice(scored.starts[number], scored.starts[number + 1])
        rows = scored.rows[part]
        voices = self._table.weights[rows, target] * scored.amounts[part]
        order = np.argsort(-voices, kind="stable")[:limit]
        names, first = self._table.blocks[number].terms, int(self._firsts[number])
        return [(names[rows[n] - first], float(voices[n])) for n in order.tolist()]


def _counted(found: bytes) -> tuple[_Ids, Floats]:
    """Each row once, ascending, and how often it was found."""
    ids = np.sort(np.frombuffer(found, np.int32))
    is_new = np.empty(len(ids), np.bool_)
    is_new[:1] = True
    np.not_equal(ids[1:], ids[:-1], out=is_new[1:])
    begins = np.flatnonzero(is_new)
    counts = np.empty(len(begins), np.float32)
    counts[:-1] = begins[1:] - begins[:-1]
    counts[-1:] = len(ids) - begins[-1:]
    return ids[begins], counts


def _finder(block: Block, first: int) -> _Find:
    """Pieces never reach over a blank, so those of a word are cut once and kept."""
    rows = {term: _INT32.pack(row) for row, term in enumerate(block.terms, first)}
    if block.cut is not Cut.PIECES:
        cut = terms.CUTTERS[block.cut]
        return lambda column: _rows(rows, cut(column))

    def of_word(word: str) -> bytes:
        return _rows(rows, terms.pieces_of(word))

    kept = lru_cache(maxsize=_WORDS_KEPT)(of_word)

    def of_any_word(word: str) -> bytes:
        return kept(word) if len(word) <= LONGEST_WORD_KEPT_CHARS else of_word(word)

    return lambda text: b"".join(map(of_any_word, text.split()))


def _rows(rows: Mapping[str, bytes], found: Iterable[str]) -> bytes:
    return b"".join(filter(None, map(rows.get, found)))
