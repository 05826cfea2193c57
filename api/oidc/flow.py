"""Sign-in by Authorization Code with PKCE: what goes to the service, and what is believed of it.

State, nonce and verifier wait in the browser, sealed; the house keeps nothing of somebody who has
not signed in, so strangers can't fill it.
Source: OpenID Connect Core 1.0 section 3.1; RFC 7636; RFC 9700 sections 2.1, 4.4 (mix-up);
RFC 9207.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from api.oidc import tokens, wire
from api.oidc.provider import Provider
from rules.errors import Refused

_NOT_OURS: Final = frozenset({"invalid_client", "unauthorized_client"})
"""Not the person or the code is wrong, but what this house says of itself.
Source: RFC 6749 section 5.2."""

LASTS: Final = timedelta(minutes=10)
"""So long may somebody take at the service. Source: own decision 0056."""

NEXT_CHARS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in under way. `waiting` is what the browser keeps, sealed, for `finish`."""

    url: str
    state: str
    waiting: dict[str, str]


def begin(provider: Provider, *, next_page: str) -> Begun:
    """Make a sign-in. Raises: TryLater: `signin.away`. Unreadable, Refused: as `metadata`."""
    plan, metadata = provider.plan, provider.metadata()
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": plan.client_id,
        "redirect_uri": plan.redirect_uri,
        "scope": " ".join(plan.scopes),
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if urlsplit(metadata.authorize).query else "?"
    waiting = {"state": state, "nonce": nonce, "verifier": verifier, "next": next_page}
    return Begun(f"{metadata.authorize}{joint}{urlencode(asked)}", state, waiting)


def finish(
    provider: Provider,
    waiting: Mapping[str, Any] | None,
    answered: Mapping[str, str],
    *,
    now: datetime,
) -> tokens.Claims:
    """The checked claims of who came back. `answered` is the query of the address.

    Raises: Refused: `signin.state`, `signin.issuer`, `signin.declined`, `signin.code`,
    `signin.client`, `auth.token_*`. TryLater: `signin.away`. Unreadable: `signin.answer`.
    """
    state = answered.get("state", "")
    if waiting is None or not hmac.compare_digest(str(waiting["state"]).encode(), state.encode()):
        raise Refused("signin.state", "this sign-in did not begin in this browser, or too long ago")
    metadata = provider.metadata()
    named = answered.get("iss")
    if named != provider.plan.issuer and (named is not None or metadata.names_itself):
        raise Refused("signin.issuer", "the answer is of another sign-in service")
    if answered.get("error") or not answered.get("code"):
        raise Refused("signin.declined", "the sign-in service did not sign this person in")
    token = _redeem(provider, answered["code"], verifier=str(waiting["verifier"]))
    return tokens.id_token(provider, token, nonce=str(waiting["nonce"]), now=now)


def _redeem(provider: Provider, code: str, *, verifier: str) -> str:
    """The ID token for the code.

    Raises: Refused: `signin.code`, `signin.client`, and as `wire.post_form`.
    """
    plan, metadata = provider.plan, provider.metadata()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": plan.redirect_uri,
        "code_verifier": verifier,
    }
    if metadata.wants_post:
        form |= {"client_id": plan.client_id, "client_secret": plan.client_secret}
    status, answer = wire.post_form(
        metadata.token,
        form,
        basic=None if metadata.wants_post else (plan.client_id, plan.client_secret),
        ca_file=plan.ca_file,
        timeout_seconds=plan.timeout_seconds,
    )
    if status != 200 and answer.get("error") in _NOT_OURS:
        raise Refused(
            "signin.client",
            "the sign-in service does not take this house's login; correct [oidc] client_id, or"
            " the secret in the variable that client_secret_env names, and start serve again",
        )
    found = answer.get("id_token")
    if status != 200 or not isinstance(found, str):
        raise Refused("signin.code", "the sign-in service did not take its own code back")
    return found


def safe_next(page: str) -> str:
    """A page of this house to go on to, or the front page: never an address elsewhere.

    Source: RFC 9700 section 4.11 (open redirection); browsers read a backslash as a slash.
    """
    fits = (
        len(page) <= NEXT_CHARS_MAX
        and page.isascii()
        and page.isprintable()
        and page.startswith("/")
        and not page.startswith("//")
        and "\\" not in page
        and not page.startswith(("/anmelden", "/abmelden", "/abgemeldet", "/oidc"))
    )
    return page if fits else "/"


def sign_out_url(provider: Provider) -> str:
    """Where a person signs out at the service; empty where it offers nothing.

    Source: OpenID Connect RP-Initiated Logout 1.0 section 2. Without `id_token_hint`: the house
    keeps no ID token, so the service may ask the person once.
    """
    address = provider.metadata().end_session
    if not address:
        return ""
    plan = provider.plan
    asked = {"client_id": plan.client_id, "post_logout_redirect_uri": plan.after_logout_uri}
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"
