"""The written promise: every operation is documented whole, and guarded as documented."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from api.app import make_app
from api.auth import Needs
from api.errors import PROBLEM_JSON
from api.openapi import OWN
from api.schemas.base import In
from tests.api.small_door import ClockHouse, door_settings

APP = make_app(ClockHouse(), door_settings())
SCHEMA = APP.openapi()
OPERATIONS = [
    (method, path, operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]
PUBLIC = {"/health/live", "/health/ready", "/metrics"}

PROMISED = {
    "POST /v1/verdicts",
    "POST /v1/mails",
    "GET /v1/mails/{id}",
    "GET /v1/mails/{id}/original",
    "POST /v1/agencies/{code}/items/next",
    "GET /v1/agencies/{code}/items",
    "GET /v1/items/{id}",
    "POST /v1/items/{id}/lease",
    "PUT /v1/items/{id}/lease",
    "DELETE /v1/items/{id}/lease",
    "POST /v1/items/{id}/correction",
    "POST /v1/items/{id}/park",
    "POST /v1/items/{id}/return",
    "POST /v1/items/{id}/forward",
    "POST /v1/items/{id}/handover",
    "POST /v1/items/{id}/waiver",
    "POST /v1/items/{id}/replies",
    "POST /v1/items/{id}/close",
    "GET /v1/items/{id}/texts",
    "GET /v1/texts",
    "GET /v1/texts/{id}",
    "GET /v1/texts/{id}/versions/{n}",
    "POST /v1/texts/{id}/preview",
    "GET /v1/admin/aside",
    "POST /v1/admin/aside/{id}/replay",
    "POST /v1/admin/aside/{id}/intake",
    "GET /v1/admin/outgoing",
    "POST /v1/admin/outgoing/{id}/replay",
    "POST /v1/admin/outgoing/{id}/again",
    "GET /v1/admin/completeness",
    "GET /v1/admin/perhaps-twice",
    "GET /v1/admin/postboxes",
    "GET /v1/admin/figures",
    "GET /v1/admin/filing",
    "POST /v1/admin/filing/again",
    "GET /v1/admin/trail",
    "GET /v1/admin/rulesets",
    "POST /v1/admin/rulesets",
    "POST /v1/admin/rulesets/check",
    "POST /v1/admin/rulesets/dry-run",
    "POST /v1/admin/rulesets/import",
    "POST /v1/admin/rulesets/rollback",
    "GET /v1/admin/rulesets/{id}",
    "POST /v1/admin/rulesets/{id}/versions/{n}/dry-run",
    "POST /v1/admin/rulesets/{id}/versions/{n}/activate",
    "GET /v1/admin/texts",
    "POST /v1/admin/texts",
    "POST /v1/admin/texts/check",
    "GET /v1/admin/texts/stock",
    "GET /v1/admin/texts/{id}/diff",
    "GET /v1/admin/texts/{id}/versions/{n}",
    "PUT /v1/admin/texts/{id}/versions/{n}",
    "POST /v1/admin/texts/{id}/versions/{n}/submit",
    "POST /v1/admin/texts/{id}/versions/{n}/withdraw",
    "POST /v1/admin/texts/{id}/versions/{n}/turn-down",
    "POST /v1/admin/texts/{id}/versions/{n}/approve",
    "POST /v1/admin/texts/{id}/versions/{n}/retire",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
}


def each_operation() -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS]
    )


def test_the_promised_paths_are_there() -> None:
    def shape(text: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", text)

    offered = {shape(f"{method.upper()} {path}") for method, path, _ in OPERATIONS}
    assert {shape(promise) for promise in PROMISED} <= offered


@each_operation()
def test_each_operation_is_documented_whole(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert len(operation["tags"]) == 1
    assert operation["tags"][0] in {tag["name"] for tag in SCHEMA["tags"]}
    for code in ("500", "503"):
        assert PROBLEM_JSON in operation["responses"][code]["content"] or path == "/health/ready"


@pytest.mark.parametrize("named", sorted(OWN))
def test_what_only_some_operations_say_names_an_operation(named: str) -> None:
    method, _, path = named.partition(" ")
    assert OWN[named] <= SCHEMA["paths"][path][method]["responses"].keys()


@each_operation()
def test_each_post_takes_a_key(method: str, path: str, operation: dict[str, Any]) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    assert ("Idempotency-Key" in names) is (method == "post")


@each_operation()
def test_each_operation_but_the_public_ones_asks_who_calls(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert ("security" in operation) is (path not in PUBLIC)
    if path not in PUBLIC:
        assert {"401", "403", "404", "422"} <= operation["responses"].keys()


def test_each_guarded_route_has_exactly_one_permission() -> None:
    def needs(dependant: Dependant) -> list[Any]:
        found = [dep.call for dep in dependant.dependencies if isinstance(dep.call, Needs)]
        return found + [more for dep in dependant.dependencies for more in needs(dep)]

    routes = [route for route in flat(APP.routes) if route.path.startswith("/v1")]
    assert len(routes) >= len(PROMISED) - len(PUBLIC)
    for route in routes:
        assert len(needs(route.dependant)) == 1, route.path


def flat(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """All endpoints, also those of included routers."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from flat(route.original_router.routes)


@each_operation()
def test_each_json_body_has_an_example(method: str, path: str, operation: dict[str, Any]) -> None:
    content = operation.get("requestBody", {}).get("content", {})
    for media_type, body in content.items():
        if media_type != "application/json":
            assert body["examples"]
            continue
        model = SCHEMA["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]
        for name, field in model["properties"].items():
            assert "examples" in field, f"{path}: {name}"


@pytest.mark.parametrize("model", In.__subclasses__(), ids=lambda model: model.__name__)
def test_the_documented_example_is_accepted(model: type[In]) -> None:
    shown = {name: field.examples[0] for name, field in model.model_fields.items()}
    model.model_validate_json(json.dumps(shown))


def test_each_reference_leads_somewhere() -> None:
    found = set(re.findall(r"'#/components/schemas/(\w+)'", repr(SCHEMA)))
    assert found <= SCHEMA["components"]["schemas"].keys()
    assert "ProblemOut" in found


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
