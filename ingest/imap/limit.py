"""Ends a talk with a server of which each byte comes in time and the whole never does.

The time-out of a socket counts anew with every byte. Source: own decision 0144.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Final

from imapclient import IMAPClient

WAITS: Final = 5
"""How many times the time-out of one wait a talk may last, beside the time for its bytes."""

LEAST_BYTES_A_SECOND: Final = 16_000
"""Below it a line is not to be worked with: 64 MB take more than an hour."""


@contextmanager
def limited(client: IMAPClient, seconds: float, *, carries: int = 0) -> Iterator[None]:
    """Cuts the line after `WAITS` times `seconds`, and the time that so many bytes may take.

    Whoever reads then sees the line broken.
    """
    with cut_after(client.socket(), seconds, carries=carries):
        yield


@contextmanager
def cut_after(line: socket.socket, seconds: float, *, carries: int = 0) -> Iterator[None]:
    """The same for a line of which no client is made yet."""
    copy = socket.fromfd(line.fileno(), line.family, line.type)

    def cut() -> None:
        with suppress(OSError):
            copy.shutdown(socket.SHUT_RDWR)

    end = Timer(WAITS * seconds + carries / LEAST_BYTES_A_SECOND, cut)
    end.daemon = True
    end.start()
    try:
        yield
    finally:
        end.cancel()
        end.join()
        copy.close()
