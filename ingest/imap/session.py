"""One logged-in, encrypted IMAP connection and the folder open in it.

A connection belongs to one thread: neither imapclient nor imaplib has a lock anywhere.
After any doubt about it (timeout, cut line, answer not understood) it is thrown away, never
repaired: an answer that comes late would be taken for the answer to the next question.
Source: measurement 2026-11-23 (Dovecot 2.3.19, imapclient 4.1.0); RFC 3501; RFC 8314 (TLS).
"""

import imaplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog
from imapclient import IMAPClient, SocketTimeout, imap_utf7
from imapclient.exceptions import LoginError
from imapclient.response_parser import parse_response

from ingest.folder_names import ServerNames
from ingest.imap.client import TimelyClient
from ingest.imap.errors import OddAnswerError, imap_errors, is_stale, login_failed, says_no_folder
from ingest.imap.limit import limited
from ingest.imap.listing import listed
from rules.errors import Conflict, HouseError, Refused

_log = structlog.get_logger(__name__)

_Space = tuple[str, str | None]
"""How the names of a namespace begin, and what parts their levels."""


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """Where and as whom to log in. There is no unencrypted way.

    `ca_file` is the PEM file of the house's own certificate authority, None for the system's.
    Source: RFC 8314 sections 3 and 5.1 (implicit TLS first, cleartext obsolete).
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Literal["implicit", "starttls"] = "implicit"
    ca_file: Path | None = None
    timeout_seconds: float = 60.0

    @property
    def where(self) -> str:
        """Host and port, for messages and logs."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """What the server said when it opened a folder. `next_uid` is None where it did not say.

    `permanent` are the flags that it keeps; none where it was opened for reading.
    """

    folder: str
    epoch: str
    message_count: int
    next_uid: int | None
    permanent: frozenset[str] = frozenset()

    def require_epoch(self, epoch: str) -> None:
        """Raises: Conflict: UIDs of another epoch name other messages (`postbox.epoch_changed`).

        Source: RFC 3501 section 2.3.1.1.
        """
        if epoch != self.epoch:
            raise Conflict(
                "postbox.epoch_changed",
                f"Folder {self.folder!r} has UIDVALIDITY {self.epoch} now, was known under"
                f" {epoch}: the server numbered it anew. Read the folder anew.",
                folder=self.folder,
                epoch=self.epoch,
            )


@dataclass(slots=True)
class ImapSession:
    """A connection after login. `reading` and `writing` tell the folder open just now.

    `others` is how the server's names of other people's and shared folders begin. `checked` is a
    note of the caller's for as long as the connection lives. `numbers_late` is known from the first
    folder on: such a server gives numbers before it writes them down (own decision 0118).

    Folders are opened by EXAMINE for everything but moves, so that the server itself keeps
    us from marking mail as read (promise 9). Source: RFC 3501 section 6.3.2.
    """

    client: IMAPClient
    names: ServerNames
    capabilities: frozenset[str]
    others: tuple[str, ...] = ()
    checked: dict[str, int | None] = field(default_factory=dict)
    reading: OpenFolder | None = None
    writing: OpenFolder | None = None
    numbers_late: bool = False

    def examine(self, folder: str) -> OpenFolder:
        """Open for reading, fresh from the server even if it is open already.

        Without that, SEARCH answers from the view of the last command.
        Source: measurement 2026-11-23; RFC 3501 section 6.3.2.
        """
        server_name = self.names.to_server(folder)
        self.reading = self.writing = None
        with self.telling_missing(server_name):
            reply = (
                {} if self.numbers_late else self.client.select_folder(server_name, readonly=True)
            )
            if b"UIDNEXT" not in reply:
                self.numbers_late = True
                reply = self._numbered(server_name)
        self.reading = _opened(folder, reply)
        return self.reading

    def for_reading(self, folder: str) -> OpenFolder:
        """The folder as it is open already, else opened by EXAMINE."""
        for known in (self.reading, self.writing):
            if known and known.folder == folder:
                return known
        return self.examine(folder)

    def for_writing(self, folder: str) -> OpenFolder:
        """The folder opened by SELECT, once for many moves out of it.

        A server may not renumber a folder while a client has it open. Courier, which says no
        UIDNEXT, copies and writes flags as they were when it last told of them: what a person set
        meanwhile would be lost without NOOP. Source: measurement 2026-11-27 (Courier-IMAP 5.0.13).
        """
        if self.writing and self.writing.folder == folder:
            if self.writing.next_uid is None:
                self.client.noop()
            return self.writing
        server_name = self.names.to_server(folder)
        self.reading = self.writing = None
        with self.telling_missing(server_name):
            reply = self.client.select_folder(server_name)
        self.writing = _opened(folder, reply)
        return self.writing

    @contextmanager
    def telling_missing(self, server_name: str) -> Iterator[None]:
        """A plain NO to the opening of a folder that is listed does not mean that there is none.

        Its mails would count as removed by hand. Raises: what the server said, as a
        refusal of this folder then.
        Source: RFC 3501 section 6.3.1 (NO for whatever reason).
        """
        try:
            yield
        except imaplib.IMAP4.error as exc:
            if says_no_folder(exc) and not is_stale(exc) and self._is_listed(server_name):
                raise imaplib.IMAP4.error(f"the folder is listed, but: {exc}") from exc
            raise

    def _is_listed(self, server_name: str) -> bool:
        found = listed(self.client, server_name)
        return any(one.name == server_name and one.selectable for one in found)

    def _numbered(self, server_name: str) -> dict[bytes, Any]:
        """What SELECT says of the folder, with the UIDNEXT that STATUS says afterwards.

        Courier says none, and writes the numbers that it gives to new mail down at SELECT, not at
        EXAMINE: until then they may name other mail the next time, and a folder that nobody
        selected has another UIDVALIDITY each second.
        Source: measurement 2026-11-27 (Courier-IMAP 5.0.13); own decision 0118.
        """
        try:
            selected: dict[bytes, Any] = self.client.select_folder(server_name)
        except imaplib.IMAP4.readonly:
            # No right to write there, also not for the server's own list.
            examined: dict[bytes, Any] = self.client.select_folder(server_name, readonly=True)
            return examined
        status = self.client.folder_status(server_name, ["UIDNEXT"])
        return {**selected, b"UIDNEXT": status[b"UIDNEXT"]} if b"UIDNEXT" in status else selected

    def proof(self, code: Literal["COPYUID", "APPENDUID"]) -> list[bytes] | None:
        """The words of the last COPYUID or APPENDUID, or None; taken out, so asked only once.

        imapclient does not hand it out, and imaplib adds up the answers of all commands:
        call it before a command to clear, and after it to read.
        Source: RFC 4315 section 3; measurement 2026-11-23.
        """
        found: list[bytes | None] = self.client._imap.response(code)[1]  # noqa: SLF001 - no public way
        last = found[-1] if found else None
        return last.split() if last else None

    def removals(self) -> int:
        """How many removals were told since this was asked last. Source: RFC 3501, 7.4.1."""
        told: list[bytes | None] = self.client._imap.response("EXPUNGE")[1]  # noqa: SLF001 - as above
        return sum(one is not None for one in told)

    def end(self) -> None:
        """Close the connection without a word; never raises."""
        with suppress(OSError, imaplib.IMAP4.error):
            self.client.shutdown()


def connect(account: ImapAccount) -> ImapSession:
    """Connect, encrypt, log in, and ask for the capabilities and the way names are written.

    Raises: TryLater: server away (`postbox.away`). Refused: certificate not trusted
    (`postbox.certificate`), server offers no TLS (`postbox.no_tls`), certificate file
    unreadable (`postbox.ca_file`), wrong password (`postbox.login_refused`).
    """
    context = _tls_context(account)
    with imap_errors(account.where):
        client = TimelyClient(
            account.host,
            port=account.port,
            ssl=account.tls == "implicit",
            ssl_context=context,
            timeout=SocketTimeout(account.timeout_seconds, account.timeout_seconds),
        )
    try:
        _quiet(client)
        with imap_errors(account.where), limited(client, account.timeout_seconds):
            _keep_alive(client.socket())
            if account.tls == "starttls":
                client.starttls(context)
            _login(client, account)
            capabilities = _capabilities(client)
            names, others = _layout(client, capabilities)
            session = ImapSession(client, names, capabilities, others)
    except HouseError:
        with suppress(OSError, imaplib.IMAP4.error):
            client.shutdown()
        raise
    _log.info("postbox.connected", host=account.host, port=account.port, tls=account.tls)
    return session


def _tls_context(account: ImapAccount) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=account.ca_file)
    except OSError as exc:  # also ssl.SSLError: the file holds no certificate
        raise Refused(
            "postbox.ca_file",
            f"Can't read a certificate from {account.ca_file}: give a PEM file as ca_file.",
            path=str(account.ca_file),
        ) from exc


def _quiet(client: IMAPClient) -> None:
    """Switch off imapclient's log of the whole traffic, which also costs most of the time.

    It formats every literal: 13,100 instead of 1,740 mails a second, and no password or mail
    can come into a log. Source: measurement 2026-11-23.
    """
    client._imap.debug = 0  # noqa: SLF001 - no public way


def _keep_alive(sock: socket.socket) -> None:
    """Notice a dead line after about a minute, also while nothing is sent.

    Source: tcp(7); neither imapclient nor imaplib sets it (measurement 2026-11-23).
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", 30),
        ("TCP_KEEPINTVL", 10),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 60_000),
    ):
        if hasattr(socket, option):  # Linux has all of them
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _login(client: IMAPClient, account: ImapAccount) -> None:
    try:
        is_plain = not (account.user + account.password).isascii() or _takes_only_plain(client)
        # LOGIN can't say umlauts: RFC 3501 section 9, astring; PLAIN is UTF-8: RFC 4616.
        if is_plain:
            client.plain_login(account.user, account.password)
        else:
            client.login(account.user, account.password)
    except LoginError as exc:
        raise login_failed(exc, user=account.user, where=account.where) from exc


