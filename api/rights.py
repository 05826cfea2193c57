"""The door for admins to folder permissions: findings, plans, lists, the round of review.

Writing into postboxes is ordered here and done by a worker: the doors hold no passwords.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, status

from api.auth import HouseHere, MayReviewRights
from api.cursor import ID_MAX
from api.schemas.rights import (
    ChainOut,
    ImportedOut,
    KeepIn,
    ListsIn,
    ListsOut,
    MarkIn,
    OrderOut,
    PlanIdOut,
    PlanOut,
    PostboxIn,
    ReadPlanIn,
    RejectPlanIn,
    RightsFindings,
    RightsOverview,
    RoundIn,
    RoundOut,
    SignOffIn,
)
from rules.access import Caller
from rules.errors import Refused
from rules.rights.folder_findings import Code, Finding, Key, meaning, named, remedy
from rules.rights.folder_levels import in_words
from rules.rights.reporting_chain import Step, make_round
from store.rights.plans import OrderKind
from triage.house import House
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import reporting as rights_reporting
from triage.rights import signoff as rights_signoff
from triage.rights.decisions import Standing

router = APIRouter(prefix="/v1/admin/rights", tags=["admin"])

BY_NUMBER: Final = ReadPlanIn(hash="")
REJECTED_BY_NUMBER: Final = RejectPlanIn(hash="", reason=None)
"""Of a program that names a plan by its number only: a body is optional, as /v1 promises."""

PlanId = Annotated[int, Path(ge=1, le=ID_MAX, description="The number of the plan.")]
PostboxName = Annotated[
    str, Query(max_length=100, description="The postbox.", examples=["SC-West"])
]
RegionName = Annotated[str, Query(max_length=60, description="The region.", examples=["West"])]


@router.get("", response_model=RightsOverview, summary="How folder permissions stand")
def overview(house: HouseHere, caller: MayReviewRights) -> dict[str, Any]:
    """Each postbox of the caller's regions: last look, findings, review, newest plan."""
    found = rights.standings(house, caller)
    return {"postboxes": [_standing(house, one) for one in found]}


@router.get("/findings", response_model=RightsFindings, summary="What differs in a postbox")
def findings(house: HouseHere, caller: MayReviewRights, postbox: PostboxName) -> dict[str, Any]:
    """As of the last look; those that stay by decision are marked `kept`."""
    found = rights.standing(house, caller, postbox)
    rows = [_finding(one, "open") for one in found.open]
    return {"findings": [*rows, *(_finding(one, "kept") for one in found.kept)]}


@router.post(
    "/audits",
    response_model=OrderOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Look at all folders",
)
def audit(house: HouseHere, caller: MayReviewRights, asked: PostboxIn) -> dict[str, int]:
    """A worker reads the permissions of all folders; nothing is changed."""
    return {"order_id": rights.order(house, caller, asked.postbox, "audit")}


@router.post(
    "/plans",
    response_model=PlanIdOut,
    status_code=status.HTTP_201_CREATED,
    summary="Propose a plan",
)
def propose(house: HouseHere, caller: MayReviewRights, asked: PostboxIn) -> dict[str, int]:
    """Of all that the last look leaves open and a plan can put right."""
    return {"plan_id": rights.propose(house, caller, asked.postbox)}


@router.get("/plans/{plan_id}", response_model=PlanOut, summary="A plan")
def plan(house: HouseHere, caller: MayReviewRights, plan_id: PlanId) -> dict[str, Any]:
    """Its changes in their order, and the folders that were begun."""
    stored, steps = rights.plan(house, caller, plan_id)
    changes = [
        {
            "folder": change.folder,
            "who": named(change.principal.key),
            "deed": change.deed.value,
            "before": in_words(change.before),
            "after": in_words(change.after),
            "code": change.code.value,
        }
        for change in stored.plan.changes
    ]
    return {
        "id": stored.id,
        "hash": stored.hash,
        "postbox": stored.postbox,
        "state": stored.state.value,
        "made_at": stored.made_at,
        "made_by": stored.made_by,
        "decided_by": stored.decided_by,
        "reason": stored.reason,
        "changes": changes,
        "blocked": list(stored.plan.blocked),
        "steps": steps,
    }


