"""The sign-in service tells that somebody has signed out there: the session here ends too.

Source: OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from api.auth import house_of
from api.oidc import tokens
from api.oidc.names import pseudonym, session_hash
from api.oidc.provider import Provider
from rules.errors import Refused
from triage import sessions

router = APIRouter(include_in_schema=False)


@router.post("/oidc/abmelden")
def signed_out_there(
    request: Request, logout_token: Annotated[str, Form(max_length=tokens.TOKEN_CHARS_MAX)]
) -> Response:
    """200 where the session has ended or never was. Needs no sign-in: the token is the proof.

    Raises: Refused: `signin.not_here.unknown`, `request.malformed`. TryLater: `signin.away`.
    """
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise Refused("signin.not_here.unknown", "this house has no sign-in service")
    house, plan = house_of(request), provider.plan
    try:
        ending = tokens.logout_token(provider, logout_token, now=house.clock())
    except Refused as refused:
        # Source: Back-Channel Logout 1.0 section 2.8: 400, whatever was wrong.
        raise Refused("request.malformed", refused.message, because=refused.code) from refused
    name = pseudonym(plan.pseudonym_key, plan.issuer, ending.subject) if ending.subject else ""
    number = session_hash(plan.pseudonym_key, plan.issuer, ending.session)
    sessions.end_from_outside(house, name=name, provider_sid_hash=number)
    return Response(status_code=200)