def _takes_only_plain(client: IMAPClient) -> bool:
    """Whether LOGIN is switched off where PLAIN is not. Source: RFC 3501 section 6.2.3."""
    offered = {str(word).upper() for word in client._imap.capabilities}  # noqa: SLF001 - no public way
    return "LOGINDISABLED" in offered and "AUTH=PLAIN" in offered


def _capabilities(client: IMAPClient) -> frozenset[str]:
    """Asked anew after login: imapclient may remember those from before, without MOVE and UIDPLUS.

    A server may say some more than once; the last words may not be all of them.
    Source: RFC 3501 section 6.2.2 (they may change); imapclient 4.1.0, `capabilities`.
    """
    said = client._command_and_check("capability")  # noqa: SLF001 - no public way
    words = tuple(word for line in said if line for word in line.upper().split())
    client._cached_capabilities = words  # noqa: SLF001 - its own checks must know them, too
    return frozenset(word.decode("ascii", "replace") for word in words)


def _layout(
    client: IMAPClient, capabilities: frozenset[str]
) -> tuple[ServerNames, tuple[str, ...]]:
    """How names are written, and how those of folders that are not ours begin. Source: RFC 2342."""
    personal, foreign = _namespaces(client) if "NAMESPACE" in capabilities else ([], [])
    others = tuple(prefix for prefix, _ in foreign if prefix)
    if personal:
        prefix, separator = personal[0]
        return ServerNames(separator or "", prefix), others
    return ServerNames(_separator(client)), others


