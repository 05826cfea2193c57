"""The page of one attachment: drawn by the house, turned upright, larger on demand, or saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from api.attachments import Number, StudioHere, as_file, as_picture
from api.web.render import page
from api.web.visit import OpensItem
from ingest.picture import PAGES_MAX, Wanted
from rules.errors import Refused, TryLater
from rules.mail import Attachment
from triage.desk import attachments
from triage.desk.attachments import LOOK_PX

router = APIRouter(include_in_schema=False)

SIDES_PX: Final = MappingProxyType({100: 1600, 150: 2400, 200: 3200})
"""Percent of the window's width, and pixels that are drawn for it: letters of 8 pt stay sharp.
Source: own decision 0067."""

WHY_NOT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "picture.kind": "Diese Art von Datei zeigt der Postlotse nicht an.",
        "picture.infected": "Der Virenprüfer meldet Schadsoftware. Die Datei wird nicht gezeigt.",
        "picture.damaged": "Die Datei ist beschädigt oder nicht das, was ihr Name sagt.",
        "picture.locked": "Die Datei ist mit einem Kennwort geschützt.",
        "picture.page": "Diese Seite gibt es nicht.",
        "picture.large": "Die Datei ist zu groß, um sie hier zu zeigen.",
        "picture.slow": "Die Datei ließ sich nicht in der vorgesehenen Zeit zeichnen.",
        "picture.busy": "Gerade werden viele Anlagen gezeigt. Versuchen Sie es gleich noch einmal.",
    }
)
"""What the page says instead of a picture."""

PageOf = Annotated[int, Query(ge=1, le=PAGES_MAX)]
Turn = Annotated[int, Query(ge=0, le=270, multiple_of=90)]


@dataclass(frozen=True, slots=True)
class Shown:
    """What anlage.html shows. `pages` is 0 where there is no picture; then `why` says why."""

    attachment: Attachment
    item_id: int
    number: int
    page: int
    zoom: int
    turn: int
    pages: int
    why: str

    @property
    def drawn_pages(self) -> int:
        """How many pages can be looked at here."""
        return min(self.pages, PAGES_MAX)

    def address(self, *, page: int = 0, zoom: int = 0, turned: int = 0) -> str:
        """This page with one thing changed; `turned` is added, in degrees."""
        return self._query("", page or self.page, zoom or self.zoom, turned)

    @property
    def picture(self) -> str:
        """Address of the picture."""
        return self._query("/bild", self.page, self.zoom, 0)

    def _query(self, place: str, page: int, zoom: int, turned: int) -> str:
        turn = (self.turn + turned) % 360
        asked = f"seite={page}&zoom={zoom}&drehen={turn}"
        return f"/vorgang/{self.item_id}/anlage/{self.number}{place}?{asked}"


@router.get("/vorgang/{item_id}/anlage/{number}")
def show(  # noqa: PLR0913, PLR0917 - FastAPI's parameters
    visit: OpensItem,
    studio: StudioHere,
    item_id: int,
    number: Number,
    seite: PageOf = 1,
    zoom: int = 100,
    drehen: Turn = 0,
) -> Response:
    """The page around the picture. It tries a small one first, to say calmly why there is none."""
    attachment, data = attachments.read(visit.house, visit.caller, item_id, number)
    pages, why = 0, ""
    try:
        pages = studio.draw(visit.house.scanner, data, Wanted(seite, LOOK_PX)).pages
    except (Refused, TryLater) as exc:
        why = WHY_NOT[exc.code]
    zoom = zoom if zoom in SIDES_PX else 100
    shown = Shown(attachment, item_id, number, seite, zoom, drehen, pages, why)
    return page(visit.request, "anlage.html", shown=shown, zooms=tuple(SIDES_PX))


@router.get("/vorgang/{item_id}/anlage/{number}/bild")
def drawn(  # noqa: PLR0913, PLR0917 - FastAPI's parameters
    visit: OpensItem,
    studio: StudioHere,
    item_id: int,
    number: Number,
    seite: PageOf = 1,
    zoom: int = 100,
    drehen: Turn = 0,
) -> Response:
    """The picture of one page. On record."""
    _, data = attachments.read(visit.house, visit.caller, item_id, number)
    side_px = SIDES_PX.get(zoom, SIDES_PX[100])
    return as_picture(studio.draw(visit.house.scanner, data, Wanted(seite, side_px, drehen)))


@router.get("/vorgang/{item_id}/anlage/{number}/datei")
def saved(visit: OpensItem, item_id: int, number: Number) -> Response:
    """The bytes, to be saved. On record."""
    return as_file(*attachments.read(visit.house, visit.caller, item_id, number))
