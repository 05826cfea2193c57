"""The page "Beiseitegelegt": mail beside the way, with the reason. Nothing is deleted here."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response

from api.web import words
from api.web.render import Notice, go, page
from api.web.visit import OpensReplay, SendsReplay
from triage import aside

router = APIRouter(include_in_schema=False)

PAGE_ROWS = 100


@router.get("/beiseite")
def aside_page(visit: OpensReplay, nach: int | None = None, grund: str = "") -> Response:
    """Newest first, but above all what can hide a concern. `nach`: id of the last row.

    `grund`: only that reason's code.
    """
    reasons = aside.reasons(visit.house, visit.caller)
    rows = aside.listing(visit.house, visit.caller, limit=PAGE_ROWS, after=nach, reason_code=grund)
    aside.note_shown(visit.house, visit.caller, rows)
    return page(
        visit.request,
        "beiseite.html",
        rows=sorted(rows, key=lambda row: not words.needs_person(row.reason_code)),
        more=urlencode({"grund": grund, "nach": rows[-1].id}) if len(rows) == PAGE_ROWS else "",
        reasons=reasons,
        reason=grund,
        total=sum(number for code, number in reasons if grund in {"", code}),
    )


@router.post("/beiseite/alle")
def replay_all(visit: SendsReplay, grund: Annotated[str, Form()] = "") -> Response:
    """All of the person's regions through the stations once more, or those of one reason."""
    done = aside.replay_all(visit.house, visit.caller, reason_code=grund)
    return go("/beiseite", Notice("replayed_all", str(done)) if done else Notice("replayed_none"))


@router.post("/beiseite/{message_id}/nochmal")
def replay(visit: SendsReplay, message_id: int) -> Response:
    """Through the stations once more."""
    aside.replay(visit.house, visit.caller, message_id)
    return go("/beiseite", Notice("replayed"))


@router.post("/beiseite/{message_id}/aufnehmen")
def take_in(visit: SendsReplay, message_id: int) -> Response:
    """A person says that it is real mail."""
    item_id = aside.take_in(visit.house, visit.caller, message_id)
    return go("/beiseite", Notice("taken_in", str(item_id)))
