"""Token buckets: how many requests somebody may send at once, and how many a second from then on.

Pure but for the clock that is given. Of one event loop: nothing here is locked.
Source: own decision 0088.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

NAMES_MAX: Final = 20_000
"""Names that are remembered, some 4 MB; beyond it the one that was quiet longest starts anew full.

Source: own decision 0088; four times the clerks of the largest house that was thought of."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then `per_second`. A `per_second` of 0 sets no limit."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What the doors bear from one caller, one address, and of tries to come in from one address.

    `caller`: a key or a person that was let in before. `address`: everybody else, together.
    `attempts`: what costs the house a proof (a key not seen yet, a sign-in) and was not let in.
    """

    caller: Rate
    address: Rate
    attempts: Rate


class Buckets:
    """One bucket for each name, all of the same rate."""

    __slots__ = ("_left", "_most", "_now", "_rate")

    def __init__(self, rate: Rate, now: Callable[[], float], *, names_max: int = NAMES_MAX) -> None:
        self._rate, self._now, self._most = rate, now, names_max
        # What was left, and when. Order: quiet longest first.
        self._left: OrderedDict[object, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, name: object) -> int:
        """Take one. 0: there was one; else in how many whole seconds there will be."""
        rate = self._rate
        if not rate.per_second:
            return 0
        left = self._filled(name)
        self._keep(name, left - 1 if left >= 1 else left)
        return 0 if left >= 1 else max(1, math.ceil((1 - left) / rate.per_second))

    def give_back(self, name: object) -> None:
        """What was taken was no misuse after all."""
        if self._rate.per_second:
            self._keep(name, min(self._rate.burst, self._filled(name) + 1))

    def _filled(self, name: object) -> float:
        burst = float(self._rate.burst)
        known = self._left.get(name)
        if known is None:
            return burst
        return min(burst, known[0] + (self._now() - known[1]) * self._rate.per_second)

    def _keep(self, name: object, left: float) -> None:
        self._left[name] = (left, self._now())
        self._left.move_to_end(name)
        if len(self._left) > self._most:
            self._left.popitem(last=False)
