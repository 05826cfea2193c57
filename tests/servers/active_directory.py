"""An LDAP server that does what Active Directory does and OpenLDAP does not; loopback, TLS only.

It gives `members_at_once` members of a group and names the part ("member;range=0-1499"), refers to
another server for names of other domains, ends a search from the top with references, and has
binary attributes. It knows bind, unbind and search; a filter is not looked at.
Source: [MS-ADTS] sections 3.1.1.3.1.3.3 (range retrieval), 3.1.1.3.1.1.5 (referrals), 5.1.1
(login); RFC 4511. Made from documents: it was never held against a real Active Directory.
"""

import re
import socketserver
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ldap3.protocol import rfc4511
from ldap3.strategy.base import BaseStrategy
from pyasn1.codec.ber import encoder  # type: ignore[import-untyped]  # ldap3 brings it

from tests.servers.dovecot import make_certificate

PASSWORD = "geheim"
_BIND, _UNBIND, _SEARCH = 0x60, 0x42, 0x63
REFERRAL, CREDENTIALS, NO_SUCH_OBJECT = 10, 49, 32
Entries = Mapping[str, Mapping[str, list[bytes]]]


@dataclass
class Directory:
    """Entries by name, as they were put in; `base` is the only domain that it knows."""

    base: str
    entries: Entries
    ca_file: Path
    port: int = 0
    members_at_once: int = 1500
    ranges_end: int = 0
    """Result of a question for a further part of members; with one that is no success, no entry."""
    hangs_up: bool = False
    """Ends the line where a further part is asked for, before the end of the answer."""
    at_range: Callable[[], None] = lambda: None
    """What happens to the directory before a further part is given."""

    def answers(self, kind: int, parts: list[bytes]) -> Iterator[tuple[str, Any]]:
        """The messages that a request gets."""
        if kind == _BIND:
            fits = parts[2] == PASSWORD.encode()
            yield "bindResponse", self._result(0 if fits else CREDENTIALS, rfc4511.BindResponse())
        if kind == _SEARCH:
            wanted = [value.decode() for _, value in _parts(parts[7])]
            yield from self._search(parts[0].decode(), wanted, is_base=parts[1] == b"\0")

    def _search(self, base: str, wanted: list[str], *, is_base: bool) -> Iterator[tuple[str, Any]]:
        if not base.lower().endswith(self.base.lower()):
            yield "searchResDone", self._result(REFERRAL, rfc4511.SearchResultDone())
            return
        is_range = any(";range=" in one and ";range=0-" not in one for one in wanted)
        if is_range:
            self.at_range()
        if is_range and self.ranges_end:
            yield "searchResDone", self._result(self.ranges_end, rfc4511.SearchResultDone())
            return
        found = {
            name: entry
            for name, entry in self.entries.items()
            if (name.lower() == base.lower() if is_base else b"group" in entry["objectClass"])
        }
        for name, entry in found.items():
            yield "searchResEntry", self._entry(name, entry, wanted)
        if is_range and self.hangs_up:
            raise ConnectionAbortedError
        if not is_base:
            elsewhere = rfc4511.SearchResultReference()
            elsewhere[0] = "ldap://wald.example/CN=Configuration,DC=wald,DC=example"
            yield "searchResRef", elsewhere
        code = NO_SUCH_OBJECT if is_base and not found else 0
        yield "searchResDone", self._result(code, rfc4511.SearchResultDone())

    def _entry(self, name: str, entry: Mapping[str, list[bytes]], wanted: list[str]) -> Any:
        made = rfc4511.SearchResultEntry()
        made["object"] = name
        told = rfc4511.PartialAttributeList()
        for asked in wanted:
            plain, _, start = re.sub(r";range=(\d+)-.*", r";\1", asked).partition(";")
            values = entry.get(plain)
            if values is None:
                continue
            label, part = plain, values
            if start or len(values) > self.members_at_once:
                begin = int(start or 0)
                part = values[begin : begin + self.members_at_once]
                end = begin + len(part)
                label = f"{plain};range={begin}-{'*' if end == len(values) else end - 1}"
                if not start:
                    told.append(_attribute(plain, []))
            told.append(_attribute(label, part))
        made["attributes"] = told
        return made

    def _result(self, code: int, made: Any) -> Any:
        made["resultCode"] = code
        made["matchedDN"] = ""
        made["diagnosticMessage"] = (
            "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 52e"
            if code == CREDENTIALS
            else ""
        )
        if code == REFERRAL:
            made["referral"] = _referral()
        return made


def _referral() -> Any:
    made = rfc4511.Referral()
    made[0] = "ldap://wald.example/"
    return made


def _attribute(name: str, values: list[bytes]) -> Any:
    made = rfc4511.PartialAttribute()
    made["type"] = name
    part = rfc4511.Vals()
    for place, value in enumerate(values):
        part[place] = value
    made["vals"] = part
    return made


@contextmanager
def active_directory(base: str, entries: Entries, *, members_at_once: int) -> Iterator[Directory]:
    """The server while the block runs."""
    with tempfile.TemporaryDirectory(prefix="ad") as folder:
        make_certificate(Path(folder))
        known = Directory(base, entries, Path(folder) / "cert.pem", members_at_once=members_at_once)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(known.ca_file, Path(folder) / "key.pem")

        class Talk(socketserver.BaseRequestHandler):
            """One connection: a message in, its answers out."""

            def handle(self) -> None:
                with context.wrap_socket(self.request, server_side=True) as line:
                    for number, asked, parts in _messages(line):
                        try:
                            for kind, part in known.answers(asked, parts):
                                line.sendall(_encoded(number, kind, part))
                        except ConnectionAbortedError:
                            return

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
            server.daemon_threads = True
            known.port = server.server_address[1]
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield known
            finally:
                server.shutdown()
                thread.join()


def _messages(line: ssl.SSLSocket) -> Iterator[tuple[int, int, list[bytes]]]:
    """Number, kind and parts of each request, until the other side goes."""
    kept = b""
    while True:
        size = BaseStrategy.compute_ldap_message_size(kept)
        if size == -1 or size > len(kept):
            try:
                more = line.recv(65536)
            except OSError:
                return
            if not more:
                return
            kept += more
            continue
        ((_, message),), kept = _parts(kept[:size]), kept[size:]
        (_, number), (kind, asked), *_ = _parts(message)
        if kind == _UNBIND:
            return
        yield int.from_bytes(number), kind, [value for _, value in _parts(asked)]


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and value of each element. Source: ITU-T X.690 section 8.1, definite lengths."""
    found: list[tuple[int, bytes]] = []
    while data:
        size, begin = data[1], 2
        if size & 0x80:
            begin += size & 0x7F
            size = int.from_bytes(data[2:begin])
        found.append((data[0], data[begin : begin + size]))
        data = data[begin + size :]
    return found


def _encoded(message_id: int, kind: str, part: Any) -> bytes:
    made = rfc4511.LDAPMessage()
    made["messageID"] = message_id
    made["protocolOp"] = rfc4511.ProtocolOp().setComponentByName(kind, part)
    return bytes(encoder.encode(made))
