"""One call of a page by a signed-in person, and what every page asks of it.

A page says by the type of its parameter whom it serves (`visit: OpensItem`), as the calls of /v1
do; the station behind it asks again, with the place.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Form, Request, Response

from api.auth import check_csrf, house_of, session_of
from api.middleware import BY_SCRIPT
from api.session import Session
from rules.access import Caller, Permission, may, may_work_agency, require
from rules.errors import Refused
from triage.doorkeeper import CLEARING
from triage.house import House

_LAST_LINE = "postlotse_line"


@dataclass(frozen=True, slots=True)
class Line:
    """A waiting line that one can take items from: an agency's, or the clearing folder's."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What the routes of the desk get instead of a bare request."""

    request: Request
    house: House
    session: Session

    @property
    def caller(self) -> Caller:
        """The person, by pseudonymous id."""
        return self.session.caller

    @property
    def is_unseen(self) -> bool:
        """Whether the desk's script asks, which shows no page: the browser asks for that itself.

        A mail on a page of refusal would count as read twice. Own decisions 0093, 0137.
        """
        return BY_SCRIPT in self.request.headers

    @property
    def today(self) -> date:
        """The local day."""
        return self.house.today()

    def lines(self) -> tuple[Line, ...]:
        """The lines that the person works on: the agencies of the distribution lists.

        Who isn't limited to agencies (the Service Center) also has the clearing folder, first.
        """
        caller, active = self.caller, self.house.directory.active()
        mine = tuple(
            Line(agency.code, agency.name)
            for agency in active
            if may_work_agency(caller, agency.code, agency.region)
        )
        return mine if caller.agencies is not None else (Line(CLEARING, "Klärung"), *mine)

    def line(self, code: str = "") -> Line:
        """The line of that code, else the one chosen last, else the first.

        Raises: Refused: `access.no_agency`.
        """
        mine = self.lines()
        if not mine:
            raise Refused("access.no_agency", "no agency on the distribution lists of this person")
        by_code = {line.code: line for line in mine}
        last = self.request.cookies.get(_LAST_LINE, "")
        return by_code.get(code) or by_code.get(last) or mine[0]

    def remember_line(self, response: Response, code: str) -> Response:
        """The line that the person works on, for pages that come after."""
        response.set_cookie(_LAST_LINE, code, httponly=True, samesite="strict")
        return response


async def posted(request: Request) -> None:
    """Keep the form at hand, so that the choice survives where the session has ended."""
    form = await request.form()
    request.state.posted = {key: value for key, value in form.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Opens:
    """A dependency of pages that are read: lets in who has one of the permissions.

    Without any it lets in everybody who has signed in. Scope (agencies, region) is asked where the
    thing is read. A test asks each page for one of these. Source: own decision 0018.
    """

    any_of: tuple[Permission, ...] = ()

    def __call__(self, request: Request) -> Visit:
        """The visit.

        Raises: Refused: `auth.missing` (then the sign-in page follows), `access.denied`.
        """
        return self.allow(_signed_in(request))

    def allow(self, visit: Visit) -> Visit:
        """The visit itself, if it may. Raises: Refused: `access.denied`."""
        if self.any_of and not any(may(visit.caller, one) for one in self.any_of):
            require(visit.caller, self.any_of[0])
        return visit


@dataclass(frozen=True, slots=True)
class Sends:
    """The same for forms, which carry the session's own token."""

    any_of: tuple[Permission, ...] = ()

    def __call__(
        self,
        request: Request,
        _: Annotated[None, Depends(posted)],
        csrf: Annotated[str, Form()] = "",
    ) -> Visit:
        """The visit. Raises: Refused: `auth.missing`, `access.csrf`, `access.denied`."""
        visit = _signed_in(request)
        check_csrf(visit.session, csrf)
        return Opens(self.any_of).allow(visit)


def _signed_in(request: Request) -> Visit:
    session = session_of(request)
    if session is None:
        raise Refused("auth.missing", "sign in first")
    return Visit(request, house_of(request), session)


_DRAFT, _DECISION = Permission.WRITE_TEXTS, Permission.APPROVE_TEXTS

OpensAnything = Annotated[Visit, Depends(Opens())]
"""Known, and what is shown is asked part by part (the way to one's own page, the overview)."""
SendsAnything = Annotated[Visit, Depends(Sends())]
"""One's own session only: signing off, closing the tour."""

OpensItem = Annotated[Visit, Depends(Opens((Permission.READ_ITEM,)))]
SendsItem = Annotated[Visit, Depends(Sends((Permission.WORK_ITEM,)))]
SendsFreedItem = Annotated[Visit, Depends(Sends((Permission.FREE_ITEM,)))]
OpensTexts = Annotated[Visit, Depends(Opens((Permission.READ_TEXTS,)))]
OpensDraft = Annotated[Visit, Depends(Opens((_DRAFT,)))]
SendsDraft = Annotated[Visit, Depends(Sends((_DRAFT,)))]
SendsDecision = Annotated[Visit, Depends(Sends((_DECISION,)))]
SendsDraftOrDecision = Annotated[Visit, Depends(Sends((_DRAFT, _DECISION)))]
"""Either is enough at the door; the station knows which one this version asks for."""
OpensFigures = Annotated[Visit, Depends(Opens((Permission.READ_FIGURES,)))]
OpensPostboxes = Annotated[Visit, Depends(Opens((Permission.MANAGE_POSTBOXES,)))]
SendsPostboxes = Annotated[Visit, Depends(Sends((Permission.MANAGE_POSTBOXES,)))]
OpensReplay = Annotated[Visit, Depends(Opens((Permission.REPLAY,)))]
SendsReplay = Annotated[Visit, Depends(Sends((Permission.REPLAY,)))]
OpensModels = Annotated[Visit, Depends(Opens((Permission.MANAGE_MODELS,)))]
SendsModels = Annotated[Visit, Depends(Sends((Permission.MANAGE_MODELS,)))]
OpensRules = Annotated[Visit, Depends(Opens((Permission.CHANGE_RULES,)))]
SendsRules = Annotated[Visit, Depends(Sends((Permission.CHANGE_RULES,)))]
OpensRights = Annotated[Visit, Depends(Opens((Permission.REVIEW_RIGHTS,)))]
SendsRights = Annotated[Visit, Depends(Sends((Permission.REVIEW_RIGHTS,)))]
OpensRetention = Annotated[Visit, Depends(Opens((Permission.RUN_RETENTION,)))]
SendsRetention = Annotated[Visit, Depends(Sends((Permission.RUN_RETENTION,)))]
