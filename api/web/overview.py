"""The page "Lage": what waits where, live. Amounts and due days, no persons (R17)."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Response

from api.web import days
from api.web.forms import LineCode
from api.web.render import Notice, go, page
from api.web.visit import Reading, Visit, Writing
from rules.access import Permission, may
from store.items import Item
from triage import figures, holding, item_view
from triage.figures import AgencyRow, Overview
from triage.work import CLEARING

router = APIRouter(include_in_schema=False)

LIST_LIMIT = 100
"""Rows of the waiting list on one page. Own decision 0021 (a page stays under 100 kB)."""
LIVE_SECONDS = 10
"""How often the figures are read again. Hausregel: a waiting line changes in minutes."""


@router.get("/lage")
def overview_page(visit: Reading, agentur: str = "") -> Response:
    """All agencies that the person may see, or one of them with its waiting list."""
    found = figures.overview(visit.house, visit.caller, agency_code=_code(agentur))
    items = _items(visit, agentur)
    agency = visit.house.directory.agency(agentur)
    now = visit.house.clock()
    return page(
        visit.request,
        "lage.html",
        may_free=may(visit.caller, Permission.FREE_ITEM),
        may_read=may(visit.caller, Permission.READ_ITEM),
        stuck=holding.STUCK,
        line_code=agentur,
        place=f"{agency.code} {agency.name}" if agency else "Alle Agenturen, die Sie sehen dürfen",
        url=f"/lage?agentur={agency.code}" if agency else "/lage",
        seconds=LIVE_SECONDS,
        stand=f"{days.local(now):%H:%M:%S}",
        overview=_ordered(found),
        total=total(found.agencies),
        ages={r.code: days.age(r.oldest, now=now) if r.oldest else "–" for r in found.agencies},
        items=items,
        dues={i.id: days.due(i.due_on, today=visit.today) for i in items or ()},
        limit=LIST_LIMIT,
        progress=figures.progress(visit.house),
    )


def _code(line_code: str) -> str | None:
    return None if line_code in {"", CLEARING} else line_code


def total(rows: tuple[AgencyRow, ...]) -> AgencyRow:
    """The sums over the agencies shown."""
    return AgencyRow(
        code=None,
        name="",
        region="",
        waiting=sum(row.waiting for row in rows),
        held=sum(row.held for row in rows),
        parked=sum(row.parked for row in rows),
        pending=sum(row.pending for row in rows),
        due_today=sum(row.due_today for row in rows),
        overdue=sum(row.overdue for row in rows),
        oldest=min((row.oldest for row in rows if row.oldest), default=None),
    )


def _ordered(found: Overview) -> Overview:
    rows = sorted(found.agencies, key=lambda row: (-row.waiting, row.code or ""))
    return Overview(
        tuple(rows), found.concerns, found.aside, found.closed_today, found.receipts_open
    )


def _items(visit: Visit, agency_code: str) -> tuple[Item, ...] | None:
    """For who may read items, or free them. Sender and subject stay out: no names here."""
    if not agency_code:
        return None
    if may(visit.caller, Permission.READ_ITEM):
        found = item_view.listing(visit.house, visit.caller, agency_code, limit=LIST_LIMIT)
        return tuple(row.item for row in found)
    if may(visit.caller, Permission.FREE_ITEM):
        code = _code(agency_code)
        return holding.stuck(visit.house, visit.caller, agency_code=code, limit=LIST_LIMIT)
    return None


@router.post("/lage/freigeben")
def free(
    visit: Writing,
    item_id: Annotated[int, Form()],
    version: Annotated[int, Form()],
    line: LineCode = "",
) -> Response:
    """A supervisor puts an item back; refused if it went on since the page was made."""
    holding.free(visit.house, visit.caller, item_id, version=version)
    return go(f"/lage?agentur={quote(line)}" if line else "/lage", Notice("freed", str(item_id)))
