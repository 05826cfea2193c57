"""How the cost of a piece of work grows with the length of what it is given."""

import time
from collections.abc import Callable

_LEAST_SECONDS = 0.002
"""Below this a clock says little; what takes less with eight times as much is cheap anyway."""


def grows_by(work: Callable[[int], object], start: int, *, times: int = 8) -> float:
    """By what the time grows with `times` as much as `start`: by `times`, or by its square.

    Time of this process alone, the least of three; ask for less than half of the square.
    """
    return _seconds(work, start * times) / _seconds(work, start)


def costs_more(dear: Callable[[], object], cheap: Callable[[], object]) -> float:
    """How many times the time of `cheap` the other one takes."""
    return _seconds(lambda _: dear(), 0) / _seconds(lambda _: cheap(), 0)


def _seconds(work: Callable[[int], object], size: int) -> float:
    return max(_LEAST_SECONDS, min(_once(work, size) for _ in range(3)))


def _once(work: Callable[[int], object], size: int) -> float:
    begin = time.process_time()
    work(size)
    return time.process_time() - begin
