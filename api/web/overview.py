"""The page "Lage": what waits where, live. Amounts and due days, no persons (R17)."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response

from api import cursor
from api.web import days, pager
from api.web.forms import LineCode
from api.web.render import Notice, go, page
from api.web.visit import OpensAnything, SendsFreedItem, Visit
from rules.access import Permission, may
from rules.agencies import Agency
from store.desk import item_lists
from store.desk.item_lists import Spot
from store.desk.items import Item
from triage import events, figures
from triage.desk import holding, lists
from triage.doorkeeper import CLEARING
from triage.figures import AgencyRow, Overview
from triage.watch import wandering

router = APIRouter(include_in_schema=False)

WANDERERS_SHOWN = 10
"""Items handed on again and again that the page names; the command names all. Decision 0064."""
After = Annotated[str, Query(max_length=60)]
LIVE_SECONDS = 60
"""How often figures are read again where no event says so: ages and days go on by themselves."""


@router.get("/lage")
def overview_page(
    visit: OpensAnything, agentur: str = "", reihe: str = "", nach: After = ""
) -> Response:
    """All agencies that the person may see, or one of them with its waiting list.

    `agentur` "klaerung" is the clearing folder. `reihe` "eingang" shows the list by receipt, else
    in the order of hand-out; `nach`: cursor behind the last row of the page before.
    """
    # Before the figures are read: what happens in between is told, not missed.
    newest = events.tail(visit.house)
    found = figures.overview(visit.house, visit.caller, agency_code=agentur or None)
    by_receipt = reihe == "eingang"
    agency = visit.house.directory.agency(agentur)
    agentur = agency.code if agency else agentur
    if nach.isdecimal():
        # An address that somebody has kept from the time when an id stood there.
        nach = cursor.of_id(int(nach))
    items = _items(visit, agentur, by_receipt=by_receipt, after=nach)
    more = _behind(items or (), by_receipt=by_receipt)
    now = visit.house.clock()
    return page(
        visit.request,
        "lage.html",
        may_free=may(visit.caller, Permission.FREE_ITEM),
        may_read=may(visit.caller, Permission.READ_ITEM),
        stuck=holding.STUCK,
        line_code=agentur,
        place=_place(agency, agentur),
        url=_url(agentur, by_receipt=by_receipt, after=nach),
        more=_url(agentur, by_receipt=by_receipt, after=more) if more else "",
        is_later=bool(nach),
        by_receipt=by_receipt,
        # Who may not hear events is served every minute.
        feed=f"/v1/events?cursor={newest}" if may(visit.caller, Permission.READ_EVENTS) else "",
        near=[(days.due(day, today=visit.today), count) for day, count in found.near],
        seconds=LIVE_SECONDS,
        stand=f"{days.local(now):%H:%M:%S}",
        overview=_ordered(found),
        total=total(found.agencies),
        ages={r.code: days.age(r.oldest, now=now) if r.oldest else "–" for r in found.agencies},
        items=items,
        dues={i.id: days.due(i.due_on, today=visit.today) for i in items or ()},
        limit=pager.PAGE_ROWS,
        clearing=CLEARING if visit.caller.agencies is None else "",
        wanderers=wandering.listing(visit.house, visit.caller, limit=WANDERERS_SHOWN),
        progress=figures.backlog(visit.house),
    )


def _place(agency: Agency | None, line_code: str) -> str:
    if agency:
        return f"{agency.code} {agency.name}"
    return "Klärung" if line_code == CLEARING else "Alle Agenturen, die Sie sehen dürfen"


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
        tuple(rows),
        found.concerns,
        found.aside,
        found.closed_today,
        found.receipts_open,
        found.near,
    )


def _url(agency_code: str, *, by_receipt: bool, after: str = "") -> str:
    """The address of this view, with nothing in it but codes and a place in the line."""
    asked = {
        "agentur": agency_code,
        "reihe": "eingang" if by_receipt else "",
        "nach": after,
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/lage?{query}" if query else "/lage"


def _items(
    visit: Visit, agency_code: str, *, by_receipt: bool, after: str
) -> tuple[Item, ...] | None:
    """For who may read items, or free them. Sender and subject stay out: no names here."""
    if not agency_code:
        return None
    house, caller, limit = visit.house, visit.caller, pager.PAGE_ROWS
    if may(caller, Permission.READ_ITEM):
        if by_receipt:
            last = cursor.row_id(after) if after else None
            return lists.chronological(house, caller, agency_code, limit=limit, after=last)
        found = lists.listing(house, caller, agency_code, limit=limit, after=_spot(after))
        return tuple(row.item for row in found)
    if may(caller, Permission.FREE_ITEM):
        spot = _spot(after)
        return holding.stuck(house, caller, agency_code=agency_code, limit=limit, after=spot)
    return None


def _spot(after: str) -> Spot | int | None:
    return cursor.spot_or_id(after) if after else None


def _behind(items: tuple[Item, ...], *, by_receipt: bool) -> str:
    """The cursor of the next page; "" where this one isn't full."""
    if not pager.is_full(items):
        return ""
    last = items[-1]
    return cursor.of_id(last.id) if by_receipt else cursor.of_spot(item_lists.spot_of(last))


@router.post("/lage/freigeben")
def free(
    visit: SendsFreedItem,
    item_id: Annotated[int, Form()],
    version: Annotated[int, Form()],
    line: LineCode = "",
) -> Response:
    """A supervisor puts an item back; refused if it went on since the page was made."""
    holding.free(visit.house, visit.caller, item_id, version=version)
    return go(_url(line, by_receipt=False), Notice("freed", str(item_id)))
