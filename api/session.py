"""A person's session as the doors know it: who, and the token of the forms.

The cookie holds 256 random bits and tells nothing; everything else lies in the store
(triage/sessions.py). The token of the forms is made from those bits, so it needs no place.
"""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from api.doors import DoorSettings
from rules.access import Caller
from rules.codes import Role
from store.doors.sessions import SessionRow
from triage import sessions
from triage.house import House
from triage.sessions import Limits

COOKIE: Final = "__Host-postlotse_session"
"""Browsers take such a cookie over TLS only, for this very host and all of it.

Source: RFC 6265bis section 4.1.3.2."""

DEMO_COOKIE: Final = "postlotse_session"
"""The demo speaks plain HTTP on loopback, where not every browser takes Secure cookies."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in. `csrf` goes into each form.

    `account` is the hash by which the distribution lists know the person, or empty.
    """

    caller: Caller
    csrf: str
    account: str = ""


class SessionBook(Protocol):
    """Where sessions are kept; the doors ask for no more."""

    def begin(self, caller: Caller, *, account: str, provider_session: str) -> str:
        """A new session; the value of its cookie."""
        ...

    def find(self, number: str, *, is_deed: bool) -> Session | None:
        """The session that holds now."""
        ...

    def name_of_ended(self, number: str) -> str:
        """Whose session that was, or empty."""
        ...

    def end(self, number: str) -> None:
        """Sign-out."""
        ...


@dataclass(frozen=True, slots=True)
class StoredSessions:
    """The sessions in the store of the house. All raise TryLater: `store.away`.

    `by_service`: who signs in by a service is known to the lists, where they decide.
    """

    house: House
    limits: Limits
    by_service: bool = False

    def begin(self, caller: Caller, *, account: str, provider_session: str) -> str:
        """A new session; the value of its cookie."""
        return sessions.begin(
            self.house,
            caller,
            limits=self.limits,
            account_hash=account,
            provider_sid_hash=provider_session,
        )

    def find(self, number: str, *, is_deed: bool) -> Session | None:
        """The session that holds now."""
        row = sessions.find(self.house, number, limits=self.limits, is_deed=is_deed)
        if row is None or self._is_of_before(row):
            return None
        return Session(row.caller, csrf_of(number), row.account_hash)

    def _is_of_before(self, row: SessionRow) -> bool:
        """Signed in before the lists decided, with what the groups gave: she signs in again."""
        follows = self.by_service and self.house.policy.rights.clerks_follow_lists
        return follows and row.caller.role is Role.CLERK and not row.account_hash

    def name_of_ended(self, number: str) -> str:
        """Whose session that was, or empty."""
        return sessions.name_of_ended(self.house, number)

    def end(self, number: str) -> None:
        """Sign-out."""
        sessions.end(self.house, number)


def limits_of(door: DoorSettings) -> Limits:
    """How long a sign-in lasts at these doors."""
    return Limits(timedelta(minutes=door.idle_minutes), timedelta(minutes=door.session_minutes))


def cookie_name(door: DoorSettings) -> str:
    """Under which name the browser keeps it."""
    return DEMO_COOKIE if door.demo else COOKIE


def csrf_of(number: str) -> str:
    """The token of the forms; it tells nothing of the cookie it is made from."""
    return hmac.digest(number.encode(), b"postlotse csrf 1", "sha256").hex()[:32]
