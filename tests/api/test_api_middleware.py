"""What each request passes: limits, headers, a number, a counter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from prometheus_client import REGISTRY
from starlette.types import Message, Scope

from api.errors import status_of
from api.middleware import HEADERS, SizeLimit, replayed
from rules.errors import Refused
from tests.api.door_client import DoorClient
from tests.api.small_door import small_app


@pytest.fixture
def client() -> DoorClient:
    app = small_app(mail_limit_bytes=1000, other_limit_bytes=100)

    @app.post("/v1/mails")
    @app.post("/v1/other")
    async def size(request: Request) -> int:
        return len(await request.body())

    @app.get("/v1/things/{thing_id}")
    def thing(thing_id: int) -> int:
        return thing_id

    @app.get("/static/style.css")
    def style() -> Response:
        return Response("p{}", headers={"Cache-Control": "max-age=3600"})

    @app.post("/form")
    def form() -> Response:
        return RedirectResponse("/lage", 303, headers={"Set-Cookie": "told=closed"})

    return DoorClient(app)


async def in_pieces(size_bytes: int) -> AsyncIterator[bytes]:
    """A body without Content-Length, in pieces of ten bytes."""
    for start in range(0, size_bytes, 10):
        yield b"x" * min(10, size_bytes - start)


@pytest.mark.parametrize("send", [lambda size: b"x" * size, in_pieces])
@pytest.mark.parametrize(
    ("path", "size_bytes", "fits"),
    [
        ("/v1/mails", 1000, True),
        ("/v1/mails", 1001, False),
        ("/v1/other", 100, True),
        ("/v1/other", 101, False),
        ("/v1/nowhere", 101, False),
    ],
)
def test_a_body_is_taken_up_to_the_limit_of_its_path(
    client: DoorClient, send: Callable[[int], Any], path: str, size_bytes: int, fits: bool
) -> None:
    response = client.post(path, content=send(size_bytes))
    if fits:
        assert response.json() == size_bytes
    else:
        assert (response.status_code, response.json()["code"]) == (413, "request.too_large")
        assert response.headers["content-type"] == "application/problem+json"


def test_a_length_that_is_no_number_is_measured_instead(client: DoorClient) -> None:
    response = client.post("/v1/other", content=b"x" * 101, headers={"Content-Length": "-1"})
    assert response.status_code == 413


@pytest.mark.parametrize("path", ["/v1/things/7", "/v1/nowhere", "/v1/things/seven"])
def test_every_answer_carries_the_headers_that_keep_content_from_acting(
    client: DoorClient, path: str
) -> None:
    headers = client.get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert len(headers["x-request-id"]) == 16


def test_an_answer_may_say_otherwise(client: DoorClient) -> None:
    headers = client.get("/static/style.css").headers
    assert headers["cache-control"] == "max-age=3600"
    assert headers["x-content-type-options"] == "nosniff"


def test_requests_are_counted_by_route_and_status_and_not_by_path(client: DoorClient) -> None:
    labels = {"method": "GET", "route": "/v1/things/{thing_id}", "status": "200"}
    before = REGISTRY.get_sample_value("postlotse_http_requests_total", labels) or 0
    client.get("/v1/things/1")
    client.get("/v1/things/2")
    assert REGISTRY.get_sample_value("postlotse_http_requests_total", labels) == before + 2
    client.get("/secret-path")
    routes = {
        sample.labels["route"]
        for metric in REGISTRY.collect()
        if metric.name == "postlotse_http_requests"
        for sample in metric.samples
    }
    assert "none" in routes
    assert not any("secret" in route for route in routes)


def test_a_client_that_goes_away_is_not_worked_for() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def work(*_: object) -> None:
        raise AssertionError("nobody waits for this")

    scope: Scope = {"type": "http", "path": "/v1/mails", "headers": []}
    limit = SizeLimit(work, limit_of=lambda _path: 100)
    asyncio.run(limit(scope, receive, work))
    assert messages == []


def test_a_body_is_given_once_and_then_the_word_of_the_server() -> None:
    async def server() -> Message:
        return {"type": "http.disconnect"}

    async def read_twice() -> list[Message]:
        again = replayed(b"whole", server)
        return [await again(), await again()]

    first, second = asyncio.run(read_twice())
    assert (first["body"], first["more_body"]) == (b"whole", False)
    assert second["type"] == "http.disconnect"


def test_a_body_that_does_not_come_in_time_is_refused_and_nobody_waits_on() -> None:
    async def stalls() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nothing comes")

    async def work(*_: object) -> None:
        raise AssertionError("there is no body to work on")

    scope: Scope = {"type": "http", "path": "/v1/mails", "headers": []}
    limit = SizeLimit(work, limit_of=lambda _path: 100, seconds=0.01)
    with pytest.raises(Refused) as refused:
        asyncio.run(limit(scope, stalls, work))
    assert (refused.value.code, status_of(refused.value)) == ("request.too_slow", 408)


@pytest.mark.parametrize(
    ("host", "answers"),
    [
        ("127.0.0.1:8080", True), ("localhost", True), ("[::1]:8080", True),
        ("angreifer.example:8080", False), ("127.0.0.1.angreifer.example", False),
        ("", False), ("[", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("demo", [True, False])
def test_the_demo_answers_to_names_of_this_machine_only(
    host: str, *, answers: bool, demo: bool
) -> None:
    client = DoorClient(small_app(demo=demo))
    answer = client.get("/health/nowhere", headers={"Host": host})
    assert (answer.json()["code"] == "access.not_local") is (demo and not answers)


def test_the_desks_script_is_told_where_a_form_leads_and_nobody_else(client: DoorClient) -> None:
    """A script never sees where a redirect leads; so the page stays until the house answered."""
    led = client.post("/form", follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/lage")
    told = client.post("/form", headers={"Postlotse-By-Script": "yes"}, follow_redirects=False)
    assert (told.status_code, told.headers["postlotse-onward"]) == (200, "/lage")
    assert told.headers["set-cookie"] == "told=closed"
    assert "location" not in told.headers
