"""Where deliveries wait for their commit: what waits at the same moment goes into one.

One commit is under way at a time; whoever comes meanwhile shares the next. So a door with many
clients pays for one flush of the disk, not for one a mail. Lives in the loop's thread of the door;
the commit itself runs in the one thread of `pool`.
Source: speed measurement 2026-11-23 (SMTP, group commit); own decision 0036.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from rules.postbox import Delivered

Keep = Callable[[Sequence[Delivered]], None]
"""Makes all deliveries durable, or none and raises; the sender is told 250 if it returns."""

AT_ONCE = 200
AT_ONCE_BYTES = 8_000_000
"""Deliveries in one commit, and their bytes. Source: own decision 0036."""

_Waiting = tuple[Delivered, asyncio.Future[None]]


@dataclass(slots=True)
class Desk:
    """Takes deliveries and answers each by a future: done, or the reason why it was not kept."""

    keep: Keep
    pool: ThreadPoolExecutor
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _is_closing: bool = False

    def take(self, delivered: Delivered) -> asyncio.Future[None]:
        """Put one delivery on the desk. Nobody who stops waiting stops its commit."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.append((delivered, kept))
        self._arrived.set()
        return kept

    def close(self) -> None:
        """End `run` when all that lies here is kept or refused."""
        self._is_closing = True
        self._arrived.set()

    async def run(self) -> None:
        """Keep batch after batch until the desk is closed and empty."""
        while self._waiting or not self._is_closing:
            await self._arrived.wait()
            self._arrived.clear()
            while batch := self._next():
                await self._answer(batch)

    def _next(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size_bytes = 0
        while self._waiting and len(batch) < AT_ONCE and size_bytes < AT_ONCE_BYTES:
            batch.append(self._waiting.popleft())
            size_bytes += len(batch[-1][0].data)
        return batch

    async def _answer(self, batch: list[_Waiting]) -> None:
        """One commit for all; where it fails, one for each, so that each has its own answer."""
        error = await self._kept(batch)
        if error is not None and len(batch) > 1:
            for one in batch:
                await self._answer([one])
            return
        for _, kept in batch:
            if kept.done():  # the loop is being torn down
                continue
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)

    async def _kept(self, batch: list[_Waiting]) -> BaseException | None:
        loop = asyncio.get_running_loop()
        deliveries = [delivered for delivered, _ in batch]
        try:
            work = loop.run_in_executor(self.pool, self.keep, deliveries)
        except RuntimeError as exc:
            # No thread is to be had just now; ending here would leave everybody without an answer.
            return exc
        await asyncio.wait([work])
        return work.exception()
