"""Ends a connection that would never end by itself: each byte comes in time, the whole never does.

A timeout of a socket counts anew with every byte. Source: own decision 0050.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer


@contextmanager
def within(seconds: float, cut: Callable[[], None]) -> Iterator[None]:
    """Call `cut` in another thread if the block lasts longer than `seconds`.

    When the block is left, `cut` has returned or will never be called.
    """
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
    """Shut the connection down if the block lasts longer than `seconds`.

    Whoever waits on it, in TLS or below, sees it broken.
    """
    copy = socket.fromfd(line.fileno(), line.family, line.type)

    def cut() -> None:
        with suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)

    try:
        with within(seconds, cut):
            yield
    finally:
        copy.close()
