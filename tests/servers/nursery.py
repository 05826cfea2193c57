"""A parent that forks a child for each line it reads, so that imports are paid for once."""

import gc
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress


def fork_on_request(child: Callable[..., None], *, look_seconds: float) -> None:
    """Until standard input ends: a line's words, cut at tabs, go to `child` in a new process.

    Answers the number of each process. `child` never returns. The ended ones are reaped at every
    look: a child that nobody waits for still counts as running.
    """
    # Else each child's collector writes on, and so copies, all that was loaded for it.
    gc.freeze()
    while True:
        readable, _, _ = select.select([sys.stdin], [], [], look_seconds)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not readable:
            continue
        line = sys.stdin.readline()
        if not line:
            return
        pid = os.fork()
        if pid == 0:
            child(*line.rstrip("\n").split("\t"))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
