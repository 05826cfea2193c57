"""No wrong password is tried twice, however many drivers share one login.

Directories lock an account after a few refusals, and five postboxes may be read by one account,
each by its driver, its bell and its look at rights. What they share is here.
Source: own decision 0004 (the wait); own decision 0062 (one gate for one login).
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rules.errors import HouseError, TryLater

PAUSE_SECONDS = 900.0
"""No second try with a refused password before that. Source: own decision 0004."""

_TURN_SECONDS = 10.0
"""So long one driver waits for another that is just trying the same login.

Source: own decision 0062; a postbox that is away must not hold up the others for long.
"""

REFUSED = "postbox.login_refused"


LONGEST_QUIET_SECONDS = 21_600.0
"""No server is obeyed longer than that at once: six hours, then it is asked once whether it means
it. Mail stays in its postbox meanwhile, and `ready` tells. Source: own decision 0034."""


@dataclass(slots=True)
class Quiet:
    """How long a busy server wants to hear nothing of one mailbox. Time is monotonic.

    Threads share it: what it told one driver holds for the others, too.
    """

    _busy: HouseError | None = None
    _again_at: float = 0.0

    def heed(self, exc: HouseError) -> None:
        """Note the wait that a busy server named (`back_off_seconds`), and no shorter one."""
        named = float(str(exc.details.get("back_off_seconds", 0.0)))
        again_at = time.monotonic() + min(named, LONGEST_QUIET_SECONDS)
        if again_at > self._again_at:
            self._busy, self._again_at = exc, again_at

    def require_over(self) -> None:
        """Raises: TryLater: what the server said, with the seconds that are left of its wait."""
        busy, left = self._busy, self._again_at - time.monotonic()
        if busy is not None and left > 0:
            told = busy.details | {"back_off_seconds": left}
            raise TryLater(busy.code, busy.message, **told)


@dataclass(slots=True)
class LoginGate:
    """What is known of one login. Threads share it; time is monotonic.

    Until a login has worked, one driver at a time tries it. Afterwards all pass freely. After a
    refusal nobody passes for `PAUSE_SECONDS`, and then again one at a time.
    """

    _quiet: dict[str, Quiet] = field(default_factory=dict)
    _turn: threading.RLock = field(default_factory=threading.RLock)
    _has_worked: bool = False
    _refusal: HouseError | None = None
    _again_at: float = 0.0

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Around whatever may log in; short, for others may wait.

        Raises: the last refusal, while the gate is shut. TryLater: somebody else is trying this
        login and gets no reply (`postbox.away`). And whatever is raised inside.
        """
        if self._has_worked:
            with self._noting():
                yield
            return
        if not self._turn.acquire(timeout=_TURN_SECONDS):
            raise TryLater(
                "postbox.away",
                "Another postbox of the same account is waiting for the server: tried again later.",
            )
        try:
            with self._noting():
                yield
        finally:
            self._turn.release()

    def quiet(self, mailbox: str) -> Quiet:
        """What a busy server said of that mailbox; other mailboxes of the login go on."""
        return self._quiet.setdefault(mailbox.casefold(), Quiet())

    def reopen(self) -> None:
        """Let the next one try at once: it has something new to show, a fresh token."""
        self._refusal = None

    @contextmanager
    def _noting(self) -> Iterator[None]:
        self._require_open()
        try:
            yield
        except HouseError as exc:
            if exc.code == REFUSED:
                self._refusal, self._again_at = exc, time.monotonic() + PAUSE_SECONDS
                self._has_worked = False
            raise
        self._has_worked, self._refusal = True, None

    def _require_open(self) -> None:
        refusal = self._refusal
        if refusal is not None and time.monotonic() < self._again_at:
            raise type(refusal)(refusal.code, refusal.message, **refusal.details)
