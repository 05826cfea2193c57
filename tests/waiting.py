"""Waits for what happens, not for time to pass."""

import socket
import subprocess
import time
from collections.abc import Callable


def until(
    holds: Callable[[], object],
    *,
    seconds: float = 60,
    every: float = 0.02,
    told: Callable[[], object] = str,
) -> None:
    """Until it holds; fails with what `told` says then."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, told()
        time.sleep(every)


def says(port: int, beginning: bytes) -> bool:
    """Whether a server on this machine's port greets with these bytes."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as sock:
            sock.settimeout(5)
            return sock.recv(200).startswith(beginning)
    except OSError:
        return False


def greets(
    process: "subprocess.Popen[bytes]", says_so: Callable[[], bool], *, seconds: float
) -> bool:
    """Whether it greets in time; False where it ended before."""
    end = time.monotonic() + seconds
    while not says_so():
        if process.poll() is not None or time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
