"""A line to a real server on which some words are changed: an odd server with all its mails.

    with OddLine(server, says={"UID MOVE": "UID COPY"}, hears={"[COPYUID": "[X-COPYUID"}) as line:
        account = replace(account, port=line.port)

What the client says is changed by `says`, what it hears by `hears`; words that are cut between two
packets are not, so change only those of short lines.
"""

import socket
import ssl
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.servers.cutting import Behind


class OddLine:
    """Stands between client and server, with the server's own certificate; `said` is what passed.

    `says` and `hears` may be changed while it runs.
    """

    def __init__(
        self,
        server: Behind,
        *,
        says: Mapping[str, str] | None = None,
        hears: Mapping[str, str] | None = None,
    ) -> None:
        self._server = server
        self.says, self.hears = dict(says or {}), dict(hears or {})
        self.said = b""
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(f"{server.base}/cert.pem", f"{server.base}/key.pem")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(sock,), daemon=True).start()

    def _join(self, sock: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._server.imaps_port))
        try:
            with (
                self._context.wrap_socket(sock, server_side=True) as client,
                self._server.client_context().wrap_socket(
                    far, server_hostname="localhost"
                ) as server,
            ):
                back = threading.Thread(target=self._hear, args=(server, client), daemon=True)
                back.start()
                while data := client.recv(65536):
                    self.said += data
                    server.sendall(_changed(data, self.says))
        except OSError:
            return  # one of them went away

    def _hear(self, server: ssl.SSLSocket, client: ssl.SSLSocket) -> None:
        try:
            while data := server.recv(65536):
                client.sendall(_changed(data, self.hears))
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # one of them went away


def _changed(data: bytes, words: Mapping[str, str]) -> bytes:
    for old, new in words.items():
        data = data.replace(old.encode(), new.encode())
    return data
