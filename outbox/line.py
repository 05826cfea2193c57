"""A line to the eAkte over HTTPS: both sides show a certificate, nobody is followed elsewhere.

The only HTTP client of the hand-over; what the methods mean stands in eakte_http.py and dav.py.
What goes wrong between the house and the eAkte's door (away, certificate, login, address) is
never the mail's fault and always TryLater, or one wrong file would make dead letters of all.
Source: RFC 9110 sections 10.2.3, 15; RFC 8446 section 4.3.2; own decision 0065.
"""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from outbox.cut_line import cut_after
from outbox.trust import why_not_trusted
from rules.errors import HouseError, Refused, TryLater, Unreadable

ANSWER_BYTES: Final = 4_000_000
"""Largest answer that is read where nothing else is asked for. Own decision 0065."""

_LATER: Final = frozenset({408, 423, 425, 429})
"""4xx that get better by themselves. Source: RFC 9110; RFC 4918 (423); RFC 8470; RFC 6585."""
_DOOR: Final = frozenset({401, 403, 404, 405, 407, 410, 421})
"""4xx that speak of us or of the address, not of the package. Own decision 0065."""


@dataclass(frozen=True, slots=True)
class LineAccount:
    """Where, and as whom. `url` is https without login, query or fragment.

    `ca_file` names the eAkte's authority where the system doesn't know it; then no other counts.
    `timeout_seconds` bounds each wait for the other side.
    """

    url: str
    client_cert: Path
    client_key: Path
    ca_file: Path | None = None
    timeout_seconds: float = 15.0
    whole_seconds: float = 120.0
    """Of one request and its answer: the largest, 60 MiB, over 4 Mbit/s, as at our own doors."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers by their lower-case names, and the bytes of an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = True
    """False: there was more than was asked for."""

    @property
    def is_good(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Line:
    """One request after the other, each on a connection of its own. Safe to share between threads.

    Raises:
        Refused: `eakte.url`.
    """

    account: LineAccount

    def __post_init__(self) -> None:
        require_url(self.account.url)

    def address(self, path: str) -> str:
        """The whole address of a path below the base; `path` is quoted already."""
        return f"{self.account.url.rstrip('/')}/{path}"

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limit_bytes: int = ANSWER_BYTES,
    ) -> Answer:
        """The answer, whatever its status. If the line breaks, the deed may be done all the same.

        Raises:
            TryLater: `eakte.away`, `eakte.tls`.
            Unreadable: `eakte.answer`: larger than `limit_bytes`.
        """
        answer = self.ask_begin(method, path, headers=headers, body=body, limit_bytes=limit_bytes)
        if not answer.is_whole:
            host = urlsplit(self.account.url).hostname
            raise Unreadable("eakte.answer", f"an answer of {host} is over {limit_bytes} bytes")
        return answer

    def ask_begin(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limit_bytes: int = ANSWER_BYTES,
    ) -> Answer:
        """As `ask`, but of a larger answer its beginning."""
        parts = urlsplit(self.address(path))
        host, port = parts.hostname or "", parts.port
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            line = http.client.HTTPSConnection(
                host, port, timeout=self.account.timeout_seconds, context=self._context()
            )
            try:
                line.connect()
                with cut_after(line.sock, self.account.whole_seconds):
                    line.request(method, target, body, dict(headers or {}))
                    answer = line.getresponse()
                    read = answer.read(limit_bytes + 1)
            finally:
                line.close()
        except ssl.SSLError as exc:
            raise TryLater(
                "eakte.tls",
                f"{host}: no trusted line ({why_not_trusted(exc)}); check ca_file, client_cert,"
                " client_key",
            ) from exc
        except (OSError, http.client.HTTPException) as exc:
            raise TryLater("eakte.away", f"{host} doesn't answer ({type(exc).__name__})") from exc
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, read[:limit_bytes], len(read) <= limit_bytes)

    def _context(self) -> ssl.SSLContext:
        """Anew for each request: a certificate that was renewed on disk counts at once."""
        account = self.account
        context = ssl.create_default_context(cafile=account.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(account.client_cert, account.client_key)
        return context


def require_url(url: str) -> None:
    """Pass if the address can be the eAkte's. Raises: Refused: `eakte.url`."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "https" and parts.hostname and parts.port != 0
        plain = parts.username is None and not parts.query and not parts.fragment
    except ValueError:
        usable = plain = False
    if not (usable and plain):
        raise Refused("eakte.url", "eakte.url is https://host[:port]/path, no login in it")


def failure(answer: Answer, *, now: datetime) -> HouseError:
    """The error to raise for an answer that is no success. `now` is aware.

    TryLater: `eakte.redirect`, `eakte.door`, `eakte.later` (with `after_seconds` where the other
    side named a time). Refused: `eakte.refused`.
    """
    status = answer.status
    if status < 400:
        return TryLater("eakte.redirect", f"the eAkte points elsewhere ({status}); correct url")
    if status in _DOOR:
        return TryLater(
            "eakte.door", f"the eAkte doesn't let us in ({status}); check url and certificate"
        )
    if status >= 500 or status in _LATER:
        seconds = _after_seconds(answer.headers.get("retry-after", ""), now)
        return TryLater(
            "eakte.later", f"the eAkte asks to try later ({status})", after_seconds=seconds
        )
    return Refused("eakte.refused", f"the eAkte refuses for good ({status})", status=status)


def _after_seconds(told: str, now: datetime) -> float:
    """Seconds of a Retry-After, in either form; 0 where there is none that can be read."""
    if told.isascii() and told.isdigit() and len(told) <= 9:
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
