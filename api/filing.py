"""The door for admins to moves that a postbox refused until the worker gave up."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from api.auth import HouseHere, MayReplay
from api.cursor import Cursor, Limit, page_of
from api.schemas.filing import DueAgainOut, MoveIn, MovePage
from triage import refused_moves

router = APIRouter(prefix="/v1/admin/filing", tags=["admin"])


@router.get("", response_model=MovePage, summary="Mail that could not be filed")
def listing(
    house: HouseHere,
    caller: MayReplay,
    error_code: Annotated[
        str, Query(max_length=100, description="Only this one.", examples=["postbox.no_right"])
    ] = "",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What was given up in postboxes of the caller's regions, oldest first; without content.

    Not where somebody moved the mail since. Its item is in the line all the same.
    """
    page = page_of(
        lambda rows, after: refused_moves.listing(
            house, caller, code=error_code, limit=rows, after=after
        ),
        lambda act: act.id,
        limit=limit,
        cursor=cursor,
    )
    return {"moves": page.rows, "next_cursor": page.next_cursor}


@router.post(
    "/again",
    response_model=DueAgainOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Try to file them again",
)
def again(house: HouseHere, caller: MayReplay, choice: MoveIn) -> dict[str, int]:
    """One of them, all of one error, or all; after the cause was removed. A worker does it."""
    if choice.id is None:
        return {"again": refused_moves.file_again(house, caller, code=choice.error_code)}
    refused_moves.file_one(house, caller, choice.id)
    return {"again": 1}
