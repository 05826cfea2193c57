"""Mail in batches that stand in memory together and are committed together."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Mail = TypeVar("Mail")

BATCH_BYTES = 8_000_000
"""A batch ends when it holds this much. Source: speed measurement 2026-11-23, part 2:
a whole batch stands in memory, and batches above 50 mails are no faster."""


def in_batches(
    mails: Iterable[Mail], *, most: int, size: Callable[[Mail], int]
) -> Iterator[list[Mail]]:
    """In their order, at most `most` together; `size` in bytes. No mail is asked for in advance."""
    batch: list[Mail] = []
    size_bytes = 0
    for mail in mails:
        batch.append(mail)
        size_bytes += size(mail)
        if len(batch) >= most or size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch
