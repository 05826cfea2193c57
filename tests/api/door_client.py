"""An HTTP client that talks to an app in this process and keeps its cookies, one call at a time."""

import asyncio
import re
from typing import Any

import httpx
from fastapi import FastAPI

from api.auth import CSRF_HEADER
from api.errors import PROBLEM_JSON
from api.session import DEMO_COOKIE, csrf_of
from rules.access import Caller
from tests.english import german_in


class DoorClient:
    """httpx on top of ASGI, for tests that are not async themselves."""

    def __init__(
        self,
        app: FastAPI,
        headers: dict[str, str] | None = None,
        *,
        base_url: str = "http://localhost",
    ) -> None:
        self.base_url = base_url
        self.app = app
        self.headers = headers or {}
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **sent: object) -> httpx.Response:
        return asyncio.run(self._request(method, path, sent))

    def get(self, path: str, **sent: object) -> httpx.Response:
        return self.request("GET", path, **sent)

    def post(self, path: str, **sent: object) -> httpx.Response:
        return self.request("POST", path, **sent)

    def put(self, path: str, **sent: object) -> httpx.Response:
        return self.request("PUT", path, **sent)

    def delete(self, path: str, **sent: object) -> httpx.Response:
        return self.request("DELETE", path, **sent)

    async def _request(self, method: str, path: str, sent: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=self.base_url,
            cookies=self.cookies,
            headers=self.headers,
        ) as client:
            response = await client.request(method, path, **sent)
            self.cookies = client.cookies
            _require_english(response)
            return response


def _require_english(response: httpx.Response) -> None:
    """Whatever test provokes it: a program is refused in English. Source: own decision 0139."""
    if response.headers.get("content-type") == PROBLEM_JSON:
        told = response.json()
        # What was sent and comes back in quotes may be German.
        assert german_in(re.sub(r"'[^']*'", "", told["detail"])) == [], told


def of_person(app: FastAPI, caller: Caller) -> DoorClient:
    """A client with a session of its own at a demo's app; it sends the session's token along."""
    number = app.state.sessions.begin(caller, account="", provider_session="")
    client = DoorClient(app, {CSRF_HEADER: csrf_of(number)})
    client.cookies.set(DEMO_COOKIE, number)
    return client
