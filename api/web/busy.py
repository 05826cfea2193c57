"""The page of who asks too much: made once, so that a flood of requests costs no template."""

from functools import cache
from http import HTTPStatus
from typing import Final

from fastapi.responses import HTMLResponse

from api.throttle import TOO_MANY
from api.web.render import bare

_SECONDS: Final = "{seconds}"


def busy_page(method: str, seconds: int) -> HTMLResponse:
    """429 for people; after a form the same page, loaded anew, sends it once more."""
    body = _made(sent=method == "POST").replace(_SECONDS, str(seconds))
    return HTMLResponse(body, HTTPStatus.TOO_MANY_REQUESTS)


@cache
def _made(*, sent: bool) -> str:
    return bare("zu_viele.html", sent=sent, seconds=_SECONDS, code=TOO_MANY)
