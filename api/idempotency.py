"""`Idempotency-Key` on every POST under /v1: a repetition gets the first answer, byte for byte.

What was refused for good is an answer too; what failed by a neighbour (5xx) or for want of a
known caller (401, 403) is not kept, so the next try may succeed. Calls that change nothing
take a key but keep no answer: it would hold the facts of a mail that the house promised to forget.
Source: FEATURES F66; own decision 0021.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import metrics
from api.auth import identify
from api.middleware import replayed
from rules.errors import HouseError, Refused
from triage import idempotency
from triage.house import House
from triage.idempotency import Answer, Turn

KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEY_CHARS_MAX: Final = 200
KEPT_HEADERS: Final = ("content-type", "location", "etag", "retry-after")
NOT_KEPT: Final = frozenset({401, 403})
CHANGES_NOTHING: Final = ("/v1/verdicts", "/preview")
"""Ends of the paths of calls that keep nothing."""


class FirstAnswer:
    """The middleware. Innermost but for the framework's own, so that it sees rendered problems."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or give the first answer again.

        Raises: Refused: `idempotency.key`, `idempotency.reused`. Conflict:
        `idempotency.in_progress`.
        """
        key = _key_of(scope)
        if key is None:
            await self.app(scope, receive, send)
            return
        body = (await receive()).get("body", b"")
        house: House = scope["app"].state.house
        begun = await run_in_threadpool(_begin, house, Request(scope), key, body)
        if isinstance(begun, Answer):
            metrics.REPLAYS.inc()
            await _again(begun)(scope, receive, send)
        elif begun is None:
            await self.app(scope, replayed(body, receive), send)
        else:
            await self._run(begun, scope, replayed(body, receive), send)

    async def _run(self, turn: Turn, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the deed; the answer is kept before its first byte leaves."""
        house: House = scope["app"].state.house
        heard: list[Message] = []

        async def listen(message: Message) -> None:
            heard.append(message)

        try:
            await self.app(scope, receive, listen)
        except BaseException:
            await run_in_threadpool(idempotency.give_up, house, turn)
            raise
        await run_in_threadpool(_settle, house, turn, _answer_of(heard))
        for message in heard:
            await send(message)


def _key_of(scope: Scope) -> str | None:
    """The key of a request that keeps its answer; None where there is none to keep."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    key = Headers(scope=scope).get(KEY)
    path: str = scope["path"]
    if key is None or not path.startswith("/v1/"):
        return None
    if not key or len(key) > KEY_CHARS_MAX or not key.isascii() or not key.isprintable():
        raise Refused(
            "idempotency.key", f"a key has 1 to {KEY_CHARS_MAX} printable ASCII characters"
        )
    return None if path.endswith(CHANGES_NOTHING) else key


def _begin(house: House, request: Request, key: str, body: bytes) -> Turn | Answer | None:
    """None where nobody is known behind the request: the endpoint then says so."""
    try:
        caller = identify(request)
    except HouseError:
        return None
    query = request.url.query
    target = f"{request.url.path}?{query}" if query else request.url.path
    # The media type and the lease token belong to what is asked.
    asked = "\n".join(request.headers.get(name, "") for name in ("content-type", "x-lease-token"))
    named = idempotency.request_of(
        caller, key, method=request.method, target=target, body=asked.encode() + b"\n" + body
    )
    return idempotency.begin(house, named)


def _settle(house: House, turn: Turn, answer: Answer) -> None:
    if answer.status >= 500 or answer.status in NOT_KEPT:
        idempotency.give_up(house, turn)
    else:
        idempotency.finish(house, turn, answer)


def _answer_of(heard: list[Message]) -> Answer:
    start = heard[0]
    headers = Headers(raw=start["headers"])
    body = b"".join(message.get("body", b"") for message in heard[1:])
    kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    return Answer(start["status"], kept, body.decode())


def _again(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in answer.headers.items():
        headers[name] = value
    headers[REPLAYED] = "true"
    return response
