"""Calls that come at the same moment are answered together, by one run in one thread.

While a run is under way, whoever comes waits for the next; nobody waits for a clock. So a busy door
pays one transaction for many, and a quiet one loses nothing. A run takes half of those who are
about, so that the loop reads and answers the others while the disk writes for these. The thread
fetches its next questions itself: asked of the loop, it would stand idle until that has answered.
Source: own decisions 0079, 0147.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
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
    """Who waits in one event loop, and whether a thread serves them; `lock` guards both."""

    waiting: list[tuple[Any, asyncio.Future[Any]]] = field(default_factory=list)
    served: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def join(self, question: object, answer: asyncio.Future[Any]) -> bool:
        """Whether a thread has to be started for it."""
        with self.lock:
            self.waiting.append((question, answer))
            begin, self.served = not self.served, True
        return begin

    def take(self, answered: int) -> list[tuple[Any, asyncio.Future[Any]]]:
        """Those of the next run, none who has gone; if it is empty, the thread that asks may end.

        `answered`: those of its last run.
        """
        with self.lock:
            waiting = [one for one in self.waiting if not one[1].done()]
            size = _size(len(waiting), answered=answered)
            self.waiting = waiting[size:]
            self.served = bool(waiting)
        return waiting[:size]


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
        Raises: RuntimeError: no thread can be started. Nothing was asked then.
        """
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop) or self._lines.setdefault(loop, _Line())
        answer: asyncio.Future[AnswerT] = loop.create_future()
        if line.join(question, answer):
            try:
                loop.run_in_executor(None, self._serve, loop, line)
            except RuntimeError:
                answer.cancel()
                line.served = False
                raise
        return await answer

    def _serve(self, loop: asyncio.AbstractEventLoop, line: _Line) -> None:
        these = line.take(answered=0)
        while these:
            tell = self._answers_of(these)
            # Before anybody hears of it: who asks again at once belongs to the run after the next.
            following = line.take(answered=len(these))
            loop.call_soon_threadsafe(tell)
            these = following

    def _answers_of(
        self, these: Sequence[tuple[QuestionT, asyncio.Future[AnswerT]]]
    ) -> Callable[[], None]:
        """What tells them, in the loop."""
        answers = [answer for _, answer in these]
        try:
            said = self._run([question for question, _ in these])
            return partial(_tell, list(zip(answers, said, strict=True)))
        except BaseException as error:  # noqa: BLE001 - it is theirs who asked; the line goes on
            return partial(_fail, answers, error)


def _tell(told: Sequence[tuple[asyncio.Future[Any], object]]) -> None:
    for answer, said in told:
        if not answer.done():
            answer.set_result(said)


def _fail(answers: Sequence[asyncio.Future[Any]], error: BaseException) -> None:
    for answer in answers:
        if not answer.done():
            answer.set_exception(error)


def _size(waiting: int, *, answered: int) -> int:
    """How many the next run takes; `answered` are those of the last one, who may ask again.

    Without this 32 who ask again at once are served one and thirty-one by turns for good, as the
    first of them came alone: two commits for 32, and nobody computes while the longer one lasts.
    """
    half = -(-(waiting + answered) // 2)
    return min(MOST, max(FEW, half))
