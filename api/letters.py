"""Approved texts and answers: which fit, how one reads, and ordering one to be sent.

Nothing leaves but the approved version, word for word; a draft that differs is answered with
409 `reply.differs` and the places where it does.
"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, status

from api.auth import HouseHere, MayReadItems, MayReadTexts
from api.clerks import ItemId, LeaseToken
from api.schemas.items import OrderedOut
from api.schemas.texts import (
    PreviewIn,
    ProposalsOut,
    RenderedOut,
    ReplyIn,
    SecondIn,
    TextList,
    TextOut,
)
from api.texts import TextId
from api.unchanged import WorksOnSeen
from api.web.text_search import fits
from rules.errors import Refused
from rules.texts.approved import Rendered, Text
from rules.texts.second_text import Second
from triage.answers import reply
from triage.answers.reply import Proposals
from triage.answers.reply_text import Wanted
from triage.house import House

router = APIRouter(prefix="/v1", tags=["texts"])


@router.get("/items/{item_id}/texts", response_model=ProposalsOut, summary="Fitting texts")
def proposals(house: HouseHere, caller: MayReadItems, item_id: ItemId) -> Proposals:
    """Whether an answer is allowed, and the texts that fit, best first."""
    return reply.proposals(house, caller, item_id)


@router.post(
    "/items/{item_id}/replies",
    response_model=OrderedOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Answer with an approved text",
)
def answer(
    house: HouseHere, caller: WorksOnSeen, item_id: ItemId, token: LeaseToken, said: ReplyIn
) -> dict[str, int]:
    """Order the answer; it leaves soon after, under the lease of this moment."""
    outgoing_id = reply.order(
        house,
        caller,
        item_id,
        token,
        reply.Choice(said.text_id, said.version, said.values, said.body, _second(said.second)),
    )
    return {"outgoing_id": outgoing_id}


@router.get("/texts", response_model=TextList, summary="The texts that may be sent today")
def texts(
    house: HouseHere,
    _caller: MayReadTexts,
    region: Annotated[str, Query(max_length=40, description="Region of the Service Center.")] = "",
    q: Annotated[str, Query(max_length=100, description="Words of title, code or concern.")] = "",
) -> dict[str, tuple[Text, ...]]:
    """Of each text the newest version valid today; texts bound to a region only with that one."""
    found = house.shelf().valid(house.today(), region)
    return {"texts": tuple(text for text in found if fits(text, q))}


@router.get("/texts/{text_id}", response_model=TextOut, summary="A text, newest valid version")
def text(house: HouseHere, _caller: MayReadTexts, text_id: TextId) -> Text:
    """The version valid today. A text that has ended or was withdrawn is not given out."""
    return _valid_today(house, text_id, house.today())


@router.get(
    "/texts/{text_id}/versions/{version}", response_model=TextOut, summary="One version of a text"
)
def text_version(
    house: HouseHere,
    _caller: MayReadTexts,
    text_id: TextId,
    version: Annotated[int, Path(ge=1, le=10_000)],
) -> Text:
    """An approved version, also one that has ended: what was sent can be read for good."""
    return house.shelf().get(text_id, version)


@router.post("/texts/{text_id}/preview", response_model=RenderedOut, summary="How it would read")
def preview(house: HouseHere, caller: MayReadItems, text_id: TextId, said: PreviewIn) -> Rendered:
    """The letter with its gaps filled, for one item. Nothing is sent or kept."""
    wanted = Wanted(text_id, second=_second(said.second))
    return reply.preview(house, caller, said.item_id, wanted, said.values)


def _second(said: SecondIn | None) -> Second | None:
    return Second(said.language, said.version) if said else None


def _valid_today(house: House, text_id: str, today: date) -> Text:
    """In any region. Of several the newest: a text of one region is newer than that for all."""
    regions = ("", *house.directory.region_names())
    found = [
        text
        for region in regions
        for text in house.shelf().valid(today, region)
        if text.id == text_id
    ]
    if not found:
        raise Refused("text.unknown", f"There is no text {text_id!r} today.", text=text_id)
    return max(found, key=lambda text: text.version)
