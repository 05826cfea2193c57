"""A mail server that does one thing oddly: an answer of its own, a byte at a time, or none.

Plain, for the loopback only. Every mail whose last dot came is in `taken`, whatever was said then;
every command in `told`.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

GOOD = {
    "": b"220 odd.example ESMTP\r\n",
    "EHLO": b"250 odd.example\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 2.0.0 queued as 1\r\n",
    "QUIT": b"221 bye\r\n",
    "RSET": b"250 ok\r\n",
}
"""What it says at the greeting (""), to each verb, and to the last dot."""


@dataclass(slots=True)
class OddSmtp:
    """`says` stands over `GOOD`; None: it says nothing and holds the line.

    What it says at a step of `drips` comes a byte at a time, that many seconds apart.
    """

    says: Mapping[str, bytes | None] = field(default_factory=dict)
    drips: Mapping[str, float] = field(default_factory=dict)
    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        """One caller after the other, until the listener is closed."""
        with suppress(OSError):
            while True:
                caller, _ = listener.accept()
                with caller, suppress(OSError):
                    self._talk(caller)

    def _talk(self, caller: socket.socket) -> None:
        lines = caller.makefile("rb")
        self._say(caller, "")
        while line := lines.readline().strip().decode():
            self.told.append(line)
            verb = line[:4].upper()
            self._say(caller, verb)
            if verb == "QUIT":
                return
            if verb == "DATA" and self._goes_on():
                self.taken.append(b"".join(iter(lines.readline, b".\r\n")))
                self._say(caller, ".")

    def _goes_on(self) -> bool:
        return (self.says.get("DATA") or b"354").startswith(b"354")

    def _say(self, caller: socket.socket, step: str) -> None:
        answer = self.says.get(step, GOOD.get(step, b"500 what?\r\n"))
        if answer is None:
            self.over.wait(30)
            return
        if step not in self.drips:
            caller.sendall(answer)
            return
        for number in range(len(answer)):
            caller.sendall(answer[number : number + 1])
            if self.over.wait(self.drips[step]):
                return


@contextmanager
def odd_smtp(
    says: Mapping[str, bytes | None] | None = None, drips: Mapping[str, float] | None = None
) -> Iterator[OddSmtp]:
    """Run one on a free port of 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = OddSmtp(says or {}, drips or {}, listener.getsockname()[1])
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
