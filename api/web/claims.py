"""The lease token of a held item, in a cookie that goes to this item's pages only.

Forms carry the token as a hidden field, as it was when the page was made: of two tabs the
older one is refused, and nothing in an address gives the right to write.
"""

from fastapi import Request, Response

from triage.desk.claimed import Claim

_COOKIE = "postlotse_claim"


def with_claim(response: Response, claim: Claim, *, secure: bool) -> Response:
    """Remember the claim in this browser."""
    response.set_cookie(
        _COOKIE,
        claim.token,
        path=f"/vorgang/{claim.item_id}",
        httponly=True,
        # Not strict: after a new sign-in the browser comes back from another site.
        samesite="lax",
        secure=secure,
    )
    return response


def claimed(request: Request) -> str:
    """The token that this browser has for the item of the address, or nothing."""
    return request.cookies.get(_COOKIE, "")
