"""How the doors say no, and what they keep to themselves."""

from typing import Any

import pytest
import structlog
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from api import errors
from api.errors import SPECIAL_STATUS, known, problem_of
from rules.errors import Conflict, HouseError, Refused, TryLater, Unreadable
from tests.api.door_client import DoorClient
from tests.api.small_door import small_app

CONTENT = "DE02120300000000202051"


class Wish(BaseModel):
    number: int


def app_that_fails() -> FastAPI:
    app = small_app()

    @app.get("/v1/refused")
    @app.get("/seite")
    def refused() -> None:
        raise Refused("item.unknown", "There is no item 7.", item=7)

    @app.get("/v1/later")
    def later() -> None:
        raise TryLater("store.away", "the database does not answer")

    @app.get("/v1/bug")
    @app.get("/fehler")
    def bug() -> None:
        try:
            int(CONTENT)
        except ValueError as exc:
            raise KeyError(CONTENT) from exc

    @app.get("/v1/broken_off")
    def broken_off() -> Response:
        class HalfAnswer(Response):
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                raise ValueError(CONTENT)

        return HalfAnswer()

    @app.get("/v1/teapot")
    def teapot() -> None:
        raise HTTPException(418, headers={"X-Tea": "yes"})

    @app.post("/v1/wish")
    def wish(said: Wish) -> int:
        return said.number

    return app


@pytest.fixture
def client() -> DoorClient:
    return DoorClient(app_that_fails())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("item.unknown", ""), 404),
        (Refused("text.placeholder_unknown", ""), 422),
        (Refused("access.denied", ""), 403),
        (Refused("auth.missing", ""), 401),
        (Refused("item.receipt_missing", ""), 422),
        (Refused("request.malformed", ""), 400),
        (Refused("request.media_type", ""), 415),
        (Refused("request.too_large", ""), 413),
        (Refused("mail.deleted", ""), 410),
        (Conflict("item.lease_stale", ""), 409),
        (Conflict("lease.unknown", ""), 409),
        (TryLater("store.away", ""), 503),
        (Unreadable("mail.damaged", ""), 422),
    ],
)
def test_the_status_follows_from_code_and_kind(error: HouseError, status: int) -> None:
    assert problem_of(error).status == status


def test_a_call_that_is_not_there_says_where_the_others_stand(client: DoorClient) -> None:
    assert "/openapi.json" in client.get("/v1/nowhere").json()["detail"]
    assert "Allow" in client.delete("/v1/wish").json()["detail"]


def test_a_body_that_is_no_utf_8_is_told_so(client: DoorClient) -> None:
    json = {"Content-Type": "application/json"}
    response = client.post("/v1/wish", content='{"wort": "ä"}'.encode("latin-1"), headers=json)
    assert (response.status_code, response.json()["code"]) == (400, "http.bad_request")
    assert "UTF-8" in response.json()["detail"]


@pytest.mark.parametrize("code", sorted(SPECIAL_STATUS))
def test_special_codes_are_dotted_as_all_are(code: str) -> None:
    assert code.count(".") == 1


def test_a_problem_has_the_members_of_the_rfc_and_the_stable_code(client: DoorClient) -> None:
    response = client.get("/v1/refused")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:postlotse:item.unknown",
        "title": "Not Found",
        "status": 404,
        "code": "item.unknown",
        "detail": "There is no item 7.",
        "details": {"item": 7},
    }


def test_who_is_to_come_again_is_told_when(client: DoorClient) -> None:
    response = client.get("/v1/later")
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0


def test_a_bug_is_answered_once_and_logged_without_content(client: DoorClient) -> None:
    with structlog.testing.capture_logs() as lines:
        response = client.get("/v1/bug")
    (line,) = (line for line in lines if line["event"] == "http.failed")
    assert response.status_code == 500
    assert response.json()["code"] == "internal"
    assert response.json()["details"]["request_id"] == line["request_id"]
    assert response.headers["x-request-id"] == line["request_id"]
    assert [link["type"] for link in line["chain"]] == ["KeyError", "ValueError"]
    assert any(frame.startswith("api/test_api_errors.py:") for frame in line["chain"][0]["frames"])
    assert CONTENT not in repr(lines) + response.text


def test_after_the_first_byte_the_connection_breaks_and_the_text_stays_inside(
    client: DoorClient,
) -> None:
    with (
        structlog.testing.capture_logs() as lines,
        pytest.raises(ConnectionAbortedError) as broken,
    ):
        client.get("/v1/broken_off")
    assert CONTENT not in repr(lines) + repr(broken.value)
    assert broken.value.__suppress_context__
    assert [line["event"] for line in lines] == ["http.failed"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "http.not_found"),
        ("DELETE", "/v1/wish", 405, "http.method_not_allowed"),
        ("GET", "/v1/teapot", 418, "http.i'm_a_teapot"),
    ],
)
def test_what_the_framework_refuses_looks_the_same(
    client: DoorClient, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v2/items", "/v10", "/v0/mails"])
def test_another_version_of_the_api_is_named_as_unknown(client: DoorClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "api.version_unknown")
    assert response.json()["details"] == {"versions": ["v1"]}
    assert response.headers["API-Version"] == "v1"


def test_headers_of_the_framework_stay(client: DoorClient) -> None:
    assert client.get("/v1/teapot").headers["x-tea"] == "yes"
    assert "POST" in client.delete("/v1/wish").headers["allow"]


@pytest.mark.parametrize(
    "sent", [{"json": {"number": CONTENT}}, {"content": "{" + CONTENT}, {"json": {"nr": CONTENT}}]
)
def test_a_wrong_request_is_named_by_place_and_never_repeated(
    client: DoorClient, sent: dict[str, Any]
) -> None:
    response = client.post("/v1/wish", headers={"Content-Type": "application/json"}, **sent)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "request.invalid")
    assert problem["details"]["errors"][0]["where"].startswith("body")
    assert CONTENT not in response.text


def test_people_get_a_page_and_machines_get_json() -> None:
    app = app_that_fails()
    errors.show_with(app, lambda _request, problem: Response(problem.code, problem.status))
    client = DoorClient(app)
    assert client.get("/seite").text == "item.unknown"
    assert client.get("/fehler").text == "internal"
    assert client.get("/irgendwo").text == "http.not_found"
    assert client.get("/v1/refused").json()["code"] == "item.unknown"


def test_what_is_known_is_logged_by_code_alone() -> None:
    with structlog.testing.capture_logs() as lines:
        known(Refused("reply.differs", CONTENT, surplus=CONTENT))
    assert lines == [
        {"event": "http.refused", "code": "reply.differs", "status": 422, "log_level": "info"}
    ]


def test_what_nobody_raised_on_purpose_is_not_known() -> None:
    assert known(ValueError("x")) is None
    assert known(HouseError("a.b", "")) is not None
