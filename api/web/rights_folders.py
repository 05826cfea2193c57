"""The page "Ordner abzeichnen": each folder with its last sign-off, what is new, who is late."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from api.web import refusals, rights_words
from api.web.render import Notice, go, page
from api.web.rights_files import box_of
from api.web.visit import OpensRights, SendsRights, Visit
from rules.errors import Conflict, Refused
from triage.house import House
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import review as rights_review
from triage.rights import signoff as rights_signoff
from triage.rights.decisions import Standing
from triage.rights.review import Part, ReviewState

router = APIRouter(include_in_schema=False)

FOLDERS_SHOWN: Final = 200
"""More are asked for by agency: a longer list is neither read nor signed."""

_STATES: Final[Mapping[str, frozenset[ReviewState]]] = {
    "": frozenset({ReviewState.OPEN, ReviewState.NEW_SINCE, ReviewState.OVERDUE}),
    "ueberfaellig": frozenset({ReviewState.OVERDUE}),
    "neu": frozenset({ReviewState.NEW_SINCE}),
    "abgezeichnet": frozenset({ReviewState.SIGNED}),
    "alle": frozenset(ReviewState),
}
_MENDABLE: Final = frozenset(
    {"rights.no_folder", "rights.reason_too_short", "rights.folder_unknown", "rights.newer_audit"}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which postbox, of which agency (`-` for folders of none), and how far they are."""

    postfach: str
    agentur: str = ""
    stand: str = ""

    def href(self) -> str:
        """The same page again."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return f"/rechte/ordner?{urlencode({k: v for k, v in values.items() if v})}"

    def shows(self, part: Part) -> bool:
        """Whether the folder passes the filters."""
        unit = self.agentur in {"", part.agency or "-"}
        states = _STATES.get(self.stand, _STATES[""])
        return part.is_shown and unit and part.state in states


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong with the form, and what was chosen and typed."""

    message: str
    reason: str
    chosen: frozenset[str]


@router.get("/rechte/ordner")
def folders_page(
    visit: OpensRights, postfach: str = "", agentur: str = "", stand: str = ""
) -> Response:
    """Folders of one postbox; those that still wait for a look come without a filter."""
    return _shown(visit, Asked(box_of(visit, postfach).name, agentur, stand))


@router.post("/rechte/ordner/abzeichnen")
def sign_off(  # noqa: PLR0913, PLR0917 - one argument a field of the form
    visit: SendsRights,
    postfach: Annotated[str, Form()],
    audit: Annotated[int, Form()],
    agentur: Annotated[str, Form()] = "",
    stand: Annotated[str, Form()] = "",
    grund: Annotated[str, Form()] = "",
    umfang: Annotated[str, Form()] = "",
    ordner: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Sign off the chosen folders, or (`umfang` "sauber") all of the filter without a finding."""
    asked, chosen = Asked(postfach, agentur, stand), ordner or []
    if umfang == "sauber":
        found = rights.standing(visit.house, visit.caller, postfach)
        chosen = [part.folder for part in _clean(rights_review.parts(visit.house, found), asked)]
    try:
        count = rights_signoff.folders(
            visit.house, visit.caller, postfach, chosen, reason=grund, audit=audit
        )
    except (Refused, Conflict) as exc:
        if exc.code not in _MENDABLE:
            raise
        return _shown(visit, asked, Fault(refusals.refusal(exc), grund, frozenset(chosen)))
    return go(asked.href(), Notice("rights_folders_signed", str(count)))


def _shown(visit: Visit, asked: Asked, fault: Fault | None = None) -> Response:
    found = rights.standing(visit.house, visit.caller, asked.postfach)
    boxes = [box.name for box in rights.boxes(visit.house, visit.caller)]
    return page_of(visit.request, visit.house, found, asked=asked, boxes=boxes, fault=fault)


def page_of(
    request: Request,
    house: House,
    found: Standing,
    *,
    asked: Asked,
    boxes: Sequence[str],
    fault: Fault | None = None,
) -> Response:
    """The page from its values."""
    every = [part for part in rights_review.parts(house, found) if part.is_shown]
    parts = [part for part in every if asked.shows(part)]
    names = {one.code: one.name for one in house.directory.by_region(found.box.region)}
    return page(
        request,
        "rechte_ordner.html",
        status=422 if fault else 200,
        asked=asked,
        boxes=boxes,
        standing=found,
        parts=parts[:FOLDERS_SHOWN],
        more=max(0, len(parts) - FOLDERS_SHOWN),
        clean=len(_clean(every, asked)),
        counts={state: sum(part.state is state for part in every) for state in ReviewState},
        names=names | {"": rights_matrix.COMMON_NAME},
        fault=fault,
        w=rights_words,
    )


def _clean(every: Iterable[Part], asked: Asked) -> list[Part]:
    """Folders of the filter that wait and where nothing is open."""
    return [
        part
        for part in every
        if part.folder
        and asked.shows(part)
        and not part.open
        and part.state is not ReviewState.SIGNED
    ]
