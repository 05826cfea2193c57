"""A real receiver of webhooks for tests: checks signatures and keeps what came."""

import hmac
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass(slots=True)
class Receiver:
    """What came, and what is answered: `statuses` in turn, then 204."""

    port: int
    secret: str = SECRET
    statuses: list[int] = field(default_factory=list)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        """As Standard Webhooks tells a receiver to do it, written apart from the sender's code."""
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = b64decode(self.secret.removeprefix("whsec_"))
        wanted = b64encode(hmac.digest(key, text, "sha256")).decode()
        return hmac.compare_digest(headers["webhook-signature"], f"v1,{wanted}")


def drip(into: IO[bytes], end: threading.Event) -> None:
    """A byte now and then, and never an end."""
    with suppress(OSError):
        for byte in b"HTTP/1.1 " + b"x" * 200:
            if end.wait(0.02):
                return
            into.write(bytes([byte]))


def break_off(door: BaseHTTPRequestHandler) -> None:
    """The head of the answer, a part of its body, and the end of the line."""
    door.send_header("Transfer-Encoding", "chunked")
    door.end_headers()
    door.wfile.write(b"ff\r\nthe line breaks here")
    door.close_connection = True


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver(0)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.paths.append(self.path)
            if self.path == "/hang":
                receiver.hang.wait(5)
            if self.path == "/drip":
                drip(self.wfile, receiver.hang)
                return
            status = receiver.statuses.pop(0) if receiver.statuses else 204
            if not receiver.is_signed(headers, body):
                status = 401
            if 200 <= status < 300:
                receiver.taken.append((headers["webhook-id"], body))
            self.send_response(status)
            if self.path == "/half":
                break_off(self)
                return
            if 300 <= status < 400:
                self.send_header("Location", receiver.url("/elsewhere"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hang.set()
        server.shutdown()
        thread.join()
        server.server_close()
