"""An HTTP client that talks to an app in this process and keeps its cookies, one call at a time."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI


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
            return response
