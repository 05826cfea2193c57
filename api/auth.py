"""Who is calling, and whether this door is for them: keys for machines, sessions for people.

An endpoint says by the type of its parameter whom it serves (`caller: MayWorkItems`). Which
agency's items a caller may see or write is decided further in, by triage and rules/access.py.
"""

import hmac
import threading
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from api import session as sessions
from api.doors import KEY_SEPARATOR, ApiKey, DoorSettings
from api.session import Session
from rules import access
from rules.access import Caller, Permission
from rules.errors import Refused
from triage.house import House
from triage.list_scope import ListScope

CSRF_HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Source: RFC 9110 section 9.2.1."""


class KeyRing:
    """The machines' keys. Argon2 is paid once a key and process; safe to share between threads."""

    __slots__ = ("_by_name", "_checking", "_hasher", "_proved")

    def __init__(self, keys: tuple[ApiKey, ...]) -> None:
        self._by_name = {key.name: key for key in keys}
        self._hasher = PasswordHasher()
        # Digest of each key that argon2 has accepted; at most one entry a key of the settings.
        self._proved: dict[str, bytes] = {}
        # One argon2 at a time: it takes 64 MiB and a core, for wrong keys as for right ones.
        self._checking = threading.Lock()

    def caller(self, key: str) -> Caller:
        """Whose key this is. Raises: Refused: `auth.key_wrong`."""
        known = self._by_name.get(key.partition(KEY_SEPARATOR)[0])
        if known is None or not self._fits(known, key):
            raise Refused("auth.key_wrong", "this key is not known; ask the admin for a new one")
        return Caller(
            name=known.name,
            role=known.role,
            agencies=None if known.agencies is None else frozenset(known.agencies),
            regions=None if known.regions is None else frozenset(known.regions),
        )

    def _fits(self, known: ApiKey, key: str) -> bool:
        digest = sha256(key.encode()).digest()
        if hmac.compare_digest(self._proved.get(known.name, b""), digest):
            return True
        with self._checking:
            try:
                self._hasher.verify(known.hash, key)
            except (VerificationError, InvalidHashError):
                return False
        self._proved[known.name] = digest
        return True


def house_of(request: Request) -> House:
    """The house behind this door."""
    house: House = request.app.state.house
    return house


def door_of(request: Request) -> DoorSettings:
    """The settings of this door."""
    door: DoorSettings = request.app.state.door
    return door


def session_of(request: Request) -> Session | None:
    """The person's session, or None where nobody has signed in or the session has ended.

    Its bounds are those of the distribution lists now, where the house follows them.
    """
    cookie = request.cookies.get(sessions.COOKIE, "")
    now = house_of(request).clock()
    session = sessions.unseal(cookie, door_of(request).session_secret, now)
    if session is None or not session.account:
        return session
    scope: ListScope = request.app.state.scope
    reach = scope.of(session.account)
    if reach is None:
        return session
    bounded = replace(session.caller, agencies=reach.agencies, regions=reach.regions)
    return replace(session, caller=bounded)


def sign_in(request: Request, response: Response, caller: Caller, *, account: str = "") -> Session:
    """Let this person in: sets the cookie on `response`. The web room has checked who it is.

    `account` is the address by which the lists know the person, empty where they don't decide.
    """
    door = door_of(request)
    seconds = door.session_minutes * 60
    session = Session(
        caller=caller,
        csrf=sessions.new_csrf(),
        expires_at=house_of(request).clock() + timedelta(seconds=seconds),
        account=account,
    )
    response.set_cookie(
        sessions.COOKIE,
        sessions.seal(session, door.session_secret),
        max_age=seconds,
        httponly=True,
        samesite="strict",
        # The demo speaks plain HTTP on loopback, where not every browser takes Secure cookies.
        secure=not door.demo,
    )
    return session


def sign_out(response: Response) -> None:
    """Let the person go: takes the cookie back."""
    response.delete_cookie(sessions.COOKIE, httponly=True, samesite="strict")


def check_csrf(session: Session, token: str | None) -> None:
    """A write by session needs the session's own token, from the form or `X-CSRF-Token`.

    Raises: Refused: `access.csrf`.
    """
    if not hmac.compare_digest(session.csrf.encode(), (token or "").encode()):
        raise Refused(
            "access.csrf", "Das Formular ist veraltet. Laden Sie die Seite neu und wiederholen Sie."
        )


def identify(request: Request) -> Caller:
    """Who sends this request to /v1. A key goes before a session.

    Raises: Refused: `auth.missing`, `auth.key_wrong`, `access.csrf`.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        ring: KeyRing = request.app.state.keys
        return ring.caller(key.strip())
    session = session_of(request)
    if session is None:
        raise Refused("auth.missing", "send `Authorization: Bearer <key>`, or sign in first")
    if request.method not in SAFE_METHODS:
        check_csrf(session, request.headers.get(CSRF_HEADER))
    return session.caller


_bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="A machine's key: `Bearer name.secret`."
)
_cookie = APIKeyCookie(
    name=sessions.COOKIE,
    auto_error=False,
    scheme_name="session",
    description=f"A person's session; writes also need `{CSRF_HEADER}`.",
)


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency that lets in who has the permission; None lets in everybody who is known.

    Scope (agencies, region) is asked where the thing is read. A test asks each operation for one.
    """

    permission: Permission | None

    def __call__(
        self,
        request: Request,
        _key: Annotated[object, Security(_bearer)],
        _session: Annotated[object, Security(_cookie)],
    ) -> Caller:
        """The caller. Raises: Refused: `access.denied`, and as `identify`."""
        caller = identify(request)
        if self.permission is not None:
            access.require(caller, self.permission)
        return caller


HouseHere = Annotated[House, Depends(house_of)]
DoorHere = Annotated[DoorSettings, Depends(door_of)]

AnyCaller = Annotated[Caller, Depends(Needs(None))]
"""Known, but what may be seen is decided by the station (a mail: its sender, clerk or admin)."""

MayJudge = Annotated[Caller, Depends(Needs(Permission.JUDGE))]
MayHandIn = Annotated[Caller, Depends(Needs(Permission.HAND_IN))]
MayReadEvents = Annotated[Caller, Depends(Needs(Permission.READ_EVENTS))]
MayReadItems = Annotated[Caller, Depends(Needs(Permission.READ_ITEM))]
MayFreeItems = Annotated[Caller, Depends(Needs(Permission.FREE_ITEM))]
MayWorkItems = Annotated[Caller, Depends(Needs(Permission.WORK_ITEM))]
MayReadTexts = Annotated[Caller, Depends(Needs(Permission.READ_TEXTS))]
MayWriteTexts = Annotated[Caller, Depends(Needs(Permission.WRITE_TEXTS))]
MayApproveTexts = Annotated[Caller, Depends(Needs(Permission.APPROVE_TEXTS))]
MayReadFigures = Annotated[Caller, Depends(Needs(Permission.READ_FIGURES))]
MayReadTrail = Annotated[Caller, Depends(Needs(Permission.READ_TRAIL))]
MayReplay = Annotated[Caller, Depends(Needs(Permission.REPLAY))]
MayManageModels = Annotated[Caller, Depends(Needs(Permission.MANAGE_MODELS))]
MayReviewRights = Annotated[Caller, Depends(Needs(Permission.REVIEW_RIGHTS))]
MayManagePostboxes = Annotated[Caller, Depends(Needs(Permission.MANAGE_POSTBOXES))]
MayRunRetention = Annotated[Caller, Depends(Needs(Permission.RUN_RETENTION))]
MayChangeRules = Annotated[Caller, Depends(Needs(Permission.CHANGE_RULES))]
