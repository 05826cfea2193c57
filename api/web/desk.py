"""The page "Arbeitsplatz": fetch instead of search. One button, and what waits in the line."""

from fastapi import APIRouter, Response

from api.auth import door_of
from api.web import guide
from api.web.claims import with_claim
from api.web.forms import LineCode, OptionalItem, OptionalToken
from api.web.render import Notice, go, page
from api.web.signin import home_of
from api.web.visit import Line, OpensAnything, SendsItem, Visit
from api.web.wishes import LANGUAGES, remember, wish, wish_of
from rules.access import Permission, may
from rules.errors import Conflict
from rules.item import ItemState
from store.desk.items import Item
from triage import figures, work
from triage.desk import lists
from triage.doorkeeper import CLEARING
from triage.figures import AgencyRow

router = APIRouter(include_in_schema=False)


@router.get("/arbeitsplatz")
def desk_page(
    visit: OpensAnything,
    agentur: str = "",
    leer: str = "",
    anliegen: str | None = None,
    sprache: str = "",
) -> Response:
    """What the person holds, or the button for the next item. `leer`: looked, none is there.

    `anliegen` and `sprache` are a new wish for the next fetch; without them the last one holds.
    """
    if not may(visit.caller, Permission.WORK_ITEM):
        return go(home_of(visit.caller))
    line = visit.line(agentur)
    mine = lists.mine(visit.house, visit.caller)
    wished = wish_of(visit.request) if anliegen is None else wish(anliegen, sprache)
    response = page(
        visit.request,
        "arbeitsplatz.html",
        line=line,
        counts=_counts(visit, line),
        empty=bool(leer),
        held=next((item for item in mine if holds(visit, item)), None),
        choices=visit.lines(),
        progress=figures.backlog(visit.house),
        now=visit.house.clock(),
        today=visit.today,
        wish=wished,
        languages=LANGUAGES,
        tour=guide.is_first_day(visit.request),
    )
    return remember(visit.remember_line(response, line.code), wished)


@router.post("/arbeitsplatz/naechster")
def take_next(
    visit: SendsItem, line: LineCode = "", item_id: OptionalItem = None, token: OptionalToken = ""
) -> Response:
    """Put the item at hand back (it waits for its receipt, if one is due), then take the next."""
    if item_id is not None and token:
        work.release(visit.house, visit.caller, item_id, token)
    return next_of(visit, line)


def next_of(
    visit: Visit, line_code: str, *, notice: Notice | None = None, end: Notice | None = None
) -> Response:
    """On to the next item of the line with `notice`, or with `end` to the desk: none is left.

    Who holds one still comes back to that.
    """
    line, wished = visit.line(line_code), wish_of(visit.request)
    try:
        claim = work.claim_next(
            visit.house,
            visit.caller,
            line.code,
            concern=wished.concern,
            language=wished.language,
        )
    except Conflict as exc:
        if exc.code != "item.open_claim":
            raise
        return go(f"/vorgang/{exc.details['item_id']}", Notice("open_first"))
    if claim is None:
        return go("/arbeitsplatz?leer=1", end)
    response = go(f"/vorgang/{claim.item_id}", notice)
    return with_claim(response, claim, secure=not door_of(visit.request).demo)


def holds(visit: Visit, item: Item) -> bool:
    """Whether the person holds the item and its lease still runs."""
    mine = item.state is ItemState.HELD and item.holder == visit.caller.name
    return mine and item.lease_until is not None and item.lease_until > visit.house.clock()


def _counts(visit: Visit, line: Line) -> AgencyRow:
    """What waits in the line; zeros where nothing is open."""
    code = None if line.code == CLEARING else line.code
    zeros = AgencyRow(code, line.name, "", 0, 0, 0, 0, 0, 0, None)
    return figures.line(visit.house, visit.caller, code) or zeros
