"""When a worker that can't reach the server of a postbox lets another one try.

The line of one machine may be cut and that of the other not. Source: own decision 0123.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.errors import HouseError
from rules.pause import is_over

CODES: Final = frozenset({"postbox.away", "postbox.certificate", "postbox.ca_file"})
"""Failures of which another machine may know nothing. A refused login is none: it is refused
everywhere, and each try more locks the account sooner. Own decision 0123."""

ROUNDS: Final = 3
"""From this many in a row on it is no hiccup of the line. Source: own decision 0123."""

PAUSES: Final = 2
"""After this many pauses of the loop each other worker has asked for the lease at least once.
Source: own decision 0123."""


@dataclass(slots=True)
class Reach:
    """How one worker reaches one postbox: rounds in a row that failed for it, and his pause."""

    failed_rounds: int = 0
    _since: datetime | None = None
    _pause: timedelta = timedelta()

    def holds_back(self, *, now: datetime) -> bool:
        """Whether it is the others' turn to try."""
        return self._since is not None and not is_over(self._since, now=now, pause=self._pause)

    def is_over(self, exc: HouseError, *, now: datetime, poll_seconds: float) -> bool:
        """Note that a round failed by this; True if the worker gives others their turn now."""
        if exc.code not in CODES:
            return False
        self.failed_rounds += 1
        if self.failed_rounds < ROUNDS:
            return False
        self.failed_rounds = 0
        self._since, self._pause = now, PAUSES * timedelta(seconds=poll_seconds)
        return True

    def does_well(self) -> None:
        """A round went well: what failed before was a hiccup."""
        self.failed_rounds, self._since = 0, None
