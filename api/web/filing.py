"""The page "Nicht abgelegt": mail that its postbox would not let us file, and trying once more."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response

from api.web import pager
from api.web.render import Notice, go, page
from api.web.visit import OpensReplay, SendsReplay
from triage import refused_moves

router = APIRouter(include_in_schema=False)


@router.get("/nicht-abgelegt")
def filing_page(visit: OpensReplay, nach: int | None = None, grund: str = "") -> Response:
    """Oldest first, without content. `nach`: id of the last row; `grund`: only that code."""
    house, caller = visit.house, visit.caller
    reasons = refused_moves.reasons(house, caller)
    moves = refused_moves.listing(house, caller, code=grund, after=nach, limit=pager.PAGE_ROWS)
    more = pager.next_id(moves, lambda move: move.id)
    return page(
        visit.request,
        "nicht_abgelegt.html",
        moves=moves,
        more=urlencode({"grund": grund, "nach": more}) if more else "",
        reasons=reasons,
        reason=grund,
        total=sum(number for code, number in reasons if grund in {"", code}),
    )


@router.post("/nicht-abgelegt/alle")
def again_all(visit: SendsReplay, grund: Annotated[str, Form()] = "") -> Response:
    """All of the person's regions, or those of one reason."""
    done = refused_moves.file_again(visit.house, visit.caller, code=grund)
    return go("/nicht-abgelegt", Notice("filed_again", str(done)))


@router.post("/nicht-abgelegt/{move_id}/nochmal")
def again(visit: SendsReplay, move_id: int) -> Response:
    """One of them."""
    refused_moves.file_one(visit.house, visit.caller, move_id)
    return go("/nicht-abgelegt", Notice("filed_again", "1"))
