"""The door for admins to what is on its way out as a whole: the daily match, overdue receipts."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.auth import HouseHere, MayReadFigures
from api.cursor import Cursor, Limit, page_by_departure
from api.schemas.outgoing import LateList, MatchOut
from rules.errors import TryLater
from triage.ports import FileOutlet
from triage.sending import day_match
from triage.watch import outgoing_alarms

router = APIRouter(prefix="/v1/admin", tags=["admin"])


@router.get("/match", response_model=MatchOut, summary="Sent and received of a day")
def match(
    request: Request,
    house: HouseHere,
    caller: MayReadFigures,
    day: Annotated[date | None, Query(description="Local day; without: today.")] = None,
) -> dict[str, Any]:
    """Asks the eAkte's outlet, so it takes seconds. `closes` false: something is missing."""
    wanted = day or house.today()
    found = day_match.report(house, eakte_of(request), caller, day=wanted)
    return {
        "day": found.day,
        "closes": found.closes,
        "numbers": found.numbers,
        "lines": found.odd,
    }


@router.get("/outgoing/late", response_model=LateList, summary="No receipt for too long")
def late(
    house: HouseHere, caller: MayReadFigures, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """Hand-overs and tasks that left and have no receipt within the hours of the house."""
    page = page_by_departure(
        lambda rows, after: outgoing_alarms.late(house, caller, limit=rows, after=after),
        lambda row: row.departure,
        limit=limit,
        cursor=cursor,
    )
    return {"late": page.rows, "next_cursor": page.next_cursor}


def eakte_of(request: Request) -> FileOutlet:
    """The eAkte's outlet of this process. Raises: TryLater: `eakte.not_here`."""
    outlet: FileOutlet | None = request.app.state.eakte
    if outlet is None:
        raise TryLater("eakte.not_here", "this process has no way to the eAkte's receipts")
    return outlet
