"""Tells within a second that mail came into an IMAP inbox: a hint, and never more.

Source: RFC 2177 (IDLE); RFC 3501 section 7.3.1 (EXISTS); own decision 0061.
"""

import imaplib
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import structlog
from imapclient import IMAPClient

from ingest.imap.errors import imap_errors
from ingest.imap.session import ImapAccount, ImapSession, connect
from ingest.login_gate import LoginGate
from rules.errors import Refused

_log = structlog.get_logger(__name__)

LISTEN_SECONDS: Final = 29 * 60.0
"""After that a server may log out who only listens. Source: RFC 2177 section 3."""


class ImapBell:
    """Driver of the port `Bell` for IMAP: listens once, on a connection of its own."""

    def __init__(self, name: str, account: ImapAccount, *, gate: LoginGate) -> None:
        self.name = name
        self._account = account
        self._gate = gate
        self._session: ImapSession | None = None
        self._hushed = threading.Event()

    def listen(self, ring: Callable[[], None]) -> None:
        """Ring once it listens, and for each mail; ends by `hush`, or with the connection.

        The first ring is for what came while nobody listened. An orderly end is after half an
        hour. Raises: TryLater: server away, line broken. Refused: no IDLE here
        (`postbox.no_idle`), and as the postbox.
        """
        with self._gate.passing():
            session = self._session = connect(self._account)
        try:
            if "IDLE" not in session.capabilities:
                raise Refused(
                    "postbox.no_idle",
                    f'{self._account.where} has no IDLE: set wake = "poll" for {self.name!r}.',
                    postbox=self.name,
                )
            with imap_errors(self._account.where):
                self._idle(session, ring)
        finally:
            session.end()

    def hush(self) -> None:
        """End listening, from any thread; never raises."""
        self._hushed.set()
        session = self._session
        if session is not None:
            with suppress(OSError):  # ended already
                session.client.socket().shutdown(socket.SHUT_RDWR)

    def _idle(self, session: ImapSession, ring: Callable[[], None]) -> None:
        """IDLE again and again; its end is what shows that a line is dead.

        imapclient takes a line that broke for one that has nothing to say.
        """
        session.examine("INBOX")
        until = monotonic() + LISTEN_SECONDS
        is_first = True
        while (left := until - monotonic()) > 0 and not self._hushed.is_set():
            has_told = _begin(session.client)
            if is_first:
                _log.info("postbox.listening", postbox=self.name, host=self._account.where)
            if is_first or has_told:
                ring()
            is_first = False
            told = session.client.idle_check(timeout=left)
            told += session.client.idle_done()[1]
            if any(_is_mail(one) for one in told):
                ring()


def _begin(client: IMAPClient) -> bool:
    """As `IMAPClient.idle`, of a server too that tells something before it says to go on.

    True if that was mail. Source: RFC 3501 section 7 (untagged answers come at any time).
    """
    connection = client._imap  # noqa: SLF001 - no public way
    client._idle_tag = tag = connection._command("IDLE")  # noqa: SLF001 - as above
    connection.untagged_responses.pop("EXISTS", None)
    while (said := connection._get_response()) is not None:  # noqa: SLF001 - as above
        if said.startswith(tag):
            raise imaplib.IMAP4.error(f"IDLE refused: {said[len(tag) + 1 :]!r}")
    return bool(connection.untagged_responses.pop("EXISTS", None))


def _is_mail(told: tuple[Any, ...]) -> bool:
    return len(told) == 2 and told[1] == b"EXISTS"
