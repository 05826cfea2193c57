"""The door to the event feed: page by page with a cursor, or as a line that stays open."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.auth import HouseHere, MayReadEvents
from api.cursor import Limit
from api.schemas.events import EventPage
from api.streams import Line, Lines, LiveResponse, cursor_of
from rules.errors import Refused
from triage import events
from triage.house import House

router = APIRouter(prefix="/v1", tags=["automation"])

STREAM = "text/event-stream"
NOW = "now"
_CURSOR: Final = re.compile(r"([0-9]{1,18})(?:-([0-9a-f]{12}))?", re.ASCII)
"""The number of an event and its seal; the number alone is what `id` of an event tells."""


@router.get(
    "/events",
    response_model=EventPage,
    summary="What happened, in order",
    responses={
        200: {
            "content": {STREAM: {"schema": {"type": "string"}}},
            "description": "One page, or with `Accept: text/event-stream` a line that stays open.",
        }
    },
)
async def feed(
    request: Request,
    house: HouseHere,
    caller: MayReadEvents,
    limit: Limit = 100,
    cursor: Annotated[
        str, Query(max_length=40, description="`next_cursor` of the page before, or `now`.")
    ] = "0",
    last_event_id: Annotated[str | None, Header(description="Of a line that broke.")] = None,
) -> Response | dict[str, Any]:
    """Events of the caller's agencies and regions: ids and codes, no person, no content.

    The cursor never ends: keep it and come back. With `Accept: text/event-stream` events come as
    they happen; a line that broke goes on behind its `Last-Event-ID`.
    """
    wanted = last_event_id or cursor
    after, seal = await _place(house, wanted)
    if STREAM in request.headers.get("accept", ""):
        return LiveResponse(Line(lines_of(request), caller, after, seal))
    page = await run_in_threadpool(events.page, house, caller, after=after, limit=limit, seal=seal)
    return {
        "events": [events.as_json(one) for one in page.events],
        "next_cursor": cursor_of(page.cursor, page.seal),
    }


def lines_of(request: Request) -> Lines:
    """All open lines of this app."""
    lines: Lines = request.app.state.lines
    return lines


async def _place(house: House, cursor: str) -> tuple[int, str]:
    """Number and seal of the event to go on behind; the seal is empty where it isn't told."""
    if cursor == NOW:
        return await run_in_threadpool(events.tail, house), ""
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise Refused("events.cursor", "the cursor is the `next_cursor` of a page, or `now`")
    return int(found[1]), found[2] or ""
