"""Split mails into what a scorer sees and what it doesn't, by whole writers."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

Indices = np.ndarray[Any, np.dtype[np.int64]]

_SHARES_OF_ONE_WRITER: Final = 10


def split(writers: Sequence[str], *, seed: int) -> Iterator[tuple[Indices, Indices]]:
    """Pairs (seen, unseen) of row numbers, one a writer; every row is unseen once.

    With a single writer (a public data set) the rows are shuffled by `seed` and cut in tenths.
    """
    names = sorted(set(writers))
    if len(names) == 1:
        shuffled = np.random.default_rng(seed).permutation(len(writers))
        groups = np.empty(len(writers), dtype=np.int64)
        groups[shuffled] = np.arange(len(writers)) % _SHARES_OF_ONE_WRITER
    else:
        groups = np.asarray([names.index(writer) for writer in writers], dtype=np.int64)
    for group in range(int(groups.max()) + 1):
        yield np.flatnonzero(groups != group), np.flatnonzero(groups == group)
