"""An IMAP server that says what a test tells it to: for answers no real server gives on demand.

    with ScriptedImap({"UID MOVE": "{tag} OK moved\r\n"}, context) as server:
        ...

Use Dovecot for everything it can do; this one is for half answers, silence and odd servers.
"""

import re
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Self

HANG = "hang"
CLOSE = "close"
DRIP = "drip:"
"""Before an answer that comes byte by byte, ten a second."""

_ORDINARY = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 UIDPLUS MOVE\r\n{tag} OK done\r\n",
    "LOGIN": "{tag} OK logged in\r\n",
    "LIST": '* LIST (\\Noselect) "/" ""\r\n* LIST () "/" INBOX\r\n{tag} OK done\r\n',
    "SELECT": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\n{tag} OK done\r\n",
    "EXAMINE": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\n"
    "{tag} OK [READ-ONLY] done\r\n",
    "UID SEARCH": "* SEARCH\r\n{tag} OK done\r\n",
    "LOGOUT": "* BYE bye\r\n{tag} OK done\r\n",
}


class ScriptedImap:
    """Answers every command by its name ("LOGIN", "UID FETCH"); `lines` is what it was told."""

    def __init__(
        self,
        answers: Mapping[str, str],
        context: ssl.SSLContext | None = None,
        greeting: str = "* OK ready\r\n",
    ) -> None:
        self.lines: list[str] = []
        self._answers = {**_ORDINARY, **answers}
        self._context = context
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock:
                self._secure(sock)

    def _secure(self, sock: socket.socket) -> None:
        try:
            if not self._context:
                self._talk(sock)
                return
            with self._context.wrap_socket(sock, server_side=True) as secured:
                self._talk(secured)
        except OSError:
            return  # the client went away, or did not like the certificate

    def _talk(self, sock: socket.socket) -> None:
        if self._greeting.startswith(DRIP):
            self._drip(sock, self._greeting.removeprefix(DRIP).encode())
        else:
            sock.sendall(self._greeting.encode())
        with sock.makefile("rb") as stream:
            while line := stream.readline().decode("latin-1").rstrip("\r\n"):
                self.lines.append(line)
                tag, _, command = line.partition(" ")
                if literal := re.search(r"\{(\d+)\}$", command):
                    sock.sendall(b"+ go on\r\n")
                    stream.read(int(literal[1]) + 2)
                answer = self._answer(command)
                if answer == CLOSE:
                    return
                if answer == HANG:
                    stream.read()  # until the client has had enough
                    return
                said = answer.removeprefix(DRIP).replace("{tag}", tag).encode("latin-1")
                if answer.startswith(DRIP):
                    self._drip(sock, said)
                else:
                    sock.sendall(said)

    def _drip(self, sock: socket.socket, said: bytes) -> None:
        for byte in said:
            sock.sendall(bytes([byte]))
            if self._closing.wait(0.1):
                return

    def _answer(self, command: str) -> str:
        names = [name for name in self._answers if command.upper().startswith(name)]
        return self._answers[max(names, key=len)] if names else "{tag} BAD unknown\r\n"
