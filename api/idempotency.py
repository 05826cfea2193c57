"""`Idempotency-Key` on every POST under /v1: a repetition gets the first answer, byte for byte.

What was refused for good is an answer too; what failed by a neighbour (5xx) or for want of a
known caller (401, 403) is not kept, so the next try may succeed. Calls that change nothing
take a key but keep no answer: it would hold the facts of a mail that the house promised to forget.
Source: F66; own decisions 0021, 0134.
"""

import re
from functools import partial
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors, metrics
from api.auth import ONCE, house_of, identify
from api.middleware import replayed
from rules.access import Caller
from rules.errors import Conflict, HouseError, Refused
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

KEPT_BY_STATION: Final = re.compile(r"/v1/agencies/[^/]+/items/next")
"""Paths whose answers the station keeps in the commit of the deed. Source: own decision 0079."""

GOES_ON: Final = re.compile(
    r"/v1/mails|/v1/items/[^/]+/lease|/v1/admin/(aside|outgoing)/replay|/v1/admin/filing/again"
    r"|/v1/admin/texts"
)
"""Paths whose repetition runs anew though the first one did something: a mail keeps a promise of
its own, taking an item one holds is harmless, a second draft of a text is refused, and the others
go on with what is left. All other calls commit once. Own decision 0134."""

_KEPT: Final = "postlotse.kept"
"""Where a request carries that its station has decided it."""


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
        if KEPT_BY_STATION.fullmatch(scope["path"]):
            await self._keep_the_rest(scope, replayed(body, receive), send, body)
            return
        house: House = scope["app"].state.house
        begun = await run_in_threadpool(_begin, house, Request(scope), key, body)
        if isinstance(begun, Answer):
            metrics.REPLAYS.inc()
            await again(begun)(scope, receive, send)
        elif begun is None:
            await self.app(scope, replayed(body, receive), send)
        else:
            await self._run(begun, scope, replayed(body, receive), send)

    async def _keep_the_rest(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        """What was refused before the station saw it, and so did nothing, is an answer too."""
        heard: list[Message] = []

        async def listen(message: Message) -> None:
            heard.append(message)

        await self.app(scope, receive, listen)
        answer, key = _answer_of(heard), _key_of(scope)
        if scope.get(_KEPT) or key is None or not _is_kept(answer.status):
            begun = None
        else:
            house: House = scope["app"].state.house
            begun = await run_in_threadpool(_begin, house, Request(scope), key, body)
        if isinstance(begun, Answer):
            metrics.REPLAYS.inc()
            await again(begun)(scope, receive, send)
            return
        if begun is not None:
            await run_in_threadpool(_settle, scope["app"].state.house, begun, answer)
        for message in heard:
            await send(message)

    async def _run(self, turn: Turn, scope: Scope, receive: Receive, send: Send) -> None:
        """Do the deed; the answer is kept before its first byte leaves."""
        house: House = scope["app"].state.house
        heard: list[Message] = []
        if not GOES_ON.fullmatch(scope["path"]):
            scope[ONCE] = partial(_house_of_turn, turn)

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


async def named(request: Request, caller: Caller) -> idempotency.Request | None:
    """How the station names a request that came with a key, for a deed that keeps its answer."""
    if KEY not in request.headers:
        return None  # nothing to read the body for
    return named_by(request, caller, await request.body())


def named_by(request: Request, caller: Caller, body: bytes) -> idempotency.Request | None:
    """As `named`, for who has read the body already."""
    key = _key_of(request.scope)
    return None if key is None else _named(request, caller, key, body)


def kept_by_station(scope: Scope) -> None:
    """The station has decided this request, and what is to be kept of it is kept."""
    scope[_KEPT] = True


def _named(request: Request, caller: Caller, key: str, body: bytes) -> idempotency.Request:
    query = request.url.query
    target = f"{request.url.path}?{query}" if query else request.url.path
    # The media type and the lease token belong to what is asked.
    asked = "\n".join(request.headers.get(name, "") for name in ("content-type", "x-lease-token"))
    return idempotency.request_of(
        caller, key, method=request.method, target=target, body=asked.encode() + b"\n" + body
    )


def _begin(house: House, request: Request, key: str, body: bytes) -> Turn | Answer | None:
    """None where nobody is known behind the request: the endpoint then says so."""
    try:
        caller = identify(request)
    except HouseError:
        return None
    return idempotency.begin(house, _named(request, caller, key, body))


def _house_of_turn(turn: Turn, request: Request) -> House:
    """The house in which this request does what it does once."""
    if request.scope["route"].status_code == HTTPStatus.NO_CONTENT:
        promised = Answer(HTTPStatus.NO_CONTENT, {}, "")
    else:
        lost = Conflict(
            "idempotency.answer_lost",
            "This request was carried out, and its answer was lost. Look at what it changed; with"
            " this key nothing is done a second time.",
        )
        promised = _whole(errors.json_of(errors.problem_of(lost)))
    return idempotency.once(house_of(request), turn, promised)


def _settle(house: House, turn: Turn, answer: Answer) -> None:
    if _is_kept(answer.status):
        idempotency.finish(house, turn, answer)
    else:
        idempotency.give_up(house, turn)


def _is_kept(status: int) -> bool:
    return status < 500 and status not in NOT_KEPT


def answer_to_keep(response: Response) -> Answer | None:
    """A whole answer as it is kept, or None where such a one is not."""
    return _whole(response) if _is_kept(response.status_code) else None


def _whole(response: Response) -> Answer:
    kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, kept, bytes(response.body).decode())


def _answer_of(heard: list[Message]) -> Answer:
    start = heard[0]
    headers = Headers(raw=start["headers"])
    body = b"".join(message.get("body", b"") for message in heard[1:])
    kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
    return Answer(start["status"], kept, body.decode())


def again(answer: Answer) -> Response:
    """The first answer once more, marked as such."""
    response = Response(answer.body, answer.status)
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in answer.headers.items():
        headers[name] = value
    headers[REPLAYED] = "true"
    return response
