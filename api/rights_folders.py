"""The door for admins to the review of folder permissions, folder by folder."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from api.auth import HouseHere, MayReviewRights
from api.rights import PostboxName
from api.schemas.rights import FolderReviews, FolderSignOffIn
from triage.rights import decisions as rights
from triage.rights import review as rights_review
from triage.rights import signoff as rights_signoff
from triage.rights.review import ReviewState

router = APIRouter(prefix="/v1/admin/rights", tags=["admin"])

StateHere = Annotated[ReviewState | None, Query(description="Only folders in this state.")]


@router.get("/folders", response_model=FolderReviews, summary="How far each folder is reviewed")
def folders(
    house: HouseHere, caller: MayReviewRights, postbox: PostboxName, state: StateHere = None
) -> dict[str, Any]:
    """With date, name and reason of the last sign-off, and what changed since."""
    found = rights.standing(house, caller, postbox)
    every = rights_review.parts(house, found)
    return {
        "audit_id": found.audit.id if found.audit else None,
        "folders": [
            rights_review.fields(part)
            for part in every
            if part.is_shown and state in {None, part.state}
        ],
    }


@router.post("/folder-signoffs", status_code=status.HTTP_204_NO_CONTENT, summary="Sign off folders")
def sign_off(house: HouseHere, caller: MayReviewRights, asked: FolderSignOffIn) -> None:
    """All or none, with a reason where findings are open."""
    rights_signoff.folders(
        house, caller, asked.postbox, asked.folders, reason=asked.reason, audit=asked.audit_id
    )
