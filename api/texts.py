"""The door for authors and approvers of texts: drafts, checks, review, approval, retirement."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response, status

from api.auth import HouseHere, MayApproveTexts, MayReadTexts, MayWriteTexts
from api.cursor import Cursor, Limit, page_of
from api.schemas.text_life import (
    ApproveIn,
    CheckedTextOut,
    DiffOut,
    ReasonIn,
    SavedTextOut,
    SaveIn,
    StockOut,
    TextRows,
    TextShownOut,
    TextVersionOut,
    TypedIn,
)
from rules.errors import Refused
from rules.texts.life import Phase
from rules.texts.use import told
from store.approved.text_versions import TextVersion
from triage.texts import life as text_life
from triage.texts import stock as text_stock
from triage.texts import view as text_view
from triage.texts.life import Seen
from triage.texts.view import TextRow

router = APIRouter(prefix="/v1/admin/texts", tags=["texts"])

TextId = Annotated[
    str, Path(max_length=120, description="<concern>.<name>", examples=["au.eingang"])
]
Number = Annotated[int, Path(ge=1, le=10_000, description="The version.")]
IfMatch = Annotated[
    str | None, Header(description="The `ETag` of what was read.", examples=['"3"'])
]


@router.get("", response_model=TextRows, summary="All versions with their state")
def listing(
    house: HouseHere,
    caller: MayReadTexts,
    phase: Annotated[Phase | None, Query(description="Only these.")] = None,
    text_id: Annotated[str, Query(max_length=120, description="Only this text.")] = "",
    limit: Limit = 500,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """For who may write or approve: those of the caller's regions, and those for all.

    A cursor names a place in the list; a version begun meanwhile may show one twice.
    """
    # Its place in the list of all: one that leaves its phase moves no other.
    fitting = tuple(
        (place, row)
        for place, row in enumerate(text_view.listing(house, caller))
        if phase in {None, row.phase} and text_id in {"", row.version.text_id}
    )

    def read(rows: int, after: int | None) -> tuple[tuple[int, TextRow], ...]:
        return tuple(pair for pair in fitting if after is None or pair[0] > after)[:rows]

    page = page_of(read, lambda pair: pair[0], limit=limit, cursor=cursor)
    return {"versions": tuple(row for _, row in page.rows), "next_cursor": page.next_cursor}


@router.post(
    "", response_model=SavedTextOut, status_code=status.HTTP_201_CREATED, summary="Begin a draft"
)
def draft(
    house: HouseHere, caller: MayWriteTexts, sent: TypedIn, response: Response
) -> dict[str, Any]:
    """The next version of that text, or the first of a new one. Nothing is sent by it."""
    saved, checked = text_life.draft(house, caller, sent.text_id, sent.text)
    response.headers["ETag"] = _etag(saved)
    return {"version": saved, "findings": checked.findings}


@router.post("/check", response_model=CheckedTextOut, summary="What is wrong with a text")
def check(house: HouseHere, caller: MayWriteTexts, sent: TypedIn) -> dict[str, Any]:
    """All faults and hints with line and remedy. Keeps nothing."""
    checked = text_life.check(house, caller, sent.text_id, sent.text)
    return {"readable": checked.text is not None, "findings": checked.findings}


@router.get("/stock", response_model=StockOut, summary="What the files say differently")
def stock(house: HouseHere, caller: MayWriteTexts) -> dict[str, Any]:
    """Files changed, removed or added by hand since they were taken in."""
    return {"differences": text_stock.differences(house, caller)}


@router.get("/{text_id}/diff", response_model=DiffOut, summary="What differs, word by word")
def difference(
    house: HouseHere,
    caller: MayReadTexts,
    text_id: TextId,
    older: Annotated[int, Query(ge=1, le=10_000, examples=[1])],
    newer: Annotated[int, Query(ge=1, le=10_000, examples=[2])],
) -> dict[str, Any]:
    """Of two versions of one text."""
    return {"pieces": text_view.compared(house, caller, text_id, older, newer)}


@router.get("/{text_id}/versions/{version}", response_model=TextShownOut, summary="One version")
def show(
    house: HouseHere, caller: MayReadTexts, text_id: TextId, version: Number, response: Response
) -> dict[str, Any]:
    """Its wording, its faults as of today, what differs from the approved one, its uses."""
    shown = text_view.show(house, caller, text_id, version)
    response.headers["ETag"] = _etag(shown.row.version)
    return {
        "row": shown.row,
        "text": shown.row.version.data,
        "findings": shown.findings,
        "compared_with": shown.before.version if shown.before else None,
        "changes": shown.changes,
        "uses": told(shown.uses),
    }


@router.put("/{text_id}/versions/{version}", response_model=SavedTextOut, summary="Save a draft")
def save(  # noqa: PLR0913, PLR0917 - FastAPI's parameters
    house: HouseHere,
    caller: MayWriteTexts,
    text_id: TextId,
    version: Number,
    sent: SaveIn,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Over what was read, named by `If-Match`: 428 without it, 412 where somebody else wrote."""
    seen = Seen(edition=_edition(if_match))
    saved, checked = text_life.save(house, caller, text_id, version, typed=sent.text, seen=seen)
    response.headers["ETag"] = _etag(saved)
    return {"version": saved, "findings": checked.findings}


