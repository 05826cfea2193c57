"""What the Exchange simulator tells of its own accord: subscriptions, and streams of events.

Source: EWS reference (Subscribe, GetStreamingEvents, Unsubscribe); Microsoft's schema
(MS-OXWSNTIF). Events that happen while nobody listens are kept for the subscription.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.servers.exchange_calls import Caller, _each
from tests.servers.exchange_store import Mailbox
from tests.servers.exchange_xml import ItemError, SoapFault, find, find_all, of_message, of_type


@dataclass
class Subscription:
    mailbox: Mailbox
    folder_ids: frozenset[str]
    kinds: frozenset[str]
    seen: int


@dataclass
class Events:
    """Subscriptions of a server. Guarded by the server's lock, but for `stream`."""

    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    hanging_limit: int = 100
    hanging: int = 0
    beat_seconds: float = 5.0

    def subscribe(self, caller: Caller, request):
        def one(wanted) -> list:
            found = [caller.folder(ref) for ref in find(wanted, "t:FolderIds")]
            mailbox = found[0][0]
            name = os.urandom(18).hex()
            self.subscriptions[name] = Subscription(
                mailbox,
                frozenset(folder.id for _, folder in found),
                frozenset(kind.text for kind in find(wanted, "t:EventTypes")),
                mailbox.seq,
            )
            return [of_message("SubscriptionId", name)]

        return _each(caller, "Subscribe", find_all(request, "m:StreamingSubscriptionRequest"), one)

    def unsubscribe(self, caller: Caller, request):
        def one(name) -> list:
            if self.subscriptions.pop(name.text, None) is None:
                raise ItemError("ErrorSubscriptionNotFound")
            return []

        return _each(caller, "Unsubscribe", [find(request, "m:SubscriptionId")], one)

    def begin(self, request) -> list[str]:
        """The subscriptions of a stream that may begin. Raises: SoapFault: too many of them."""
        if self.hanging >= self.hanging_limit:
            raise SoapFault("ErrorExceededConnectionCount")
        self.hanging += 1
        return [found.text for found in find_all(request, "m:SubscriptionIds/t:SubscriptionId")]

    def news(self, names: list[str]) -> list:
        """What came for these subscriptions since it was asked last."""
        return [note for name in names if (note := self._note(name)) is not None]

    def _note(self, name: str):
        one = self.subscriptions[name]
        new = [
            item
            for item in one.mailbox.items.values()
            if item.seq > one.seen and item.folder.id in one.folder_ids
        ]
        one.seen = one.mailbox.seq
        if not new:
            return None
        events = [_event(kind, item) for item in new for kind in _kinds(item) & one.kinds]
        return of_type("Notification", of_type("SubscriptionId", name), *events) if events else None


def _kinds(item) -> set[str]:
    return {"MovedEvent"} if item.was_moved else {"NewMailEvent", "CreatedEvent"}


def _event(kind: str, item):
    return of_type(
        kind,
        of_type("TimeStamp", datetime.now(tz=UTC)),
        of_type("ItemId", Id=item.id, ChangeKey=item.change_key),
        of_type("ParentFolderId", Id=item.folder.id, ChangeKey=item.folder.change_key),
    )


def parts(events: Events, lock, names: list[str], until: float, is_ending) -> Iterator:
    """The response messages of a stream, in their time; `is_ending` tells when to close it."""
    with lock:
        unknown = [name for name in names if name not in events.subscriptions]
    if unknown:
        ids = [of_type("SubscriptionId", name) for name in unknown]
        yield _message(of_message("ErrorSubscriptionIds", *ids), code="ErrorSubscriptionNotFound")
        return
    yield _message(of_message("ConnectionStatus", "OK"))
    beat = time.monotonic()
    while time.monotonic() < until and not is_ending():
        with lock:
            if not events.subscriptions.keys() >= set(names):
                break  # taken back
            notes = events.news(names)
        if notes:
            yield _message(of_message("Notifications", *notes))
        elif time.monotonic() - beat > events.beat_seconds:
            beat = time.monotonic()
            yield _message(of_message("ConnectionStatus", "OK"))
        time.sleep(0.02)
    yield _message(of_message("ConnectionStatus", "Closed"))


def _message(*inside, code: str = "NoError"):
    is_fine = code == "NoError"
    return of_message(
        "GetStreamingEventsResponse",
        of_message(
            "ResponseMessages",
            of_message(
                "GetStreamingEventsResponseMessage",
                *([] if is_fine else [of_message("MessageText", code)]),
                of_message("ResponseCode", code),
                *([] if is_fine else [of_message("DescriptiveLinkKey", 0)]),
                *inside,
                ResponseClass="Success" if is_fine else "Error",
            ),
        ),
    )
