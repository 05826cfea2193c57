"""The same work for many keys, in forked processes side by side; answers in the keys' order.

A forked process reads what stood in memory before it without a copy of its own. Each key has a
process of its own, so what one key took is given back before the next begins.
"""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, TypeVar

from rules.errors import Refused

Answer = TypeVar("Answer")

_FORK: Final = multiprocessing.get_context("fork")


def each(
    keys: Sequence[str],
    work: Callable[[str], Answer],
    *,
    processes: int,
    tell: Callable[[str, int], None],
) -> list[Answer]:
    """`work` of every key, at most `processes` at once; with one, nothing is forked.

    `tell` hears of each key before it begins, with the number of those that are done. Answers
    are pickled. The first failure ends all others.

    Raises:
        Refused: as `work` does; `forks.lost` if a process ended without an answer.
    """
    if processes == 1:
        return [_told(key, done, work, tell) for done, key in enumerate(keys)]
    found: dict[str, Answer] = {}
    running: dict[object, tuple[str, Connection, BaseProcess]] = {}
    waiting = list(reversed(keys))
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                key = waiting.pop()
                tell(key, len(found))
                end, process = _begin(key, work)
                running[end] = (key, end, process)
            for ready in wait([end for _, end, _ in running.values()]):
                key, end, process = running[ready]
                found[key] = _received(end, key)
                del running[ready]
                process.join()
    finally:
        for _, _, process in running.values():
            process.kill()
            process.join()
    return [found[key] for key in keys]


def _told(
    key: str, done: int, work: Callable[[str], Answer], tell: Callable[[str, int], None]
) -> Answer:
    tell(key, done)
    return work(key)


def _begin(key: str, work: Callable[[str], Any]) -> tuple[Connection, BaseProcess]:
    ours, theirs = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_answer, args=(key, work, theirs), daemon=True)
    process.start()
    # With our copy open, a process that dies would never be seen to end.
    theirs.close()
    return ours, process


def _answer(key: str, work: Callable[[str], Any], end: Connection) -> None:
    """In the forked process. Any other failure is told on standard error, and the pipe ends."""
    # Ctrl-C reaches all of them at once; the first process ends the others without their words.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        answer: tuple[Any, Refused | None] = (work(key), None)
        end.send(answer)
    except Refused as exc:
        end.send((None, (exc.code, exc.message, exc.details)))


def _received(end: Connection, key: str) -> Any:  # noqa: ANN401 - pickled, so of any type
    try:
        answer, refused = end.recv()
    except (EOFError, OSError) as exc:  # before an answer, and in the middle of one
        raise Refused(
            "forks.lost",
            f"The process for {key} ended without an answer; it failed as told above, or the "
            "machine had too little memory: use fewer --processes.",
            key=key,
        ) from exc
    finally:
        end.close()
    if refused is not None:
        code, message, details = refused
        raise Refused(code, message, **details)
    return answer
