"""The page "Probelauf": what would have been done in observed postboxes, and what people did."""

from fastapi import APIRouter, Response

from api.web import days
from api.web.completeness import asked_day
from api.web.render import page
from api.web.visit import OpensPostboxes
from triage import observed

router = APIRouter(include_in_schema=False)


@router.get("/probelauf")
def trial_page(visit: OpensPostboxes, tag: str = "") -> Response:
    """One part a postbox of the person's regions. `tag`: TT.MM.JJJJ, the day mail came in."""
    day, fault = asked_day(visit, tag)
    return page(
        visit.request,
        "probelauf.html",
        status=422 if fault else 200,
        day=day,
        typed=tag or days.short_day(day),
        fault=fault,
        reports=observed.report(visit.house, visit.caller, day=day),
        stand=visit.house.clock(),
    )
