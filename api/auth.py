"""Who is calling, and whether this door is for them: keys for machines, sessions for people.

An endpoint says by the type of its parameter whom it serves (`caller: MayWorkItems`). Which
agency's items a caller may see or write is decided further in, by triage and rules/access.py.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.concurrency import run_in_threadpool

from api import session as sessions
from api.doors import DoorSettings
from api.keyring import KeyRing
from api.session import Session, SessionBook
from rules import access
from rules.access import Caller, Permission
from rules.errors import Refused
from triage.house import House
from triage.list_scope import ListScope

CSRF_HEADER: Final = "X-CSRF-Token"
ONCE: Final = "postlotse.once"
"""Where a request with an `Idempotency-Key` carries what gives it its house."""
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Source: RFC 9110 section 9.2.1."""


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

    Its bounds are those of the distribution lists now, where the house follows them. Looked up
    once a request. Raises: TryLater: `store.away`.
    """
    state = request.state
    if not hasattr(state, "session"):
        state.session = _found_session(request)
    found: Session | None = state.session
    return found


def _found_session(request: Request) -> Session | None:
    book: SessionBook = request.app.state.sessions
    session = book.find(number_of(request), is_deed=_is_deed(request))
    if session is None or not session.account:
        return session
    scope: ListScope = request.app.state.scope
    reach = scope.of(session.account)
    if reach is None:
        return session
    bounded = replace(session.caller, agencies=reach.agencies, regions=reach.regions)
    return replace(session, caller=bounded)


def number_of(request: Request) -> str:
    """What the browser holds as its session, whether it still holds or not."""
    return request.cookies.get(sessions.cookie_name(door_of(request)), "")


def _is_deed(request: Request) -> bool:
    """Whether a person did something; what an open page asks by itself keeps nobody signed in."""
    return request.headers.get("sec-fetch-mode", "navigate") == "navigate"


def sign_in(
    request: Request,
    response: Response,
    caller: Caller,
    *,
    account: str = "",
    provider_session: str = "",
) -> Session:
    """Let this person in: sets the cookie on `response`. The web room has checked who it is.

    `account` is the hash by which the lists know the person, empty where they don't decide. The
    session that the browser had before ends, and its number is not used again (fixation).
    Raises: TryLater: `store.away`.
    """
    book: SessionBook = request.app.state.sessions
    book.end(number_of(request))
    number = book.begin(caller, account=account, provider_session=provider_session)
    door = door_of(request)
    response.set_cookie(
        sessions.cookie_name(door),
        number,
        max_age=door.session_minutes * 60,
        httponly=True,
        # Not strict: after signing in elsewhere the browser comes back from another site.
        samesite="lax",
        secure=not door.demo,
    )
    return Session(caller, sessions.csrf_of(number), account)


def sign_out(request: Request, response: Response) -> None:
    """Let the person go: ends the session and takes the cookie back. Raises: TryLater."""
    book: SessionBook = request.app.state.sessions
    book.end(number_of(request))
    door = door_of(request)
    response.delete_cookie(
        sessions.cookie_name(door), httponly=True, samesite="lax", secure=not door.demo
    )


def check_csrf(session: Session, token: str | None) -> None:
    """A write by session needs the session's own token, from the form or `X-CSRF-Token`.

    Raises: Refused: `access.csrf`.
    """
    if not hmac.compare_digest(session.csrf.encode(), (token or "").encode()):
        raise Refused(
            "access.csrf",
            f"A session's call needs its own token in {CSRF_HEADER}; load the page again.",
        )


def identify(request: Request) -> Caller:
    """Who sends this request to /v1. A key goes before a session.

    Raises: Refused: `auth.missing`, `auth.key_wrong`, `access.csrf`.
    """
    key = _key_of(request)
    if key is not None:
        return _ring_of(request).caller(key)
    session = session_of(request)
    if session is None:
        raise Refused("auth.missing", "send `Authorization: Bearer <key>`, or sign in first")
    if request.method not in SAFE_METHODS:
        check_csrf(session, request.headers.get(CSRF_HEADER))
    return session.caller


async def identified(request: Request) -> Caller:
    """As `identify`, without holding up the loop, and without a thread where none is needed."""
    key = _key_of(request)
    known = None if key is None else await _ring_of(request).known(key)
    return await run_in_threadpool(identify, request) if known is None else known


def _key_of(request: Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _ring_of(request: Request) -> KeyRing:
    ring: KeyRing = request.app.state.keys
    return ring


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

    async def __call__(
        self,
        request: Request,
        _key: Annotated[object, Security(_bearer)],
        _session: Annotated[object, Security(_cookie)],
    ) -> Caller:
        """The caller. Raises: Refused: `access.denied`, and as `identify`."""
        return await self.admit(request)

    async def admit(self, request: Request) -> Caller:
        """As the dependency, for an endpoint that the framework does not call. Raises: the same."""
        caller = await identified(request)
        if self.permission is not None:
            access.require(caller, self.permission)
        return caller


async def _house_here(request: Request) -> House:
    """Not a plain function: for those the framework takes a thread."""
    once: Callable[[Request], House] | None = request.scope.get(ONCE)
    return house_of(request) if once is None else once(request)


WORKING: Final = Needs(Permission.WORK_ITEM)

HouseHere = Annotated[House, Depends(_house_here)]

AnyCaller = Annotated[Caller, Depends(Needs(None))]
"""Known, but what may be seen is decided by the station (a mail: its sender, clerk or admin)."""

MayJudge = Annotated[Caller, Depends(Needs(Permission.JUDGE))]
MayHandIn = Annotated[Caller, Depends(Needs(Permission.HAND_IN))]
MayReadEvents = Annotated[Caller, Depends(Needs(Permission.READ_EVENTS))]
MayReadItems = Annotated[Caller, Depends(Needs(Permission.READ_ITEM))]
MayFreeItems = Annotated[Caller, Depends(Needs(Permission.FREE_ITEM))]
MayWorkItems = Annotated[Caller, Depends(WORKING)]
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
