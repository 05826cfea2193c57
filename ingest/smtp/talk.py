"""One client's session at the door, as aiosmtpd speaks it, with our answers.

aiosmtpd by itself answers an exception with 500 and its text, refuses long lines, gives LMTP
clients one answer for many recipients, and cancels what runs when the client goes away. Each of
these is put right here, and nothing else is changed.
Source: measurement 2026-11-23 (aiosmtpd 1.4.6); RFC 5321; RFC 2033 section 4.2.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, AnyStr

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from rules.errors import HouseError
from rules.postbox import Delivered

MAX_RECIPIENTS = 100
"""In one transaction; more are told to come again. Source: RFC 5321 section 4.5.3.1.8."""

LINE_LIMIT_BYTES = 1 << 20
"""About 6 % of real mail has lines above the 1,000 bytes of RFC 5321 section 4.5.3.1.6.
Source: measurement 2026-11-23."""

GIVES_WAY_AFTER = 50
"""Answers after which the other clients have their turn: aiosmtpd itself gives way only where it
waits, so who sends a thousand commands at once would be served to their end. Not after each: a
client that hangs up is heard then, and what it had said before would be left undone. Own decision
0026."""

LAST_WORDS_SECONDS = 10.0
"""How long a client may take to read its last answer. Source: own decision 0026."""

_CALLS = {"*": 20, **dict.fromkeys(("MAIL", "RCPT", "DATA", "RSET", "NOOP"), 100_000)}
"""How often a client may say what in one session. Source: own decision 0026."""

_KEPT = "250 2.0.0 kept"
_LATER = "451 4.3.0 not kept, try again later"
_UNKNOWN = "550 5.1.1 no such recipient here"
_UNUSABLE = "553 5.6.7 this address can't be used"
_ENOUGH = "452 4.5.3 too many recipients, send the rest in another transaction"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a session needs of its door. `keep` starts the keeping.

    `admit` returns the words to turn a client away with, empty to let it in; `leave` is told
    when the session is over.
    """

    known: Callable[[str], bool]
    keep: Callable[[Delivered], asyncio.Future[None]]
    admit: Callable[["Talk", str], bytes]
    leave: Callable[["Talk"], None]
    session_seconds: float
    size_limit_bytes: int
    command_seconds: float
    tls: ssl.SSLContext | None


