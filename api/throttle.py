"""Nobody gets more of the doors than a fair share: one bucket a caller, of this process alone.

Who was let in before counts for himself, by the name of key or person. Who wasn't counts with all
others of the same address, so that made-up keys and cookies gain nothing, and nobody can use up
the bucket of a key whose name he knows. Plain ASGI, before the body is read; the answer to who
asks too much costs neither database nor template. Source: own decision 0088.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Final

import structlog
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.buckets import NAMES_MAX, Buckets, Limits, Rate
from api.doors import KEY_SEPARATOR
from api.errors import MACHINE_PATHS, Problem, json_of
from api.session import Session

log = structlog.get_logger(__name__)

TOO_MANY: Final = "request.too_many"

FREE_PATHS: Final = frozenset({"/health/live"})
"""Asked by supervisors, who restart the house where they get no 200; it costs nothing."""

SIGN_IN_PATHS: Final = frozenset({"/anmelden/zurueck"})
"""Each try costs a question to the sign-in service, for which a thread waits."""

_CALLS: Final = "/v1/"
"""Under this path a status below 400 means that the caller is known; elsewhere it says nothing."""

_BEARER: Final = b"bearer "
_IPV6_SITE_BITS: Final = 64
"""One household has that many addresses of its own. Source: RFC 6177 section 2."""

_TELL: Final = Rate(per_second=1 / 60, burst=1)
"""One log line a minute for each kind of limit: a flood of requests is no flood of lines."""


BusyPage = Callable[[str, int], Response]
"""Makes the page of a refusal, by method and seconds to wait; given by the web room."""


class Throttle:
    """The middleware. `cookie` is the name of the session's cookie at these doors."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        cookie: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self._cookie = cookie.encode() + b"="
        self._callers = Buckets(limits.caller, now)
        self._addresses = Buckets(limits.address, now)
        self._attempts = Buckets(limits.attempts, now)
        self._telling = Buckets(_TELL, now)
        # Who stands behind what was shown and found good, by its digest. Quiet longest first.
        self._owners: OrderedDict[bytes, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 429 with `Retry-After`."""
        if scope["type"] != "http" or scope["path"] in FREE_PATHS:
            await self.app(scope, receive, send)
            return
        shown = _shown(scope, self._cookie)
        digest = sha256(shown).digest() if shown else b""
        owner = self._owners.get(digest)
        if owner is None:
            await self._stranger(scope, receive, send, shown=shown, digest=digest)
            return
        self._owners.move_to_end(digest)
        seconds = self._callers.take(owner)
        if seconds:
            await self._refuse(scope, "caller", seconds)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _stranger(
        self, scope: Scope, receive: Receive, send: Send, *, shown: bytes, digest: bytes
    ) -> None:
        """Somebody who was not let in yet: counts with the address, and is known from then on."""
        address = network_of(scope)
        tries = shown.startswith(_BEARER) or scope["path"] in SIGN_IN_PATHS
        seconds, kind = self._addresses.take(address), "address"
        if not seconds and tries:
            seconds, kind = self._attempts.take(address), "attempts"
        if seconds:
            await self._refuse(scope, kind, seconds)(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                if tries and message["status"] < HTTPStatus.BAD_REQUEST:
                    self._attempts.give_back(address)
                owner = _owner(scope, shown, message["status"])
                if owner and digest:
                    self._learn(digest, owner)
            await send(message)

        await self.app(scope, receive, watched)

    def _learn(self, digest: bytes, owner: str) -> None:
        self._owners[digest] = owner
        if len(self._owners) > NAMES_MAX:
            self._owners.popitem(last=False)

    def _refuse(self, scope: Scope, kind: str, seconds: int) -> Response:
        """What is answered. Neither address nor person is logged."""
        if not self._telling.take(kind):
            log.warning("http.throttled", kind=kind)
        return too_many(scope, seconds)


def show_with(app: FastAPI, page: BusyPage) -> None:
    """Answer people with this page; called by `api.web.pages.install`."""
    app.state.busy_page = page


def too_many(scope: Scope, seconds: int) -> Response:
    """429 (RFC 6585 section 4): a problem for machines, a page for people."""
    headers = {"Retry-After": str(seconds)}
    if scope["path"].startswith(MACHINE_PATHS):
        told = f"too many requests in a short time; wait {seconds} s (header Retry-After)"
        details: dict[str, object] = {"retry_after_seconds": seconds}
        return json_of(Problem(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY, told, details, headers))
    page: BusyPage | None = getattr(scope["app"].state, "busy_page", None)
    if page is None:
        return Response(status_code=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
    told_in_german = page(scope["method"], seconds)
    told_in_german.headers["Retry-After"] = str(seconds)
    return told_in_german


def network_of(scope: Scope) -> str:
    """The client's address as the server knows it; of IPv6 the network of one household."""
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if ":" not in address:
        return address
    try:
        whole = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(whole, IPv6Address):
        return address
    return str(int(whole) >> (128 - _IPV6_SITE_BITS))


def _shown(scope: Scope, cookie: bytes) -> bytes:
    """The key or the session that comes with a request; empty where there is none."""
    session = b""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER:
            return _BEARER + bytes(value[len(_BEARER) :].strip())
        if name == b"cookie" and cookie in value:
            parts = (part.strip() for part in value.split(b";"))
            session = next((part for part in parts if part.startswith(cookie)), session)
    return session


def _owner(scope: Scope, shown: bytes, status: int) -> str:
    """Who was let in with what was shown; empty where this answer doesn't tell."""
    if shown.startswith(_BEARER):
        if status >= HTTPStatus.BAD_REQUEST or not scope["path"].startswith(_CALLS):
            return ""
        return "key " + _name_of(shown.removeprefix(_BEARER).decode("latin-1"))
    session = scope.get("state", {}).get("session")
    return f"person {session.caller.name}" if isinstance(session, Session) else ""


def _name_of(key: str) -> str:
    """A key's name; a token of the sign-in service has none: its digest stands for it."""
    name, _, rest = key.partition(KEY_SEPARATOR)
    return sha256(key.encode("latin-1")).hexdigest() if KEY_SEPARATOR in rest else name
