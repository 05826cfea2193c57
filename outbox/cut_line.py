"""Ends a connection that would never end by itself: each byte comes in time, the whole never does.

A timeout of a socket counts anew with every byte. Source: own decision 0050.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def within(seconds: float, cut: Callable[[], None]) -> Iterator[None]:
    """Calls `cut` then, in another thread; when this ends, it has ended or is never called."""
    end = Timer(seconds, cut)
    end.daemon = True
    end.start()
    try:
        yield
    finally:
        end.cancel()
        end.join()


@contextmanager
def cut_after(line: socket.socket, seconds: float) -> Iterator[None]:
    """Cuts the line then, whoever waits on it, in TLS or below; who waits sees it broken."""
    copy = socket.fromfd(line.fileno(), line.family, line.type)

    def cut() -> None:
        with suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)

    try:
        with within(seconds, cut):
            yield
    finally:
        copy.close()
