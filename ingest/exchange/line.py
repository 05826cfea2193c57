"""The line to one Exchange mailbox: opened at the first call, closed when it is in doubt.

What a server said is heeded by all calls that follow: quiet for as long as it asked, no password
tried again that was refused, a token anew that was called back. Source: own decision 0034.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from exchangelib import Account

from ingest.exchange.errors import (
    BUSY,
    exchange_errors,
    is_broken,
    is_token_refused,
    named_wait,
)
from ingest.exchange.wire import ExchangeAccount, connect, disconnect
from ingest.login_gate import LoginGate
from rules.errors import HouseError, TryLater

_log = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")


class ExchangeLine:
    """Of one driver. One call at a time, also while the next mails are read in another thread."""

    def __init__(self, account: ExchangeAccount, gate: LoginGate) -> None:
        self._account = account
        self._gate = gate
        self._turn = threading.RLock()
        self._opened: Account | None = None
        self._has_worked = False
        self._quiet = gate.quiet(account.mailbox)

    def read(self, call: Callable[[Account], _Answer]) -> _Answer:
        """A call that changes nothing: once more if the line broke. Raises: TryLater, Refused."""
        try:
            with self.talk() as opened:
                return call(opened)
        except TryLater as exc:
            if not is_broken(exc):
                raise
        with self.talk() as opened:
            return call(opened)

    @contextmanager
    def talk(self) -> Iterator[Account]:
        """The connection, made if need be; thrown away when an error leaves it in doubt.

        Nothing is sent while the server wants quiet, or after a refused password.
        """
        with self._turn:
            self._quiet.require_over()
            if self._opened is None:
                self._opened = connect(self._account)
                _log.info("postbox.connected", host=self._account.where, auth=self._account.auth)
            try:
                with self._gate.passing(), exchange_errors(self._account.where):
                    yield self._opened
                self._has_worked = True
            except HouseError as exc:
                self._note(exc)
                raise

    def heed(self, exc: HouseError) -> None:
        """As `_note`, of a reply that was read after it had been taken off the line."""
        with self._turn:
            self._note(exc)

    def require_unbusy(self, answers: Iterable[object]) -> None:
        """Raises: TryLater: one of several answers named a time of quiet."""
        if (exc := named_wait(answers, self._account.where)) is not None:
            self.heed(exc)
            raise exc

    def close(self) -> None:
        """Close the connection; never raises."""
        with self._turn:
            if self._opened is not None:
                disconnect(self._opened)
                self._opened = None
                self._has_worked = False

    def _note(self, exc: HouseError) -> None:
        """Draw the lesson of an error for the calls that follow."""
        if self._account.auth == "oauth2" and self._has_worked and is_token_refused(exc):
            # It may have been called back; with a new one it is seen whether it was that.
            self._gate.reopen()
        if exc.code == BUSY:
            self._quiet.heed(exc)
        if is_broken(exc):
            self.close()
