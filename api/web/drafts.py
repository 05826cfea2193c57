"""The answer that somebody was about to send when the session ended: kept in the browser, sealed.

Nobody but the same person, at the same item, in the same browser, sees it again. The house itself
keeps nothing. Source: own decision 0056; WCAG 2.2, success criterion 2.2.5 (re-authenticating
loses no data).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import Request, Response

from api.auth import door_of, house_of, number_of
from api.sealed import seal, unseal
from api.session import SessionBook, csrf_of
from api.web.forms import typed_gaps
from rules.access import Caller

_COOKIE: Final = "postlotse_draft"
_PURPOSE: Final = "draft"
_ANSWER: Final = re.compile(r"/vorgang/([0-9]{1,18})/antwort", re.ASCII)

LASTS: Final = timedelta(minutes=30)
"""Source: own decision 0056; two leases of an item."""

_CHARS_MAX: Final = 3500
"""Browsers keep 4096 bytes a cookie, name and words included. Source: RFC 6265 section 6.1."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text that was chosen, and what stood in its gaps; the second text is among them."""

    text_id: str
    gaps: Mapping[str, str]


def keep(request: Request, response: Response, posted: Mapping[str, str]) -> None:
    """Keep the choice of an answer whose session has ended, if it was a session of ours.

    Raises: TryLater: `store.away`.
    """
    found, number = _ANSWER.fullmatch(request.url.path), number_of(request)
    if found is None or not posted.get("text_id"):
        return
    # The form's own token shows that this browser filled the form in that session.
    if not hmac.compare_digest(csrf_of(number).encode(), posted.get("csrf", "").encode()):
        return
    book: SessionBook = request.app.state.sessions
    name = book.name_of_ended(number)
    if not name:
        return
    values = {"who": name, "item": int(found[1]), "text_id": posted["text_id"][:100]}
    sealed = _sealed(request, values | {"gaps": typed_gaps(posted)})
    if len(sealed) > _CHARS_MAX:
        sealed = _sealed(request, values | {"gaps": {}})
    response.set_cookie(
        _COOKIE,
        sealed,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=not door_of(request).demo,
    )


def is_kept(request: Request) -> bool:
    """Whether this browser keeps one, of whomever."""
    return _COOKIE in request.cookies


def taken(request: Request, caller: Caller, item_id: int) -> Draft | None:
    """The draft of this person for this item."""
    values = unseal(
        request.cookies.get(_COOKIE, ""),
        purpose=_PURPOSE,
        secret=door_of(request).session_secret,
        now=house_of(request).clock(),
    )
    if values is None or (values["who"], values["item"]) != (caller.name, item_id):
        return None
    # A cookie of an older version names its gaps as the form does.
    gaps = {key.removeprefix("gap-"): value for key, value in values["gaps"].items()}
    return Draft(values["text_id"], gaps)


def forget(response: Response) -> None:
    """It was shown, or the person has signed out."""
    response.delete_cookie(_COOKIE, httponly=True, samesite="lax")


def _sealed(request: Request, values: dict[str, object]) -> str:
    return seal(
        values,
        purpose=_PURPOSE,
        secret=door_of(request).session_secret,
        now=house_of(request).clock(),
        lasts=LASTS,
    )
