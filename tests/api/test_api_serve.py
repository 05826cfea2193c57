"""The server on a real socket."""

import os
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

from api.serve import Server, start_in_thread
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
