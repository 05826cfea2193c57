"""The short way to the next item: no parameters but the agency, so none are solved.

`POST next` is asked more than all else, and solving the parameters of its route took the framework
longer than all the rest of the door. A request with a wish, or with an agency no code can be, goes
the framework's way and is answered or refused there. Source: own decision 0091.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api import next_item
from api.auth import WORKING
from api.next_item import AGENCY_CODE_CHARS_MAX


class QuickNext:
    """Answers the plain request; `whole` is the framework's way of the same route."""

    __slots__ = ("_whole",)

    def __init__(self, whole: ASGIApp) -> None:
        self._whole = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The permission is the very one of the route. Raises: HouseError: as `next_item.take`."""
        code: str = scope["path_params"]["code"]
        if scope["query_string"] or len(code) > AGENCY_CODE_CHARS_MAX:
            await self._whole(scope, receive, send)
            return
        request = Request(scope, receive, send)
        caller = await WORKING.admit(request)
        response = await next_item.take(request, caller, code)
        await response(scope, receive, send)
