"""HTTPS to the sign-in service: its certificate checked, no redirects, bounded in size and time.

Only addresses of the configured issuer and those that its own metadata names are asked.
"""

import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

from rules.errors import TryLater, Unreadable

ANSWER_BYTES_MAX: Final = 1_000_000
"""Metadata, keys and tokens are some kB. Source: own decision 0056."""


def get_json(url: str, *, ca_file: Path | None, timeout_seconds: int) -> dict[str, Any]:
    """The object at an address. Raises: TryLater: `signin.away`. Unreadable: `signin.answer`."""
    status, body = _ask("GET", url, {"Accept": "application/json"}, None, ca_file, timeout_seconds)
    if status != http.client.OK:
        raise _away(url, f"answered {status}")
    return _object(url, body)


def post_form(
    url: str,
    form: Mapping[str, str],
    *,
    basic: tuple[str, str] | None,
    ca_file: Path | None,
    timeout_seconds: int,
) -> tuple[int, dict[str, Any]]:
    """Status and object of the answer. `basic`: client id and secret, for RFC 6749 section 2.3.1.

    Raises: TryLater: `signin.away`. Unreadable: `signin.answer`.
    """
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if basic is not None:
        pair = ":".join(quote_plus(word) for word in basic)
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    status, body = _ask("POST", url, headers, urlencode(form), ca_file, timeout_seconds)
    if status >= http.client.INTERNAL_SERVER_ERROR:
        raise _away(url, f"answered {status}")
    return status, _object(url, body)


def _ask(
    method: str,
    url: str,
    headers: dict[str, str],
    body: str | None,
    ca_file: Path | None,
    timeout_seconds: int,
) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Unreadable("signin.answer", f"{url} is no https address; correct [oidc] issuer")
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        line = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=timeout_seconds, context=context
        )
        try:
            line.request(method, target or "/", body, headers)
            answer = line.getresponse()
            read = answer.read(ANSWER_BYTES_MAX + 1)
        finally:
            line.close()
    except (OSError, http.client.HTTPException) as exc:
        raise _away(url, type(exc).__name__) from exc
    if len(read) > ANSWER_BYTES_MAX:
        raise Unreadable("signin.answer", f"the answer of {parts.hostname} is too large")
    return answer.status, read


def _object(url: str, body: bytes) -> dict[str, Any]:
    host = urlsplit(url).hostname
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("signin.answer", f"the answer of {host} is not JSON") from exc
    if not isinstance(found, dict):
        raise Unreadable("signin.answer", f"the answer of {host} is no JSON object")
    return found


def _away(url: str, why: str) -> TryLater:
    host = urlsplit(url).hostname
    return TryLater(
        "signin.away", f"the sign-in service {host} can't be used ({why}); see [oidc]", host=host
    )
