"""The table at work: one mail at a time, and what each term contributed.

The same arithmetic as the scikit-learn pipeline that the table was exported from (a test compares
them on the whole corpus), without its costs a call: one look-up a word (classify/wordbook.py), one
gather of rows and one small matrix product a mail. Source: own decisions 0027 and 0043; measured in
docs/judge.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classify import features
from classify.kept import Kept
from classify.model import Model, Numbers, probabilities
from classify.table import Floats, Table
from classify.terms import Cut
from classify.text import fold
from classify.wordbook import Rows, Vocabulary, Wordbook

_TEXT_BLOCKS: Final = (
    (features.TEXT, Cut.WORDS),
    (features.TEXT, Cut.PIECES),
    (features.CHAINS, Cut.READY),
)
"""What a wordbook finds: the terms of these blocks, in this order."""


_ONE: Final = np.float32(1.0)
_EDGES: Final = (-1, 2**31 - 1)
"""Numbers before and behind those of all rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Probabilities in the order of `model.targets`, and the terms that made them.

    `rows` are rows of the table, ascending, `amounts` their values and `weights` their weights;
    block number n has those from `starts[n]` to `starts[n + 1]`.
    """

    probabilities: Numbers
    rows: Rows
    amounts: Floats
    weights: Floats
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Words of a mail that are terms of the model, and their places in the block of words."""

    words: tuple[str, ...]
    places: NDArray[np.intp]


class Scorer:
    """Scores single mails with a model. Immutable but for words it keeps; threads may share it."""

    __slots__ = (
        "_book",
        "_chains",
        "_constant",
        "_cues",
        "_first_piece",
        "_firsts",
        "_forms",
        "_idf",
        "_names",
        "_offsets",
        "_pieces",
        "_scales",
        "_slopes",
        "_table",
        "_words",
    )

    def __init__(self, model: Model) -> None:
        self._slopes, self._offsets = np.asarray(model.slopes), np.asarray(model.offsets)
        self._table: Table = model.table
        blocks = model.table.blocks
        self._firsts = np.cumsum([0, *(len(block.terms) for block in blocks)])
        self._idf: Floats = np.concatenate([block.idf for block in blocks])
        self._scales = [block.scale for block in blocks]
        self._constant: Numbers = model.table.constant.astype(np.float64)
        self._names = {block.name: number for number, block in enumerate(blocks)}
        by_kind = {(block.column, block.cut): n for n, block in enumerate(blocks)}
        of_text = [self._rows_of(by_kind[kind]) for kind in _TEXT_BLOCKS]
        self._words = of_text[0]
        self._first_piece = int(self._firsts[by_kind[_TEXT_BLOCKS[1]]])
        self._pieces = blocks[by_kind[_TEXT_BLOCKS[1]]].terms
        self._book = Wordbook(Vocabulary(*of_text))
        self._forms = Kept(self._read)
        self._cues = self._rows_of(by_kind[features.CUES, Cut.READY])
        self._chains = by_kind[_TEXT_BLOCKS[2]]

    def _rows_of(self, number: int) -> dict[str, int]:
        first = int(self._firsts[number])
        return {term: row for row, term in enumerate(self._table.blocks[number].terms, first)}

    def score(self, row: features.Row) -> Scored:
        """Probabilities of all targets for one row of `features.rows`.

        The chains are found in the text; that column may be empty.
        """
        text, said, _ = row
        cues = [number for number in map(self._cues.get, said) if number is not None]
        found = (*self._book.rows(text), np.array([*_EDGES, *cues], np.int32))
        rows, counts = _counted(np.concatenate(found))
        starts = tuple(rows.searchsorted(self._firsts).tolist())
        counts[starts[self._chains] : starts[self._chains + 1]] = 1.0
        amounts = self._amounts(rows, counts, starts)
        weights = self._table.weights.take(rows, axis=0)
        # No BLAS: its threads hinder each other on a busy machine, and its sums differ by machine.
        margins = self._constant + np.einsum("i,ij->j", amounts, weights)
        sure = probabilities(margins, self._slopes, self._offsets)
        return Scored(sure, rows, amounts, weights, starts)

    def _amounts(self, rows: Rows, counts: Floats, starts: Sequence[int]) -> Floats:
        """TF-IDF, each block of length `scale`; in float32 as scikit-learn does it."""
        # A term of a block that isn't sublinear counts once, and the logarithm of one is nought.
        amounts = np.log(counts)
        amounts += _ONE
        amounts *= self._idf.take(rows)
        for number, scale in enumerate(self._scales):
            values = amounts[starts[number] : starts[number + 1]]
            length = float(np.float32(sqrt(values @ values))) or 1.0
            values *= np.float32(scale / length)
        return amounts

    def read(self, forms: Iterable[str]) -> list[tuple[str, int]]:
        """Words as they are written: each folded, and its row as a term of its own or -1."""
        return self._forms.of_all(forms)

    def _read(self, form: str) -> tuple[str, int]:
        folded = fold(form)
        return folded, self._words.get(folded, -1)

    def known(self, scored: Scored, words: Mapping[str, int]) -> Known:
        """Which of the words, with their rows, stand in the mail as terms of their own."""
        part = self._part(scored, "words")
        stand = scored.rows[part]
        wanted = np.fromiter(words.values(), np.int32, len(words) if len(stand) else 0)
        places = stand.searchsorted(wanted)
        there = stand.take(places, mode="clip") == wanted
        return Known(tuple(compress(words, there.tolist())), places[there] + part.start)

    def loudest(
        self, scored: Scored, known: Known, target: int, *, words: int, pieces: int
    ) -> tuple[dict[str, float], list[tuple[str, float]]]:
        """What spoke for the target: known words, as far as among the loudest, and pieces.

        Each with what it adds to the margin. The words are told in their order, also those that
        speak against it; the pieces loudest first, and none that speaks against it. `words` and
        `pieces` say how many of the terms of their block are listened to.
        """
        voices = scored.weights[:, target] * scored.amounts
        of_words, of_pieces = self._part(scored, "words"), self._part(scored, "pieces")
        said = dict(zip(known.words, voices[known.places].tolist(), strict=True))
        if of_words.stop - of_words.start > words:
            loud = frozenset((_loudest(voices[of_words], words) + of_words.start).tolist())
            heard = [place in loud for place in known.places.tolist()]
            said = dict(compress(said.items(), heard))
        places = _loudest(voices[of_pieces], pieces) + of_pieces.start
        names = self._pieces
        told = zip(scored.rows[places].tolist(), voices[places].tolist(), strict=True)
        return said, [(names[row - self._first_piece], voice) for row, voice in told if voice > 0]

    def _part(self, scored: Scored, block: str) -> slice:
        number = self._names[block]
        return slice(scored.starts[number], scored.starts[number + 1])


def _loudest(voices: Floats, limit: int) -> NDArray[np.intp]:
    """The places of the greatest, loudest first, equals in their order."""
    if len(voices) <= limit:
        return np.argsort(-voices, kind="stable")
    least = np.partition(voices, len(voices) - limit)[len(voices) - limit]
    places = np.flatnonzero(voices >= least)
    return places[np.argsort(-voices[places], kind="stable")[:limit]]


def _counted(found: Rows) -> tuple[Rows, Floats]:
    """Each row once, ascending, and how often it was found. `found` holds `_EDGES` too."""
    found.sort()
    ends = (found[1:] != found[:-1]).nonzero()[0]
    return found.take(ends[1:]), (ends[1:] - ends[:-1]).astype(np.float32)
