"""A real SMTP server for tests: aiosmtpd on a free port, with a certificate made for the run.

Keeps what it takes in; answers by the local part of the recipient: `550@` and `451@` are
refused at RCPT, `554@` and `452@` after the data, `hangup@` breaks the line after the data.
"""

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

AT_RCPT = {"550": "550 5.1.1 no such user", "451": "451 4.7.1 greylisted"}
AT_DATA = {"554": "554 5.7.1 not wanted", "452": "452 4.3.1 disk full"}


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail as it came over the wire. `over_tls` tells whether the line was protected."""

    envelope_from: str
    recipient: str
    data: bytes
    over_tls: bool


@dataclass(slots=True)
class SmtpSink:
    """The running server: where it listens, and what it has taken in."""

    host: str
    port: int
    ca_file: Path
    taken: list[Taken] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = AT_RCPT.get(address.partition("@")[0])
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        recipient = envelope.rcpt_tos[0]
        local = recipient.partition("@")[0]
        if local == "hangup" and server.transport is not None:
            server.transport.abort()
        if local in AT_DATA:
            return AT_DATA[local]
        content = envelope.original_content or b""
        over_tls = server.transport.get_extra_info("ssl_object") is not None
        self.taken.append(Taken(envelope.mail_from or "", recipient, content, over_tls))
        return "250 2.0.0 queued as 1"


Mode = Literal["starttls", "implicit", "plain"]


@contextmanager
def smtp_sink(folder: Path, *, mode: Mode, password: str = "") -> Iterator[SmtpSink]:
    """Run a sink on 127.0.0.1; `folder` takes key and certificate.

    With `password` it asks for a login.
    """
    context = _server_context(folder)
    sink = SmtpSink("127.0.0.1", _free_port(), folder / "cert.pem")
    options: dict[str, Any] = {}
    if mode == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if password:
        options |= {"authenticator": _only(password), "auth_required": True}
    controller = Controller(
        sink,
        hostname=sink.host,
        port=sink.port,
        ssl_context=context if mode == "implicit" else None,
        **options,
    )
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _only(password: str) -> Callable[..., AuthResult]:
    def check(
        server: SMTP, session: Session, envelope: Envelope, way: str, data: object
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == password.encode()
        return AuthResult(success=right, handled=False)

    return check


def _server_context(folder: Path) -> ssl.SSLContext:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
