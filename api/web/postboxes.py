"""The page "Postfächer": does each answer, how long has its oldest unsorted mail waited.

Below, for admins of the whole house, the kill switch (decisions 0068 and 0080), and how the trail
stands.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Response

from api.web import days, words
from api.web.forms import Reason
from api.web.render import Notice, go, page
from api.web.visit import OpensPostboxes, SendsPostboxes, Visit
from rules import access
from rules.access import Permission
from rules.errors import Refused
from rules.reasons import SHORTEST
from triage import halting
from triage.postboxes import state as postbox_state
from triage.trail import standing

router = APIRouter(include_in_schema=False)

Confirmed = Annotated[str, Form(max_length=10)]


@router.get("/postfaecher")
def postboxes_page(visit: OpensPostboxes) -> Response:
    """The postboxes of the person's regions, in the configured order."""
    return _page(visit)


@router.post("/postfaecher/anhalten")
def stop(visit: SendsPostboxes, grund: Reason = "", verstanden: Confirmed = "") -> Response:
    """Nothing moves and nothing leaves from now on, in all processes. Own decision 0080."""
    return _ordered(visit, halting.stop_writing, "writing_stopped", grund, verstanden)


@router.post("/postfaecher/weiter")
def resume(visit: SendsPostboxes, grund: Reason = "", verstanden: Confirmed = "") -> Response:
    """What waited moves and leaves from now on. Own decision 0080."""
    return _ordered(visit, halting.resume, "writing_resumed", grund, verstanden)


def _ordered(
    visit: Visit, order: Callable[..., object], said: str, reason: str, confirmed: str
) -> Response:
    """The order is given, or the page comes once more with what is missing and what was typed."""
    halting.require_order(visit.caller)
    if not confirmed:
        return _page(visit, fault=_UNCONFIRMED, typed=reason)
    house = visit.house
    try:
        order(house.db, visit.caller, reason=reason, now=house.clock())
    except Refused as exc:
        return _refused(visit, exc, reason)
    return go("/postfaecher", Notice(said))


_UNCONFIRMED = "Setzen Sie das Häkchen: Sie haben gelesen, was geschieht."


def _refused(visit: Visit, exc: Refused, typed: str) -> Response:
    """The page once more where the reason is too short or too long."""
    if exc.code != "halt.reason":
        raise exc
    fault = (
        f"Ein Grund hat {SHORTEST} bis {halting.REASON_LONGEST} Zeichen. Er nennt"
        " keine Person und nichts aus einer Nachricht."
    )
    return _page(visit, fault=fault, typed=typed)


def _page(visit: Visit, *, fault: str = "", typed: str = "") -> Response:
    rows = postbox_state.of_each(visit.house, visit.caller)
    now = visit.house.clock()
    reads_trail = access.may(visit.caller, Permission.READ_TRAIL)
    return page(
        visit.request,
        "postfaecher.html",
        status=422 if fault else 200,
        rows=rows,
        waits={
            row.name: days.age(row.oldest_unsorted, now=now) for row in rows if row.oldest_unsorted
        },
        limit=days.span(visit.house.policy.overdue_minutes),
        stands={row.name: words.postbox_state(row.message) for row in rows},
        may_stop=halting.may_order(visit.caller),
        trail=standing.look(visit.house, visit.caller) if reads_trail else None,
        fault=fault,
        typed=typed,
    )
