"""A double of clamd for tests: INSTREAM and PING over a socket, one way to answer at a time.

    with ClamdDouble(b"EICAR") as clamd:
        Clamd(clamd.where).scan(…)

What holds the needle is `FOUND`. Tried beside the real clamd 1.4.6 by hand (docs/safety.md).
"""

import socket
import struct
import threading
from typing import Self


class ClamdDouble:
    """`limit_bytes` as StreamMaxLength; `mood`: "well", "silent", "garbled" or "hangs_up"."""

    def __init__(self, needle: bytes, *, limit_bytes: int = 1_000_000, mood: str = "well") -> None:
        self.needle, self.limit_bytes, self.mood = needle, limit_bytes, mood
        self.seen: list[int] = []
        self._ends = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.where: tuple[str, int] = ("127.0.0.1", self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line:
                line.settimeout(5)
                self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        if self.mood == "hangs_up":
            return
        if _take(line, 6) == b"zPING\0":
            line.sendall(b"PONG\0")
            return
        _take(line, len(b"zINSTREAM\0") - 6)
        data = b""
        while size := struct.unpack("!I", _take(line, 4))[0]:
            data += _take(line, size)
            if len(data) > self.limit_bytes:
                line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.seen.append(len(data))
        if self.mood == "silent":
            self._ends.wait(5)
        elif self.mood == "garbled":
            line.sendall(b"\xff\xfe nonsense" * 1000)
        elif self.needle in data:
            line.sendall(b"stream: Test.<b>Eicar</b> FOUND\0")
        else:
            line.sendall(b"stream: OK\0")


def _take(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = line.recv(size - len(found))
        if not more:
            raise ConnectionError
        found += more
    return found
