"""What an Exchange server says of its own accord: envelopes on a connection that stays open.

The server sends one envelope after another: signs of life, events, and in the end that it closes.
Read by ourselves and not by exchangelib, which reads byte by byte, forgives broken ends, and
can't be stopped from outside. Source: EWS reference (GetStreamingEvents); own decision 0061.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from exchangelib import Account
from exchangelib.util import DummyResponse
from requests import Response
from requests.exceptions import ConnectionError as CutShort
from urllib3.exceptions import HTTPError

from ingest.exchange.service import StrictService
from ingest.exchange.xml import MESSAGES, element, text_element

MINUTES: Final = 29
"""So long the server shall keep one connection; 30 is the most.

Source: EWS reference (ConnectionTimeout, 1 to 30).
"""

SILENCE_SECONDS: Final = 90.0
"""A server that says nothing for so long is gone: it gives a sign of life every 45 s.

Source: Microsoft's own client (ews-managed-api, GetStreamingEventsRequest: heartbeat of 45 s,
HangingServiceRequestBase: read timeout of two heartbeats).
"""

_LONGEST_BYTES: Final = 1024 * 1024
"""No envelope of events is longer; one that is, is none. Source: own decision 0061."""

_END: Final = b"Envelope>"


class _Live(StrictService):
    """One GetStreamingEvents; used for sending, and for reading one envelope."""

    SERVICE_NAME = "GetStreamingEvents"
    prefer_affinity = True

    def __init__(self, account: Account) -> None:
        super().__init__(account=account)
        self.streaming = True
        self.timeout = SILENCE_SECONDS

    def _extra_headers(self) -> dict[str, str]:
        """Not packed: a packer may hold an event back until more has come."""
        return {**super()._extra_headers(), "Accept-Encoding": "identity"}

    def open(self, subscription: str) -> Response:
        """The reply, whose end has not come yet. Raises: as exchangelib."""
        payload = element(
            "m:GetStreamingEvents",
            element("m:SubscriptionIds", text_element("t:SubscriptionId", subscription)),
            text_element("m:ConnectionTimeout", str(MINUTES)),
        )
        reply: Response = self._get_response(payload, self._version_hint.api_version)
        return reply

    def part(self, envelope: bytes) -> Any:  # noqa: ANN401 - an lxml element
        """The response message in one envelope. Raises: as exchangelib, for a fault or an error."""
        _, body = self._get_soap_parts(DummyResponse(content=envelope))
        (message,) = self._get_soap_messages(body)
        return self._get_element_container(message)


@dataclass(slots=True)
class Stream:
    """One open connection. `events` belongs to one thread; `stop` may come from any other."""

    _stopped: threading.Event = field(default_factory=threading.Event)
    _reply: Response | None = None

    def events(self, account: Account, subscription: str) -> Iterator[bool]:
        """For each envelope, whether it tells of mail; ends when the server or `stop` ends it.

        Raises: as exchangelib; CutShort: the line broke, or ended without a word.
        """
        service = _Live(account)
        with self._opened(service, subscription) as envelopes:
            for envelope in envelopes:
                part = service.part(envelope)
                yield part.find(f"{MESSAGES}Notifications") is not None
                if part.findtext(f"{MESSAGES}ConnectionStatus") == "Closed":
                    return
        if not self._stopped.is_set():
            raise CutShort("the stream ended without saying so")

    def stop(self) -> None:
        """End the connection, also while somebody reads; never raises."""
        self._stopped.set()
        reply = self._reply
        if reply is not None:
            # Whoever is in the middle of closing it is no trouble.
            with suppress(OSError, ValueError, RuntimeError):
                reply.raw.shutdown()

    @contextmanager
    def _opened(self, service: _Live, subscription: str) -> Iterator[Iterator[bytes]]:
        """The envelopes of a new connection; none where it was stopped before."""
        reply = self._reply = service.open(subscription)
        try:
            yield iter(()) if self._stopped.is_set() else _envelopes(_pieces(reply))
        except HTTPError as exc:
            raise CutShort("the line broke") from exc
        finally:
            self._reply = None
            service.stop_streaming()


def _pieces(reply: Response) -> Iterator[bytes]:
    """What comes, as it comes; a fault (status 500) has been read already."""
    if reply.status_code == HTTPStatus.OK:
        yield from reply.raw.stream(None, decode_content=True)
    else:
        yield reply.content


def _envelopes(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole envelopes, each as soon as its last byte has come. Raises: CutShort.

    Bytes that become none are no sign of life.
    """
    rest, heard_at = b"", time.monotonic()
    for piece in pieces:
        rest += piece
        while (envelope := _first(rest)) is not None:
            rest, heard_at = rest[len(envelope) :], time.monotonic()
            yield envelope
        if len(rest) > _LONGEST_BYTES or time.monotonic() - heard_at > SILENCE_SECONDS:
            raise CutShort("an envelope without end")
    if rest.strip():
        raise CutShort("the last envelope has no end")


def _first(text: bytes) -> bytes | None:
    """The first whole envelope, with what stands before it; None if its end has not come yet."""
    start = text.find(_END)  # a start tag ends so, too, where it has no attributes
    while start >= 0:
        end = start + len(_END)
        opening = text.rfind(b"<", 0, start)
        if text[opening : opening + 2] == b"</":
            return text[:end]
        start = text.find(_END, end)
    return None
