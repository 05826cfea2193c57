"""Split mails into what a pipeline sees and what it doesn't, by whole writers."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Indices = np.ndarray[Any, np.dtype[np.int64]]


def split(writers: Sequence[str], *, count: int, seed: int) -> Iterator[tuple[Indices, Indices]]:
    """Pairs (seen, unseen) of row numbers; every row is unseen once.

    Writers are put into at most `count` groups of similar size, biggest first. With a single
    writer (a public data set) the rows themselves are shuffled by `seed`.
    """
    group_of = _groups(writers, count)
    if len(set(group_of.values())) < 2:
        shuffled = np.random.default_rng(seed).permutation(len(writers))
        numbers = np.empty(len(writers), dtype=np.int64)
        numbers[shuffled] = np.arange(len(writers)) % count
    else:
        numbers = np.asarray([group_of[writer] for writer in writers], dtype=np.int64)
    for group in sorted(set(numbers.tolist())):
        yield np.flatnonzero(numbers != group), np.flatnonzero(numbers == group)


def _groups(writers: Sequence[str], count: int) -> dict[str, int]:
    sizes = [0] * count
    group_of: dict[str, int] = {}
    for writer, mails in sorted(Counter(writers).items(), key=lambda item: (-item[1], item[0])):
        smallest = sizes.index(min(sizes))
        group_of[writer] = smallest
        sizes[smallest] += mails
    return group_of
