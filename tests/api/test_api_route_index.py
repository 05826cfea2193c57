"""The index answers as the search through all routes would, and asks few of them."""

import re
import sys
from types import FrameType
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Mount, Route

from api import clerks, route_index
from api.app import make_app
from api.auth import WORKING
from api.clerks import claim_next
from api.metrics import REQUESTS
from api.route_index import RouteIndex
from tests.api.door_client import DoorClient
from tests.api.route_samples import routes
from tests.api.small_door import ADMIN_KEY, ClockHouse, bearer, door_settings

APP = make_app(ClockHouse(), door_settings())
INDEX: Any = APP.router.routes[0]
NEXT = "/v1/agencies/435/items/next"
MOST_ASKED = 3
"""Routes that are tried for one path of the house."""


def scope_of(method: str, path: str) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "headers": []}


def searched(method: str, path: str) -> tuple[Any, dict[str, str]]:
    """The route that the search finds, and the parameters of its path."""
    for route in routes(APP.routes):
        match, found = route.matches(scope_of(method, path))
        if match == Match.FULL:
            return route, found["path_params"]
    return None, {}


CALLS = [
    (method, re.sub(r"\{[^}]*\}", "1", route.path))
    for route in routes(APP.routes)
    for method in route.methods
]


def test_each_call_of_the_house_finds_the_route_of_the_search() -> None:
    for method, sample in CALLS:
        for path in (sample, sample + "/", sample.replace("1", "next"), sample + "\n"):
            route, parameters = searched(method, path)
            match, found = INDEX.matches(scope_of(method, path))
            if match == Match.FULL:
                assert (found["route"], found["path_params"]) == (route, parameters)
            else:
                assert route is None or path.endswith("\n"), path


def test_few_routes_are_asked_for_a_path() -> None:
    asked: set[int] = set()

    def heard(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and isinstance(frame.f_locals.get("self"), Route):
            asked.add(id(frame.f_locals["self"]))

    INDEX.matches(scope_of("GET", "/"))
    for method, path in CALLS:
        asked.clear()
        sys.setprofile(heard)
        try:
            INDEX.matches(scope_of(method, path))
        finally:
            sys.setprofile(None)
        assert 0 < len(asked) <= MOST_ASKED, path


def told(text: str) -> Any:
    async def endpoint(_: Request) -> Response:
        return PlainTextResponse(text)

    return endpoint


def small() -> FastAPI:
    app = FastAPI()
    route_index.install(app)
    app.router.routes += [
        Route("/a/{name}", told("a name"), methods=["GET"]),
        Route("/a/fixed", told("never: one before it fits")),
        Route("/a/{name}", told("a name is written"), methods=["POST"]),
        Mount("/m", routes=[Route("/b", told("mounted"))]),
        Route("/m/b", told("never: the mount is before it")),
    ]
    return app


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/a/fixed", 200, "a name"),
        ("POST", "/a/x", 200, "a name is written"),
        ("PUT", "/a/x", 405, ""),
        ("GET", "/a/x/", 307, ""),
        ("GET", "/a", 404, ""),
        ("GET", "/m/b", 200, "mounted"),
    ],
)
def test_order_methods_and_mounts_are_those_of_the_app(
    method: str, path: str, status: int, text: str
) -> None:
    answer = DoorClient(small()).request(method, path)
    assert answer.status_code == status
    assert not text or answer.text == text


def test_below_another_root_nothing_is_found_by_the_index() -> None:
    index = RouteIndex([Route("/a", told("a"))])
    assert index.matches(scope_of("GET", "/a"))[0] == Match.FULL
    assert index.matches(scope_of("GET", "/a") | {"root_path": "/x"})[0] == Match.NONE


# --- the short way to the next item -------------------------------------------------------------


def called(path: str) -> tuple[int, set[str]]:
    """Status of the answer, and the names of the functions that ran in this thread."""
    names: set[str] = set()
    # Argon2 is paid once, elsewhere: a key that is known needs no thread.
    client = DoorClient(APP, bearer(ADMIN_KEY))
    client.post(path)
    sys.setprofile(lambda frame, *_: names.add(frame.f_code.co_name))
    try:
        return client.post(path).status_code, names
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize(
    ("path", "is_short"),
    [
        (NEXT, True),
        (f"{NEXT}?language=other", False),
        (f"/v1/agencies/{'4' * 21}/items/next", False),
    ],
)
def test_only_the_plain_request_for_the_next_item_goes_the_short_way(
    path: str, is_short: bool
) -> None:
    status, names = called(path)
    # An admin takes no items.
    assert status == 403
    assert "admit" in names
    assert ("solve_dependencies" in names) is not is_short
    assert ("matches" in names) is not is_short, "no route is looked for"


def test_the_short_way_asks_for_the_permission_of_its_route_and_counts_as_it() -> None:
    route = next(one for one in routes(APP.routes) if one.endpoint is claim_next)
    assert WORKING in [needed.call for needed in route.dependant.dependencies]
    assert searched("POST", NEXT)[0] is route is clerks.NEXT
    before = counted()
    assert called(NEXT)[0] == 403
    assert counted() == before + 2


def counted() -> float:
    told = REQUESTS.labels("POST", "/v1/agencies/{code}/items/next", "403")
    return next(one.value for one in told.collect()[0].samples if one.name.endswith("_total"))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (NEXT, bearer(ADMIN_KEY)),
        (NEXT, {}),
        (NEXT, bearer("nobody.x")),
        ("/v1/agencies/nowhere/items/next", bearer(ADMIN_KEY)),
        (NEXT, bearer(ADMIN_KEY) | {"Idempotency-Key": "\t"}),
    ],
    ids=["denied", "unknown caller", "no database", "unknown agency", "no key can be so"],
)
def test_what_is_refused_on_the_short_way_is_told_as_on_the_long_one(
    path: str, headers: dict[str, str]
) -> None:
    short, long = (DoorClient(APP, headers).post(path + wish) for wish in ("", "?language=other"))
    assert short.status_code == long.status_code
    assert short.status_code >= 400
    assert short.content == long.content
    own = {"x-request-id"}
    told = [{k: v for k, v in one.headers.items() if k not in own} for one in (short, long)]
    assert told[0] == told[1]
