"""A number that no row can have: whoever sent it hears in which field, at every door."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from structlog.testing import capture_logs

from api import cursor
from rules.access import Caller
from rules.codes import Role
from tests.api.conftest import Doors
from tests.api.door_client import of_person

BIGGEST = 2**63 - 1


def test_each_number_of_a_request_under_v1_says_how_large_it_may_be(doors: Doors) -> None:
    schema = doors.app.openapi()
    models = schema["components"]["schemas"]
    endless = [
        where
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        for where, number in _numbers(f"{method} {path}", operation, models)
        if not 0 < number.get("maximum", number.get("exclusiveMaximum", 0)) <= float(BIGGEST)
    ]
    assert endless == []


def _numbers(where: str, part: Any, models: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All whole numbers in what a call takes, with the place of each."""
    if isinstance(part, list):
        for one in part:
            yield from _numbers(f"{where} {one.get('name', '')}", one, models)
    elif isinstance(part, dict):
        if part.get("type") == "integer":
            yield where, part
        if "$ref" in part:
            yield from _numbers(where, models[part["$ref"].rpartition("/")[2]], models)
        for key in set(part) - {"responses", "examples", "example", "enum", "required", "$ref"}:
            if isinstance(part[key], dict | list) and key not in {"tags", "security"}:
                yield from _numbers(f"{where} {key}", part[key], models)


def _pages(doors: Doors) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Method, path and query of each page and form with a number in its address."""
    for context in iter_route_contexts(doors.app.router.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or route.path.startswith("/v1/"):
            continue
        names = {one.name for one in route.dependant.path_params if _is_number(one)}
        others = {one.name: "1" for one in route.dependant.path_params}
        for name in names:
            path = route.path.format(**others | {name: str(BIGGEST + 1)})
            yield min(route.methods or ()), path, {}
        for one in route.dependant.query_params if "{" not in route.path else ():
            if _is_number(one):
                yield "GET", route.path, {one.alias: BIGGEST + 1}


def _is_number(field: Any) -> bool:
    return "int" in str(field.field_info.annotation)


def test_a_number_in_the_address_of_a_page_is_named_and_never_a_fault(doors: Doors) -> None:
    asked = list(_pages(doors))
    assert len(asked) > 30
    people = doors.person(), of_person(doors.app, Caller("k", Role.CLERK, agencies=("435",)))
    with capture_logs() as said:
        statuses = {
            (person.request(method, path, params=query).status_code, path)
            for method, path, query in asked
            for person in people
        }
    assert {found for found in statuses if found[0] >= 500} == set()
    codes = {one["code"] for one in said if one["event"] == "http.refused"}
    assert not codes & {"store.statement"}


@pytest.mark.parametrize("number", [BIGGEST + 1, -BIGGEST - 2, 10**30])
def test_a_page_says_that_its_address_is_wrong(doors: Doors, number: int) -> None:
    clerk = of_person(doors.app, Caller("kassel", Role.CLERK, agencies=("435",)))
    answer = clerk.get(f"/vorgang/{number}")
    assert answer.status_code == 422
    assert "request.invalid" in answer.text


@pytest.mark.parametrize("told", ["i:9223372036854775808", "s:9223372036854775808:x"])
def test_a_cursor_with_such_a_number_is_none_of_ours(doors: Doors, told: str) -> None:
    call = "trail" if told.startswith("s") else "aside"
    sent = {"cursor": cursor._text(told.encode())}
    answer = doors.admin.get(f"/v1/admin/{call}", params=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.cursor")
