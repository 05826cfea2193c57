"""What comes back over the wire: whole or not at all, from the host that was asked, and bounded.

Below exchangelib, which forgives too much here. Source: exchangelib 5.6.0, read and measured
2026-11-23; own decision 0034.
"""

from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from exchangelib import FailFast
from exchangelib.errors import ErrorServerBusy, MalformedResponseError, UnauthorizedError
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as CutShort
from urllib3.exceptions import HTTPError

from ingest.exchange.errors import Redirected


class WholeReplies(HTTPAdapter):
    """Sends requests; lets no reply through that was cut short.

    exchangelib's parser forgives missing ends, and in a reply of SyncFolderItems the new sync
    state stands before the changes: what a proxy cuts off would be mail that nobody asks for
    again. The parser gets the reply whole; byte by byte, as exchangelib would feed it, it took 20
    times as long. Source: measurement 2026-11-23 (9 of 20 mails came, then none; 97 MB: 21-27 s by
    bytes, 1.0-1.3 s in pieces); own decision 0034.
    """

    def __init__(self, verify: str | bool, longest_bytes: int) -> None:
        self._verify, self._longest_bytes = verify, longest_bytes
        # One connection, and no repeating: a POST that is sent twice moves twice.
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def send(self, request: Any, *args: Any, **how: Any) -> Any:  # noqa: ANN401 - requests' own
        """The reply.

        Raises: CutShort: it has no end. ErrorServerBusy: with the wait named. Redirected: whoever
        follows would give the login, or the client's secret, to a host that nobody configured.
        """
        reply: Any = super().send(request, *args, **{**how, "verify": self._verify})
        if reply.status_code // 100 == 3:
            reply.close()
            raise Redirected(_host(reply.headers.get("Location", "")))
        if reply.status_code in {429, 503}:
            reply.close()
            raise ErrorServerBusy(
                "HTTP", back_off=_named_wait(reply.headers.get("Retry-After", ""))
            )
        if reply.status_code >= 500 and "xml" not in request.headers.get("Content-Type", ""):
            reply.close()
            raise CutShort("the token service failed")
        if how.get("stream") and reply.status_code == 200:
            return reply  # it has no end yet; `stream` looks after that itself
        if reply.status_code == HTTPStatus.UNAUTHORIZED:
            return reply  # NTLM goes on with its line
        whole = _whole(reply, self._longest_bytes)
        if reply.status_code in {200, 500} and "xml" in reply.headers.get("Content-Type", ""):
            if b"\0" in whole[:8]:
                raise MalformedResponseError("another encoding than UTF-8")
            if not whole.rstrip().endswith(b"Envelope>"):
                raise CutShort("the reply has no end")
            reply.iter_content = lambda *_args, **_how: whole
        return reply

    def close(self) -> None:
        """Close the lines, and now: requests leaves them open until somebody collects the pool.

        That may be never as long as an error is kept, whose frames hold the pool. Source: urllib3
        2.8, `PoolManager.clear`; measurement 2026-11-27 (Python 3.13: a line for each dead stream).
        """
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - it can't be iterated
                manager.pools[key].close()
        super().close()


class OnceOnly(FailFast):  # type: ignore[misc]  # exchangelib ships no types
    """exchangelib takes any refusal that ends the connection for a busy server: a password too."""

    def raise_response_errors(self, response: Any) -> None:  # noqa: ANN401 - requests' own
        """Raises: UnauthorizedError, before anything else is made of it; else as exchangelib."""
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            raise UnauthorizedError("the login was refused")
        super().raise_response_errors(response)


def _host(location: str) -> str:
    """The host that a redirect names; empty where it names none, or stays on the same."""
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return ""


def _named_wait(said: str) -> float | None:
    """Seconds in a Retry-After, which may name a time of day. Source: RFC 9110 section 10.2.3."""
    if said.isdecimal():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max((at - datetime.now(tz=at.tzinfo)).total_seconds(), 0.0)


def _whole(reply: Any, longest_bytes: int) -> bytes:  # noqa: ANN401 - requests' own
    """The body, read in one go; requests would read and decode it in pieces of 10 kB.

    Raises: CutShort. MalformedResponseError: it is longer, unpacked, than any mail that we read.
    """
    try:
        whole: bytes = reply.raw.read(longest_bytes + 1, decode_content=True)
    except HTTPError as exc:
        raise CutShort("the line broke") from exc
    if len(whole) > longest_bytes:
        reply.close()
        raise MalformedResponseError("a reply without end")
    reply.raw.release_conn()
    reply._content, reply._content_consumed = whole, True  # noqa: SLF001 - no public way
    return whole
