"""What every request passes on its way in and out: a number, a time, a size limit, safe headers.

Plain ASGI, so that bodies and answers pass unchanged. Order, outermost first: `Watched`,
`SafeHeaders`, `Onward`, `errors.Boundary`, `LocalNames` (demo), `throttle.Throttle`, `SizeLimit`,
`idempotency.FirstAnswer`, `quick_next.QuickNext`.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors, metrics
from rules.errors import Refused
from rules.loopback import LOOPBACK

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "API-Version": "v1",
}
"""Set where the answer has not its own. Source: F68, F70; OWASP Secure Headers Project."""

_RAW: Final = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())
"""The same as they leave: names in small letters, as the framework has them."""

REQUEST_ID: Final = "X-Request-Id"
_RAW_REQUEST_ID: Final = REQUEST_ID.lower().encode()

BODY_SECONDS: Final = 120.0
"""How long a body may take to come: the largest, 60 MiB, over 4 Mbit/s. Own decision 0088."""


class Watched:
    """Gives each request a number and counts it by route and status, never by path or person."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; count when the answer starts, or as 499 when there was none."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(8)
        began, status = time.perf_counter(), 499

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                number = (_RAW_REQUEST_ID, scope["request_id"].encode())
                # A new list: the old one belongs to the answer, which may be sent again.
                message["headers"] = [*message["headers"], number]
            await send(message)

        try:
            await self.app(scope, receive, numbered)
        finally:
            seconds = time.perf_counter() - began
            metrics.count(scope["method"], route_of(scope), status, seconds)


class SafeHeaders:
    """Adds the headers that keep strangers' content from acting in a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; an answer's own header stays (cached style sheets, a page's narrower policy)."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                own = {name for name, _ in headers}
                message["headers"] = [
                    *headers,
                    *(header for header in _RAW if header[0] not in own),
                ]
            await send(message)

        await self.app(scope, receive, guarded)


BY_SCRIPT: Final = "Postlotse-By-Script"
"""In the request: the desk's script sends this form and goes on by itself."""
ONWARD: Final = "Postlotse-Onward"
"""In the answer: where to. A script is never told where a redirect leads."""


class Onward:
    """Tells the desk's script where a form leads, instead of leading there.

    So the page with what somebody wrote stays until the house has answered. Own decision 0137.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; a 303 to who asked so becomes a 200 with the address, cookies and all."""
        if scope["type"] != "http" or BY_SCRIPT not in Headers(scope=scope):
            await self.app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == _SEE_OTHER:
                message["status"] = int(HTTPStatus.OK)
                message["headers"] = [_onward(header) for header in message["headers"]]
            await send(message)

        await self.app(scope, receive, told)


_SEE_OTHER: Final = int(HTTPStatus.SEE_OTHER)


def _onward(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return (ONWARD.lower().encode(), header[1]) if header[0] == b"location" else header


class LocalNames:
    """For the demo: answers only where it was asked for by a name of this machine.

    A page elsewhere whose name leads to 127.0.0.1 for a moment (DNS rebinding) is of the same
    origin as the demo, and could click its sign-in. Source: own decision 0094.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on. Raises: Refused: `access.not_local`."""
        if scope["type"] == "http" and not _is_local(Headers(scope=scope).get("host", "")):
            raise Refused("access.not_local", "the demo answers to 127.0.0.1 and localhost only")
        await self.app(scope, receive, send)


def _is_local(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


_TWO_LENGTHS: Final = errors.Problem(
    HTTPStatus.BAD_REQUEST,
    "request.malformed",
    "the request tells its length in two ways; send one of them",
    # What a proxy in front took for the rest of the body would be the next request here.
    headers={"Connection": "close"},
)
"""Source: RFC 9112 section 6.3 ("request smuggling"): refuse, and close the connection."""


class SizeLimit:
    """Reads a request's body whole, up to the limit of its path, before anything looks at it."""

    def __init__(
        self, app: ASGIApp, *, limit_of: Callable[[str], int], seconds: float = BODY_SECONDS
    ) -> None:
        self.app = app
        self.limit_of = limit_of
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the body on in one piece. Raises: Refused: `request.too_large`, `.too_slow`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit_bytes, headers = self.limit_of(scope["path"]), Headers(scope=scope)
        if "content-length" in headers and "transfer-encoding" in headers:
            await errors.answer(Request(scope), _TWO_LENGTHS)(scope, receive, send)
            return
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit_bytes:
            raise too_large(limit_bytes)
        try:
            async with asyncio.timeout(self.seconds):
                body = await whole_body(receive, limit_bytes)
        except TimeoutError as exc:
            raise Refused("request.too_slow", "the body did not come in time; send again") from exc
        if body is not None:
            await self.app(scope, replayed(body, receive), send)


async def whole_body(receive: Receive, limit_bytes: int) -> bytes | None:
    """The body, or None if the client went away. Raises: Refused: `request.too_large`."""
    chunks: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        size_bytes += len(chunks[-1])
        if size_bytes > limit_bytes:
            raise too_large(limit_bytes)
        if not message.get("more_body", False):
            return b"".join(chunks)


def replayed(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A `receive` that gives the body once, then what the server says (disconnect)."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def too_large(limit_bytes: int) -> Refused:
    """The refusal of a body over the limit."""
    return Refused(
        "request.too_large",
        f"the body is larger than {limit_bytes} bytes; send less, or ask the admin for more",
        limit_bytes=limit_bytes,
    )


def route_of(scope: Scope) -> str:
    """The route's pattern (`/v1/items/{item_id}`), so that labels hold no ids and stay few."""
    return getattr(scope.get("route"), "path", "none")