def _namespaces(client: IMAPClient) -> tuple[list[_Space], list[_Space]]:
    """Prefix and separator of the personal namespaces, and of those of others.

    Of a server that offers NAMESPACE and then doesn't tell, none. A namespace may carry more.
    Source: RFC 2342 section 6 (Namespace_Response_Extensions).
    """
    try:
        said = client._command_and_check("namespace")  # noqa: SLF001 - no public way
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as exc:
        if is_stale(exc):
            raise
        return [], []
    groups = [group if isinstance(group, tuple) else () for group in parse_response(said)]
    own, *others = [[_space(one) for one in group] for group in groups[:3]] or [[]]
    return own, [one for group in others for one in group]


def _space(one: Sequence[Any]) -> _Space:
    prefix, separator = (imap_utf7.decode(word) if word else "" for word in one[:2])
    return prefix, separator or None


def _separator(client: IMAPClient) -> str:
    """That of the root, or of any folder where a server has no answer to the question."""
    found = listed(client, "") or listed(client, "*")
    return found[0].separator if found else ""


def _opened(folder: str, reply: dict[bytes, Any]) -> OpenFolder:
    lacking = [word for word in (b"UIDVALIDITY", b"EXISTS") if word not in reply]
    if lacking:
        raise OddAnswerError(f"{folder!r} opened without {lacking[0].decode()}")
    next_uid = reply.get(b"UIDNEXT")  # a server may leave it out: RFC 3501 section 6.3.1
    flags = reply.get(b"PERMANENTFLAGS", ())
    permanent = frozenset(flag.decode("ascii", "replace") for flag in flags)
    return OpenFolder(
        folder, str(reply[b"UIDVALIDITY"]), int(reply[b"EXISTS"]), next_uid, permanent
    )
