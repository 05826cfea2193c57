"""The written promise of the doors: what FastAPI knows of them, and what all have in common.

Problems, `Idempotency-Key` and its answers hold for every operation by construction, so they
are added here in one place instead of standing at each endpoint.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import idempotency
from api.errors import PROBLEM_JSON
from api.schemas.base import ProblemOut
from api.schemas.mails import MailIn

TITLE: Final = "Postlotse"
VERSION: Final = "1"
DESCRIPTION: Final = (
    "Mail intake and triage for the Service Centers and Eingangszonen.\n\n"
    "Errors are `application/problem+json` with a stable `code`; compare codes, not texts. "
    "Within `/v1` keys are added, never renamed or removed. Times are UTC, days are local days. "
    "Every POST takes an `Idempotency-Key`; a repetition gets the first answer, byte for byte. "
    "Lists come in pages: pass `next_cursor` on as `cursor` until it is null."
)
TAGS: Final[list[dict[str, Any]]] = [
    {"name": "automation", "description": "Machines of the Service Centers: judge, hand in, ask."},
    {"name": "clerk", "description": "Clerks of the Eingangszonen: take, work on, lay down."},
    {"name": "texts", "description": "Approved texts (Textbausteine) and answers made of them."},
    {"name": "admin", "description": "Admins: set aside, outgoing, completeness, rights, figures."},
    {"name": "health", "description": "For monitoring."},
]

PROBLEMS: Final = {
    "400": "The body can't be read: empty, or no JSON in UTF-8 (`request.malformed`, `http.*`).",
    "401": "No key and no session, or a wrong one (`auth.*`).",
    "403": "Known, but not allowed (`access.*`).",
    "404": "No such thing, or not for this caller (`*.unknown`).",
    "408": "The body did not come in time (`request.too_slow`); send it again.",
    "409": "Somebody else was faster (`item.lease_stale`, …), or `*.cursor_ahead`: set back since.",
    "410": "Its content was deleted after the retention period (`mail.deleted`).",
    "412": "It has gone on since the `ETag` or hash named (`text.changed`, `item.precondition`).",
    "413": "The body is larger than allowed (`request.too_large`).",
    "415": "Of another kind than is taken here (`request.media_type`, `picture.kind`).",
    "422": "Understood and refused for good; `code` and `details` say why.",
    "428": "Name what you read: `If-Match` is missing (`request.if_match`).",
    "429": "Too many requests (`request.too_many`); try again after `Retry-After` seconds.",
    "500": "An error in the house (`internal`); it was logged.",
    "503": "A neighbour is away; try again after `Retry-After` seconds.",
}
ALWAYS: Final = frozenset({"429", "500", "503"})
WITH_CALLER: Final = frozenset({"401", "403", "404", "422"})
WITH_WRITE: Final = frozenset({"400", "408", "409", "413"})

OWN: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "post /v1/verdicts": frozenset({"415"}),
        "post /v1/mails": frozenset({"415"}),
        "get /v1/mails/{message_id}/original": frozenset({"410"}),
        "get /v1/items/{item_id}/attachments/{number}": frozenset({"410"}),
        "get /v1/items/{item_id}/attachments/{number}/pages/{page}": frozenset({"410", "415"}),
        "post /v1/items/{item_id}/replies": frozenset({"410"}),
        "post /v1/admin/aside/{message_id}/intake": frozenset({"410"}),
        "post /v1/admin/outgoing/{outgoing_id}/replay": frozenset({"410"}),
        "post /v1/admin/outgoing/{outgoing_id}/again": frozenset({"410"}),
        "post /v1/admin/retention/holds": frozenset({"410"}),
    }
)
"""What only these operations say."""

COME_BACK_TO: Final = frozenset({"/v1/events", "/v1/admin/trail"})
"""Their cursors are kept; 409 `*.cursor_ahead` where the database was set back since."""


def install(app: FastAPI) -> None:
    """Let the app describe itself with everything that holds for all operations."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(_by_framework(app))
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way


def _by_framework(app: FastAPI) -> dict[str, Any]:
    return get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = schema["components"]["schemas"]
    for model in (ProblemOut, MailIn):
        schemas[model.__name__] = model.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    codes = set(ALWAYS)
    if "security" in operation:
        codes |= WITH_CALLER
    if method in {"post", "put", "delete"}:
        codes |= WITH_WRITE
    if path in COME_BACK_TO:
        codes |= {"409"}
    if any(one["name"] == "if-match" for one in operation.get("parameters", ())):
        codes |= {"412", "428"}
    codes |= OWN.get(f"{method} {path}", frozenset())
    responses = operation["responses"]
    for code in sorted(codes):
        if code not in responses or code == "422":
            responses[code] = _problem(code)
    if method == "post" and path.startswith("/v1/"):
        operation.setdefault("parameters", []).append(_key_parameter())


def _problem(code: str) -> dict[str, Any]:
    return {
        "description": PROBLEMS[code],
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
    }


def _key_parameter() -> dict[str, Any]:
    return {
        "name": idempotency.KEY,
        "in": "header",
        "required": False,
        "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.KEY_CHARS_MAX},
        "example": "5f0c9a3e-4b7d-4c1e-9a52-0d2f6a1b8c77",
        "description": (
            "Names this request. Repeated with the same content it gets the first answer; with "
            "other content 422 `idempotency.reused`; while it still runs 409 "
            "`idempotency.in_progress`; done, but its answer lost, 409 "
            "`idempotency.answer_lost`."
        ),
    }
