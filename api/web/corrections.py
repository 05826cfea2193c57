"""The page "Korrekturen": a second person says whether what a clerk corrected may teach."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response

from api.web import pager, refusals
from api.web.render import Notice, go, page
from api.web.visit import OpensModels, SendsModels, Visit
from rules.errors import Refused
from triage.learning import relearn

router = APIRouter(include_in_schema=False)

LastRow = Annotated[int | None, Form()]
Seen = Annotated[int | None, Form()]
"""The correction that the page showed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong with a reason: of which message, in words, and what was typed."""

    message_id: int
    message: str
    typed: str


@router.get("/korrekturen")
def corrections_page(visit: OpensModels, nach: int | None = None) -> Response:
    """The oldest first; what is confirmed or turned down leaves the page.

    `nach`: number of the last correction of the page before.
    """
    return _shown(visit, after=nach)


@router.post("/korrekturen/{message_id}/bestaetigen")
def confirm(
    visit: SendsModels, message_id: int, nach: LastRow = None, korrektur: Seen = None
) -> Response:
    """The correction is right."""
    relearn.confirm(visit.house, visit.caller, message_id, seen=korrektur)
    return go(_place(nach), Notice("confirmed"))


@router.post("/korrekturen/{message_id}/ablehnen")
def turn_down(
    visit: SendsModels,
    message_id: int,
    grund: Annotated[str, Form(max_length=1000)] = "",
    nach: LastRow = None,
    korrektur: Seen = None,
) -> Response:
    """The correction is wrong; a reason too short comes back beside its form."""
    try:
        relearn.turn_down(visit.house, visit.caller, message_id, reason=grund, seen=korrektur)
    except Refused as exc:
        if exc.code != "relearn.reason_too_short":
            raise
        return _shown(visit, Fault(message_id, refusals.refusal(exc), grund), after=nach)
    return go(_place(nach), Notice("turned_down"))


def _place(after: int | None) -> str:
    """The page that the form stood on."""
    return f"/korrekturen?nach={after}" if after else "/korrekturen"


def _shown(visit: Visit, fault: Fault | None = None, *, after: int | None = None) -> Response:
    if fault and visit.is_unseen:
        return Response(status_code=422)
    rows = relearn.waiting(visit.house, visit.caller, limit=pager.PAGE_ROWS, after=after)
    return page(
        visit.request,
        "korrekturen.html",
        status=422 if fault else 200,
        rows=rows,
        more=pager.next_id(rows, lambda row: row.id),
        after=after,
        fault=fault,
    )
