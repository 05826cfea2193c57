"""Ordering a task from the item's page."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from api.web import days
from api.web.faults import fault
from api.web.forms import Token, TypedDay
from api.web.item import item_response
from api.web.render import Notice, go
from api.web.visit import SendsItem
from rules.errors import Refused
from rules.tasks import Said, TaskKind
from triage import tasks

MOSTLY_PAST_DAYS = 300
"""A day without a year lies so far back at most: claims have begun. Own decision 0059."""

router = APIRouter(prefix="/vorgang/{item_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class TaskForm:
    """One of the small forms of the panel; each sends only what its task asks for."""

    task: Annotated[TaskKind, Form()]
    claim_start: TypedDay = ""
    called: Annotated[str, Form(max_length=10)] = ""
    call_spared: Annotated[str, Form(max_length=10)] = ""
    complete: Annotated[str, Form(max_length=10)] = ""

    def said(self, today: date) -> Said:
        """What the clerk states. Raises: Refused: `date.unreadable`."""
        typed = self.claim_start.strip()
        start = _past_day(typed, today) if typed else None
        return Said(
            claim_start=start,
            called=bool(self.called),
            call_spared=bool(self.call_spared),
            complete=bool(self.complete),
        )


@router.post("/auftrag")
def order(
    visit: SendsItem, item_id: int, token: Token, form: Annotated[TaskForm, Depends()]
) -> Response:
    """Order it, and stay on the page; a refusal is told over the panes."""
    try:
        said = form.said(visit.today)
        tasks.order(visit.house, visit.caller, item_id, token, kind=form.task, said=said)
    except Refused as refused:
        return item_response(visit, item_id, token=token, fault=fault("", refused))
    return go(f"/vorgang/{item_id}", Notice("task_ordered"))


@router.post("/auftrag/{outgoing_id}/zurueck")
def cancel(
    visit: SendsItem,
    item_id: int,
    outgoing_id: int,
    token: Token,
    grund: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Take it back before it is delivered; a refusal is told over the panes."""
    try:
        tasks.cancel(
            visit.house, visit.caller, item_id, token, outgoing_id=outgoing_id, reason=grund
        )
    except Refused as refused:
        return item_response(visit, item_id, token=token, fault=fault("", refused))
    return go(f"/vorgang/{item_id}", Notice("task_cancelled"))


def _past_day(text: str, today: date) -> date:
    return days.typed(text, today=today - timedelta(days=MOSTLY_PAST_DAYS))
