"""For every route of the house a request that fits its form, made from what the route declares."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, get_args, get_origin

from fastapi import FastAPI, UploadFile
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from tests.house_fixture import eml

JSON_FIELDS = {"text", "item_id", "postbox", "region"}
"""Of a JSON body; the other fields are as in its example."""


@dataclass(frozen=True)
class Call:
    """One way to ask: method, pattern of the path, and the body."""

    method: str
    pattern: str
    path: str
    form: dict[str, Any] | None = None
    files: dict[str, Any] | None = None
    json: dict[str, Any] | None = None
    content: bytes | None = None
    query: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.pattern}"


def calls(app: FastAPI, *, places: dict[str, str], fields: dict[str, Any]) -> list[Call]:
    """All of them, in the order of the routes. `places` fills the paths, `fields` the forms."""
    return [call_of(route, places, fields) for route in routes(app.routes)]


def routes(found: Any) -> Iterator[APIRoute]:
    """All endpoints, also those of included routers."""
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router.routes)


def call_of(route: APIRoute, places: dict[str, str], fields: dict[str, Any]) -> Call:
    method, path = next(iter(route.methods)), route.path
    for name, value in places.items():
        path = path.replace("{" + name + "}", value)
    assert "{" not in path, f"no sample for a part of {path}"
    if path in {"/v1/mails", "/v1/verdicts"}:
        return Call(method, route.path, path, content=eml("Termin"))
    form: dict[str, Any] = {}
    files: dict[str, Any] = {}
    for one in flat(route.dependant, "body_params"):
        kind = one.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            shown = {n: f.examples[0] for n, f in kind.model_fields.items() if f.examples}
            shown |= {n: v for n, v in fields.items() if n in shown and n in JSON_FIELDS}
            return Call(method, route.path, path, json=shown)
        if kind is UploadFile:
            files[one.alias] = ("x.csv", b"x")
        elif isinstance(kind, type) and issubclass(kind, Enum):
            form[one.alias] = sample(kind)
        elif one.alias in fields or one.field_info.is_required():
            form[one.alias] = fields.get(one.alias, sample(kind))
    query = {
        one.alias: str(fields.get(one.alias, sample(one.field_info.annotation)))
        for one in flat(route.dependant, "query_params")
        if one.field_info.is_required()
    }
    return Call(
        method,
        route.path,
        path,
        form=form if method == "POST" else None,
        files=files or None,
        query=query,
    )


def flat(dependant: Dependant, kind: str) -> Iterator[Any]:
    yield from getattr(dependant, kind)
    for deeper in dependant.dependencies:
        yield from flat(deeper, kind)


def sample(kind: Any) -> Any:
    """Something of that type."""
    inside = [one for one in get_args(kind) if one is not type(None)]
    if get_origin(kind) is not None and inside:
        return sample(inside[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    return {int: "1", bool: "true", date: "2026-12-01"}.get(kind, "x")
