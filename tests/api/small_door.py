"""A tiny app behind the real doors: real middleware, keys, problems, and of a house a clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from fastapi import FastAPI

from api import errors
from api.app import wrap
from api.doors import ApiKey, DoorSettings
from api.keyring import KeyRing
from api.session import Session, csrf_of
from rules.access import Caller
from rules.codes import Role
from rules.errors import TryLater
from tests.quick_key import quick_key
from triage.house import House

SECRET = b"0123456789abcdef0123456789abcdef"
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)

CLERK_KEY, _CLERK_HASH = quick_key("desk-435")
SC_KEY, _SC_HASH = quick_key("sc-west")
ADMIN_KEY, _ADMIN_HASH = quick_key("admin-1")
KEYS = (
    ApiKey("desk-435", _CLERK_HASH, Role.CLERK, agencies=("435",)),
    ApiKey("sc-west", _SC_HASH, Role.AUTOMATION, regions=("West",)),
    ApiKey("admin-1", _ADMIN_HASH, Role.ADMIN),
)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@dataclass(slots=True)
class Clock:
    """A clock that a test turns."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


class NoStore:
    """A database that is away: pages are shown all the same."""

    def read(self) -> Any:
        raise TryLater("store.away", "no store here")


@dataclass(slots=True)
class ClockHouse:
    """All of a house that keys, sessions, pages and problems ask for."""

    clock: Callable[[], datetime] = field(default_factory=Clock)
    db: NoStore = field(default_factory=NoStore)


@dataclass(slots=True)
class MemorySessions:
    """Sessions without a store, for pages that are shown and for doors without a house."""

    callers: dict[str, Caller] = field(default_factory=dict)

    def begin(self, caller: Caller, *, account: str = "", provider_session: str = "") -> str:
        number = f"number-{len(self.callers)}"
        self.callers[number] = caller
        return number

    def find(self, number: str, *, is_deed: bool) -> Session | None:
        caller = self.callers.get(number)
        return caller and Session(caller, csrf_of(number))

    def name_of_ended(self, number: str) -> str:
        return ""

    def end(self, number: str) -> None:
        self.callers.pop(number, None)


SESSIONS = MemorySessions()
"""Of all small apps: who signs in for a test is known to each of them."""


def door_settings(**changes: object) -> DoorSettings:
    settings: dict[str, Any] = {
        "host": "127.0.0.1", "port": 0, "session_secret": SECRET, "keys": KEYS,
    }  # fmt: skip
    return DoorSettings(**settings | changes)


def small_app(house: object = None, **changes: object) -> FastAPI:
    """An app without routes; the test adds the ones it needs."""
    app, door = FastAPI(), door_settings(**changes)
    app.state.house = cast("House", house or ClockHouse())
    app.state.door = door
    app.state.keys = KeyRing(door.keys)
    app.state.sessions = SESSIONS
    app.state.provider = None
    errors.register(app)
    wrap(app, door)
    return app
