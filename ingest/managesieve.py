"""Sieve scripts of a mail server, read by ManageSieve; nothing is ever put, renamed or deleted.

A client of our own for the few commands that reading needs: STARTTLS, AUTHENTICATE PLAIN,
LISTSCRIPTS, GETSCRIPT, LOGOUT. TLS comes before the login, always.
Source: RFC 5804; measurement 2026-11-26 (Dovecot 2.3.19 with Pigeonhole); own decision 0041.
"""

import base64
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rules.errors import Refused, TryLater

LONGEST_SCRIPT_BYTES: Final = 1_000_000
"""Longer ones are not taken; our reader of scripts takes 200,000 characters. Decision 0041."""

_LONGEST_LINE_BYTES: Final = 8_192
"""Quoted strings have 1,024 octets at most. Source: RFC 5804 section 4."""

_MOST_LINES: Final = 1_000
"""Scripts of one account that are listed. Source: own decision 0041."""

_LITERAL: Final = re.compile(rb"\{(\d{1,12})\+?\}\r\n$")
_END: Final = re.compile(rb"(OK|NO|BYE)\b(?!\")", re.IGNORECASE)
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\["\\])*)"')


@dataclass(frozen=True, slots=True)
class SieveAccount:
    """Where and as whom. `ca_file` is the house's own authority, None for the system's."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    ca_file: Path | None = None
    timeout_seconds: float = 60.0

    @property
    def where(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Script:
    """A script by its name; `is_active`: the one that the server runs."""

    name: str
    is_active: bool


class ManageSieve:
    """One conversation, logged in. One thread; `close` when done."""

    def __init__(self, account: SieveAccount) -> None:
        """Connect, go over to TLS, log in.

        Raises: Refused: `sieve.no_tls`, `sieve.certificate`, `sieve.login`. TryLater: `sieve.away`.
        """
        self._where = account.where
        with _errors(account.where):
            self._wire = _logged_in(account)

    def scripts(self) -> tuple[Script, ...]:
        """All scripts of the account, in the server's order. Raises: TryLater: `sieve.away`."""
        with _errors(self._where):
            answer = self._wire.ask(b"LISTSCRIPTS")
        found = ((_QUOTED.match(line), line) for line in answer.lines)
        return tuple(
            Script(_unquoted(name[1]), line[name.end() :].strip().upper() == b"ACTIVE")
            for name, line in found
            if name
        )

    def script(self, name: str) -> str:
        """The text of a script. Raises: Refused: `sieve.no_script`. TryLater: `sieve.away`."""
        if not name or any(char < " " for char in name):
            raise Refused("sieve.no_script", f"{name!r} is no name of a script.")
        quoted = name.replace("\\", "\\\\").replace('"', '\\"').encode()
        with _errors(self._where):
            answer = self._wire.ask(b'GETSCRIPT "' + quoted + b'"')
        if answer.word != b"OK" or len(answer.lines) != 1:
            raise Refused("sieve.no_script", f"{self._where} gives no script {name!r}.")
        try:
            return answer.lines[0].decode("utf-8")
        except UnicodeDecodeError as exc:
            raise Refused("sieve.no_script", f"Script {name!r} is not UTF-8; save it so.") from exc

    def close(self) -> None:
        """Log out; never raises."""
        self._wire.close()


class _UnclearError(Exception):
    """The server said what nobody can understand, or closed the line in the middle."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """`word` is OK, NO or BYE; a literal is one line, without its head."""

    word: bytes
    lines: tuple[bytes, ...]


class _Wire:
    """Commands out, answers in. Every call may raise OSError or _UnclearError."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._waiting = b""

    def ask(self, command: bytes) -> _Answer:
        """One command and its answer."""
        self._socket.sendall(command + b"\r\n")
        return self.answer()

    def answer(self) -> _Answer:
        """Everything up to the line that ends an answer. Source: RFC 5804 section 1.2."""
        lines: list[bytes] = []
        while len(lines) < _MOST_LINES:
            line = self._line()
            literal = _LITERAL.search(line)
            text = self._exactly(int(literal[1])) if literal else None
            if ended := _END.match(line):
                if text is not None:
                    self._line()
                return _Answer(ended[1].upper(), tuple(lines))
            if line != b"\r\n":
                lines.append(line[:-2] if text is None else text)
        raise _UnclearError

    def over_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Encrypted from here on. What came before its time is nobody's word: an attacker's."""
        if self._waiting:
            raise _UnclearError
        self._socket = context.wrap_socket(self._socket, server_hostname=host)

    def close(self) -> None:
        """Log out; never raises."""
        with suppress(OSError):
            self._socket.sendall(b"LOGOUT\r\n")
        self._socket.close()

    def _line(self) -> bytes:
        while (end := self._waiting.find(b"\r\n")) < 0:
            if len(self._waiting) > _LONGEST_LINE_BYTES:
                raise _UnclearError
            self._more()
        line, self._waiting = self._waiting[: end + 2], self._waiting[end + 2 :]
        return line

    def _exactly(self, size_bytes: int) -> bytes:
        if size_bytes > LONGEST_SCRIPT_BYTES:
            raise _UnclearError
        while len(self._waiting) < size_bytes:
            self._more()
        text, self._waiting = self._waiting[:size_bytes], self._waiting[size_bytes:]
        return text

    def _more(self) -> None:
        found = self._socket.recv(65_536)
        if not found:
            raise _UnclearError
        self._waiting += found


def _logged_in(account: SieveAccount) -> _Wire:
    address = (account.host, account.port)
    wire = _Wire(socket.create_connection(address, account.timeout_seconds))
    with ExitStack() as undone:
        undone.callback(wire.close)
        greeting = wire.answer()
        if b'"STARTTLS"' not in {line.upper() for line in greeting.lines}:
            raise Refused(
                "sieve.no_tls",
                f"{account.where} offers no TLS; allow STARTTLS there. No password was sent.",
            )
        if wire.ask(b"STARTTLS").word != b"OK":
            raise _UnclearError
        wire.over_tls(ssl.create_default_context(cafile=account.ca_file), account.host)
        wire.answer()  # the capabilities again: those from before are not to be trusted
        proof = base64.b64encode(f"\0{account.user}\0{account.password}".encode())
        if wire.ask(b'AUTHENTICATE "PLAIN" "' + proof + b'"').word != b"OK":
            raise Refused(
                "sieve.login",
                f"{account.where} refuses the login; check user and password of the postbox.",
            )
        undone.pop_all()
    return wire


@contextmanager
def _errors(where: str) -> Iterator[None]:
    """Raises: Refused: `sieve.certificate`. TryLater: `sieve.away`."""
    try:
        yield
    except ssl.SSLCertVerificationError as exc:
        raise Refused(
            "sieve.certificate",
            f"{where} shows a certificate that nobody here vouches for, or of another name; set"
            " ca_file of the postbox, and the name that stands in the certificate.",
        ) from exc
    except (OSError, _UnclearError) as exc:
        kind = "answers unclearly" if isinstance(exc, _UnclearError) else "is away"
        raise TryLater("sieve.away", f"{where} {kind}; try again later.") from exc


def _unquoted(text: bytes) -> str:
    return re.sub(rb"\\(.)", rb"\1", text).decode("utf-8", "replace")
