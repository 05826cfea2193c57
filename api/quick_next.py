"""The short way to the next item: past the framework, as there is nothing for it to solve.

`POST next` is asked more than all else, and finding its route, its parameters and its answer's form
took the framework as long as all of the house's own middleware. A request with a wish, or with an
agency no code can be, goes the framework's way and is answered or refused there. Source: own
decisions 0091, 0156.
"""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api import errors, next_item
from api.auth import WORKING
from api.next_item import AGENCY_CODE_CHARS_MAX
from rules.errors import HouseError

PATH: Final = re.compile(rf"/v1/agencies/([^/\n]{{1,{AGENCY_CODE_CHARS_MAX}}})/items/next")


class QuickNext:
    """Innermost middleware. `route` is the one of the same call, by which requests are counted."""

    __slots__ = ("_app", "_route")

    def __init__(self, app: ASGIApp, *, route: BaseRoute) -> None:
        self._app = app
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the plain request, by the very object that is its route's permission."""
        plain = _plain(scope)
        if plain is None:
            await self._app(scope, receive, send)
            return
        scope["route"], scope["path_params"] = self._route, {"code": plain[1]}
        response = await _answer(Request(scope, receive, send), plain[1])
        await response(scope, receive, send)


def _plain(scope: Scope) -> re.Match[str] | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    if scope["query_string"] or scope.get("root_path"):
        return None
    return PATH.fullmatch(scope["path"])


async def _answer(request: Request, code: str) -> Response:
    """What the house refuses is told here, as the framework would let it be told."""
    try:
        caller = await WORKING.admit(request)
        return await next_item.take(request, caller, code)
    except HouseError as error:
        return errors.told(request, error)
