"""The table at work: one mail at a time, and what each term contributed.

The same arithmetic as the scikit-learn pipeline that the table was exported from (a test compares
them on the whole corpus), without its costs a call: one look-up a word (classify/wordbook.py), one
gather of rows and one small matrix product a mail. Source: own decisions 0027 and 0043; measured in
docs/judge.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classify import features, reading, terms
from classify.codes import Rows
from classify.kept import Kept
from classify.model.model import Model, Numbers, probabilities
from classify.model.table import Floats, Steps, Table
from classify.terms import Cut
from classify.text import fold
from classify.wordbook import Found, Vocabulary, Wordbook

_TEXT_BLOCKS: Final = (
    (features.TEXT, Cut.WORDS),
    (features.TEXT, Cut.PIECES),
    (features.CHAINS, Cut.READY),
)
"""What a wordbook finds: the terms of these blocks, in this order."""


Places = NDArray[np.intp]
Spelled = tuple[str, str, int]
"""A word as it is written, the same folded, and its row as a term of its own, or -1."""
_COUNTS: Final = reading.MAX_CHARS * 2
"""More than any term can stand in a mail that is read, its folded form included."""
_ONE: Final = np.float32(1.0)
_NOTHING: Final = np.nextafter(np.float32(0.0), _ONE)
"""The least voice that speaks for anything at all."""
_EDGES: Final = (-1, 2**31 - 1)
"""Numbers before and behind those of all rows."""
_CACHE_LINE_BYTES: Final = 64
"""What a processor fetches at once: x86-64 and most of ARM."""
_NUMBERS_BYTES: Final = 8
"""Of the two numbers that stand behind the weights of a term."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Probabilities in the order of `model.targets`, and the terms that made them.

    `rows` are rows of the table, ascending, `weights` their weights in steps, and `amounts` their
    values times the size of their steps;
    block number n has those from `starts[n]` to `starts[n + 1]`. `words` counts the different words
    of the mail, `unknown` those that the model hasn't seen.
    """

    probabilities: Numbers
    rows: Rows
    amounts: Floats
    weights: Steps
    starts: tuple[int, ...]
    words: int
    unknown: int


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Words that are terms of the mail: which of those asked for, and their places in `Scored`."""

    numbers: Places
    places: Places


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
        "_lines",
        "_names",
        "_of_counts",
        "_offsets",
        "_pieces",
        "_scales",
        "_slopes",
        "_targets",
        "_words",
    )

    def __init__(self, model: Model) -> None:
        self._slopes, self._offsets = np.asarray(model.slopes), np.asarray(model.offsets)
        blocks = model.table.blocks
        self._firsts = np.cumsum([0, *(len(block.terms) for block in blocks)])
        self._targets = model.table.weights.shape[1]
        self._lines = _in_lines(model.table)
        self._scales = [block.scale for block in blocks]
        self._constant: Numbers = model.table.constant.astype(np.float64)
        self._names = {block.name: number for number, block in enumerate(blocks)}
        by_kind = {(block.column, block.cut): n for n, block in enumerate(blocks)}
        words, pieces, chains = (
            self._rows_of(blocks[by_kind[kind]].terms, by_kind[kind]) for kind in _TEXT_BLOCKS
        )
        self._words = words
        self._first_piece = int(self._firsts[by_kind[_TEXT_BLOCKS[1]]])
        self._pieces = [piece.strip() for piece in blocks[by_kind[_TEXT_BLOCKS[1]]].terms]
        self._book = Wordbook(Vocabulary(words, pieces, chains, model.familiar.words))
        self._forms = Kept(self._read)
        # The logarithm takes longer than all else that is done with the amounts. Rounded from
        # float64: numpy's own for float32 differs by processor.
        self._of_counts: Floats = np.log(np.arange(1, _COUNTS)).astype(np.float32) + _ONE
        cues = by_kind[features.CUES, Cut.READY]
        self._cues = self._rows_of(blocks[cues].terms, cues)
        self._chains = by_kind[_TEXT_BLOCKS[2]]

    def _rows_of(self, block: Sequence[str], number: int) -> dict[str, int]:
        return {term: row for row, term in enumerate(block, int(self._firsts[number]))}

    def score(self, row: features.Row) -> Scored:
        """Probabilities of all targets for one row of `features.rows`.

        The chains are found in the text; that column may be empty.
        """
        return self.score_many([row])[0]

    def score_many(self, rows: Sequence[features.Row]) -> list[Scored]:
        """The same for several: all texts are looked up before the first is counted."""
        found = [self._book.find(text) for text, _, _ in rows]
        return [self._scored(said, one) for (_, said, _), one in zip(rows, found, strict=True)]

    def _scored(self, said: Iterable[str], found: Found) -> Scored:
        cues = [number for number in map(self._cues.get, said) if number is not None]
        edged = np.array([*_EDGES, *cues], np.int32)
        rows, counts = _counted(np.concatenate((found.own, found.further, edged)))
        starts = tuple(rows.searchsorted(self._firsts).tolist())
        counts[starts[self._chains] : starts[self._chains + 1]] = 1
        lines = self._lines.take(rows, axis=0)
        weights = lines[:, : self._targets].view(np.int8)
        numbers = lines[:, -_NUMBERS_BYTES:].view(np.float32)
        amounts = self._amounts(counts, numbers[:, 0], starts)
        amounts *= numbers[:, 1]
        # No BLAS: its threads hinder each other on a busy machine, and its sums differ by machine.
        margins = self._constant + np.einsum("i,ij->j", amounts, weights.astype(np.float32))
        sure = probabilities(margins, self._slopes, self._offsets)
        return Scored(sure, rows, amounts, weights, starts, found.words, found.unknown)

    def _amounts(self, counts: Places, idf: Floats, starts: Sequence[int]) -> Floats:
        """TF-IDF, each block of length `scale`; in float32 as scikit-learn does it."""
        # A term of a block that isn't sublinear counts once, and the logarithm of one is nought.
        amounts = self._of_counts.take(counts - 1, mode="clip")
        amounts *= idf
        for number, scale in enumerate(self._scales):
            values = amounts[starts[number] : starts[number + 1]]
            values *= np.float32(scale / (length_of(values) or 1.0))
        return amounts

    def spelled(self, text: str) -> list[Spelled]:
        """The different words of a text, in the order in which they come first."""
        stretches = dict.fromkeys(text.split())
        return [one for (words,) in self._forms.of_all(stretches) for one in words]

    def row(self, word: str) -> int:
        """The row of a folded word as a term of its own, or -1."""
        return self._words.get(word, -1)

    def _read(self, stretch: str) -> tuple[tuple[Spelled, ...]]:
        folded = [(form, fold(form)) for form in terms.single_words(stretch)]
        # In one more tuple, for what is kept must be true in a condition.
        return (tuple([(form, word, self.row(word)) for form, word in folded]),)

    def known(self, scored: Scored, words: Iterable[int], count: int) -> Known:
        """Which of the words, of which there are so many, stand in the mail as terms of their own.

        They are told by their rows, -1 for what is none.
        """
        part = self._part(scored, "words")
        stand = scored.rows[part]
        wanted = np.fromiter(words, np.int32, count if len(stand) else 0)
        places = stand.searchsorted(wanted)
        there = stand.take(places, mode="clip") == wanted
        return Known(there.nonzero()[0], places[there] + part.start)

    def loudest(
        self, scored: Scored, known: Known, target: int, *, words: int, pieces: int
    ) -> tuple[Floats, list[tuple[str, float]]]:
        """What spoke for the target: the known words, and pieces, with what they add to the margin.

        Of the words also those that speak against it, in their order; what is not among the
        loudest adds nothing. The pieces, without their blanks, loudest first, and none that speaks
        against it. `words` and `pieces` say how many of the terms of their block are listened to.
        """
        voices = scored.weights[:, target] * scored.amounts
        of_words, of_pieces = self._part(scored, "words"), self._part(scored, "pieces")
        said = voices.take(known.places)
        if of_words.stop - of_words.start > words:
            said[_whispers(voices[of_words], known.places - of_words.start, words)] = 0.0
        voices = voices[of_pieces]
        places = _speaking(voices, pieces)
        names, first = self._pieces, self._first_piece
        rows = (scored.rows.take(places + of_pieces.start) - first).tolist()
        told = zip(rows, voices.take(places).tolist(), strict=True)
        return said, [(names[row], voice) for row, voice in told]

    @property
    def cue_terms(self) -> tuple[str, ...]:
        """The cues that the model knows, by their rows."""
        return tuple(self._cues)

    def of_cues(self, scored: Scored) -> tuple[list[int], Floats]:
        """Which of `cue_terms` the mail has, and a row a target of what each adds to the margin.

        What is below nought speaks against the target.
        """
        part = self._part(scored, "cues")
        rows = scored.rows[part] - self._firsts[self._names["cues"]]
        voices: Floats = scored.weights[part].T * scored.amounts[part]
        return rows.tolist(), voices

    def _part(self, scored: Scored, block: str) -> slice:
        number = self._names[block]
        return slice(scored.starts[number], scored.starts[number + 1])