@router.post(
    "/plans/{plan_id}/approve",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Approve a plan that somebody else made",
)
def approve(
    house: HouseHere, caller: MayReviewRights, plan_id: PlanId, read: ReadPlanIn = BY_NUMBER
) -> None:
    """Refused (`rights.same_person`) for who proposed it.

    With the `hash` that was read it is 409 `rights.plan_changed` if another plan has that number by
    now. Without it a plan that was made after a restore is 409 `rights.plan_not_named`.
    """
    rights.approve(house, caller, plan_id, seen=read.hash)


@router.post(
    "/plans/{plan_id}/reject", status_code=status.HTTP_204_NO_CONTENT, summary="Put a plan aside"
)
def reject(
    house: HouseHere,
    caller: MayReviewRights,
    plan_id: PlanId,
    read: RejectPlanIn = REJECTED_BY_NUMBER,
) -> None:
    """Only while it has touched no folder. `hash` as for `approve`.

    The `reason` is for who proposed the plan: it stands in the plan from now on.
    """
    rights.reject(house, caller, plan_id, seen=read.hash, reason=read.reason)


@router.post(
    "/plans/{plan_id}/apply",
    response_model=OrderOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Carry out an approved plan",
)
def apply(
    house: HouseHere, caller: MayReviewRights, plan_id: PlanId, read: ReadPlanIn = BY_NUMBER
) -> dict[str, int]:
    """A worker does it, folder by folder, each read again and compared.

    One that rests on lists or decisions which hold no more becomes `void` there, and writes
    nothing. `hash` as for `approve`.
    """
    return _ordered(house, caller, plan_id, "apply", read)


@router.post(
    "/plans/{plan_id}/undo",
    response_model=OrderOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Put back what a plan changed",
)
def undo(
    house: HouseHere, caller: MayReviewRights, plan_id: PlanId, read: ReadPlanIn = BY_NUMBER
) -> dict[str, int]:
    """A worker does it, the last folder first. `hash` as for `approve`."""
    return _ordered(house, caller, plan_id, "undo", read)


@router.post("/keeps", status_code=status.HTTP_204_NO_CONTENT, summary="Let a finding stay")
def keep(house: HouseHere, caller: MayReviewRights, asked: KeepIn) -> None:
    """With a reason, until a day; it is in no plan meanwhile.

    With `has` as it was read it is 409 `rights.finding_changed` if the account has other rights by
    now.
    """
    key = Key(_code(asked.code), asked.folder, asked.subject)
    rights.keep(
        house, caller, asked.postbox, key, reason=asked.reason, until=asked.until, seen=asked.has
    )


@router.post("/signoffs", status_code=status.HTTP_204_NO_CONTENT, summary="Sign off an agency")
def sign_off(house: HouseHere, caller: MayReviewRights, asked: SignOffIn) -> None:
    """All its folders and its lists, with a reason where findings are open."""
    rights_signoff.agency(
        house, caller, asked.postbox, asked.agency, reason=asked.reason, audit=asked.audit_id
    )


@router.get("/lists", response_model=ListsOut, summary="The reported lists of a region")
def lists(house: HouseHere, caller: MayReviewRights, region: RegionName) -> dict[str, Any]:
    """Lists and the number of their members; the members themselves are not shown."""
    found = rights_reporting.reported(house, caller, region)
    rows = [
        {
            "address": one.address,
            "agency": one.agency,
            "region": one.region,
            "level": one.level.value,
            "members": len(one.members),
        }
        for one in (found.lists if found else ())
    ]
    return {
        "region": region,
        "reported_at": found.at if found else None,
        "source": found.source if found else "",
        "lists": rows,
    }


