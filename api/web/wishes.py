"""A clerk's own wish for the next fetch: a concern, a language. Kept in this browser's session.

What is due goes before every wish (store/desk/claims.py), so a wish hides nothing for long.
"""

from dataclasses import dataclass
from typing import Final, Literal, cast

from fastapi import Request, Response

from rules.codes import Concern

LANGUAGES: Final = {"de": "Deutsch", "other": "andere Sprache"}
_COOKIE: Final = "postlotse_wish"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the clerk would like to get; None means anything."""

    concern: Concern | None = None
    language: Literal["de", "other"] | None = None

    def __bool__(self) -> bool:
        """Whether anything is wished for."""
        return self.concern is not None or self.language is not None


def wish(concern: str, language: str) -> Wish:
    """The wish of two form fields; what is no code is no wish."""
    return Wish(
        Concern(concern) if concern in set(Concern) else None,
        cast("Literal['de', 'other']", language) if language in LANGUAGES else None,
    )


def wish_of(request: Request) -> Wish:
    """The wish that this browser remembers."""
    concern, _, language = request.cookies.get(_COOKIE, "").partition(".")
    return wish(concern, language)


def remember(response: Response, wished: Wish) -> Response:
    """Keep it until the browser is closed, or forget an empty one."""
    if not wished:
        response.delete_cookie(_COOKIE, httponly=True, samesite="strict")
        return response
    value = f"{wished.concern or ''}.{wished.language or ''}"
    response.set_cookie(_COOKIE, value, httponly=True, samesite="strict")
    return response
