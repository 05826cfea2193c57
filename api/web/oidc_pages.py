"""Sign-in by the sign-in service: there, back, and what is said after signing out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import structlog
from fastapi import APIRouter, Request, Response

from api.auth import door_of, house_of, sign_in
from api.oidc import flow, tokens
from api.oidc.names import account_hash, pseudonym, session_hash
from api.oidc.provider import Provider
from api.sealed import seal, unseal
from api.web.render import go, page
from api.web.signin import onward_from_sign_in
from rules.access import Caller
from rules.codes import Role
from rules.errors import HouseError, Refused
from rules.groups import caller_of

router = APIRouter(include_in_schema=False)

log = structlog.get_logger(__name__)

_COOKIE: Final = "__Host-postlotse_signin-"
"""One a sign-in under way, so that two tabs don't disturb each other."""

_PURPOSE: Final = "sign-in"


@router.get("/anmelden/dienstkennung")
def leave_for_service(request: Request, weiter: str = "/") -> Response:
    """To the sign-in service. Raises: Refused: `signin.unknown`, and as `flow.begin`."""
    provider = _provider(request)
    with _told():
        begun = flow.begin(provider, next_page=flow.safe_next(weiter))
    response = go(begun.url)
    sealed = seal(
        begun.waiting,
        purpose=_PURPOSE,
        secret=door_of(request).session_secret,
        now=_now(request),
        lasts=flow.LASTS,
    )
    response.set_cookie(
        _cookie(begun.state),
        sealed,
        max_age=int(flow.LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=True,
    )
    return response


@router.get("/anmelden/zurueck")
def come_back(request: Request) -> Response:
    """Back from the service: the person is let in, or told what is missing.

    Raises: Refused: `access.no_group`, `access.two_roles`, `signin.*`, `auth.token_*`. TryLater:
    `signin.away`, `store.away`.
    """
    provider, answered = _provider(request), dict(request.query_params)
    name = _cookie(answered.get("state", ""))
    waiting = _waiting(request, name)
    with _told():
        claims = flow.finish(provider, waiting, answered, now=_now(request))
        caller, account = _person(request, provider, claims)
    response = onward_from_sign_in(request, caller, str((waiting or {}).get("next", "/")))
    plan = provider.plan
    number = session_hash(plan.pseudonym_key, plan.issuer, str(claims.get("sid", "")))
    sign_in(request, response, caller, account=account, provider_session=number)
    response.delete_cookie(name, httponly=True, samesite="lax", secure=True)
    return response


@router.get("/abgemeldet")
def signed_out(request: Request) -> Response:
    """Signed out here; where the service offers it, the way to sign out there too."""
    provider = _provider(request)
    try:
        there = bool(provider.metadata().end_session)
    except HouseError:
        # Signed out here is signed out, whether the service answers or not.
        there = False
    return page(request, "abgemeldet.html", there=there)


@router.get("/abgemeldet/dienstkennung")
def sign_out_there(request: Request) -> Response:
    """To the service's own sign-out. A link, not a form: its address is of another house.

    Raises: Refused: `signin.unknown`. TryLater: `signin.away`.
    """
    return go(flow.sign_out_url(_provider(request)) or "/abgemeldet")


def _person(request: Request, provider: Provider, claims: tokens.Claims) -> tuple[Caller, str]:
    """Who that is here, by pseudonym, and the hash by which the lists know her.

    Raises: Refused: `access.no_group`, `access.two_roles`.
    """
    plan, house = provider.plan, house_of(request)
    caller = caller_of(
        pseudonym(plan.pseudonym_key, plan.issuer, claims["sub"]),
        tokens.groups_of(claims, plan.groups_claim),
        rules=plan.groups,
        places=tokens.places_of(house.directory),
    )
    if caller.role is Role.AUTOMATION:
        raise Refused("access.no_group", "a group of machines lets no person in")
    if caller.role is not Role.CLERK or not house.policy.rights.clerks_follow_lists:
        return caller, ""
    found = claims.get(plan.account_claim)
    # Who can't be found on the lists sees nothing, not everything.
    address = found if isinstance(found, str) and found else f"nobody:{caller.name}"
    return caller, account_hash(plan.pseudonym_key, address)


@contextmanager
def _told() -> Iterator[None]:
    """A failure has its line in the log, with neither person nor token: only what was wrong."""
    try:
        yield
    except HouseError as error:
        log.warning("signin.failed", code=error.code)
        raise


def _provider(request: Request) -> Provider:
    """Raises: Refused: `signin.unknown`: this house has no sign-in service."""
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise Refused("signin.unknown", "this house has no sign-in service; see [oidc]")
    return provider


def _waiting(request: Request, name: str) -> dict[str, Any] | None:
    return unseal(
        request.cookies.get(name, ""),
        purpose=_PURPOSE,
        secret=door_of(request).session_secret,
        now=_now(request),
    )


def _cookie(state: str) -> str:
    return _COOKIE + sha256(state.encode()).hexdigest()[:12]


def _now(request: Request) -> datetime:
    return house_of(request).clock()
