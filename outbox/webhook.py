"""Posts signed events to receivers that the configuration names, and to nobody else.

https only, but for this machine; the host stands on a list; its name is looked up once and the
line goes to that very address; an answer that points elsewhere is not followed.
Source: OWASP SSRF Prevention Cheat Sheet, case 1 (allow list); own decision 0050.
"""

import http.client
import socket
import ssl
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from time import time
from typing import Final
from urllib.parse import urlsplit

from outbox.cut_line import cut_after
from outbox.trust import why_not_trusted
from rules import hook
from rules.errors import Refused, TryLater
from rules.loopback import LOOPBACK

_GONE: Final = 410
"""The receiver wants no more. Source: Standard Webhooks 1.0.0, "Webhook delivery"."""
_ANSWER_BYTES: Final = 4_096

_WAITS: Final = 3
"""How many times its `timeout_seconds` an exchange may take from the first byte to the last: a
receiver that sends a byte now and then never lets a single wait run out. Own decision 0050."""


@dataclass(frozen=True, slots=True)
class WebhookOutlet:
    """A HookOutlet (triage/ports.py) for one receiver. Safe to share between threads.

    Raises: Refused: `webhook.url`, `webhook.host`, `webhook.https`, `webhook.secret`.
    """

    url: str
    secret: str = field(repr=False)
    allowed_hosts: Collection[str]
    ca_file: Path | None = None
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        require_allowed(self.url, self.allowed_hosts)
        hook.secret_of(self.secret)

    def post(self, key: str, body: bytes) -> str:
        """Deliver once; the status of the answer.

        Raises: TryLater: `webhook.away`, `webhook.tls`, `webhook.later`. Refused:
        `webhook.redirect`, `webhook.gone`, `webhook.address`: the name leads to where no receiver
        can be.
        """
        signed = hook.headers(
            hook.secret_of(self.secret), key=key, at_seconds=int(time()), body=body
        )
        try:
            status = self._exchange(body, signed | {"Content-Type": "application/json"})
        except ssl.SSLError as exc:
            raise TryLater(
                "webhook.tls",
                f"{urlsplit(self.url).hostname}: no trusted line ({why_not_trusted(exc)}); check"
                " the receiver's certificate, or ca_file of the webhook",
            ) from exc
        except (OSError, http.client.HTTPException) as exc:
            raise TryLater(
                "webhook.away", f"{urlsplit(self.url).hostname} can't be reached"
            ) from exc
        return _judged(status)

    def _exchange(self, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        line = http.client.HTTPConnection(host, port, timeout=self.timeout_seconds)
        address = _address(host, port)
        plain = socket.create_connection((address, port), timeout=self.timeout_seconds)
        try:
            with cut_after(plain, self.timeout_seconds * _WAITS):
                line.sock = self._protected(plain, host) if parts.scheme == "https" else plain
                path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
                line.request("POST", path, body, headers)
                answer = line.getresponse()
                # What was taken stays taken, also where the line breaks in the answer's body.
                with suppress(OSError, http.client.HTTPException):
                    answer.read(_ANSWER_BYTES)
                return answer.status
        finally:
            line.close()
            plain.close()

    def _protected(self, plain: socket.socket, host: str) -> socket.socket:
        context = ssl.create_default_context(cafile=self.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context.wrap_socket(plain, server_hostname=host)


def require_allowed(url: str, allowed_hosts: Collection[str]) -> None:
    """Pass if the address may be posted to. Raises: Refused: as `WebhookOutlet`."""
    try:
        parts = urlsplit(url)
        usable = parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        usable = None
    if not usable or parts.scheme not in {"https", "http"} or parts.fragment:
        raise Refused("webhook.url", "a webhook's url is https://host[:port]/path, no login in it")
    host = parts.hostname or ""
    if parts.scheme == "http" and host not in LOOPBACK:
        raise Refused("webhook.https", f"{host} is another machine; use https", host=host)
    if host not in {allowed.lower() for allowed in allowed_hosts}:
        raise Refused(
            "webhook.host", f"{host} is not in events.allowed_hosts; add it there", host=host
        )


def _address(host: str, port: int) -> str:
    """Where the name leads now. Raises: Refused: `webhook.address`. OSError: no such name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    address = ip_address(str(found).partition("%")[0])
    # ::ffff:127.0.0.1 leads to 127.0.0.1 and says of itself that it is no loopback.
    address = getattr(address, "ipv4_mapped", None) or address
    elsewhere = address.is_link_local or address.is_multicast or address.is_unspecified
    if elsewhere or (address.is_loopback and host not in LOOPBACK):
        raise Refused("webhook.address", f"{host} leads to {address}; no receiver can be there")
    return str(found)


def _judged(status: int) -> str:
    """Only 2xx is taken; what is final is told apart from what may get better."""
    if 200 <= status < 300:
        return str(status)
    if 300 <= status < 400:
        raise Refused("webhook.redirect", f"the receiver points elsewhere ({status}); correct url")
    if status == _GONE:
        raise Refused("webhook.gone", "the receiver wants no more (410); take the webhook out")
    raise TryLater("webhook.later", f"the receiver answered {status}")
