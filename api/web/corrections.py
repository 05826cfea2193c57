"""The page "Korrekturen": a second person confirms what a clerk corrected, so that it may teach."""

from fastapi import APIRouter, Response

from api.web.render import Notice, go, page
from api.web.visit import Reading, Writing
from triage import relearn

router = APIRouter(include_in_schema=False)

PAGE_ROWS = 100


@router.get("/korrekturen")
def corrections_page(visit: Reading) -> Response:
    """The oldest first; what is confirmed leaves the page."""
    rows = relearn.waiting(visit.house, visit.caller, limit=PAGE_ROWS)
    return page(visit.request, "korrekturen.html", rows=rows, is_full=len(rows) == PAGE_ROWS)


@router.post("/korrekturen/{message_id}/bestaetigen")
def confirm(visit: Writing, message_id: int) -> Response:
    """The correction is right."""
    relearn.confirm(visit.house, visit.caller, message_id)
    return go("/korrekturen", Notice("confirmed"))
