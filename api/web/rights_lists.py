"""The page "Verteiler und Meldekette": what was reported, who is late, and a file to take in."""

from collections.abc import Iterable
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response, UploadFile

from api.web import days, refusals, rights_words
from api.web.render import Notice, go, page
from api.web.rights_files import box_of
from api.web.visit import OpensRights, SendsRights, Visit
from rules.errors import Refused
from rules.rights.reporting_chain import Link, Step, make_round
from triage.house import PostboxPlan
from triage.rights import decisions as rights
from triage.rights import follow as rights_follow
from triage.rights import reporting as rights_reporting

router = APIRouter(include_in_schema=False)

_MENDABLE: Final = frozenset(
    {
        "rights.csv",
        "rights.round_order",
        "rights.chain_incomplete",
        "rights.no_round",
        "date.unreadable",
    }
)


@router.get("/rechte/verteiler")
def lists_page(visit: OpensRights, postfach: str = "") -> Response:
    """The lists of one region, and its round of review."""
    return _shown(visit, box_of(visit, postfach))


@router.post("/rechte/verteiler")
def import_lists(
    visit: SendsRights, postfach: Annotated[str, Form()], datei: UploadFile
) -> Response:
    """Take a file in, all or nothing; its errors are shown with their lines."""
    box = box_of(visit, postfach)
    data = datei.file.read()
    try:
        done = rights_reporting.import_lists(
            visit.house, visit.caller, box.region, data=data, source=datei.filename or "Datei"
        )
    except Refused as exc:
        return _again(visit, box, exc, "datei")
    return go(_href(box), Notice("rights_lists", str(done.lists)))


@router.post("/rechte/verteiler/runde")
def start_round(
    visit: SendsRights,
    postfach: Annotated[str, Form()],
    agenturen: Annotated[str, Form()] = "",
    direktionen: Annotated[str, Form()] = "",
    region: Annotated[str, Form()] = "",
) -> Response:
    """Start a round of review with its three last days."""
    box = box_of(visit, postfach)
    try:
        asked = make_round(
            box.region,
            days.typed(agenturen, today=visit.today),
            directions_due=days.typed(direktionen, today=visit.today),
            region_due=days.typed(region, today=visit.today),
        )
        rights_reporting.start_round(visit.house, visit.caller, asked)
    except Refused as exc:
        return _again(visit, box, exc, "runde")
    return go(_href(box), Notice("rights_round"))


@router.post("/rechte/verteiler/vermerken")
def mark(
    visit: SendsRights,
    postfach: Annotated[str, Form()],
    schritt: Annotated[Step, Form()],
    einheit: Annotated[str, Form()],
    grund: Annotated[str, Form()] = "",
) -> Response:
    """Note that a unit did its step today."""
    box = box_of(visit, postfach)
    try:
        rights_reporting.mark(
            visit.house, visit.caller, box.region, schritt, unit=einheit, note=grund
        )
    except Refused as exc:
        return _again(visit, box, exc, f"vermerken-{schritt}-{einheit}")
    return go(_href(box), Notice("rights_marked"))


def _shown(
    visit: Visit, box: PostboxPlan, *, form: str = "", refused: Refused | None = None
) -> Response:
    reported = rights_reporting.reported(visit.house, visit.caller, box.region)
    lists = reported.lists if reported else ()
    with_list = {one.agency for one in lists}
    agencies = visit.house.directory.by_region(box.region)
    return page(
        visit.request,
        "rechte_verteiler.html",
        status=422 if refused else 200,
        box=box,
        boxes=rights.boxes(visit.house, visit.caller),
        reported=reported,
        minutes=rights_follow.follows(visit.house, reported),
        hindrance=rights_follow.hindrance(visit.house, reported),
        rows=[(agency, [one for one in lists if one.agency == agency.code]) for agency in agencies],
        region_lists=[one for one in lists if not one.agency and one.region],
        without=[agency for agency in agencies if agency.code not in with_list],
        links=from_the_top(rights_reporting.links(visit.house, visit.caller, box.region)),
        fault_form=form,
        fault=_words(refused),
        w=rights_words,
    )


def from_the_top(links: Iterable[Link]) -> list[Link]:
    """The region first, then the Regionaldirektionen, then the agencies by number."""
    order = (Step.REGION, Step.DIRECTION, Step.AGENCY)
    return sorted(links, key=lambda link: order.index(link.step))


def _words(refused: Refused | None) -> list[str]:
    """What was wrong, line by line."""
    return refusals.refusal(refused).splitlines() if refused else []


def _again(visit: Visit, box: PostboxPlan, refused: Refused, form: str) -> Response:
    if refused.code not in _MENDABLE:
        raise refused
    return _shown(visit, box, form=form, refused=refused)


def _href(box: PostboxPlan) -> str:
    return "/rechte/verteiler?" + urlencode({"postfach": box.name})
