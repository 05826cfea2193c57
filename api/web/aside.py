"""The page "Beiseitegelegt": mail beside the way, with the reason. Nothing is deleted here."""

from fastapi import APIRouter, Response

from api.web import words
from api.web.render import Notice, go, page
from api.web.visit import Reading, Writing
from triage import aside

router = APIRouter(include_in_schema=False)

PAGE_ROWS = 100


@router.get("/beiseite")
def aside_page(visit: Reading, nach: int | None = None) -> Response:
    """Newest first, but above all what can hide a concern. `nach`: id of the last row."""
    rows = aside.listing(visit.house, visit.caller, limit=PAGE_ROWS, after=nach)
    return page(
        visit.request,
        "beiseite.html",
        rows=sorted(rows, key=lambda row: not words.needs_person(row.reason_code)),
        more=rows[-1].id if len(rows) == PAGE_ROWS else None,
    )


@router.post("/beiseite/{message_id}/nochmal")
def replay(visit: Writing, message_id: int) -> Response:
    """Through the stations once more."""
    aside.replay(visit.house, visit.caller, message_id)
    return go("/beiseite", Notice("replayed"))


@router.post("/beiseite/{message_id}/aufnehmen")
def take_in(visit: Writing, message_id: int) -> Response:
    """A person says that it is real mail."""
    item_id = aside.take_in(visit.house, visit.caller, message_id)
    return go("/beiseite", Notice("taken_in", str(item_id)))
