"""The sign-in page and sign-out. In the demo one click chooses who you are.

By the sign-in service: oidc_pages.py.
"""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from api.auth import door_of, house_of, session_of, sign_in, sign_out
from api.oidc.flow import safe_next
from api.oidc.names import account_hash
from api.web import drafts
from api.web.render import Notice, go, page, slug
from api.web.visit import OpensAnything, SendsAnything
from rules.access import Caller, Permission, may
from rules.codes import Role
from rules.errors import Refused
from triage import figures
from triage.house import House
from triage.rights import reporting as rights_reporting

router = APIRouter(include_in_schema=False)


class Seat(StrEnum):
    """Where somebody sits: Eingangszone of one agency, Service Center, administration (two)."""

    EZ = "ez"
    SC = "sc"
    ADMIN = "admin"
    SECOND = "second"
    """Another admin: what needs two persons can be shown."""


_VISITOR = Caller(name="anmeldung", role=Role.ADMIN, agencies=None)
"""Who asks for the counts of the demo's sign-in page; nobody is signed in yet."""


@router.get("/")
def front() -> Response:
    """The door leads to the desk."""
    return go("/arbeitsplatz")


@router.get("/anmelden")
def sign_in_page(request: Request, abgelaufen: str = "", weiter: str = "/") -> Response:
    """Who is signed in already goes on to work."""
    session, onward = session_of(request), safe_next(weiter)
    if session is not None:
        return go(home_of(session.caller) if onward == "/" else onward)
    house = house_of(request)
    shown = _choices(house) if door_of(request).demo else {"waiting": (), "agencies": ()}
    return page(
        request,
        "anmelden.html",
        expired=bool(abgelaufen),
        kept=drafts.is_kept(request),
        onward=onward,
        by_service=door_of(request).oidc is not None,
        **shown,
    )


@router.get("/anmelden/gilt")
def still_signed_in(visit: OpensAnything) -> JSONResponse:
    """Asked by a page before a form leaves it: who is signed in here now, and the forms' token.

    Where nobody is, the answer leads to the sign-in page, as everywhere. Source: own decision 0137.
    """
    return JSONResponse({"who": slug(visit.caller.name), "csrf": visit.session.csrf})


@router.post("/anmelden")
def sign_in_demo(
    request: Request,
    seat: Annotated[Seat, Form()],
    agency: Annotated[str, Form(max_length=20)] = "",
    weiter: Annotated[str, Form()] = "/",
) -> Response:
    """The one click of the demo. Raises: Refused: `access.demo_only`, `access.cross_site`."""
    if not door_of(request).demo:
        raise Refused("access.demo_only", "sign-in by one click is for the demo only")
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refused("access.cross_site", "sign-in starts on the sign-in page only")
    house = house_of(request)
    caller = _demo_caller(house, seat, agency)
    response = onward_from_sign_in(request, caller, safe_next(weiter))
    address = _listed_account(house, agency) if seat is Seat.EZ else ""
    account = account_hash(door_of(request).pseudonym_key, address)
    sign_in(request, response, caller, account=account)
    return response


@router.post("/abmelden")
def sign_off(visit: SendsAnything) -> Response:
    """Ends the session; held items wait on until their lease is over."""
    by_service = door_of(visit.request).oidc is not None
    response = go("/abgemeldet") if by_service else go("/anmelden", Notice("signed_out"))
    sign_out(visit.request, response)
    drafts.forget(response)
    return response


def onward_from_sign_in(request: Request, caller: Caller, onward: str) -> Response:
    """To where the person was, else to the first page; says so where a choice was kept."""
    notice = Notice("signed_in_again") if drafts.is_kept(request) else None
    return go(home_of(caller) if onward == "/" else onward, notice)


def home_of(caller: Caller) -> str:
    """The first page: the desk for who works on items, else the overview."""
    return "/arbeitsplatz" if may(caller, Permission.WORK_ITEM) else "/lage"


def _demo_caller(house: House, seat: Seat, agency_code: str) -> Caller:
    """Raises: Refused: `agency.unknown`."""
    if seat is Seat.ADMIN:
        return Caller("demo-admin", Role.ADMIN, agencies=None)
    if seat is Seat.SECOND:
        return Caller("demo-admin-2", Role.ADMIN, agencies=None)
    if seat is Seat.SC:
        # A lead of the Service Center: works, may free what is stuck, and sees figures.
        lead = frozenset({Permission.FREE_ITEM, Permission.READ_FIGURES})
        return Caller("demo-sc", Role.CLERK, agencies=None, extra=lead)
    agency = house.directory.agency(agency_code)
    if agency is None:
        raise Refused("agency.unknown", "there is no such agency", agency=agency_code)
    return Caller(f"demo-ez-{agency.code}", Role.CLERK, agencies=frozenset({agency.code}))


def _listed_account(house: House, agency_code: str) -> str:
    """Somebody of the agency's lists, where the house follows them; else nobody.

    Raises: Refused: `access.no_agency`: the agency has reported no list with members.
    """
    if not house.policy.rights.clerks_follow_lists:
        return ""
    found = rights_reporting.somebody_of(house, agency_code)
    if not found:
        raise Refused("access.no_agency", "the agency has reported no list with members")
    return found


def _choices(house: House) -> dict[str, object]:
    rows = figures.overview(house, _VISITOR).agencies
    waiting = sorted((row for row in rows if row.code and row.waiting), key=lambda r: -r.waiting)
    return {"waiting": waiting, "agencies": house.directory.active()}
