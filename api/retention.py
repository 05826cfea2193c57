"""The door for admins to deletion: preview, runs, proof, holds.

A run is ordered here and done by a worker: no request deletes anything itself.
"""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, status

from api.auth import HouseHere, MayRunRetention
from api.cursor import ID_MAX
from api.schemas.retention import (
    HoldIdOut,
    HoldIn,
    HoldList,
    PreviewOut,
    ProofOut,
    ReadHoldIn,
    ReadRunIn,
    RunIdOut,
    RunIn,
    RunList,
    SeenIn,
    SeenOut,
)
from rules.sweep import rules_line
from store.deletion.holds import NewHold, Seen
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep
from triage.sweep import proof as sweep_proof

router = APIRouter(prefix="/v1/admin/retention", tags=["admin"])

RunId = Annotated[int, Path(ge=1, le=ID_MAX, description="The number of the run.")]
BY_NUMBER: Final = ReadRunIn(hash="")
"""Of a program that names a run by its number only: a body is optional, as /v1 promises."""
ANY_HOLD: Final = ReadHoldIn(reference="")
"""The same of a hold."""

HoldId = Annotated[int, Path(ge=1, le=ID_MAX, description="The number of the hold.")]


@router.get("", response_model=PreviewOut, summary="What may be deleted today, and what not")
def preview(house: HouseHere, caller: MayRunRetention) -> dict[str, Any]:
    """By postbox, agency and reason. Writes nothing; `hash` names the plan."""
    found = sweep.preview(house, caller)
    return {
        "day": found.day,
        "periods": json.loads(rules_line(found.rules)),
        "to_delete": len(found.rows),
        "more": found.has_more,
        "hash": found.hash,
        "tallies": found.tallies,
    }


@router.get("/runs", response_model=RunList, summary="Deletion runs")
def runs(house: HouseHere, caller: MayRunRetention) -> dict[str, Any]:
    """Of the caller's regions, newest first."""
    return {"runs": sweep.plans(house, caller)}


@router.post(
    "/runs",
    response_model=RunIdOut,
    status_code=status.HTTP_202_ACCEPTED,
    summary="Order a deletion run",
)
def order(house: HouseHere, caller: MayRunRetention, asked: RunIn) -> dict[str, int]:
    """Exactly what the preview of that hash showed, or nothing. A worker carries it out."""
    return {"run_id": sweep.order(house, caller, hash_=asked.hash)}


@router.get("/runs/{run_id}/proof", response_model=ProofOut, summary="The proof of a run")
def proof(house: HouseHere, caller: MayRunRetention, run_id: RunId) -> dict[str, Any]:
    """What went, what stayed and why, and whether anything is left; read back now."""
    return {"proof": sweep_proof.as_json(sweep_proof.proof(house, caller, run_id))}


@router.post(
    "/runs/{run_id}/approve",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Approve a proposed deletion",
)
def approve(
    house: HouseHere, caller: MayRunRetention, run_id: RunId, read: ReadRunIn = BY_NUMBER
) -> None:
    """By a second person; from then on it is ordered.

    With the `hash` that was read it is 409 `sweep.changed` if another run has that number by now.
    Without it a run that was made after a restore is 409 `sweep.not_named`.
    """
    sweep.approve(house, caller, run_id, seen=read.hash)


@router.post(
    "/runs/{run_id}/reject",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Reject a proposed deletion",
)
def reject(
    house: HouseHere, caller: MayRunRetention, run_id: RunId, read: ReadRunIn = BY_NUMBER
) -> None:
    """Nothing is deleted by it. `hash` as for `approve`."""
    sweep.reject(house, caller, run_id, seen=read.hash)


@router.get("/holds", response_model=HoldList, summary="Holds in force")
def holds(
    house: HouseHere,
    caller: MayRunRetention,
    *,
    released: Annotated[bool, Query(description="Those that were released instead.")] = False,
) -> dict[str, Any]:
    """That the caller may see, newest first; released ones say when, and by whom."""
    listed = sweep_holds.holds_over if released else sweep_holds.holds_in_force
    return {"holds": listed(house, caller)}


@router.post(
    "/holds",
    response_model=HoldIdOut,
    status_code=status.HTTP_201_CREATED,
    summary="Keep something back from deletion",
)
def hold(house: HouseHere, caller: MayRunRetention, asked: HoldIn) -> dict[str, int]:
    """One message, or all of a postbox; a file number, no name."""
    new = NewHold(asked.kind, asked.reference, asked.message_id, asked.postbox)
    return {"hold_id": sweep_holds.hold(house, caller, new)}


@router.post(
    "/holds/{hold_id}/release", status_code=status.HTTP_204_NO_CONTENT, summary="End a hold"
)
def release(
    house: HouseHere, caller: MayRunRetention, hold_id: HoldId, read: ReadHoldIn = ANY_HOLD
) -> None:
    """From now on only work, hand-over and period count.

    With the `reference` that was read it is 409 `hold.changed` if another hold has that number by
    now. Without it a hold that was placed after a restore is 409 `hold.not_named`.
    """
    sweep_holds.release(house, caller, hold_id, seen=read.reference)


@router.post("/seen", response_model=SeenOut, summary="Mail aside was looked at")
def seen(house: HouseHere, caller: MayRunRetention, asked: SeenIn) -> Seen:
    """Without it, nothing that lies aside is ever deleted.

    Counts what `GET /v1/admin/aside`, or the page, has shown to this caller since it lies there.
    """
    return sweep_holds.see(house, caller, reason_code=asked.reason_code, until=asked.until)
