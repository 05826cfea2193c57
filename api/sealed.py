"""Values that a browser keeps for the house and can neither read nor change.

AES-256-GCM under a key made from the session secret and the purpose, so that what was sealed for
one purpose opens for no other. Source: NIST SP 800-38D; RFC 5869 (its expand step).
"""

import base64
import binascii
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12
"""Source: NIST SP 800-38D section 8.2."""


def seal(
    values: dict[str, Any], *, purpose: str, secret: bytes, now: datetime, lasts: timedelta
) -> str:
    """The values as text for a cookie, good for that long."""
    body = json.dumps(values | {"exp": int((now + lasts).timestamp())}).encode()
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key(purpose, secret)).encrypt(nonce, body, purpose.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(text: str, *, purpose: str, secret: bytes, now: datetime) -> dict[str, Any] | None:
    """The values, or None if the text was changed, made elsewhere, or is too old."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        nonce, sealed = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        body = AESGCM(_key(purpose, secret)).decrypt(nonce, sealed, purpose.encode())
    except (binascii.Error, ValueError, InvalidTag):
        return None
    values: dict[str, Any] = json.loads(body)
    return values if now.timestamp() < values["exp"] else None


def _key(purpose: str, secret: bytes) -> bytes:
    return hmac.digest(secret, b"postlotse sealed 1\n" + purpose.encode(), "sha256")
