"""Messages of an Exchange folder: their exact MIME, or what can be had instead.

Small ones are asked for together, so that memory stays bounded; an answer belongs to a message
only if it names its search key. What the server can't give as MIME comes as its headers.
Source: measurement 2026-11-23 (20 mails of 5 MB at once: 260 MB; one by one: 40 MB); own
decision 0034.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from exchangelib import Account
from exchangelib.errors import ErrorItemNotFound, MalformedResponseError

from ingest.exchange.ahead import Ahead
from ingest.exchange.calls import headers, mimes, mimes_unread
from ingest.exchange.errors import BUSY, UNCONVERTIBLE, exchange_errors, named_wait, translated
from ingest.exchange.service import Unread
from ingest.exchange.xml import Item, Mime, matched, mime_of
from rules.errors import HouseError, Refused, TryLater
from rules.postbox import MIME_BROKEN, TOO_LARGE, Fetched, Place, TooLarge

_log = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")
Ask = Callable[[Callable[[Account], _Answer]], _Answer]
"""Does one reading call, from any thread; reads may be repeated. Raises: TryLater, Refused."""

_BATCH_MAILS = 100
_BATCH_BYTES = 2 * 1000 * 1000
"""Together no more than this; a larger one is asked for alone. Source: own decision 0034."""

_FAILURES_OF_MAILS = 3
"""From this many in a row on the server is to blame, not single mails. Own decision 0004."""


@dataclass(slots=True)
class Reader:
    """Reads messages of one postbox. `failures` counts those in a row that could not be read.

    `broken` are those that the server refused before, by folder and UID: asked for again, they
    count no more, so that several in a row don't keep out all later mail for ever. `last` is the
    message that was given last, with its item id. `heed` is told of a reply that was
    whole and turned out bad when it was read.
    """

    postbox: str
    where: str
    size_limit_bytes: int
    heed: Callable[[HouseError], None]
    failures: int = 0
    broken: set[tuple[str, str]] = field(default_factory=set)
    last: tuple[str, Mime] | None = None

    def batches(self, wanted: Sequence[tuple[Place, Item]]) -> Iterator[list[tuple[Place, Item]]]:
        """In the order given; what is over the limit takes part, but not with its size."""
        batch: list[tuple[Place, Item]] = []
        size = 0
        for place, item in wanted:
            weight = self._weight([(place, item)])
            if batch and (len(batch) == _BATCH_MAILS or size + weight > _BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append((place, item))
            size += weight
        if batch:
            yield batch

    def read(
        self, ask: Ask[Any], wanted: Sequence[tuple[Place, Item]]
    ) -> Iterator[Fetched | TooLarge]:
        """The messages in order; what is gone or unreadable is left out.

        While the caller works on one batch the next are under way, in a thread that lives as long
        as this call. Raises: TryLater, Refused: the server is to blame, not single mails.
        """
        batches = list(self.batches(wanted))
        if len(batches) == 1:
            yield from self._batch(ask, batches[0], self._unread(ask, batches[0]))
            return
        ahead = Ahead(self.postbox, lambda batch: self._unread(ask, batch), self._weight)
        with closing(ahead.each(batches)) as coming:
            for batch, unread in coming:
                yield from self._batch(ask, batch, unread)

    def _weight(self, batch: Sequence[tuple[Place, Item]]) -> int:
        """Bytes that are asked for: of what is over the limit only the headers are read."""
        sizes = (item.size_bytes for _, item in batch)
        return sum(size for size in sizes if size <= self.size_limit_bytes)

    def _unread(self, ask: Ask[Any], batch: Sequence[tuple[Place, Item]]) -> Unread | None:
        """What the server says of each message that is asked for; it is read by the caller."""
        ids = self._asked(batch)
        return ask(lambda account: mimes_unread(account, ids)) if ids else None

    def _asked(self, batch: Sequence[tuple[Place, Item]]) -> list[str]:
        return [item.id for _, item in batch if item.size_bytes <= self.size_limit_bytes]

    def _answers(
        self, batch: Sequence[tuple[Place, Item]], unread: Unread | None
    ) -> dict[str, Any]:
        """Response messages by item id, not decoded; the next replies are under way meanwhile."""
        if unread is None:
            return {}
        try:
            with exchange_errors(self.where):
                ids = self._asked(batch)
                return dict(zip(ids, matched(ids, unread.read(), "ItemId"), strict=True))
        except HouseError as exc:
            self.heed(exc)
            raise

    def _batch(
        self, ask: Ask[Any], batch: Sequence[tuple[Place, Item]], unread: Unread | None
    ) -> Iterator[Fetched | TooLarge]:
        by_id = self._answers(batch, unread)
        for place, item in batch:
            if item.id not in by_id:
                message: Fetched | TooLarge | None = self._without_mime(
                    ask, place, item=item, reason=TOO_LARGE
                )
            else:
                message = self._message(ask, place, item=item, answer=mime_of(by_id.pop(item.id)))
            if message is not None:
                yield message

    def _message(
        self, ask: Ask[Any], place: Place, *, item: Item, answer: Mime | Exception
    ) -> Fetched | TooLarge | None:
        """One answer; a doubtful one is asked for again, alone, but not before it may be."""
        self._heed_busy(answer)
        if _is_doubtful(answer):
            try:
                (answer,) = ask(lambda account: mimes(account, [item.id]))
            except (TryLater, Refused) as exc:
                self._left_out(place, exc)
                return None
            self._heed_busy(answer)
        if isinstance(answer, ErrorItemNotFound):
            return None
        if isinstance(answer, (*UNCONVERTIBLE, MalformedResponseError)):
            _log.warning(
                "postbox.mime_broken",
                postbox=self.postbox,
                folder=place.folder,
                uid=place.uid,
                answer=type(answer).__name__,
            )
            return self._without_mime(ask, place, item=item, reason=MIME_BROKEN)
        if isinstance(answer, Exception):
            self._left_out(place, translated(answer, self.where))
            return None
        if answer.key != item.key:
            raise TryLater(
                "postbox.answer_unclear",
                f"{self.where} gave another message than the one asked for.",
                host=self.where,
            )
        self.failures = 0
        self.last = (item.id, answer)
        return Fetched(place, answer.data, item.received_at, frozenset(item.categories))

    def _heed_busy(self, answer: Mime | Exception) -> None:
        """Raises: TryLater: the server named a wait with this one message."""
        if (exc := named_wait([answer], self.where)) is not None:
            self.heed(exc)
            raise exc

    def _without_mime(
        self, ask: Ask[Any], place: Place, *, item: Item, reason: str
    ) -> TooLarge | None:
        """Only the headers, as for any mail that a person must look at where it lies."""
        try:
            text = ask(lambda account: headers(account, item.id))
        except (TryLater, Refused) as exc:
            self._left_out(place, exc)
            return None
        if not text:
            none = Refused("postbox.no_headers", f"{self.where} has no headers of that mail.")
            self._left_out(place, none)
            return None
        head = text.rstrip("\r\n").encode("utf-8") + b"\r\n\r\n"
        marks = frozenset(item.categories)
        return TooLarge(place, head, item.size_bytes, item.received_at, reason, marks)

    def _left_out(self, place: Place, exc: HouseError) -> None:
        """One that can't be read holds up no other; if it is more than mails, the server is ill."""
        if isinstance(exc.__cause__, ErrorItemNotFound):
            return  # gone meanwhile
        is_new = (place.folder, place.uid) not in self.broken
        if isinstance(exc, Refused):
            self.broken.add((place.folder, place.uid))
        self.failures += int(is_new)
        is_alarm = is_new and self.failures == _FAILURES_OF_MAILS
        if is_alarm or exc.code in {BUSY, "postbox.no_right"}:
            self.failures = 0
            raise exc
        _log.warning(
            "postbox.message_unreadable",
            postbox=self.postbox,
            folder=place.folder,
            uid=place.uid,
            code=exc.code,
        )


def _is_doubtful(answer: Mime | Exception) -> bool:
    return isinstance(answer, Exception) and not isinstance(answer, ErrorItemNotFound)
