"""An eAkte behind HTTPS that demands a client certificate; it keeps what came."""

import io
import json
import ssl
import threading
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.servers.authority import Authority, Pair
from tests.servers.hook_receiver import drip


@dataclass
class EakteDoor:
    """`statuses` are answered in turn, then 200. With `at_once` the answer is the receipt; with
    `drips` it comes a byte now and then and never ends."""

    url: str = ""
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    at_once: bool = False
    drips: bool = False
    links: dict[str, str] = field(default_factory=dict)
    """The Link of an answer, by the end of the address that is asked for."""
    listed: dict[str, list[object]] = field(default_factory=dict)
    """What is told instead of `receipts`, likewise."""
    taken: dict[str, bytes] = field(default_factory=dict)
    posts: int = 0
    receipts: list[object] = field(default_factory=list)
    confirmed: list[dict[str, object]] = field(default_factory=list)
    unknown: list[dict[str, object]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    records: dict[str, str] = field(default_factory=dict)
    """What is told of a record by the Kundennummer that is asked for; others are 404."""

    def receipt_of(self, key: str, /, **changes: object) -> dict[str, object]:
        """As the eAkte would write it for a package that it has, under its real key."""
        with zipfile.ZipFile(io.BytesIO(self.taken[key])) as archive:
            metadata = json.loads(archive.read("metadaten.json"))
        told = {
            "key": metadata["key"],
            "accepted": True,
            "reference": "EA-7",
            "sha256": metadata["original"]["sha256"],
            "received_at": "2026-11-23T09:00:00+00:00",
            "reason": "",
            "kundennummer": metadata["kundennummer"],
        }
        return told | changes

    def take(self, key: str, digest: str, body: bytes) -> bytes:
        """Keep a package once by its key; the answer's body."""
        assert digest == f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
        self.posts += 1
        assert self.taken.setdefault(key, body) == body, "the same key is the same bytes"
        return json.dumps(self.receipt_of(key)).encode() if self.at_once else b""

    def told_at(self, path: str) -> list[object]:
        """The list of an address."""
        return next((self.listed[end] for end in self.listed if path.endswith(end)), self.receipts)

    def link_at(self, path: str) -> str:
        """The Link of an address; empty for none."""
        return next((self.links[end] for end in self.links if path.endswith(end)), "")

    def settle(self, place: str, paper: dict[str, object]) -> None:
        """A receipt was confirmed, or is for nothing that the sender knows."""
        (self.confirmed if place == "bestaetigt" else self.unknown).append(paper)
        self.receipts = [one for one in self.receipts if one != paper]


@contextmanager
def serving(authority: Authority, pair: Pair) -> Iterator[EakteDoor]:
    """A running door; `url` is its base."""
    door, ended = EakteDoor(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _, is_record, number = self.path.partition("/akten/")
            if is_record and number not in door.records and not door.statuses:
                door.statuses.append((404, {}))
            listed = door.told_at(self.path)
            told = door.records.get(number, "") if is_record else json.dumps(listed)
            self._answer(told.encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if door.statuses:
                self._answer(b"")
            elif self.path.endswith("/pakete"):
                key, digest = self.headers["idempotency-key"], self.headers["content-digest"]
                self._answer(door.take(key, digest, body))
            else:
                door.settle(self.path.rpartition("/")[2], json.loads(body))
                self._answer(b"")

        def _answer(self, body: bytes) -> None:
            status, headers = door.statuses.pop(0) if door.statuses else (200, {})
            door.paths.append(self.path)
            subject = self.connection.getpeercert()["subject"]
            door.people.append(subject[0][0][1])
            if door.drips:
                drip(self.wfile, ended)
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Link", door.link_at(self.path))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = _Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.cert)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    door.url = f"https://localhost:{server.server_address[1]}/eakte"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield door
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(ThreadingHTTPServer):
    """Refused handshakes are what tests ask for."""

    def handle_error(self, *_: object) -> None:
        pass
