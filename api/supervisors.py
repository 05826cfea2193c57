"""The door for supervisors: what is stuck in the line, and freeing it. No person is shown."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from api.auth import HouseHere, MayFreeItems
from api.clerks import ItemId
from api.cursor import Cursor, Limit, page_in_line
from api.schemas.supervisors import StuckPage
from api.unchanged import FreesSeen
from store.desk import item_lists
from triage.desk import holding

router = APIRouter(prefix="/v1", tags=["clerk"])


@router.get(
    "/admin/items", response_model=StuckPage, summary="Items that are held, parked or pending"
)
def stuck(
    house: HouseHere,
    caller: MayFreeItems,
    agency: Annotated[str | None, Query(max_length=20, description="Only this agency.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What can be freed, in the order of hand-out. Nobody's name, nothing of the mail."""
    page = page_in_line(
        lambda rows, after: holding.stuck(
            house, caller, agency_code=agency, limit=rows, after=after
        ),
        item_lists.spot_of,
        limit=limit,
        cursor=cursor,
    )
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.post(
    "/items/{item_id}/free",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Free the item",
)
def free(
    house: HouseHere,
    caller: FreesSeen,
    item_id: ItemId,
) -> None:
    """Back into the line, whoever has it; that lease is stale from now on."""
    holding.free(house, caller, item_id)
