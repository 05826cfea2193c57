"""One call of a page by a signed-in person, and what every page asks of it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Form, Request, Response

from api.auth import check_csrf, house_of, session_of
from api.session import Session
from rules.access import Caller, may_work_agency
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
    def today(self) -> date:
        """The local day."""
        return self.house.local_now().date()

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


def signed_in(request: Request) -> Visit:
    """For pages that are read. Raises: Refused: `auth.missing` (then the sign-in page follows)."""
    session = session_of(request)
    if session is None:
        raise Refused("auth.missing", "sign in first")
    return Visit(request, house_of(request), session)


async def posted(request: Request) -> None:
    """Keep the form at hand, so that the choice survives where the session has ended."""
    form = await request.form()
    request.state.posted = {key: value for key, value in form.items() if isinstance(value, str)}


def writing(
    request: Request, _: Annotated[None, Depends(posted)], csrf: Annotated[str, Form()] = ""
) -> Visit:
    """For forms. Raises: Refused: `auth.missing`, `access.csrf`."""
    visit = signed_in(request)
    check_csrf(visit.session, csrf)
    return visit


Reading = Annotated[Visit, Depends(signed_in)]
Writing = Annotated[Visit, Depends(writing)]
