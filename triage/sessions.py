"""Sessions of people: begun at sign-in, ended by sign-out, by rest, by their end, or from outside.

What the browser holds is 256 random bits; the store has only their SHA-256. Nothing here names a
person: callers are pseudonyms, and rows of ended sessions are swept, so that no times of work
remain. Source: own decision 0056; NIST SP 800-63B section 7.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.errors import TryLater
from store.doors import sessions
from store.doors.sessions import SessionRow
from store.trail import audit
from triage.house import House

SEEN_EVERY: Final = timedelta(minutes=1)
"""So exact is the time of the last deed. Source: own decision 0056; a write a minute and person."""

SWEPT_AFTER: Final = timedelta(hours=1)
"""So long an ended session can still tell whose draft it was. Source: own decision 0056."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a sign-in lasts: without a deed, and at all."""

    idle: timedelta
    absolute: timedelta


def begin(
    house: House,
    caller: Caller,
    *,
    limits: Limits,
    account_hash: str = "",
    provider_sid_hash: str = "",
) -> str:
    """A new session; what the browser shall hold. Every sign-in has a number of its own.

    Raises: TryLater: `store.away`.
    """
    number, now = secrets.token_urlsafe(32), house.clock()
    row = SessionRow(
        id_hash=digest(number),
        caller=caller,
        started_at=now,
        seen_at=now,
        ends_at=now + limits.absolute,
        account_hash=account_hash,
        provider_sid_hash=provider_sid_hash,
    )
    with house.db.write() as tx:
        sessions.add(tx, row)
    return number


def find(house: House, number: str, *, limits: Limits, is_deed: bool) -> SessionRow | None:
    """The session, if it holds. `is_deed`: the person did something, so that rest begins anew.

    Raises: TryLater: `store.away`.
    """
    if not number:
        return None
    now = house.clock()
    with house.db.read() as tx:
        row = sessions.find(tx, digest(number))
    if row is None or not holds(row, now, limits):
        return None
    if is_deed and now - row.seen_at >= SEEN_EVERY:
        _note(house, row, now)
    return row


def name_of_ended(house: House, number: str) -> str:
    """Whose session that was, for some time after its end; empty where nobody knows.

    Raises: TryLater: `store.away`.
    """
    if not number:
        return ""
    with house.db.read() as tx:
        row = sessions.find(tx, digest(number))
    return row.caller.name if row else ""


def end(house: House, number: str) -> None:
    """Sign-out. Raises: TryLater: `store.away`."""
    if number:
        with house.db.write() as tx:
            sessions.drop(tx, digest(number))


def end_from_outside(house: House, *, name: str, provider_sid_hash: str) -> int:
    """Sign-out told by the sign-in service; the number of sessions. Idempotent.

    Raises: TryLater: `store.away`.
    """
    with house.db.write() as tx:
        return sessions.drop_by_provider(tx, name=name, provider_sid_hash=provider_sid_hash)


def end_by_order(house: House, by: Caller, *, name: str = "") -> int:
    """End the sign-ins of that person, or of everybody; the number. Idempotent.

    The trail tells that, and not whose: who was signed in when stands nowhere.
    Raises: Refused: `access.denied`. TryLater: `store.away`.
    """
    access.require(by, Permission.MANAGE_KEYS)
    with house.db.write() as tx:
        if name:
            number = sessions.drop_by_provider(tx, name=name, provider_sid_hash="")
        else:
            number = sessions.drop_all(tx)
        details = {"scope": "person" if name else "all"}
        at = house.clock()
        audit.add(tx, by.name, action="session.ended", subject="session", details=details, at=at)
    return number


def sweep(house: House) -> int:
    """Drop what ended some time ago; how many. For the worker that keeps order."""
    with house.db.write() as tx:
        return sessions.sweep(tx, before=house.clock() - SWEPT_AFTER)


def holds(row: SessionRow, now: datetime, limits: Limits) -> bool:
    """Whether neither limit is over. The shorter of the end then and the end now counts."""
    end = min(row.ends_at, row.started_at + limits.absolute)
    return now < end and now - row.seen_at < limits.idle


def digest(number: str) -> str:
    """SHA-256 in hex of a session's number; the number itself is stored nowhere."""
    return sha256(number.encode()).hexdigest()


def _note(house: House, row: SessionRow, now: datetime) -> None:
    try:
        with house.db.write() as tx:
            sessions.seen(tx, row.id_hash, now=now)
    except TryLater:
        # The page can still be read; the next one notes it.
        return
