"""An Exchange server for tests: EWS over TLS, with everything that can go wrong on the way.

    with ExchangeServer(users={"dienst": "geheim"}) as server:
        box = server.add_mailbox("sc-nord@dienst.example", readers={"dienst"})
        box.faults.append(Fault("busy", "MoveItem", back_off_ms=500))

Basic, NTLM and bearer tokens. Where `POSTLOTSE_EWS_SCHEMA` names a folder with Microsoft's schema
(all-messages.xsd), every request and every response is validated; what differs stands in
`violations`. It is a test double made from documents: nothing here was seen on a real server.
"""

import base64
import json
import os
import shutil
import socket
import ssl
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self
from urllib.parse import urlencode

from lxml import etree

from tests.servers.dovecot import make_certificate
from tests.servers.exchange_calls import Caller, answer
from tests.servers.exchange_events import Events, parts
from tests.servers.exchange_store import Mailbox
from tests.servers.exchange_xml import (
    ItemError,
    SoapFault,
    envelope,
    fault_xml,
    find,
    local_name,
    text_at,
)

SCHEMA_FOLDER = os.environ.get("POSTLOTSE_EWS_SCHEMA", "")
TOKEN = "ein-token"
_NAMES = ("{*}EmailAddress", "{*}PrimarySmtpAddress", "{*}MailboxSmtpAddress", "{*}SubscriptionId")


@dataclass
class Fault:
    """What shall go wrong, `times` often after `skip` calls; `operation` "" means any.

    In `Mailbox.faults` for calls that name that mailbox, or what is in it; in
    `ExchangeServer.faults` for all.

    busy: a SOAP fault that names a time, or one of `code` that names a policy. item: one thing of
    a request fails with `code`. http: a bare HTTP status with a `page` and `headers`. drop_before,
    drop_after: the line breaks before or after the work is done. truncate: done, but the reply ends
    early and clean, as some proxies do. busy_after, http_after: done, and then said to be busy, as
    a front end says it of a back end. `more` stands in a fault before the time.
    """

    kind: Literal[
        "busy", "item", "http", "drop_before", "drop_after", "truncate", "busy_after", "http_after"
    ]
    operation: str = ""
    times: int = 1
    skip: int = 0
    code: str = ""
    status: int = 503
    page: bytes = b"<html>away</html>"
    back_off_ms: int = 50
    keep: float = 0.5
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)

    def says(self) -> SoapFault:
        """What Exchange answers: only a busy server names a time, a limit names its policy."""
        if self.code in {"", "ErrorServerBusy"}:
            named = {"BackOffMilliseconds": self.back_off_ms}
            return SoapFault("ErrorServerBusy", self.more | named)
        limit = {"Policy": "MaxConcurrency", "MaxConcurrencyLimit": 27, "ErrorMessage": self.code}
        return SoapFault(self.code, limit)

    @property
    def wait_seconds(self) -> float:
        """The time that it names; 0 for none."""
        if self.kind.startswith("http"):
            said = self.headers.get("Retry-After", "0")
            return (
                float(said)
                if said.isdigit()
                else parsedate_to_datetime(said).timestamp() - time.time()
            )
        if self.kind == "item":
            return self.back_off_ms / 1000 if self.code == "ErrorServerBusy" else 0.0
        return self.says().values.get("BackOffMilliseconds", 0) / 1000


@cache
def _schema() -> tuple[etree.XMLSchema, frozenset[str]]:
    """The compiled schema and the elements it knows; once a process."""
    folder = Path(SCHEMA_FOLDER)
    names = {
        found.get("name")
        for file in folder.glob("*.xsd")
        for found in etree.parse(file).getroot()
        if found.tag == "{http://www.w3.org/2001/XMLSchema}element"
    }
    return etree.XMLSchema(etree.parse(folder / "all-messages.xsd")), frozenset(names)