def length_of(values: Floats) -> float:
    """Euclid's, rounded to float32. No BLAS, for its sums differ by machine (as in `_scored`)."""
    return float(np.float32(sqrt(np.add.reduce(values * values))))


def _in_lines(table: Table) -> NDArray[np.uint8]:
    """Of each term its weights, and at the end of the line its idf and the size of its steps.

    A mail has hundreds of terms, each somewhere else in a table that is larger than a cache: so
    each costs one look into the memory instead of four.
    """
    count, targets = table.weights.shape
    numbers = np.stack((np.concatenate([block.idf for block in table.blocks]), table.sizes), axis=1)
    width = targets + _NUMBERS_BYTES
    width += -width % _CACHE_LINE_BYTES
    room = np.zeros(count * width + _CACHE_LINE_BYTES, np.uint8)
    first = -room.ctypes.data % _CACHE_LINE_BYTES
    lines = room[first : first + count * width].reshape(count, width)
    lines[:, :targets] = table.weights.view(np.uint8)
    lines[:, -_NUMBERS_BYTES:] = numbers.astype(np.float32).view(np.uint8)
    return lines


def _whispers(voices: Floats, places: Places, limit: int) -> NDArray[np.bool_]:
    """Which of the places hold none of the so many loudest; of equals the first are louder."""
    least = np.partition(voices, len(voices) - limit)[len(voices) - limit]
    equals = (voices == least).nonzero()[0]
    last = equals[limit - np.count_nonzero(voices > least) - 1]
    found = voices.take(places)
    result: NDArray[np.bool_] = (found < least) | ((found == least) & (places > last))
    return result


def _speaking(voices: Floats, limit: int) -> Places:
    """The same of those above nought."""
    bound = _NOTHING
    if len(voices) > limit:
        bound = max(np.partition(voices, len(voices) - limit)[len(voices) - limit], bound)
    places = (voices >= bound).nonzero()[0]
    result: Places = places.take((-voices.take(places)).argsort(kind="stable")[:limit])
    return result


def _counted(found: Rows) -> tuple[Rows, Places]:
    """Each row once, ascending, and how often it was found. `found` holds `_EDGES` too."""
    found.sort()
    ends = (found[1:] != found[:-1]).nonzero()[0]
    return found.take(ends[1:]), ends[1:] - ends[:-1]
