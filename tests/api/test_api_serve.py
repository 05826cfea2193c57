"""The server on a real socket."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from api import punctual
from api.serve import OPEN_FILES, Server, make_room, start_in_thread
from rules.errors import Refused
from tests.api.small_door import small_app

SERVE = """
from fastapi import FastAPI
from api.serve import serve
serve(FastAPI(), host="127.0.0.1", port={port})
"""


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI(docs_url=None)

    @app.get("/slow")
    def slow() -> str:
        time.sleep(0.3)
        return "done"

    return app


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_the_door_is_open_as_soon_as_start_returns(app: FastAPI) -> None:
    server = start_in_thread(app)
    try:
        response = httpx.get(f"{server.url}/slow")
        assert response.json() == "done"
        assert "server" not in response.headers
    finally:
        server.stop()


@pytest.mark.parametrize("soft", [512, OPEN_FILES + 1])
def test_a_serving_process_makes_room_for_more_lines_than_one_machine_fills(soft: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = sys.maxsize if before[1] == resource.RLIM_INFINITY else before[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard), before[1]))
        make_room()
        after = min(max(soft, OPEN_FILES), hard)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (after, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_is_not_http_passes_the_middleware(app: FastAPI) -> None:
    ended: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        ended.append("in order")

    guarded = small_app()
    guarded.router.lifespan_context = lifespan
    server = start_in_thread(guarded)
    assert httpx.get(f"{server.url}/v1/nowhere").json()["code"] == "http.not_found"
    server.stop()
    assert ended == ["in order"]


@pytest.mark.parametrize("begun", [b"", b"GET /slow HTTP/1.1\r\nHost: x\r\nX-Never: end"])
def test_whose_head_does_not_come_is_hung_up_on(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(punctual, "HEAD_SECONDS", 0.05)
    server = start_in_thread(app)
    try:
        with socket.create_connection((server.host, server.port), timeout=20) as line:
            line.sendall(begun)
            assert line.recv(100) == b"", "closed, and not by us"
    finally:
        server.stop()


def test_a_request_of_two_lengths_is_refused_and_nothing_behind_it_is_read() -> None:
    server = start_in_thread(small_app())
    two = (
        b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    smuggled = b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    try:
        with socket.create_connection((server.host, server.port), timeout=20) as line:
            line.sendall(two + smuggled)
            heard = b"".join(iter(lambda: line.recv(10_000), b""))
    finally:
        server.stop()
    assert heard.startswith(b"HTTP/1.1 400")
    assert heard.count(b"HTTP/1.1 ") == 1


def test_who_is_through_with_the_head_is_waited_for_also_on_a_kept_line(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(punctual, "HEAD_SECONDS", 0.1)
    server = start_in_thread(app)
    try:
        with httpx.Client() as client:
            lines = []
            for _ in range(2):
                with client.stream("GET", f"{server.url}/slow") as answer:
                    lines.append(answer.extensions["network_stream"])
                    assert b"".join(answer.iter_bytes()) == b'"done"'
            assert lines[0] is lines[1], "the line rests longer than a head may take"
            time.sleep(0.2)
            with client.stream("GET", f"{server.url}/slow") as answer:
                assert answer.extensions["network_stream"] is lines[0]
    finally:
        server.stop()


def test_after_stop_nobody_listens_and_stop_again_is_no_error(app: FastAPI) -> None:
    server = start_in_thread(app)
    server.stop()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/slow")


def test_a_taken_port_is_refused_by_name(app: FastAPI) -> None:
    server = start_in_thread(app)
    try:
        with pytest.raises(Refused) as refused:
            start_in_thread(app, port=server.port)
        assert refused.value.code == "door.port"
        assert refused.value.details["port"] == server.port
    finally:
        server.stop()


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert Server("::1", 80, None, None).url == "http://[::1]:80"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_in_order_on_a_signal(number: signal.Signals) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE.format(port=port)], env={**os.environ, "PYTHONPATH": "."}
    )
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        process.send_signal(number)
        # uvicorn finishes in order, then raises the signal again, as a supervisor expects.
        assert process.wait(15) in {0, -number, 1 if number == signal.SIGINT else 0}
    finally:
        process.kill()
        process.wait()
