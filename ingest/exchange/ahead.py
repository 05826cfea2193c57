"""What is asked for while the caller still works on what came before it.

A commit of the house takes as many mails as several requests bring, so one request ahead would
leave the server idle for most of a commit. How much is ahead is bounded by bytes: it stands in
memory. Source: measurement 2026-11-26 (docs/speed.md); own decision 0084.
"""

from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, Generic, TypeVar

from rules.errors import HouseError

BatchT = TypeVar("BatchT")
AnswerT = TypeVar("AnswerT")

AHEAD_BATCHES: Final = 4
AHEAD_BYTES: Final = 8 * 1000 * 1000
"""As much as one commit takes; a batch alone may be larger. Source: own decision 0084."""


class Ahead(Generic[BatchT, AnswerT]):
    """Asks for batches in their order, in one thread, some before their turn.

    `weigh` gives the bytes that a batch will bring.
    """

    def __init__(
        self, name: str, ask: Callable[[BatchT], AnswerT], weigh: Callable[[BatchT], int]
    ) -> None:
        self._name = name
        self._ask = ask
        self._weigh = weigh
        self._error: HouseError | None = None

    def each(self, batches: Sequence[BatchT]) -> Generator[tuple[BatchT, AnswerT], None, None]:
        """Each batch with its answer; to be closed, which waits for the request under way.

        Once one has failed nothing more is asked for. Raises: HouseError: as `ask`, when the
        turn of what failed has come.
        """
        waiting = deque((batch, self._weigh(batch)) for batch in batches)
        coming: deque[tuple[BatchT, int, Future[AnswerT]]] = deque()
        with ThreadPoolExecutor(1, f"ahead:{self._name}") as line:
            try:
                while waiting or coming:
                    while waiting and _has_room(coming, waiting[0][1]):
                        batch, size = waiting.popleft()
                        coming.append((batch, size, line.submit(self._asked, batch)))
                    batch, _, answer = coming.popleft()
                    yield batch, answer.result()
            finally:
                for _, _, left in coming:
                    left.cancel()

    def _asked(self, batch: BatchT) -> AnswerT:
        if self._error is not None:
            raise self._error
        try:
            return self._ask(batch)
        except HouseError as exc:
            self._error = exc
            raise


def _has_room(coming: Collection[tuple[object, int, object]], more_bytes: int) -> bool:
    if not coming:
        return True
    ahead_bytes = sum(size for _, size, _ in coming)
    return len(coming) < AHEAD_BATCHES and ahead_bytes + more_bytes <= AHEAD_BYTES
