"""How the doors say no: one shape (RFC 9457), one table from code to status, nothing of a mail.

Clients compare `code`; texts may change. Pages of people are rendered by the web room.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rules.errors import Conflict, HouseError, TryLater, Unreadable
from triage.log import chain

log = structlog.get_logger(__name__)

PROBLEM_JSON: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:postlotse:"
RETRY_AFTER_SECONDS: Final = 5
"""What a client waits after 503. Source: own decision 0021; the worker's own poll pace."""

MACHINE_PATHS: Final = ("/v1/", "/health/", "/metrics", "/openapi.json", "/oidc/")
"""Under these an error is JSON; everywhere else it is a page."""

SPECIAL_STATUS: Final = {
    "mail.deleted": HTTPStatus.GONE,
    "mail.too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "request.too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "request.too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "request.media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "request.malformed": HTTPStatus.BAD_REQUEST,
    "picture.kind": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "request.if_match": HTTPStatus.PRECONDITION_REQUIRED,
    "item.precondition": HTTPStatus.PRECONDITION_FAILED,
    "text.changed": HTTPStatus.PRECONDITION_FAILED,
    "signin.state": HTTPStatus.BAD_REQUEST,
    "signin.issuer": HTTPStatus.BAD_REQUEST,
    "signin.code": HTTPStatus.BAD_REQUEST,
    "signin.declined": HTTPStatus.FORBIDDEN,
    "signin.answer": HTTPStatus.BAD_GATEWAY,
    "signin.client": HTTPStatus.BAD_GATEWAY,
    "signin.host": HTTPStatus.BAD_GATEWAY,
}
"""Codes whose status says more than their kind does."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal on its way out. `details` are for the caller and never logged."""

    status: int
    code: str
    detail: str
    details: dict[str, object] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The members of RFC 9457, section 3.1, with `code` and `details` as extensions."""
        return {
            "type": TYPE_PREFIX + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            # Details may hold days, words of an enum or small values of the house.
            "details": jsonable_encoder(self.details),
        }


_SAID_BY_FRAMEWORK: Final = {
    400: "the body can't be read; send JSON in UTF-8, as Content-Type says",
    404: "there is no such call; /openapi.json lists all there are",
    405: "this address doesn't take that method; the header Allow names those it takes",
}
"""What the framework says of these in two words names neither place nor remedy."""

NO_SUCH_NUMBER: Final = "store.number"
_BEYOND_COLUMNS: Final = re.compile(r"[+-]?[0-9_]{10,}")
"""Ten digits may be beyond a column of 32 bits, nineteen beyond one of 64."""

PageOf = Callable[[Request, Problem], Response]
"""Renders a problem as a German page; given to `show_with` by the web room."""


def problem_of(error: HouseError) -> Problem:
    """The problem that tells this error."""
    return Problem(
        status=status_of(error),
        code=error.code,
        detail=error.message,
        details=dict(error.details),
        headers=_headers_of(error),
    )


def status_of(error: HouseError) -> int:
    """HTTP status of an error; the code decides before the kind does."""
    if error.code in SPECIAL_STATUS:
        return int(SPECIAL_STATUS[error.code])
    if isinstance(error, Conflict):
        return int(HTTPStatus.CONFLICT)
    if isinstance(error, TryLater):
        return int(HTTPStatus.SERVICE_UNAVAILABLE)
    if isinstance(error, Unreadable):
        return int(HTTPStatus.UNPROCESSABLE_ENTITY)
    return int(_status_of_refusal(error.code))


def _status_of_refusal(code: str) -> HTTPStatus:
    if code.endswith(".unknown"):
        return HTTPStatus.NOT_FOUND
    if code.startswith("access."):
        return HTTPStatus.FORBIDDEN
    if code.startswith("auth."):
        return HTTPStatus.UNAUTHORIZED
    return HTTPStatus.UNPROCESSABLE_ENTITY


def _headers_of(error: HouseError) -> dict[str, str]:
    if isinstance(error, TryLater):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if status_of(error) == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    return {}


def json_of(problem: Problem) -> Response:
    """The problem as application/problem+json."""
    return JSONResponse(
        problem.as_json(), problem.status, headers=problem.headers, media_type=PROBLEM_JSON
    )


def answer(request: Request, problem: Problem) -> Response:
    """JSON for machines; for people the page, where the web room gave one."""
    page: PageOf | None = getattr(request.app.state, "problem_page", None)
    for_machine = request.url.path.startswith(MACHINE_PATHS)
    return json_of(problem) if for_machine or page is None else page(request, problem)


def register(app: FastAPI) -> None:
    """Let the app answer each known failure as a problem."""
    app.add_exception_handler(HouseError, told)
    app.add_exception_handler(HTTPException, told)
    app.add_exception_handler(RequestValidationError, told)


def show_with(app: FastAPI, page: PageOf) -> None:
    """Render problems outside /v1 as pages; called by `api.web.pages.install`."""
    app.state.problem_page = page


def told(request: Request, error: Exception) -> Response:
    """The answer to an error that was raised behind the framework, or on the short way past it."""
    if isinstance(error, HTTPException) and _OTHER_VERSION.match(request.url.path):
        return json_of(_UNKNOWN_VERSION)
    problem = known(error) or unexpected(request.scope, error)
    if problem.code == NO_SUCH_NUMBER:
        problem = _numbers_named(request) or problem
    return answer(request, problem)


def known(error: Exception) -> Problem | None:
    """The problem of an error that the house or the framework raised on purpose, else None."""
    if isinstance(error, HouseError):
        problem = problem_of(error)
        log.info("http.refused", code=problem.code, status=problem.status)
        return problem
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        phrase = HTTPStatus(error.status_code).phrase
        code = f"http.{phrase.lower().replace(' ', '_').replace('-', '_')}"
        told = _SAID_BY_FRAMEWORK.get(error.status_code, phrase)
        return Problem(error.status_code, code, told, headers=dict(error.headers or {}))
    return None


def _invalid(error: RequestValidationError) -> Problem:
    """Names each wrong field and what was expected; leaves out what was sent."""
    wrong = [
        {"where": ".".join(str(step) for step in found["loc"]), "reason": found["type"]}
        | {"message": found["msg"]}
        for found in error.errors()
    ]
    return _wrong_form(wrong)


def _numbers_named(request: Request) -> Problem | None:
    """Names the numbers of the address that no row can have; None where it holds none."""
    told = [
        *((f"path.{name}", value) for name, value in request.path_params.items()),
        *((f"query.{name}", value) for name, value in request.query_params.multi_items()),
    ]
    wrong = [
        {"where": where, "reason": "number_size", "message": "no row has a number of that size"}
        for where, value in told
        if _BEYOND_COLUMNS.fullmatch(str(value))
    ]
    return _wrong_form(wrong) if wrong else None


def _wrong_form(wrong: list[dict[str, str]]) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "request.invalid",
        "the request does not have the documented form; details name each place",
        {"errors": wrong},
    )


def unexpected(scope: Scope, error: Exception) -> Problem:
    """A bug: log where it happened, tell the client only by which number to ask for it.

    The exception's own text may quote a mail, so only its type and the frames are logged.
    """
    request_id = scope.get("request_id", "")
    log.error("http.failed", request_id=request_id, chain=chain(error))
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "an error in the house; it was logged under the request id in details",
        {"request_id": request_id},
    )


_OTHER_VERSION: Final = re.compile(r"/v(?!1/|1$)\d+(?:/|$)")
_UNKNOWN_VERSION: Final = Problem(
    HTTPStatus.NOT_FOUND,
    "api.version_unknown",
    "this house doesn't speak that version of the API; take one of those in details",
    {"versions": ["v1"]},
)


class Boundary:
    """Outermost catch of the doors: what no handler took, and what other middleware raised."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer once; after the first byte nothing can be said but to break off."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the HTTP door answers (decision 0006)
            problem = known(error) or unexpected(scope, error)
            if started:
                raise ConnectionAbortedError from None
            await answer(Request(scope), problem)(scope, receive, send)
