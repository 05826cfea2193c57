"""Mail in batches that stand in memory together and are committed together."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from rules.errors import TryLater

Mail = TypeVar("Mail")
Made = TypeVar("Made")

BATCH_BYTES = 8_000_000
"""A batch ends when it holds this much. Source: speed measurement 2026-11-23, part 2:
a whole batch stands in memory, and batches above 50 mails are no faster."""


def in_batches(
    mails: Iterable[Mail], *, most: int, size: Callable[[Mail], int]
) -> Iterator[list[Mail]]:
    """In their order, at most `most` together; `size` in bytes. No mail is asked for in advance.

    Where the source goes away midway, what it gave until then is the last batch; otherwise a server
    that always breaks off before a batch is full would never bring one. Raises: TryLater, after it.
    """
    batch: list[Mail] = []
    size_bytes = 0
    broken: TryLater | None = None
    try:
        for mail in mails:
            batch.append(mail)
            size_bytes += size(mail)
            if len(batch) >= most or size_bytes >= BATCH_BYTES:
                yield batch
                batch, size_bytes = [], 0
    except TryLater as exc:
        broken = exc
    if batch:
        yield batch
    if broken is not None:
        raise broken


def with_made(
    batches: Iterable[list[Mail]], make: Callable[[list[Mail]], Made], *, most: int
) -> Generator[tuple[list[Mail], Made], None, None]:
    """Each batch, in its order, with what `make` makes of it.

    For a full batch (`most` mails) `make` runs in a thread of its own while the caller works on the
    batch before; so one batch is read ahead. A batch that ended by its bytes, and the last, are
    made in the caller's thread at once. If the next batch fails to come, the one before is given
    first, then the error is raised.
    """
    before: tuple[list[Mail], Future[Made]] | None = None
    coming = iter(batches)
    with ThreadPoolExecutor(1, "made-beside") as beside:
        while True:
            try:
                batch = next(coming, None)
            except Exception:
                if before is not None:
                    yield before[0], before[1].result()
                raise
            under_way = beside.submit(make, batch) if batch and len(batch) == most else None
            if before is not None:
                yield before[0], before[1].result()
            if batch is None:
                return
            before = None if under_way is None else (batch, under_way)
            if before is None:
                yield batch, make(batch)
