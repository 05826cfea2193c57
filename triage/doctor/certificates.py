"""Until when certificates hold: those of servers, asked by a real handshake, and our own files.

Asked by the doctor only. Source: F59; RFC 8446; RFC 5280 section 4.1.2.5.
"""

import imaplib
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from cryptography import x509

TIMEOUT_SECONDS: Final = 10.0
"""A server that takes longer for a handshake is told as not reachable. Hausregel."""

Speech = Literal["implicit", "imap", "smtp"]
"""How TLS begins: with the connection, or by STARTTLS of that protocol."""


def of_server(host: str, port: int, speech: Speech, *, ca_file: Path | None) -> datetime:
    """When the certificate of a server ends (aware UTC). Name and authority are checked, too.

    Raises: OSError: not reachable, or not trusted (`ssl.SSLError` is one).
    """
    context = ssl.create_default_context(cafile=ca_file)
    return _ends(_BY_SPEECH[speech](host, port, context))


def of_file(path: Path) -> datetime:
    """When the first certificate of a PEM file ends (aware UTC).

    Raises: OSError: unreadable. ValueError: no certificate in it.
    """
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def _implicit(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((host, port), TIMEOUT_SECONDS)
    return context.wrap_socket(plain, server_hostname=host)


def _imap(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        client = imaplib.IMAP4(host, port, timeout=TIMEOUT_SECONDS)
        client.starttls(context)
    except imaplib.IMAP4.error as exc:
        raise ConnectionError("no STARTTLS") from exc
    return _protected(client.sock)


def _smtp(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        client = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
        client.starttls(context=context)
    except smtplib.SMTPException as exc:
        raise ConnectionError("no STARTTLS") from exc
    return _protected(client.sock)


_BY_SPEECH: Final[dict[Speech, Callable[[str, int, ssl.SSLContext], ssl.SSLSocket]]] = {
    "implicit": _implicit,
    "imap": _imap,
    "smtp": _smtp,
}


def _protected(sock: object) -> ssl.SSLSocket:
    if not isinstance(sock, ssl.SSLSocket):
        raise ConnectionError("no TLS after STARTTLS")
    return sock


def _ends(sock: ssl.SSLSocket) -> datetime:
    """A dictionary only where the certificate was checked, which our contexts always do."""
    with sock:
        told = sock.getpeercert() or {}
        with suppress(OSError):
            sock.unwrap()
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), tz=UTC)
