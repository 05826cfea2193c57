"""The door for clerks of the Eingangszonen: take the next item, work on it, lay it down.

Every write carries the lease token; a stale one is answered with 409 `item.lease_stale`, and
nothing is written. Answers and texts are in letters.py.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response, status

from api import next_item
from api.auth import HouseHere, MayReadItems, MayWorkItems
from api.cursor import ID_MAX, Cursor, Limit, page_in_line
from api.schemas.items import (
    CheckIn,
    ClaimOut,
    CloseIn,
    CorrectionIn,
    ForwardIn,
    HandoverIn,
    HopsOut,
    ItemDetailOut,
    ItemPage,
    LeaseOut,
    OrderedOut,
    ParkIn,
    ReasonIn,
)
from api.unchanged import WorksOnSeen, etag_of
from rules.codes import Concern
from store.desk import item_lists
from triage import handover, work
from triage.desk import access_trail, identity, item_view, lists, undo
from triage.desk.claimed import Claim
from triage.desk.correction import Correction
from triage.desk.item_view import ItemView

router = APIRouter(prefix="/v1", tags=["clerk"])

AgencyCode = Annotated[
    str,
    Path(
        max_length=next_item.AGENCY_CODE_CHARS_MAX,
        description="Code of the agency, or `klaerung`.",
        examples=["435"],
    ),
]
ItemId = Annotated[int, Path(ge=1, le=ID_MAX, description="The house's id of the item.")]
LeaseToken = Annotated[
    str,
    Header(alias="X-Lease-Token", min_length=1, max_length=64, description="From the claim."),
]

NO_CONTENT: Final = status.HTTP_204_NO_CONTENT


@router.post(
    "/agencies/{code}/items/next",
    response_model=ClaimOut,
    summary="Take the next item",
    responses={204: {"description": "Nothing waits for this agency."}},
)
async def claim_next(
    request: Request,
    caller: MayWorkItems,
    code: AgencyCode,
    concern: Annotated[
        Concern | None, Query(description="Of this concern, if none is due.")
    ] = None,
    language: Annotated[
        Literal["de", "other"] | None, Query(description="In this language, if none is due.")
    ] = None,
) -> Response:
    """The next waiting item: what came back to this clerk first, then by due day, then by age.

    A wish (`concern`, `language`) holds for this call, and what is due today or overdue goes before
    it. Who holds an item still gets 409 `item.open_claim` with its `item_id`.
    """
    return await next_item.take(request, caller, code, concern=concern, language=language)


NEXT: Final = router.routes[-1]
"""The route of `claim_next`; plain requests for it go past the framework (quick_next.py)."""


@router.get(
    "/agencies/{code}/items", response_model=ItemPage, summary="The open items of an agency"
)
def listing(
    house: HouseHere,
    caller: MayReadItems,
    code: AgencyCode,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """One page of the open items, in the order of hand-out. The read is put on record."""
    page = page_in_line(
        lambda rows, after: lists.listing(house, caller, code, limit=rows, after=after),
        lambda listed: item_lists.spot_of(listed.item),
        limit=limit,
        cursor=cursor,
    )
    shown = [listed.item.message_id for listed in page.rows]
    access_trail.note_list(house, caller, f"agency:{code}", shown)
    return {"items": page.rows, "next_cursor": page.next_cursor}


@router.get(
    "/items/{item_id}",
    response_model=ItemDetailOut,
    summary="One item in full",
    responses={304: {"description": "Nothing has changed since the ETag in If-None-Match."}},
)
def show(
    house: HouseHere,
    caller: MayReadItems,
    item_id: ItemId,
    response: Response,
    if_none_match: Annotated[str | None, Header(description="An earlier `ETag`.")] = None,
) -> ItemView | Response:
    """Mail, verdict, gates and story of one item. The read is put on record."""
    view = item_view.view(house, caller, item_id)
    etag = etag_of(view)
    if if_none_match == etag:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return view


@router.post("/items/{item_id}/lease", response_model=ClaimOut, summary="Take this item")
def claim_item(house: HouseHere, caller: MayWorkItems, item_id: ItemId) -> Claim:
    """Take one certain waiting item, from a list."""
    return work.claim_item(house, caller, item_id)


@router.put("/items/{item_id}/lease", response_model=LeaseOut, summary="Keep the item")
def renew(
    house: HouseHere, caller: MayWorkItems, item_id: ItemId, token: LeaseToken
) -> dict[str, datetime]:
    """The sign of life of a clerk who is still working on it."""
    return {"lease_until": work.renew(house, caller, item_id, token).lease_until}


@router.delete("/items/{item_id}/lease", status_code=NO_CONTENT, summary="Put the item back")
def release(house: HouseHere, caller: MayWorkItems, item_id: ItemId, token: LeaseToken) -> None:
    """Back into the line; with a hand-over on its way it waits for the receipt instead."""
    work.release(house, caller, item_id, token)


@router.post(
    "/items/{item_id}/correction",
    status_code=NO_CONTENT,
    summary="Correct the verdict",
)
def correct(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: CorrectionIn
) -> None:
    """The clerk's verdict replaces the machine's, which stays in the history."""
    correction = Correction(
        concerns=tuple(said.concerns),
        payment_relevant=said.payment_relevant,
        kundennummer=said.kundennummer,
        reason=said.reason,
    )
    work.correct(house, caller, item_id, token, correction)


@router.post(
    "/items/{item_id}/checks",
    status_code=NO_CONTENT,
    summary="Address or authority compared",
)
def record_check(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: CheckIn
) -> None:
    """Recorded once, for texts that disclose; `reply.identity_unchecked` names what is missing."""
    identity.record(house, caller, item_id, token, said.check)


@router.post(
    "/items/{item_id}/park",
    status_code=NO_CONTENT,
    summary="Lay the item aside",
)
def park(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: ParkIn
) -> None:
    """Until the morning of a day; then it comes back to this clerk first.

    A day that is no Arbeitstag of the item's agency moves on to the next one, which
    `parked_until` of the item tells.
    """
    work.park(house, caller, item_id, token, until=said.until, reason=said.reason)


@router.post(
    "/items/{item_id}/return",
    response_model=HopsOut,
    summary="Return it to the Service Center",
)
def give_back(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: ReasonIn
) -> dict[str, int]:
    """Not a matter of the Eingangszone; the answer says how often it has wandered."""
    return {"hops": work.give_back(house, caller, item_id, token, reason=said.reason)}


@router.post(
    "/items/{item_id}/forward",
    response_model=HopsOut,
    summary="Give it to another agency",
)
def forward(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: ForwardIn
) -> dict[str, int]:
    """Into the line and folder of the agency in charge; the answer says how often it wandered."""
    hops = work.forward(
        house, caller, item_id, token, agency_code=said.agency_code, reason=said.reason
    )
    return {"hops": hops}


@router.post(
    "/items/{item_id}/handover",
    response_model=OrderedOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Hand it over to the eAkte",
)
def hand_over(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: HandoverIn
) -> dict[str, int]:
    """Order the hand-over; the receipt comes later and opens the way to closing."""
    outgoing_id = handover.order(
        house,
        caller,
        item_id,
        token,
        close_when_received=said.close_when_received,
        numbers=said.kundennummern,
        left_out=said.left_out_reason,
    )
    return {"outgoing_id": outgoing_id}


@router.post(
    "/items/{item_id}/waiver",
    status_code=NO_CONTENT,
    summary="Not payment-relevant, with reason",
)
def waive(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: ReasonIn
) -> None:
    """A person's reasoned "no" to the hand-over; kept for good."""
    handover.waive(house, caller, item_id, token, reason=said.reason)


@router.post("/items/{item_id}/undo", response_model=ClaimOut, summary="Take the last step back")
def take_back(house: HouseHere, caller: MayWorkItems, item_id: ItemId) -> Claim:
    """The caller's own last close, park, return, forward or correction, for five minutes.

    409 `item.nothing_to_undo` once anybody has acted on the item. What left the house stays out.
    """
    return undo.take_back(house, caller, item_id)


@router.post(
    "/items/{item_id}/close",
    status_code=NO_CONTENT,
    summary="Close the item",
)
def close(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: CloseIn
) -> None:
    """The end of the item; refused while the eAkte's receipt is owed."""
    work.close(house, caller, item_id, token, reason=said.reason)
