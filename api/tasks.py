"""The door for tasks to other systems and units: what fits an item, and ordering one."""

from typing import Any

from fastapi import APIRouter, status

from api.admins import OutgoingId
from api.auth import HouseHere, MayWorkItems
from api.clerks import ItemId, LeaseToken
from api.schemas.items import OrderedOut
from api.schemas.outgoing import TaskCancelIn
from api.schemas.tasks import TaskIn
from api.unchanged import WorksOnSeen
from rules.tasks import Said
from triage import tasks

router = APIRouter(prefix="/v1", tags=["clerk"])


@router.post(
    "/items/{item_id}/tasks",
    response_model=OrderedOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Order a task for another system or unit",
)
def order(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: TaskIn
) -> dict[str, Any]:
    """The same order twice is one task; its receipt comes later and stands in the story."""
    stated = Said(
        claim_start=said.claim_start,
        called=said.called,
        call_spared=said.call_spared,
        complete=said.complete,
    )
    number = tasks.order(house, caller, item_id, token, kind=said.task, said=stated)
    return {"outgoing_id": number}


@router.post(
    "/items/{item_id}/tasks/{outgoing_id}/cancel",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Take back a task that is not delivered yet",
)
def cancel(
    house: HouseHere,
    caller: MayWorkItems,
    item_id: ItemId,
    outgoing_id: OutgoingId,
    token: LeaseToken,
    said: TaskCancelIn,
) -> None:
    """Refused (409 `task.left`) once it has left; ordering it again is possible."""
    tasks.cancel(house, caller, item_id, token, outgoing_id=outgoing_id, reason=said.reason)
