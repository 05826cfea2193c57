"""The door to an item's attachments: bytes to save, and pages drawn by the house.

What a stranger sent never shows inside a browser: it is saved under a neutral type, or comes as a
picture that a process without rights has drawn (ingest/picture_child.py).
"""

from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.auth import HouseHere, MayReadItems
from api.clerks import ItemId
from ingest.picture import PAGES_MAX, Picture, Wanted
from rules.mail import Attachment
from triage.desk import attachments
from triage.desk.attachments import Studio

router = APIRouter(prefix="/v1", tags=["clerk"])

FOREIGN_POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Of bytes and pictures, should a browser ever take one for a page. Source: CSP Level 3."""
PNG: Final = "image/png"
PAGES: Final = "X-Pages"

Number = Annotated[int, Path(ge=1, le=10_000, description="Place in the mail's list, from 1.")]
PageNumber = Annotated[int, Path(ge=1, le=PAGES_MAX, description="Page, or frame of a picture.")]
Side = Annotated[int, Query(ge=64, le=3200, description="Longer side in pixels, at most.")]
Turn = Annotated[int, Query(ge=0, le=270, multiple_of=90, description="Degrees, clockwise.")]


def studio_of(request: Request) -> Studio:
    """Where pictures are drawn in this process."""
    studio: Studio = request.app.state.studio
    return studio


StudioHere = Annotated[Studio, Depends(studio_of)]


@router.get(
    "/items/{item_id}/attachments/{number}",
    summary="One attachment, to be saved",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
def save(house: HouseHere, caller: MayReadItems, item_id: ItemId, number: Number) -> Response:
    """Its bytes as they came, under a neutral type. The read is put on record."""
    return as_file(*attachments.read(house, caller, item_id, number))


@router.get(
    "/items/{item_id}/attachments/{number}/pages/{page}",
    summary="One page of an attachment as a picture",
    response_class=Response,
    responses={
        200: {
            "content": {PNG: {}},
            "headers": {PAGES: {"schema": {"type": "integer"}, "description": "Of the file."}},
        }
    },
)
def draw(  # noqa: PLR0913, PLR0917 - FastAPI's parameters
    house: HouseHere,
    caller: MayReadItems,
    studio: StudioHere,
    item_id: ItemId,
    number: Number,
    page: PageNumber,
    side: Side = 1600,
    turn: Turn = 0,
) -> Response:
    """PNG, JPEG, GIF, WebP, TIFF and PDF; all else is 415 `picture.kind`. On record, never kept."""
    _, data = attachments.read(house, caller, item_id, number)
    return as_picture(studio.draw(house.scanner, data, Wanted(page, side, turn)))


def as_file(attachment: Attachment, data: bytes) -> Response:
    """To be saved, never shown. The name is safe (ingest/attachments.py). Source: RFC 6266."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name, safe='')}",
        "Content-Security-Policy": FOREIGN_POLICY,
    }
    return Response(data, media_type="application/octet-stream", headers=headers)


def as_picture(drawn: Picture) -> Response:
    """A PNG of ours; nosniff and no-store are on every answer (middleware.py)."""
    headers = {"Content-Security-Policy": FOREIGN_POLICY, PAGES: str(drawn.pages)}
    return Response(drawn.png, media_type=PNG, headers=headers)
