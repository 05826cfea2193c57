"""The signed cookie by which a person is known after sign-in. Nothing of it is kept on the server.

The cookie is readable, not secret: it holds name of the sign-in, role, bounds, account and
end, under an HMAC-SHA256 (RFC 2104) of the house's session secret.
"""

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from rules.access import Caller, Permission
from rules.codes import Role

COOKIE: Final = "postlotse_session"
_PURPOSE: Final = b"postlotse session 1."
"""Goes into the signature, so that no other thing signed with the secret passes for a session."""


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in until `expires_at` (aware UTC). `csrf` goes into each form.

    `account` is the address by which the distribution lists know the person, or empty.
    """

    caller: Caller
    csrf: str
    expires_at: datetime
    account: str = ""


def new_csrf() -> str:
    """A fresh token for the forms of one session."""
    return secrets.token_urlsafe(18)


def seal(session: Session, secret: bytes) -> str:
    """The cookie's value."""
    caller = session.caller
    claims = {
        "name": caller.name,
        "role": caller.role.value,
        "agencies": None if caller.agencies is None else sorted(caller.agencies),
        "regions": None if caller.regions is None else sorted(caller.regions),
        "extra": sorted(caller.extra),
        "csrf": session.csrf,
        "account": session.account,
        "exp": int(session.expires_at.timestamp()),
    }
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode())
    return f"{payload.decode()}.{_mac(payload, secret)}"


def unseal(cookie: str, secret: bytes, now: datetime) -> Session | None:
    """The session in the cookie, or None if it was changed, made elsewhere, or has ended."""
    payload, _, mac = cookie.partition(".")
    if not hmac.compare_digest(_mac(payload.encode(), secret).encode(), mac.encode()):
        return None
    try:
        session = _read(json.loads(base64.urlsafe_b64decode(payload)))
    except (binascii.Error, ValueError, KeyError, TypeError):
        # Signed by us, but by an older house with other claims: sign in again.
        return None
    return session if now < session.expires_at else None


def _read(claims: dict[str, Any]) -> Session:
    return Session(
        caller=Caller(
            name=claims["name"],
            role=Role(claims["role"]),
            agencies=_bound(claims["agencies"]),
            regions=_bound(claims["regions"]),
            extra=frozenset(Permission(word) for word in claims["extra"]),
        ),
        csrf=claims["csrf"],
        expires_at=datetime.fromtimestamp(claims["exp"], tz=UTC),
        account=claims["account"],
    )


def _bound(codes: list[str] | None) -> frozenset[str] | None:
    return None if codes is None else frozenset(codes)


def _mac(payload: bytes, secret: bytes) -> str:
    return hmac.digest(secret, _PURPOSE + payload, "sha256").hex()
