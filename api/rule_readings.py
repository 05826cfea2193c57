"""The door for rules that people keep in a postbox: ask for them, see what came out.

Reading is ordered here and done by a worker: the doors hold no passwords.
"""

from typing import Any

from fastapi import APIRouter, status

from api.auth import HouseHere, MayChangeRules
from api.schemas.rights import OrderOut
from api.schemas.rulesets import ReadingIn, ReadingsOut
from triage.rulesets import reading as rule_reading
from triage.rulesets.reading import Place

router = APIRouter(prefix="/v1/admin/rule-readings", tags=["admin"])


@router.get("", response_model=ReadingsOut, summary="Rules that were read in postboxes")
def readings(house: HouseHere, caller: MayChangeRules) -> dict[str, Any]:
    """Each postbox of the caller's regions, with its newest reading."""
    return {"postboxes": [_place(one) for one in rule_reading.places(house, caller)]}


@router.post(
    "",
    response_model=OrderOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Read the rules of a postbox",
)
def order(house: HouseHere, caller: MayChangeRules, asked: ReadingIn) -> dict[str, int]:
    """Outlook's inbox rules on Exchange, a Sieve script on IMAP; nothing is changed there."""
    return {"order_id": rule_reading.order(house, caller, asked.postbox, script=asked.script)}


def _place(one: Place) -> dict[str, Any]:
    found = one.reading
    return {
        "postbox": one.postbox,
        "region": one.region,
        "ordered_at": found.at if found else None,
        "done_at": found.done_at if found else None,
        "error_code": found.error_code if found else "",
        "rules": found.rules if found else 0,
        "text": found.text if found else "",
        "remarks": one.remarks,
    }
