"""Bells: what wakes the loop of a postbox before its time, because the server tells of new mail.

A hint only. Whatever happens to a bell, the loop looks every `[worker] poll_seconds`, and what it
finds there is the truth. Source: F2, F48; own decision 0061.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from ingest.login_gate import LONGEST_QUIET_SECONDS
from rules.backoff import BackoffRule, next_try
from rules.errors import HouseError
from triage.ports import Bell

log = structlog.get_logger()

AGAIN: Final = BackoffRule(first_seconds=2.0, cap_seconds=900.0, max_tries=10**9)
"""Waits between tries to listen. Source: own decision 0061."""

LOOK_SECONDS: Final = 0.5
"""So often it is seen whether the loop of the postbox does well. Source: own decision 0061."""

STEADY_SECONDS: Final = 60.0
"""After listening this long the waits begin from the start. Source: own decision 0061."""


@dataclass(slots=True)
class Ringer:
    """Keeps a bell listening in a thread of its own, as long as `may_listen` says so.

    That is while this process holds the postbox and its last round went well: so no password is
    tried here that was not accepted there, and no server that is away is asked twice.
    """

    name: str
    open: Callable[[], Bell]
    ring: Callable[[], None]
    may_listen: Callable[[], bool]
    rule: BackoffRule = AGAIN
    _stop: threading.Event = field(default_factory=threading.Event)
    _bell: Bell | None = None
    _failures: int = 0

    def start(self) -> None:
        """Start as a daemon thread: one that hangs in a connection holds up no end."""
        threading.Thread(target=self._run, name=f"bell:{self.name}", daemon=True).start()

    def stop(self) -> None:
        """End listening; returns at once."""
        self._stop.set()
        bell = self._bell
        if bell is not None:
            bell.hush()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            if self.may_listen():
                self._stop.wait(self._listen_once())

    def _listen_once(self) -> float:
        """Seconds to wait before the next time."""
        began = time.monotonic()
        try:
            bell = self._bell = self.open()
            if self._stop.is_set():
                return 0.0
            bell.listen(self.ring)
        except HouseError as exc:
            return self._failed(exc, listened_seconds=time.monotonic() - began)
        return self._ended(listened_seconds=time.monotonic() - began)

    def _ended(self, *, listened_seconds: float) -> float:
        """A server that always ends it at once, in order, is no better than one that refuses it."""
        if self._stop.is_set() or listened_seconds > STEADY_SECONDS:
            self._failures = 0
            return 0.0
        self._failures += 1
        return self._waits()

    def _waits(self) -> float:
        return next_try(self._failures, self.rule, jitter=random.random()) or 0.0  # noqa: S311 - no secret

    def _failed(self, exc: HouseError, *, listened_seconds: float) -> float:
        """Told once for a row of failures: a bell that is away is no trouble, and no news."""
        if self._stop.is_set():
            return 0.0
        self._failures = 1 if listened_seconds > STEADY_SECONDS else self._failures + 1
        if self._failures == 1:
            log.info("postbox.not_listening", postbox=self.name, code=exc.code)
        named = exc.details.get("back_off_seconds", 0.0)
        longest = self.rule.cap_seconds if exc.permanent else 0.0
        return max(self._waits(), longest, min(float(str(named)), LONGEST_QUIET_SECONDS))
