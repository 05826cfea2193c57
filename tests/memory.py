"""How much memory a piece of work takes at most."""

import tracemalloc
from collections.abc import Callable


def most_bytes(work: Callable[[], object], *, times: int = 3) -> int:
    """The smallest of several peaks while `work` is done.

    Peaks are the process's, and whatever other threads of the tests take beside only adds.
    """
    return min(_peak(work) for _ in range(times))


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