class ExchangeServer:
    def __init__(self, users: dict[str, str], *, ntlm: bool = False) -> None:
        self.users = users
        self.ntlm = ntlm
        self.mailboxes: dict[str, Mailbox] = {}
        self.readers: dict[str, set[str]] = {}
        self.impersonators: set[str] = set()
        self.lists: dict[str, list[tuple[str, str]]] = {}
        self.owners: dict[str, str] = {}
        self.foreign: dict[str, Callable] = {}
        self.events = Events()
        self.lines: set[socket.socket] = set()
        self.tokens = {TOKEN: "dienst"}
        self.token_seconds = 3600
        self.tokens_given = 0
        self.tokens_refused = 0
        self.logins: list[bool] = []
        self.faults: list[Fault] = []
        self.token_faults: list[Fault] = []
        self.calls: list[str] = []
        self.violations: list[tuple[str, str, str]] = []
        self.lock = threading.RLock()
        self.is_ending = False
        self._folder = Path(tempfile.mkdtemp(prefix="ews"))

    @property
    def url(self) -> str:
        return f"https://localhost:{self._http.server_address[1]}/EWS/Exchange.asmx"

    @property
    def token_url(self) -> str:
        return self.url.replace("/EWS/Exchange.asmx", "/token")

    @property
    def ca_file(self) -> Path:
        return self._folder / "cert.pem"

    def add_mailbox(self, address: str, *, readers: set[str] = frozenset()) -> Mailbox:  # type: ignore[assignment]
        mailbox = Mailbox(address)
        with self.lock:
            self.mailboxes[mailbox.address] = mailbox
            for user in readers:
                self.readers.setdefault(user, set()).add(mailbox.address)
        return mailbox

    def __enter__(self) -> Self:
        make_certificate(self._folder)
        self._http = _Http(("127.0.0.1", 0), partial(_Talk, server=self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self._folder / "key.pem")
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_ending = True
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        shutil.rmtree(self._folder)

    def restart(self) -> None:
        """As after a restart: lines are cut, logins and subscriptions forgotten, mail is there."""
        with self.lock:
            lines, self.lines = self.lines, set()
            for line in lines:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            # Last: a stream whose subscription is gone would end in order, before its line is cut.
            self.events.subscriptions.clear()

    def concerned(self, request) -> tuple[Mailbox, ...]:
        """Mailboxes that have faults, or want quiet, of which the request names something."""
        with self.lock:
            now = time.monotonic()
            ill = [one for one in self.mailboxes.values() if one.faults or now < one.quiet_until]
            if not ill:
                return ()
            names = {found.get("Id") for found in request.iter("{*}FolderId", "{*}ItemId")}
            names |= {(found.text or "").lower() for found in request.iter(*_NAMES)}
            told = self.events.subscriptions.items()
            names |= {one.mailbox.address for name, one in told if name in names}
            return tuple(
                mailbox
                for mailbox in ill
                if mailbox.address in names
                or not names.isdisjoint(mailbox.folders)
                or not names.isdisjoint(mailbox.items)
            )

    def next_fault(self, operation: str, *kinds: str, at: tuple[Mailbox, ...] = ()) -> Fault | None:
        with self.lock:
            for fault in chain(self.faults, *(mailbox.faults for mailbox in at)):
                if fault.kind not in kinds or fault.times == 0:
                    continue
                if fault.operation not in {"", operation}:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                for mailbox in at:
                    mailbox.wants_quiet(fault.wait_seconds)
                return fault
        return None

    def respond(self, user: str, request: bytes, at: tuple[Mailbox, ...]) -> tuple[int, bytes]:
        """Do what the SOAP request says; status and reply. A busy server does nothing."""
        whole = etree.fromstring(request)
        body = find(whole, "s:Body")[0]
        operation = local_name(body)
        self._validate("request", body)
        if busy := self.next_fault(operation, "busy", at=at):
            return 500, envelope(fault_xml(busy.says()))
        own = {"Subscribe": self.events.subscribe, "Unsubscribe": self.events.unsubscribe}
        work = self.foreign.get(operation) or own.get(operation, answer)
        with self.lock:
            try:
                reply = work(self._caller(user, whole, at), body)
            except SoapFault as exc:
                return 500, envelope(fault_xml(exc))
        if busy := self.next_fault(operation, "busy_after", at=at):
            return 500, envelope(fault_xml(busy.says()))
        self._validate("response", reply)
        return 200, envelope(reply)

    def stream(self, request: bytes):
        """The envelopes of GetStreamingEvents, in their time. Raises: SoapFault."""
        body = find(etree.fromstring(request), "s:Body")[0]
        self._validate("request", body)
        events = self.events
        with self.lock:
            names = events.begin(body)
        until = time.monotonic() + 60 * int(text_at(body, "m:ConnectionTimeout"))
        messages = parts(events, self.lock, names, until, lambda: self.is_ending)
        return self._told(events, messages)

    def _told(self, events: Events, messages):
        try:
            for message in messages:
                self._validate("response", message)
                yield envelope(message)
        finally:
            with self.lock:
                events.hanging -= 1

    def _caller(self, user: str, whole, at: tuple[Mailbox, ...]) -> Caller:
        who = text_at(
            whole, "s:Header/t:ExchangeImpersonation/t:ConnectingSID/t:PrimarySmtpAddress"
        )
        if who and user not in self.impersonators:
            raise SoapFault("ErrorImpersonateUserDenied")

        def item_fault(operation: str) -> ItemError | None:
            fault = self.next_fault(operation, "item", at=at)
            if fault is None:
                return None
            named = {"BackOffMilliseconds": fault.back_off_ms} if fault.wait_seconds else {}
            return ItemError(fault.code, named)

        return Caller(
            self.mailboxes,
            frozenset(self.readers.get(user, ())),
            who.lower() or self.owners.get(user, ""),
            item_fault,
            self.lists,
        )

    def _validate(self, what: str, found) -> None:
        if not SCHEMA_FOLDER:
            return
        schema, known = _schema()
        document = etree.fromstring(etree.tostring(found))
        with self.lock:
            if local_name(found) in known and not schema.validate(document):
                self.violations += [
                    (what, local_name(found), error.message) for error in schema.error_log
                ]


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the game."""


class _Talk(BaseHTTPRequestHandler):
    """One connection. NTLM belongs to the connection, not to the request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def __init__(self, *args: object, server: ExchangeServer) -> None:
        self.exchange = server
        self.ntlm_user = ""
        self.ntlm = None
        self.challenge = b""
        super().__init__(*args)

    def setup(self) -> None:
        super().setup()
        with self.exchange.lock:
            self.exchange.lines.add(self.connection)

    def finish(self) -> None:
        with self.exchange.lock:
            self.exchange.lines.discard(self.connection)
        super().finish()

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """Clients that do not know the way to log in ask so first."""
        if self._login():
            self._send(200, b"ok", "text/plain")
        else:
            self._ask_to_log_in()

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self._give_token(request)
            return
        user = self._login()
        if not user:
            self._ask_to_log_in()
            return
        whole = etree.fromstring(request)
        operation = local_name(find(whole, "s:Body")[0])
        # Before the work: what is moved has another name afterwards.
        at = self.exchange.concerned(whole)
        with self.exchange.lock:
            self.exchange.calls.append(operation)
            for mailbox in at:
                mailbox.hears(operation)
        if self.exchange.next_fault(operation, "drop_before", at=at):
            self._hang_up()
        elif fault := self.exchange.next_fault(operation, "http", at=at):
            self._send(fault.status, fault.page, "text/html", headers=fault.headers)
        elif operation == "GetStreamingEvents":
            self._stream(whole, request, at)
        else:
            status, reply = self.exchange.respond(user, request, at)
            if fault := self.exchange.next_fault(operation, "http_after", at=at):
                self._send(fault.status, fault.page, "text/html", headers=fault.headers)
                return
            fault = self.exchange.next_fault(operation, "drop_after", "truncate", at=at)
            self._reply(status, reply, fault)

    def _stream(self, whole, request: bytes, at: tuple[Mailbox, ...]) -> None:
        """Chunk after chunk; cut by a fault of `GetStreamingEvents` of the kind `drop_after`."""
        if busy := self.exchange.next_fault("GetStreamingEvents", "busy", at=at):
            self._send(500, envelope(fault_xml(busy.says())))
            return
        try:
            envelopes = self.exchange.stream(request)
        except SoapFault as exc:
            self._send(500, envelope(fault_xml(exc)))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with closing(envelopes):
            for one in envelopes:
                # Before it is told: who hears it may lay a fault, which is for the next then.
                at = self.exchange.concerned(whole)
                fault = self.exchange.next_fault("GetStreamingEvents", "drop_after", at=at)
                self.wfile.write(b"%x\r\n%s\r\n" % (len(one), one))
                self.wfile.flush()
                if fault:
                    self._hang_up()
                    return
        self.wfile.write(b"0\r\n\r\n")

    def _reply(self, status: int, reply: bytes, fault: Fault | None) -> None:
        if fault is None:
            self._send(status, reply)
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        if fault.kind == "drop_after":
            self.send_header("Content-Length", str(len(reply)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply[: int(len(reply) * fault.keep)])
        self.close_connection = True
        if fault.kind == "drop_after":
            self._hang_up()

    def _send(
        self,
        status: int,
        body: bytes,
        kind: str = "text/xml; charset=utf-8",
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", headers.get("Content-Type", kind))
        for name in headers.keys() - {"Content-Type"}:
            self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)  # a reset instead of an orderly end
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def _give_token(self, request: bytes) -> None:
        if self.exchange.token_faults:
            fault = self.exchange.token_faults[0]
            self._send(fault.status, fault.page, "text/html", headers=fault.headers)
            return
        secret = urlencode({"client_secret": self.exchange.users["dienst"]}).encode()
        if secret not in request:
            self.exchange.tokens_refused += 1
            self._send(401, b'{"error": "invalid_client"}', "application/json")
            return
        self.exchange.tokens_given += 1
        token = {
            "access_token": TOKEN,
            "token_type": "Bearer",
            "expires_in": self.exchange.token_seconds,
        }
        self._send(200, json.dumps(token).encode(), "application/json")

    def _login(self) -> str:
        kind, _, words = self.headers.get("Authorization", "").partition(" ")
        user = ""
        if self.exchange.ntlm:
            return self._ntlm_login(kind, words)
        if kind == "Bearer":
            user = self.exchange.tokens.get(words, "")
        elif kind == "Basic":
            name, _, password = base64.b64decode(words).decode("latin-1").partition(":")
            user = name if self.exchange.users.get(name) == password else ""
        self.exchange.logins.append(bool(user))
        return user

    def _ntlm_login(self, kind: str, words: str) -> str:
        if self.ntlm_user or kind != "NTLM":
            return self.ntlm_user
        import spnego

        self.ntlm = self.ntlm or spnego.server(protocol="ntlm")  # reads NTLM_USER_FILE
        try:
            self.challenge = self.ntlm.step(base64.b64decode(words)) or b""
        except spnego.exceptions.SpnegoError:
            self.ntlm, self.challenge = None, b""
            self.exchange.logins.append(False)
            return ""
        if self.ntlm.complete:
            self.ntlm_user = self.ntlm.client_principal.split("\\")[-1]
            self.exchange.logins.append(True)
        return self.ntlm_user

    def _ask_to_log_in(self) -> None:
        way = 'Basic realm="ews"'
        if self.exchange.ntlm:
            way = f"NTLM {base64.b64encode(self.challenge).decode()}".rstrip()
        self.challenge = b""
        self.send_response(401)
        self.send_header("WWW-Authenticate", way)
        self.send_header("Content-Length", "0")
        self.end_headers()
