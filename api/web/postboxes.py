"""The page "Postfächer": does each answer, and how long has its oldest unsorted mail waited."""

from fastapi import APIRouter, Response

from api.web import days, words
from api.web.render import page
from api.web.visit import OpensPostboxes
from triage import admin

router = APIRouter(include_in_schema=False)


@router.get("/postfaecher")
def postboxes_page(visit: OpensPostboxes) -> Response:
    """The postboxes of the person's regions, in the configured order."""
    rows = admin.postboxes(visit.house, visit.caller)
    now = visit.house.clock()
    return page(
        visit.request,
        "postfaecher.html",
        rows=rows,
        waits={
            row.name: days.age(row.oldest_unsorted, now=now) for row in rows if row.oldest_unsorted
        },
        limit=days.span(visit.house.policy.overdue_minutes),
        stands={row.name: words.postbox_state(row.message) for row in rows},
    )
