"""Sends finished replies to a mail server, always over TLS, one connection a mail.

What the server says of this mail is final (5xx: Refused) or not yet (4xx: TryLater); which is
which stands in smtp_answers.py. What goes wrong between the house and its own server (away, login,
certificate) is never the mail's fault and always TryLater, or a wrong password would turn every
waiting answer into a dead letter.
Source: RFC 5321 sections 4.2.1, 4.5.4.1; RFC 3207; RFC 8314; own decision 0140.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Final, Literal

from outbox.cut_line import within
from outbox.smtp_answers import Step, failure, require
from outbox.trust import why_not_trusted
from rules.errors import Refused, TryLater
from rules.loopback import LOOPBACK

_ANSWERS: Final = 5
"""So many times `timeout_seconds` a sending lasts at most, however slowly the server speaks."""

Tls = Literal["starttls", "implicit", "none-loopback-only"]
"""How the line is protected; the last is for a server on this machine, in tests."""


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """The house's own mail server. `ca_file` names its authority where the system doesn't know it.

    `user` empty means no login; `timeout_seconds` bounds each answer of the server.
    """

    host: str
    port: int
    tls: Tls = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class SmtpOutlet:
    """A MailOutlet (triage/ports.py). Without state: safe to share between threads.

    Raises:
        Refused: `smtp.tls_required`, for an unprotected line to another machine.
    """

    account: SmtpAccount

    def __post_init__(self) -> None:
        if self.account.tls == "none-loopback-only" and self.account.host not in LOOPBACK:
            raise Refused(
                "smtp.tls_required",
                f"{self.account.host} is another machine; set tls to starttls or implicit",
                host=self.account.host,
            )

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        """Hand one mail to the server; its last answer, such as "250 2.0.0 queued".

        If the line breaks after the last byte and before the answer, the mail may have gone:
        TryLater then sends it again under the same Message-ID (RFC 5321 section 4.5.4.1). A server
        that has taken `timeout_seconds` for all before the data gets none, and after five times as
        long the line is cut, so that a sending ends before somebody else takes its row
        (triage/send.py).

        Raises:
            TryLater: `smtp.away`, `smtp.tls`, `smtp.login`, `smtp.greeting`, `smtp.later` (4xx),
                `smtp.sender`, `smtp.not_let` (5xx that mean us).
            Refused: `smtp.refused` (5xx that mean recipient or mail).
        """
        until = monotonic() + self.account.timeout_seconds
        with self._line() as server:
            return self._sent(server, envelope_from, recipient, data, until=until)

    def _sent(
        self,
        server: smtplib.SMTP,
        envelope_from: str,
        recipient: str,
        data: bytes,
        *,
        until: float,
    ) -> str:
        try:
            _address(server, envelope_from, recipient, len(data))
            if monotonic() > until:
                raise TimeoutError
            return require(Step.DATA, *server.data(data))
        except smtplib.SMTPResponseException as exc:
            raise failure(Step.DATA, exc.smtp_code, _said(exc)) from exc
        except (smtplib.SMTPException, OSError) as exc:
            raise self._away(exc) from exc

    def probe(self) -> None:
        """Connect, encrypt, log in, and leave: nothing is sent. For the doctor.

        Raises: TryLater: `smtp.away`, `smtp.tls`, `smtp.login`, `smtp.greeting`.
        """
        with self._line():
            return

    def discard(self, answer: str) -> bool:  # noqa: ARG002 - the port's; nothing stays with us
        """Never anything: what left by a server lies with its recipient."""
        return False

    @contextmanager
    def _line(self) -> Iterator[smtplib.SMTP]:
        """A line that is cut in the end, in any case; nobody waits for a goodbye.

        What left has left, and a server that hangs in it would hold up all others.
        Source: Postfix does the same (smtp_skip_quit_response).
        """
        account = self.account
        server = _unconnected(account)
        try:
            with within(_ANSWERS * account.timeout_seconds, partial(_cut, server)):
                self._connect(server)
                yield server
                with suppress(smtplib.SMTPException, OSError):
                    server.putcmd("QUIT")
        finally:
            server.close()

    def _connect(self, server: smtplib.SMTP) -> None:
        where = f"{self.account.host}:{self.account.port}"
        try:
            _connect(server, self.account)
        except smtplib.SMTPAuthenticationError as exc:
            raise TryLater(
                "smtp.login", f"{where} refuses the login; check user, password"
            ) from exc
        except smtplib.SMTPResponseException as exc:
            raise TryLater("smtp.greeting", f"{where} turns us away: {exc.smtp_code}") from exc
        except smtplib.SMTPNotSupportedError as exc:
            raise TryLater(
                "smtp.tls", f"{where} offers no TLS, or no login; check tls, user, password"
            ) from exc
        except ssl.SSLError as exc:
            raise TryLater(
                "smtp.tls",
                f"{where}: no trusted TLS ({why_not_trusted(exc)}); check tls and ca_file",
            ) from exc
        except (smtplib.SMTPException, OSError) as exc:
            raise self._away(exc) from exc

    def _away(self, exc: Exception) -> TryLater:
        where = f"{self.account.host}:{self.account.port}"
        return TryLater("smtp.away", f"{where} doesn't answer ({type(exc).__name__})")


def _unconnected(account: SmtpAccount) -> smtplib.SMTP:
    timeout = account.timeout_seconds
    server = (
        smtplib.SMTP_SSL(timeout=timeout, context=_context(account))
        if account.tls == "implicit"
        else smtplib.SMTP(timeout=timeout)
    )
    # The name that the certificate must have: smtplib takes it only from who connects at once.
    server._host = account.host  # type: ignore[attr-defined]  # noqa: SLF001
    return server


def _context(account: SmtpAccount) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=account.ca_file)


def _connect(server: smtplib.SMTP, account: SmtpAccount) -> None:
    code, answer = server.connect(account.host, account.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, answer)
    if account.tls == "starttls":
        server.starttls(context=_context(account))
    server.ehlo_or_helo_if_needed()
    if account.user:
        server.login(account.user, account.password)


def _cut(server: smtplib.SMTP) -> None:
    """End the line under whoever waits for it: a byte now and then keeps every time limit."""
    if server.sock is not None:
        with suppress(OSError):
            # Not the method of a TLS socket, which takes its state away from the reading thread.
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)


def _address(server: smtplib.SMTP, envelope_from: str, recipient: str, size_bytes: int) -> None:
    size = (f"size={size_bytes}",) if server.has_extn("size") else ()
    require(Step.SENDER, *server.mail(envelope_from, size))
    require(Step.RECIPIENT, *server.rcpt(recipient))


def _said(exc: smtplib.SMTPResponseException) -> bytes:
    return exc.smtp_error if isinstance(exc.smtp_error, bytes) else exc.smtp_error.encode()
