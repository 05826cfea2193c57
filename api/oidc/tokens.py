"""A token is believed after these checks, in this order, and not before.

Signature by an allowed algorithm and a key of the issuer; issuer; audience; party; times; and
what its kind asks for: the nonce of our own request (ID token), the event (logout token), the
audience of the API (access token).
Source: OpenID Connect Core 1.0 section 3.1.3.7; Back-Channel Logout 1.0 section 2.6; RFC 9068
section 4; RFC 8725.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError

from api.oidc.plan import OidcPlan
from api.oidc.provider import Provider
from rules.access import Caller
from rules.codes import Role
from rules.directory import Directory
from rules.errors import Refused
from rules.groups import Places, caller_of
from triage.house import House

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
"""Source: OpenID Connect Back-Channel Logout 1.0 section 2.4."""

OLDEST_ID_TOKEN: Final = timedelta(minutes=10)
"""An ID token comes fresh from the service. Source: own decision 0056."""

OLDEST_LOGOUT: Final = timedelta(minutes=5)
"""A logout token older than that is a repetition. Source: Back-Channel Logout 1.0 section 2.6."""

TOKEN_CHARS_MAX: Final = 32_000
"""Longest token looked at: some hundred groups. Source: own decision 0056."""

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ending:
    """What a logout token ends: a session at the service, or all of a person."""

    subject: str
    session: str


def id_token(provider: Provider, token: str, *, nonce: str, now: datetime) -> Claims:
    """The claims of the ID token that answers our request.

    Raises: Refused: `auth.token_*`. TryLater: `signin.away`. Unreadable: `signin.answer`.
    """
    plan = provider.plan
    claims = _signed(provider, token, types={"jwt", ""})
    _issued(claims, plan, audience=plan.client_id, now=now)
    _to_us(claims, plan)
    _fresh(claims, OLDEST_ID_TOKEN, plan=plan, now=now)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise _no("nonce", "it answers another request")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise _no("subject", "it names nobody")
    return claims


def logout_token(provider: Provider, token: str, *, now: datetime) -> Ending:
    """What shall end. Raises: as `id_token`."""
    plan = provider.plan
    claims = _signed(provider, token, types={"logout+jwt", "jwt", ""})
    _issued(claims, plan, audience=plan.client_id, now=now, needs_end=False)
    _fresh(claims, OLDEST_LOGOUT, plan=plan, now=now)
    events = claims.get("events")
    # A nonce would make an ID token pass for one of these.
    if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in claims:
        raise _no("event", "it is no logout token")
    ending = Ending(_word(claims, "sub"), _word(claims, "sid"))
    if not ending.subject and not ending.session:
        raise _no("event", "it names neither person nor session")
    return ending


def access_token(provider: Provider, token: str, *, now: datetime) -> Claims:
    """The claims of a machine's token. Raises: as `id_token`."""
    plan = provider.plan
    if not plan.api_audience:
        raise _no("audience", "this house takes no tokens of machines ([oidc] api_audience)")
    claims = _signed(provider, token, types={"at+jwt", "application/at+jwt", "jwt", ""})
    _issued(claims, plan, audience=plan.api_audience, now=now)
    if "nonce" in claims or "events" in claims:
        raise _no("kind", "it is no access token")
    return claims


def groups_of(claims: Claims, path: str) -> tuple[str, ...]:
    """The words of a claim, which may lie deeper (`realm_access.roles`); none where it isn't."""
    found: object = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, str):
        return (found,)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _signed(provider: Provider, token: str, *, types: set[str]) -> Claims:
    """The claims, after algorithm, type and signature."""
    if len(token) > TOKEN_CHARS_MAX:
        raise _no("form", "it is too long")
    allowed = provider.plan.algorithms
    registry = jws.JWSRegistry(algorithms=list(allowed), strict_check_header=False)
    registry.max_payload_length = TOKEN_CHARS_MAX
    try:
        header = jws.extract_compact(token.encode(), registry=registry).headers()
        algorithm, number = header.get("alg"), header.get("kid")
        # Checked here too, before any key is looked for: the key must not depend on `alg`.
        if algorithm not in allowed:
            raise _no("algorithm", "its algorithm is not allowed")
        if str(header.get("typ", "")).lower() not in types:
            raise _no("kind", "it is of another kind")
        key = provider.key(number if isinstance(number, str) else None)
        return jwt.decode(token, key, algorithms=list(allowed), registry=registry).claims
    except (JoseError, ValueError, TypeError, RecursionError) as exc:
        raise _no("signature", f"it can't be checked ({type(exc).__name__})") from exc


def _issued(
    claims: Claims, plan: OidcPlan, *, audience: str, now: datetime, needs_end: bool = True
) -> None:
    """Issuer, audience and times."""
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(plan.skew.total_seconds()),
        iss={"essential": True, "value": plan.issuer},
        aud={"essential": True, "value": audience},
        exp={"essential": needs_end},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except JoseError as exc:
        claim = str(getattr(exc, "claim", "") or getattr(exc, "claims", "") or "exp")
        word = {"iss": "issuer", "aud": "audience"}.get(claim, "time")
        raise _no(word, f"its claim {claim} does not fit") from exc


def _to_us(claims: Claims, plan: OidcPlan) -> None:
    """Source: OpenID Connect Core 1.0 section 3.1.3.7 nos. 3 to 5."""
    audience = claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    party = claims.get("azp")
    if (several and party is None) or (party is not None and party != plan.client_id):
        raise _no("party", "it was given to another client")


def _fresh(claims: Claims, oldest: timedelta, *, plan: OidcPlan, now: datetime) -> None:
    if now.timestamp() - float(claims["iat"]) > (oldest + plan.skew).total_seconds():
        raise _no("time", "it is too old")


def _word(claims: Claims, name: str) -> str:
    found = claims.get(name, "")
    return found if isinstance(found, str) else ""


def _no(what: str, why: str) -> Refused:
    """The message tells what is wrong with the token, and nothing that stands in it."""
    return Refused(f"auth.token_{what}", f"the token is not accepted: {why}")


def machine_of(house: House, provider: Provider | None) -> Callable[[str], Caller] | None:
    """Tells whose a machine's token is; None where the house takes none.

    Its groups give role and scope as those of persons do, and the role must be a machine's: a
    token of a person, given to some client, opens nothing here.
    """
    if provider is None or not provider.plan.api_audience:
        return None

    def caller(token: str) -> Caller:
        claims = access_token(provider, token, now=house.clock())
        client = _word(claims, "client_id") or _word(claims, "azp") or _word(claims, "sub")
        if not client:
            raise _no("subject", "it names no client")
        plan = provider.plan
        found = caller_of(
            f"client:{client[:60]}",
            groups_of(claims, plan.groups_claim),
            rules=plan.groups,
            places=places_of(house.directory),
        )
        if found.role is not Role.AUTOMATION:
            raise Refused("access.denied", "tokens are for machines; people sign in at the desk")
        return found

    return caller


def places_of(directory: Directory) -> Places:
    """The codes and names that the gap of a group may take."""
    codes = frozenset(agency.code for agency in directory.active())
    return Places(codes, frozenset(directory.region_names()))
