"""Lines that stay open: events as they happen, by server-sent events, on the event loop.

No thread a line: one look a second and process tells all of them that something is new, then each
reads its own page, with its own scope. Nothing is queued for a slow reader; he reads later from the
trail. Who takes nothing for long, and who has had his line for long, is ended: browsers come back
by themselves with `Last-Event-ID`. Own decision 0050.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from rules.access import Caller
from rules.errors import Conflict, HouseError, TryLater
from store.trail.events import Event
from triage import events
from triage.house import House

MAX_LINES: Final = 500
"""Open at a time in one process; more are told to come later. Own decision 0050."""
LOOK_SECONDS: Final = 1.0
"""How often a process looks for something new."""
QUIET_SECONDS: Final = 15.0
"""A sign of life that long after the last word keeps proxies from ending the line (nginx: 60 s)."""
QUIET: Final = b": quiet\nevent: quiet\ndata: {}\n\n"
"""A comment for machines; a named event for pages, whose script sees no comments."""
LONGEST_SECONDS: Final = 300.0
"""Then rights and session are asked again."""
STALLED_SECONDS: Final = 30.0
"""Who takes nothing for so long is gone, or as good as gone."""
RETRY_MILLISECONDS: Final = 3_000
PAGE: Final = 100

log = structlog.get_logger()


class Lines:
    """All open lines of one app: how many, and the one look for all. Belongs to one event loop."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.most = MAX_LINES
        self.open = 0
        self.closing = False
        self._newest = 0
        self._look: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    def enter(self) -> None:
        """Count a line in. Raises: TryLater: `events.too_many`."""
        if self.open >= self.most or self.closing:
            raise TryLater("events.too_many", "too many open lines; read page by page, or later")
        self.open += 1
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().create_task(self._looking())

    def leave(self) -> None:
        """Count a line out; with the last one the looking ends."""
        self.open -= 1

    async def wait_beyond(self, seq: int, *, seconds: float) -> bool:
        """Wait until something is behind `seq`; False where nothing came in that time."""
        try:
            async with asyncio.timeout(seconds):
                while self._newest <= seq and not self.closing:
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def _looking(self) -> None:
        while self.open and not self.closing:
            try:
                self._newest = await run_in_threadpool(events.tail, self.house)
            except HouseError as exc:
                log.warning("events.look_failed", code=exc.code)
            self._wake()
            await asyncio.sleep(LOOK_SECONDS)
        self._wake()

    def _wake(self) -> None:
        """Whoever waits looks; who waits from now on waits for the next time.

        An event left set would end each wait at once, and the loop would never get back to the
        look that the waiting is for.
        """
        news, self._news = self._news, asyncio.Event()
        news.set()


@dataclass(frozen=True, slots=True)
class Line:
    """One caller's line, from behind the number `after`; `seal` as in `triage.events.page`."""

    lines: Lines
    caller: Caller
    after: int
    seal: str = ""

    async def chunks(self) -> AsyncIterator[bytes]:
        """What goes over the line, until its time is over or the house closes."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
        seq, seal = self.after, self.seal
        until = time.monotonic() + LONGEST_SECONDS
        while time.monotonic() < until and not self.lines.closing:
            try:
                page = await run_in_threadpool(
                    events.page, self.lines.house, self.caller, after=seq, limit=PAGE, seal=seal
                )
            except Conflict:
                # The database was set back: whoever listens has to read everything anew.
                seq, seal = await run_in_threadpool(events.tail, self.lines.house), ""
                yield f'id: {seq}\ndata: {{"type":"feed.reset"}}\n\n'.encode()
                continue
            for event in page.events:
                yield spelled(event)
            if page.cursor > seq:
                # Without data this is no event, but moves the number to come back with.
                yield f"id: {cursor_of(page.cursor, page.seal)}\n\n".encode()
            seq, seal = page.cursor, page.seal
            if page.is_last and not await self.lines.wait_beyond(seq, seconds=QUIET_SECONDS):
                yield QUIET


class LiveResponse(Response):
    """A line as an answer; ends when the client goes away or takes nothing for too long.

    A subclass because FastAPI passes on only answers of its own kind.
    """

    def __init__(self, line: Line) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(None, headers=headers, media_type="text/event-stream")
        del self.headers["content-length"]
        self.line = line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak and listen at the same time; whatever ends first ends both.

        Raises: TryLater: `events.too_many`, before anything was sent.
        """
        del scope
        self.line.lines.enter()
        speaking = asyncio.ensure_future(self._speak(send))
        listening = asyncio.ensure_future(_hung_up(receive))
        try:
            await asyncio.wait({speaking, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (speaking, listening):
                task.cancel()
            done = await asyncio.gather(speaking, listening, return_exceptions=True)
            self.line.lines.leave()
        if isinstance(done[0], Exception) and not isinstance(done[0], TimeoutError):
            raise done[0]

    async def _speak(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        async for chunk in self.line.chunks():
            async with asyncio.timeout(STALLED_SECONDS):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def spelled(event: Event) -> bytes:
    """The event in the words of the stream. Source: WHATWG HTML, section 9.2.6."""
    data = json.dumps(events.as_json(event), ensure_ascii=True)
    return f"id: {cursor_of(event.seq, event.seal)}\ndata: {data}\n\n".encode()


def cursor_of(seq: int, seal: str) -> str:
    """How a place in the feed is spelled for who comes back to it."""
    return f"{seq}-{seal}" if seal else str(seq)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
