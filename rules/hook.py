"""How a webhook is signed, so that its receiver knows who sent it and that it is fresh. Pure.

Names and form are those of Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`,
`webhook-signature` with "v1," and the base64 of an HMAC-SHA256 over "id.timestamp.body".
Source: Standard Webhooks 1.0.0 (specification); RFC 2104; own decision 0050.
"""

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import Final

from rules.errors import Refused

PREFIX: Final = "whsec_"
SECRET_BYTES_MIN: Final = 24
"""Source: Standard Webhooks 1.0.0, "Signature scheme" (24 to 64 bytes)."""


def secret_of(text: str) -> bytes:
    """The key in a secret as it is handed over: "whsec_" and base64.

    Raises: Refused: `webhook.secret`: no base64, or too short; the text is not repeated.
    Source: Standard Webhooks 1.0.0, "Signature scheme".
    """
    try:
        secret = b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _unusable() from exc
    if len(secret) < SECRET_BYTES_MIN:
        raise _unusable()
    return secret


def headers(secret: bytes, *, key: str, at_seconds: int, body: bytes) -> dict[str, str]:
    """What goes along with the body. `key` is the same at each try, `at_seconds` is of this try.

    Source: Standard Webhooks 1.0.0, "Signature scheme".
    """
    signed = hmac.new(secret, f"{key}.{at_seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": str(at_seconds),
        "webhook-signature": f"v1,{b64encode(signed).decode()}",
    }


def _unusable() -> Refused:
    return Refused(
        "webhook.secret",
        f"a webhook's secret is {PREFIX} and base64 of {SECRET_BYTES_MIN} bytes or more;"
        " make one with `openssl rand -base64 32`",
    )
