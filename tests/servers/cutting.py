"""A line that breaks after a command was carried out, and before its answer comes.

    with CuttingLine(server, "UID COPY") as line:
        account = replace(account, port=line.port)

Stands between client and server, with the server's own certificate. Cuts once; `cut` tells.
"""

import select
import socket
import ssl
import threading
from typing import Protocol, Self


class Behind(Protocol):
    """The server behind it."""

    base: object
    imaps_port: int

    def client_context(self) -> ssl.SSLContext: ...


class Between:
    """Stands between client and server; how bytes pass is each line's own `_pass_on`."""

    def __init__(self, server: Behind) -> None:
        self._server = server
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(f"{server.base}/cert.pem", f"{server.base}/key.pem")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
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
                self._pass_on(client, server)
        except OSError:
            return  # one of them went away

    def _pass_on(self, client: ssl.SSLSocket, server: ssl.SSLSocket) -> None:
        raise NotImplementedError


class CuttingLine(Between):
    """Passes bytes on, both ways, until the command comes for the `at`-th time."""

    def __init__(self, server: Behind, command: str, *, at: int = 1) -> None:
        super().__init__(server)
        self._command, self._left = command.encode(), at
        self.cut = threading.Event()

    def _pass_on(self, client: ssl.SSLSocket, server: ssl.SSLSocket) -> None:
        """One thread for both ways: a client says nothing while it waits for an answer."""
        while True:
            if not (client.pending() or server.pending()):
                ready, _, _ = select.select([client, server], [], [])
            else:
                ready = [one for one in (client, server) if one.pending()]
            for one in ready:
                data = one.recv(65536)
                if not data:
                    return
                if one is client and self._is_the_one(data):
                    self._carry_out(server, data)
                    return
                (server if one is client else client).sendall(data)

    def _is_the_one(self, data: bytes) -> bool:
        self._left -= self._command in data
        return self._left == 0 and not self.cut.is_set()

    def _carry_out(self, server: ssl.SSLSocket, data: bytes) -> None:
        """The server has answered, and nobody hears it."""
        tag = data.split(b" ", 1)[0]
        server.sendall(data)
        heard = b""
        while b"\r\n" + tag not in b"\r\n" + heard:
            more = server.recv(65536)
            if not more:
                break
            heard += more
        self.cut.set()
