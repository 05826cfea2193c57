"""Calls that come at the same moment are answered together, by one run in one thread.

While a run is under way, whoever comes waits for the next; nobody waits for a clock. So a busy door
pays one transaction for many, and a quiet one loses nothing. A run takes half of those who are
about, so that the loop reads and answers the others while the disk writes for these.
Source: own decisions 0079, 0147.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

QuestionT = TypeVar("QuestionT")
AnswerT = TypeVar("AnswerT")

MOST: Final = 64
"""Calls of one run; more wait for the next. Source: own decision 0079; measurement 2026-11-26."""

FEW: Final = 8
"""So many are not parted: what a run costs by itself is more. Own decision 0147."""


@dataclass(slots=True)
class _Line:
    """Who waits in one event loop, and the task that serves them."""

    waiting: list[tuple[Any, asyncio.Future[Any]]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Gathering(Generic[QuestionT, AnswerT]):
    """Answers questions of many callers by one function that takes them together.

    `run` is called in a thread, never twice at once in one event loop, and gives as many answers
    as it gets questions, in their order. If it raises, all of that run hear it.
    """

    def __init__(self, run: Callable[[Sequence[QuestionT]], Sequence[AnswerT]]) -> None:
        self._run = run
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = WeakKeyDictionary()

    async def ask(self, question: QuestionT) -> AnswerT:
        """The answer, once a run that began after this call has ended.

        Who is cancelled before his run begins has asked nothing; afterwards the run is not undone.
        """
        loop = asyncio.get_running_loop()
        line = self._lines.setdefault(loop, _Line())
        answer: asyncio.Future[AnswerT] = loop.create_future()
        line.waiting.append((question, answer))
        if line.task is None or line.task.done():
            line.task = loop.create_task(self._serve(line))
        return await answer

    async def _serve(self, line: _Line) -> None:
        answered = 0
        while line.waiting:
            size = _size(len(line.waiting), answered=answered)
            now, line.waiting = line.waiting[:size], line.waiting[size:]
            now = [(question, answer) for question, answer in now if not answer.done()]
            answered = len(now)
            if now:
                await self._serve_these(now)

    async def _serve_these(self, these: list[tuple[QuestionT, asyncio.Future[AnswerT]]]) -> None:
        questions = [question for question, _ in these]
        run = asyncio.ensure_future(asyncio.to_thread(self._run, questions))
        # Waits without raising: what the run raised belongs to those who asked.
        await asyncio.wait([run])
        failed = run.exception()
        for place, (_, answer) in enumerate(these):
            if answer.done():
                continue
            if failed is not None:
                answer.set_exception(failed)
            else:
                answer.set_result(run.result()[place])


def _size(waiting: int, *, answered: int) -> int:
    """How many the next run takes; `answered` are those of the last one, who may ask again.

    Without this 32 who ask again at once are served one and thirty-one by turns for good, as the
    first of them came alone: two commits for 32, and nobody computes while the longer one lasts.
    """
    half = -(-(waiting + answered) // 2)
    return min(MOST, max(FEW, half))
