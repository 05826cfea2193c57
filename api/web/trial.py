"""The page "Probelauf": what would have been done in observed postboxes, and what people did."""

from fastapi import APIRouter, Response

from api.web import days, pager
from api.web.completeness import asked_day
from api.web.pager import Part
from api.web.render import page
from api.web.visit import OpensPostboxes
from triage import observed
from triage.observed import Disagreement, Observed

router = APIRouter(include_in_schema=False)


def differing(report: Observed, after: str = "") -> Part[Disagreement]:
    """The mails that people filed elsewhere, from a cursor on."""
    return pager.part(report.disagreements, lambda one: str(one.message_id), after=after)


@router.get("/probelauf")
def trial_page(
    visit: OpensPostboxes, tag: str = "", postfach: str = "", nach: str = ""
) -> Response:
    """One part a postbox of the person's regions. `tag`: TT.MM.JJJJ, the day mail came in.

    `nach` is the cursor of the deviations of that one postbox.
    """
    day, fault = asked_day(visit, tag)
    reports = observed.report(visit.house, visit.caller, day=day)
    return page(
        visit.request,
        "probelauf.html",
        status=422 if fault else 200,
        day=day,
        typed=tag or days.short_day(day),
        fault=fault,
        reports=reports,
        parts={
            one.postbox: differing(one, nach if one.postbox == postfach else "") for one in reports
        },
        stand=visit.house.clock(),
    )
