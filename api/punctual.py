"""HTTP/1.1 as uvicorn speaks it, but who does not get through with a request's head is hung up on.

uvicorn bounds a connection that rests between two requests, and no other: one that says nothing
from the beginning, or a letter a minute, stays for good. Source: own decision 0094.
"""

import asyncio
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS: Final = 30.0
"""From the first byte, or from the connection on, until the head is whole. Own decision 0094."""


class PunctualHttp(H11Protocol):
    """A subclass because uvicorn takes a class and makes one object a connection."""

    _head_due: asyncio.TimerHandle | None = None

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A head that began must end in time; the body has its own limit (middleware.py)."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._wait()
        else:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is left to wait for."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._head_due is None and not self.transport.is_closing():
            self._head_due = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _wait_no_more(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