class _Hooks:
    """The questions that aiosmtpd asks: what is offered, who from, who to, and the data."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _talk: "Talk", session: Session, _envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        # Behind TLS aiosmtpd offers AUTH, even where it knows no way to log in.
        return [answer for answer in answers if "AUTH" not in answer]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _talk: "Talk", _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not _is_usable(address):
            return _UNUSABLE
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _talk: "Talk",
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if not _is_usable(address):
            return _UNUSABLE
        if not self._terms.known(address):
            return _UNKNOWN
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return _ENOUGH
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, talk: "Talk", _session: Session, envelope: Envelope
    ) -> str:
        sender = envelope.mail_from if envelope.mail_from not in (None, "<>") else ""
        data = envelope.original_content or b""
        commits = [
            self._terms.keep(Delivered(sender or "", recipient, data))
            for recipient in envelope.rcpt_tos
        ]
        for commit in commits:
            # Where nobody waits any more, asyncio would print the error with its text.
            commit.add_done_callback(asyncio.Future.exception)
        talk.committing = True
        try:
            # Waiting does not own what it waits for: a client that goes away ends the wait only.
            await asyncio.wait(commits)
        finally:
            talk.committing = False
        return talk.summed_up([_answer(commit.exception()) for commit in commits])


class Talk(SMTP):
    """What SMTP and LMTP have in common. One object a connection; lives in the loop's thread."""

    line_length_limit = LINE_LIMIT_BYTES

    def __init__(self, terms: Terms) -> None:
        super().__init__(
            _Hooks(terms),
            data_size_limit=terms.size_limit_bytes,
            enable_SMTPUTF8=True,
            hostname="postlotse",
            ident="Postlotse",
            tls_context=terms.tls,
            require_starttls=terms.tls is not None,
            timeout=terms.command_seconds,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            command_call_limit=_CALLS,
            loop=asyncio.get_running_loop(),
        )
        self.committing = False
        self._answers = 0
        self.over = asyncio.Event()
        self._terms = terms
        self._last_words = b""
        self._end: asyncio.TimerHandle | None = None

    def summed_up(self, answers: list[str]) -> str:
        """One answer for all recipients: the first that is bad. A repetition doubles nothing."""
        return next((answer for answer in answers if answer != _KEPT), _KEPT)

    def leave(self, last_words: bytes) -> None:
        """End the session: now, or after the answer to the commit that is under way."""
        self._last_words = last_words
        line = self.transport
        # A second close() of a line under TLS would break it: it forgets its own protocol.
        if self.committing or not isinstance(line, asyncio.Transport) or line.is_closing():
            return
        line.write(last_words)
        line.close()
        self._hang_up_soon()

    def _timeout_cb(self) -> None:
        super()._timeout_cb()  # type: ignore[no-untyped-call]  # aiosmtpd ships few types
        self._hang_up_soon()

    def _hang_up_soon(self) -> None:
        # A closed line lives on until all is read: who never reads would keep its place for ever.
        self.loop.call_later(LAST_WORDS_SECONDS, self.hang_up)

    def hang_up(self) -> None:
        """End the connection without a word."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Turn away whom the door does not admit; a second call is the line after STARTTLS."""
        if self._original_transport is not None:
            super().connection_made(transport)
            return
        refusal = self._terms.admit(self, transport.get_extra_info("peername")[0])
        if refusal and isinstance(transport, asyncio.Transport):
            transport.set_protocol(asyncio.Protocol())
            transport.write(refusal)
            transport.close()
            return
        self._end = self.loop.call_later(
            self._terms.session_seconds, self.leave, b"421 4.4.2 session lasted too long\r\n"
        )
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Free the place, whatever ended the connection."""
        if self._end is not None:
            self._end.cancel()
        self._terms.leave(self)
        self.over.set()
        super().connection_lost(error)

    async def push(self, status: AnyStr) -> None:
        """Send an answer; the last words follow where the door closes meanwhile."""
        await super().push(status)
        self._answers += 1
        if self._answers % GIVES_WAY_AFTER == 0:
            await asyncio.sleep(0)
        if self._last_words:
            self.leave(self._last_words)

    async def handle_exception(self, error: Exception) -> str:
        """A bug of ours or of the library: the sender keeps the mail and tries again."""
        _say_why(error)
        self.envelope = self._create_envelope()
        return _LATER


class Smtp(Talk):
    """SMTP: one answer a transaction."""


class Lmtp(Talk):
    """LMTP: LHLO for EHLO, and after the data one answer for each recipient.

    Source: RFC 2033 sections 4.1, 4.2.
    """

    _answers_due = 0

    def summed_up(self, answers: list[str]) -> str:
        """One line for each recipient, in their order."""
        self._answers_due = 0
        return "\r\n".join(answers)

    async def push(self, status: AnyStr) -> None:
        """Whatever answers the data is said once for each recipient, as with 552 and 451."""
        if isinstance(status, str):
            await super().push(self._for_each(status))
        else:
            await super().push(status)

    def _for_each(self, status: str) -> str:
        due, self._answers_due = self._answers_due, 0
        if status.startswith("354") and self.envelope is not None:
            self._answers_due = len(self.envelope.rcpt_tos)
        return "\r\n".join([status] * due) if due else status

    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """The greeting of LMTP."""
        await super().smtp_EHLO(arg)

    async def smtp_EHLO(self, _arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """No command of LMTP."""
        await self.push("500 5.5.1 this is LMTP, say LHLO")

    async def smtp_HELO(self, _arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """No command of LMTP."""
        await self.push("500 5.5.1 this is LMTP, say LHLO")


def _answer(error: BaseException | None) -> str:
    if error is None:
        return _KEPT
    _say_why(error)
    return _LATER


def _say_why(error: BaseException) -> None:
    """Into the log only, and without the words of a bug: they may quote a mail."""
    if isinstance(error, HouseError):
        _log.warning("door.not_kept", code=error.code)
        return
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    _log.error("door.broken", error=type(error).__qualname__, where=where)


def _is_usable(address: str) -> bool:
    """Bytes that are no UTF-8 arrive as lone surrogates, which no database takes.

    They are as little printable as control characters.
    """
    return address.isprintable() and len(address) <= 320