@router.post(
    "/{text_id}/versions/{version}/submit", response_model=TextVersionOut, summary="To the review"
)
def submit(
    house: HouseHere, caller: MayWriteTexts, text_id: TextId, version: Number
) -> TextVersion:
    """Only without errors; hints may stand."""
    return text_life.submit(house, caller, text_id, version)


@router.post(
    "/{text_id}/versions/{version}/withdraw", response_model=TextVersionOut, summary="Write on"
)
def withdraw(
    house: HouseHere, caller: MayWriteTexts, text_id: TextId, version: Number
) -> TextVersion:
    """Out of the review, back to the draft."""
    return text_life.withdraw(house, caller, text_id, version)


@router.post(
    "/{text_id}/versions/{version}/turn-down", response_model=TextVersionOut, summary="Turn down"
)
def turn_down(
    house: HouseHere, caller: MayApproveTexts, text_id: TextId, version: Number, sent: ReasonIn
) -> TextVersion:
    """Back to the draft, with a reason for the authors."""
    return text_life.turn_down(house, caller, text_id, version, reason=sent.reason)


@router.post(
    "/{text_id}/versions/{version}/approve", response_model=TextVersionOut, summary="Approve"
)
def approve(
    house: HouseHere, caller: MayApproveTexts, text_id: TextId, version: Number, sent: ApproveIn
) -> TextVersion:
    """By who wrote nothing of it; what was read is named by its hash (412 where it changed)."""
    seen = Seen(sha256=sent.sha256)
    return text_life.approve(house, caller, text_id, version, seen=seen)


@router.post(
    "/{text_id}/versions/{version}/retire", response_model=TextVersionOut, summary="Retire"
)
def retire(
    house: HouseHere, caller: MayReadTexts, text_id: TextId, version: Number, sent: ReasonIn
) -> TextVersion:
    """At once and for good: an approved version by an approver, a draft by an author."""
    return text_life.retire(house, caller, text_id, version, reason=sent.reason)


def _etag(version: TextVersion) -> str:
    return f'"{version.edition}"'


def _edition(if_match: str | None) -> int | None:
    """None for "*": whatever is there. Source: RFC 9110 section 13.1.1; RFC 6585 section 3."""
    tag = (if_match or "").strip().removeprefix("W/").strip('"')
    if tag == "*":
        return None
    if not tag:
        raise Refused("request.if_match", "send If-Match with the ETag of what you read")
    # A tag that is none of ours fits no edition.
    return int(tag) if tag.isdecimal() and len(tag) < 10 else -1