@router.post(
    "/lists",
    response_model=ImportedOut,
    status_code=status.HTTP_201_CREATED,
    summary="Import the lists of a region",
)
def import_lists(house: HouseHere, caller: MayReviewRights, asked: ListsIn) -> dict[str, Any]:
    """All or nothing: `rights.csv` names every wrong line in `details`."""
    done = rights_reporting.import_lists(
        house, caller, asked.region, data=asked.csv.encode("utf-8"), source=asked.source
    )
    return {"lists": done.lists, "members": done.members, "without": list(done.without)}


@router.post(
    "/rounds",
    response_model=RoundOut,
    status_code=status.HTTP_201_CREATED,
    summary="Start a round of review",
)
def start_round(house: HouseHere, caller: MayReviewRights, asked: RoundIn) -> dict[str, int]:
    """The round before ends with it; one with the same days goes on, and is the answer."""
    made = make_round(
        asked.region,
        asked.agencies_due,
        directions_due=asked.directions_due,
        region_due=asked.region_due,
    )
    return {"round_id": rights_reporting.start_round(house, caller, made)}


@router.get("/chain", response_model=ChainOut, summary="Who has reported, and who is late")
def chain(house: HouseHere, caller: MayReviewRights, region: RegionName) -> dict[str, Any]:
    """Agencies, Regionaldirektionen, the region: each with what it waits for."""
    links = [
        {
            "step": link.step.value,
            "unit": link.unit,
            "name": link.name,
            "due": link.due,
            "done_on": link.mark.on if link.mark else None,
            "is_overdue": link.is_overdue,
            "waits_for": list(link.open_units),
        }
        for link in rights_reporting.links(house, caller, region)
    ]
    return {"links": links}


@router.post("/chain", status_code=status.HTTP_204_NO_CONTENT, summary="Note a step as done")
def mark(house: HouseHere, caller: MayReviewRights, asked: MarkIn) -> None:
    """Before its time only with a note."""
    rights_reporting.mark(
        house, caller, asked.region, Step(asked.step), unit=asked.unit, note=asked.note
    )


def _ordered(
    house: House, caller: Caller, plan_id: int, kind: OrderKind, read: ReadPlanIn
) -> dict[str, int]:
    stored, _ = rights.plan(house, caller, plan_id)
    order_id = rights.order(house, caller, stored.postbox, kind, plan_id=plan_id, seen=read.hash)
    return {"order_id": order_id}


def _standing(house: House, one: Standing) -> dict[str, Any]:
    sums = rights_matrix.sums(rights_matrix.rows(house, [one]))
    return {
        "postbox": one.box.name,
        "region": one.box.region,
        "audited_at": one.audit.at if one.audit else None,
        "is_stale": one.is_stale,
        "folders": one.audit.folders if one.audit else 0,
        "open": len(one.open),
        "kept": len(one.kept),
        "agencies": sums.agencies,
        "signed": sums.signed,
        "overdue": sums.overdue,
        "folders_signed": sums.folders_signed,
        "folders_overdue": sums.folders_overdue,
        "plan_id": one.plan.id if one.plan else None,
        "plan_state": one.plan.state.value if one.plan else None,
        "waiting_orders": [order.kind for order in one.orders],
    }


def _finding(one: Finding, state: str) -> dict[str, Any]:
    return {
        "code": one.code.value,
        "cause": one.cause.value if one.cause else None,
        "state": state,
        "agency": one.agency,
        "folder": one.folder,
        "subject": one.subject,
        "has": None if one.has is None else in_words(one.has),
        "wanted": None if one.wanted is None else in_words(one.wanted),
        "meaning": meaning(one),
        "remedy": remedy(one.code),
    }


def _code(text: str) -> Code:
    try:
        return Code(text)
    except ValueError as exc:
        raise Refused("finding.unknown", f"There is no finding {text!r}.") from exc
