"""A table from integers to rows that many are looked up in at once.

A search by halves looks into the memory some ten times for each number, in places that no cache
holds. Here each number has one place that it is computed from; the few whose place is taken are
searched for by halves among themselves. Source: own decision 0090.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]
_Numbers = NDArray[np.int64]

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2**64 by the golden ratio: its products spread over their highest bits. Source: Knuth, The Art of
Computer Programming, volume 3, section 6.4."""
_ROOM: Final = 2
"""Places a number, at least: about one in eight finds its place taken."""
_EMPTY: Final = -1
_LAST: Final = np.iinfo(np.int64).max


class Codes:
    """Rows by code, a number from 0 on and below 2**63 - 1. Immutable; threads may share it."""

    __slots__ = ("_at", "_codes", "_other_codes", "_other_rows", "_rows")

    def __init__(self, rows: Mapping[int, int]) -> None:
        codes = np.fromiter(rows.keys(), np.int64, len(rows))
        values = np.fromiter(rows.values(), np.int32, len(rows))
        bits = max(1, (len(rows) * _ROOM - 1).bit_length())
        self._at = np.uint64(64 - bits)
        self._codes: _Numbers = np.full(1 << bits, _EMPTY, np.int64)
        self._rows: Rows = np.full(1 << bits, _EMPTY, np.int32)
        places = self._places(codes)
        self._codes[places] = codes
        # Of several in one place one stayed.
        stayed = self._codes[places] == codes
        self._rows[places[stayed]] = values[stayed]
        other = (~stayed).nonzero()[0]
        other = other[codes[other].argsort()]
        # The last one is there so that every search ends before the end.
        self._other_codes: _Numbers = np.append(codes[other], _LAST)
        self._other_rows: Rows = np.append(values[other], np.int32(_EMPTY))

    def rows(self, codes: _Numbers) -> Rows:
        """The rows of those that are in the table, as often as they are asked for; in no order."""
        places = self._places(codes)
        there = self._codes.take(places)
        found = there == codes
        left = codes[(there != _EMPTY) & ~found]
        others = self._other_codes.searchsorted(left)
        others = others[self._other_codes.take(others) == left]
        return np.concatenate((self._rows.take(places[found]), self._other_rows.take(others)))

    def _places(self, codes: _Numbers) -> NDArray[Any]:
        return ((codes.view(np.uint64) * _SPREAD) >> self._at).view(np.int64)
