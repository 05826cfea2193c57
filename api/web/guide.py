"""The page "Hilfe" and the first-day tour: what a clerk needs to know, without a person.

The help is open to everybody, also before sign-in: it says nothing of any mail. That somebody has
seen the tour is remembered by the browser alone; neither trail nor database learns of it.
Source: docs/handbuch_eingangszone.md, from which the page is cut.
"""

from typing import Final

from fastapi import APIRouter, Request, Response

from api.auth import door_of
from api.web.render import go, page
from api.web.visit import SendsAnything

router = APIRouter(include_in_schema=False)

_COOKIE: Final = "postlotse_tour"
_SEEN: Final = "seen"
_KEPT_SECONDS: Final = 400 * 86_400
"""How long a browser remembers. Source: longest age that browsers allow a cookie (draft
rfc6265bis, section 5.5: 400 days)."""


@router.get("/hilfe")
def help_page(request: Request) -> Response:
    """What to do, in the order of a day; keys; what to do when."""
    return page(request, "hilfe.html")


@router.post("/hilfe/rundgang")
def dismiss_tour(visit: SendsAnything) -> Response:
    """The three cards are read; back to the desk. Repeating it changes nothing."""
    response = go("/arbeitsplatz")
    response.set_cookie(
        _COOKIE,
        _SEEN,
        max_age=_KEPT_SECONDS,
        httponly=True,
        samesite="strict",
        secure=not door_of(visit.request).demo,
    )
    return response


def is_first_day(request: Request) -> bool:
    """Whether this browser has not yet dismissed the tour."""
    return request.cookies.get(_COOKIE) != _SEEN
