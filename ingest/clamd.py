"""A small client of clamd: one file by INSTREAM, over a Unix or a loopback socket, bounded.

Nothing here raises: a scanner that is away, slow or confused says nothing about a file.
Source: clamd(8), commands INSTREAM and PING; own decision 0071.
"""

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from rules.scan import Scan, ScanState, infected, unscanned

CHUNK_BYTES: Final = 65_536
ANSWER_BYTES: Final = 4_096
"""No answer is longer; what comes after is not read."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where clamd listens: the path of a socket, or host and port.

    `timeout_seconds` bounds one file from connecting to the answer.
    """

    where: str | tuple[str, int]
    timeout_seconds: float = 3.0
    limit_bytes: int = 25_000_000

    def scan(self, data: bytes) -> Scan:
        """What clamd says of these bytes, within the time; never raises."""
        if len(data) > self.limit_bytes:
            return unscanned("too_large")

        def send(line: socket.socket) -> None:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(data), CHUNK_BYTES):
                chunk = data[start : start + CHUNK_BYTES]
                line.sendall(struct.pack("!I", len(chunk)) + chunk)
            line.sendall(struct.pack("!I", 0))

        try:
            return _meaning(self._ask(send))
        except TimeoutError:
            return unscanned("too_slow")
        except OSError:
            return unscanned("away")

    def answers(self) -> bool:
        """Whether clamd is there; never raises."""
        try:
            return self._ask(lambda line: line.sendall(b"zPING\0")) == "PONG"
        except OSError:
            return False

    def _ask(self, send: Callable[[socket.socket], None]) -> str:
        until = time.monotonic() + self.timeout_seconds
        family = socket.AF_UNIX if isinstance(self.where, str) else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as line:
            line.settimeout(self.timeout_seconds)
            line.connect(self.where)
            # It may have seen enough and hung up; what it said may still lie there.
            with suppress(BrokenPipeError, ConnectionResetError):
                send(line)
            answer = b""
            while b"\0" not in answer and len(answer) < ANSWER_BYTES:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                line.settimeout(left)
                more = line.recv(ANSWER_BYTES)
                if not more:
                    break
                answer += more
        return answer.partition(b"\0")[0].decode("ascii", "replace").strip()


def _meaning(answer: str) -> Scan:
    said = answer.removeprefix("stream:").strip()
    if said == "OK":
        return Scan(ScanState.CLEAN)
    if said.endswith(" FOUND"):
        return infected(said.removesuffix(" FOUND"))
    return unscanned("too_large" if "size limit" in said else "no_answer")
