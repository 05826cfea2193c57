"""Tells within a second that mail came into an Exchange inbox: a hint, and never more.

What rang is forgotten by the server when the line breaks, so nothing is read out of an event but
that there was one; what came is told by the next look, as always.
Source: EWS reference (notification subscriptions); own decision 0061.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
from exchangelib import Account

from ingest.exchange import calls
from ingest.exchange.errors import BUSY, exchange_errors
from ingest.exchange.stream import Stream
from ingest.exchange.wire import ExchangeAccount, connect, disconnect
from ingest.login_gate import LoginGate
from rules.errors import HouseError

_log = structlog.get_logger(__name__)


class ExchangeBell:
    """Driver of the port `Bell` for Exchange: listens once, on a connection of its own."""

    def __init__(self, name: str, account: ExchangeAccount, *, gate: LoginGate) -> None:
        self.name = name
        self._account = account
        self._gate = gate
        self._quiet = gate.quiet(account.mailbox)
        self._stream = Stream()

    def listen(self, ring: Callable[[], None]) -> None:
        """Ring once it listens, and for each mail; ends by `hush`, or with the connection.

        The first ring is for what came while nobody listened. An orderly end is after half an
        hour. Raises: TryLater: server away, busy, or too many such connections
        (`postbox.busy`), line broken. Refused: as the postbox.
        """
        self._quiet.require_over()
        opened = connect(self._account)
        try:
            with self._heeding(), self._gate.passing():
                subscription = calls.subscribe(opened, calls.default_folder(opened, "inbox"))
            try:
                self._hear(opened, subscription, ring)
            finally:
                self._give_back(opened, subscription)
        finally:
            disconnect(opened)

    def hush(self) -> None:
        """End listening, from any thread; never raises."""
        self._stream.stop()

    def _hear(self, opened: Account, subscription: str, ring: Callable[[], None]) -> None:
        is_first = True
        with self._heeding():
            for tells_of_mail in self._stream.events(opened, subscription):
                if is_first:
                    _log.info("postbox.listening", postbox=self.name, host=self._account.where)
                if is_first or tells_of_mail:
                    ring()
                is_first = False

    def _give_back(self, opened: Account, subscription: str) -> None:
        """A server keeps forgotten subscriptions for half an hour, and counts them."""
        with suppress(HouseError):
            self._quiet.require_over()
            with self._heeding():
                calls.unsubscribe(opened, subscription)

    @contextmanager
    def _heeding(self) -> Iterator[None]:
        """Errors of the house, and the quiet that a busy server wants kept for the others, too."""
        try:
            with exchange_errors(self._account.where):
                yield
        except HouseError as exc:
            if exc.code == BUSY:
                self._quiet.heed(exc)
            raise
