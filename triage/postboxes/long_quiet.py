"""A server that asked for a long quiet is no fault of its loop, and yet an operator must know.

Nothing comes in meanwhile, so no mail grows old that freshness could see.
Source: own decision 0034.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from ingest.login_gate import LONGEST_QUIET_SECONDS
from rules.errors import HouseError
from rules.local_day import BERLIN

LONG: Final = timedelta(minutes=15)
"""Shorter waits are everyday. Source: own decision 0034."""

CODE: Final = "postbox.quiet"

log = structlog.get_logger()


@dataclass(slots=True)
class LongQuiet:
    """Until when the server of one postbox wants to hear nothing, as far as it was told.

    A worker that just began doesn't know what another has told (`_is_told` is None).
    """

    _until: datetime | None = None
    _is_told: bool | None = None

    def news(
        self, postbox: str, exc: HouseError | None, *, now: datetime
    ) -> tuple[str, str] | None:
        """Code and words for `ready` after a round that ended so, or None if nothing is new."""
        left = _named(exc)
        if left >= LONG and (self._until is None or now >= self._until):
            self._until, self._is_told = now + left, True
            log.error("postbox.quiet", postbox=postbox, minutes=int(left.total_seconds() // 60))
            return CODE, f"bis {self._until.astimezone(BERLIN):%d.%m. %H:%M} Uhr"
        if exc is not None or self._is_told is False:
            return None
        self._until, self._is_told = None, False
        return "", ""


def _named(exc: HouseError | None) -> timedelta:
    named = float(str(exc.details.get("back_off_seconds", 0.0))) if exc is not None else 0.0
    return timedelta(seconds=min(named, LONGEST_QUIET_SECONDS))
