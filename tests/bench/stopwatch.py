"""How long one deed takes, for the benchmarks; never for a test."""

import time
from collections.abc import Callable


def seconds(what: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin
