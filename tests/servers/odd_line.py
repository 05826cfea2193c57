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

from tests.servers.cutting import Behind, Between


class OddLine(Between):
    """Passes words on as others, both ways; `said` is what the client said.

    `says` and `hears` may be changed while it runs.
    """

    def __init__(
        self,
        server: Behind,
        *,
        says: Mapping[str, str] | None = None,
        hears: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(server)
        self.says, self.hears = dict(says or {}), dict(hears or {})
        self.said = b""

    def _pass_on(self, client: ssl.SSLSocket, server: ssl.SSLSocket) -> None:
        threading.Thread(target=self._hear, args=(server, client), daemon=True).start()
        while data := client.recv(65536):
            self.said += data
            server.sendall(_changed(data, self.says))

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
