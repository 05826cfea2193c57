"""The line from a program to a house: one kept connection, repeats, problems, typed answers.

Part of the client: make_client.py copies this file whole to the head of postlotse_client.py.
Standard library only, Python 3.11. One `Line` belongs to one thread.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

T = TypeVar("T")

LONGEST_WAIT_SECONDS: Final = 30.0
"""However long the house asks to wait before a repeat."""
_REPEATED: Final = frozenset({429, 500, 503})
"""Answers that are not kept under an Idempotency-Key: the next try may succeed."""


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """The house said no (RFC 9457). Compare `code`; the text may change."""

    def __init__(self, status: int, code: str, detail: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.details = dict(details)


class Away(Exception):  # noqa: N818 - what it is, not what to do
    """No answer after all tries. A write may have been done: repeat it with the same key."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Line:
    """A connection to one house. Opens at the first call, and anew when it breaks.

    `etag` and `replayed` tell of the last answer: its `ETag`, and whether it was the first
    answer to a repeated request. GET, PUT, DELETE, and POST with its key are repeated up to
    `tries` times after a broken line, 429, 500 and 503. Nothing is followed elsewhere: the key
    would go along.
    """

    url: str
    key: str = ""
    timeout_seconds: float = 30
    tries: int = 4
    tls: ssl.SSLContext | None = None
    pause: Callable[[float], None] = time.sleep
    etag: str = ""
    replayed: bool = False
    _http: http.client.HTTPConnection | None = field(default=None, repr=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        """One request until it is answered. Raises: Problem, Away."""
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            sent["Content-Type"] = content_type
        target = urlsplit(self.url).path.rstrip("/") + path + _query(query or {})
        for turn in range(self.tries):
            is_last = turn + 1 == self.tries
            try:
                answer = self._once(method, target, sent, body)
            except (OSError, http.client.HTTPException) as exc:
                self.close()
                if is_last:
                    raise Away(f"{method} {path}: {exc}") from exc
                self.pause(min(LONGEST_WAIT_SECONDS, 0.5 * 2**turn))
                continue
            if answer.status not in _REPEATED or is_last:
                return self._taken(answer)
            self.pause(_wait_of(answer))
        raise Away(f"{method} {path}: no try was allowed")

    def close(self) -> None:
        """End the connection. The next call opens a new one."""
        if self._http is not None:
            self._http.close()
        self._http = None

    def _once(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        if self._http is None:
            self._http = self._opened()
        self._http.request(method, target, body=body, headers=dict(headers))
        response = self._http.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())

    def _opened(self) -> http.client.HTTPConnection:
        place = urlsplit(self.url)
        host = place.hostname or ""
        if place.scheme == "https":
            return http.client.HTTPSConnection(
                host, place.port, timeout=self.timeout_seconds, context=self.tls
            )
        return http.client.HTTPConnection(host, place.port, timeout=self.timeout_seconds)

    def _taken(self, answer: Answer) -> Answer:
        self.etag = answer.headers.get("etag", "")
        self.replayed = answer.headers.get("idempotency-replayed") == "true"
        # 304 is an answer: what the program has is what there is.
        if answer.status >= 300 and answer.status != 304:
            raise problem_of(answer)
        return answer


def problem_of(answer: Answer) -> Problem:
    """The problem that an answer tells; of a proxy in between only the status is known."""
    if answer.status < 400:
        place = answer.headers.get("location", "nowhere")
        told = f"the answer points to {place}; give the house's own address to Line"
        return Problem(answer.status, "http.elsewhere", told, {})
    try:
        said = json.loads(answer.body)
        return Problem(answer.status, said["code"], said["detail"], said.get("details", {}))
    except (ValueError, KeyError, TypeError):
        return Problem(answer.status, "http.unknown", "an answer that is no problem+json", {})


def new_key() -> str:
    """A fresh Idempotency-Key. Keep it with what you send, if your program may be killed."""
    return str(uuid.uuid4())


def part(value: object) -> str:
    """A value as one part of a path."""
    return quote(str(value), safe="")


def body_of(value: object) -> bytes | None:
    """A request as JSON; what is None is left out, as it was not given."""
    if value is None:
        return None
    given = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    if isinstance(given, dict):
        given = {name: one for name, one in given.items() if one is not None}
    return json.dumps(given, default=_plain).encode()


def read(kind: Any, value: Any) -> Any:
    """JSON as a value of that type. Keys that this client does not know are passed over."""
    if kind is Any or value is None:
        return value
    if kind is datetime or kind is date:
        return kind.fromisoformat(value)
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        there = {one.name for one in fields(kind) if one.name in value}
        return typing.cast("type", kind)(**{n: read(hints[n], value[n]) for n in there})
    return _read_generic(kind, value)


def _read_generic(kind: Any, value: Any) -> Any:
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return [read(inside[0], one) for one in value]
    if origin is tuple:
        return tuple(read(one, given) for one, given in zip(inside, value, strict=True))
    if origin is dict:
        return {name: read(inside[1], one) for name, one in value.items()}
    if origin in (typing.Union, types.UnionType):
        real = [one for one in inside if one is not type(None)]
        return read(real[0], value) if len(real) == 1 else value
    return value


def _query(query: Mapping[str, object]) -> str:
    given = [
        (name, _plain(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
    return f"?{urlencode(given)}" if given else ""


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wait_of(answer: Answer) -> float:
    said = answer.headers.get("retry-after", "")
    return min(LONGEST_WAIT_SECONDS, float(said) if said.isdecimal() else 1.0)
