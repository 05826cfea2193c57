"""Calls of the same moment are answered by one run, each with its own answer."""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from api.gathering import FEW, MOST, Gathering


@dataclass(slots=True)
class Runs:
    """What was asked together, run by run; a test may hold the first one up."""

    seen: list[list[int]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def __call__(self, questions: Sequence[int]) -> list[int]:
        self.seen.append(list(questions))
        self.begun.set()
        assert self.go_on.wait(10)
        if 13 in questions:
            raise ValueError("a bug in the run")
        return [-question for question in questions]


async def begun(runs: Runs) -> None:
    assert await asyncio.to_thread(runs.begun.wait, 10)


def test_who_comes_during_a_run_is_in_the_next_and_gets_his_own_answer() -> None:
    runs = Runs()

    async def all_of_them() -> list[int]:
        gathering = Gathering(runs)
        first = asyncio.create_task(gathering.ask(1))
        await begun(runs)
        others = [asyncio.create_task(gathering.ask(n)) for n in range(2, 6)]
        await asyncio.sleep(0)
        runs.go_on.set()
        return list(await asyncio.gather(first, *others))

    assert asyncio.run(all_of_them()) == [-1, -2, -3, -4, -5]
    assert runs.seen == [[1], [2, 3, 4, 5]]


def test_no_run_takes_more_than_the_most() -> None:
    many = 3 * MOST
    runs = Runs()
    runs.go_on.set()

    async def all_of_them() -> list[int]:
        gathering = Gathering(runs)
        return list(await asyncio.gather(*(gathering.ask(n) for n in range(100, 100 + many))))

    assert asyncio.run(all_of_them()) == [-n for n in range(100, 100 + many)]
    assert max(len(run) for run in runs.seen) == MOST
    assert [n for run in runs.seen for n in run] == list(range(100, 100 + many))


def test_who_asks_again_at_once_shares_runs_evenly_though_the_first_came_alone() -> None:
    """Half are read and answered while the others are written: else all wait for all."""
    clerks, times = 4 * FEW, 12
    asking, sizes, begun = set[int](), list[int](), threading.Event()

    def lasts_until_all_others_have_asked_again(questions: Sequence[int]) -> list[int]:
        sizes.append(len(questions))
        begun.set()
        # The last runs are alone, so nobody is waited for without an end.
        for _ in range(1000):
            if len(asking) == clerks:
                break
            time.sleep(0.001)
        asking.difference_update(questions)
        return list(questions)

    async def clerk(gathering: Gathering[int, int], name: int) -> None:
        for _ in range(times):
            asked = asyncio.ensure_future(gathering.ask(name))
            # Once more around the loop: from then on the question waits in the line.
            await asyncio.sleep(0)
            asking.add(name)
            assert await asked == name

    async def all_of_them() -> None:
        gathering = Gathering(lasts_until_all_others_have_asked_again)
        first = asyncio.create_task(clerk(gathering, 0))
        await asyncio.to_thread(begun.wait, 10)
        await asyncio.gather(first, *(clerk(gathering, n) for n in range(1, clerks)))

    asyncio.run(all_of_them())
    assert sum(sizes) == clerks * times
    assert sizes[0] == 1
    assert set(sizes[1:-4]) == {clerks // 2}


class NoThreadAtFirst(ThreadPoolExecutor):
    """As on a machine at its limit of processes, until somebody ended some."""

    refused = 0

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        if not self.refused:
            self.refused += 1
            raise RuntimeError("can't start new thread")
        return super().submit(fn, *args, **kwargs)


def test_where_no_thread_can_be_started_who_asks_hears_it_and_the_next_one_is_served() -> None:
    asked: list[int] = []

    def run(questions: Sequence[int]) -> Sequence[int]:
        asked.extend(questions)
        return questions

    async def both() -> list[object]:
        asyncio.get_running_loop().set_default_executor(NoThreadAtFirst())
        gathering = Gathering(run)
        return [
            *await asyncio.gather(gathering.ask(1), return_exceptions=True),
            await asyncio.wait_for(gathering.ask(2), 10),
        ]

    failed, answer = asyncio.run(both())
    assert (type(failed), answer, asked) == (RuntimeError, 2, [2])


def test_a_line_goes_on_behind_a_run_that_gave_too_few_answers() -> None:
    async def both() -> list[object]:
        gathering = Gathering[int, int](lambda questions: [n for n in questions if n > 1])
        return [
            *await asyncio.gather(gathering.ask(1), return_exceptions=True),
            await gathering.ask(2),
        ]

    failed, answer = asyncio.run(both())
    assert isinstance(failed, ValueError)
    assert answer == 2


def test_who_goes_before_his_run_has_asked_nothing_and_who_goes_after_takes_nobody_along() -> None:
    runs = Runs()

    async def all_of_them() -> tuple[list[object], int]:
        gathering = Gathering(runs)
        during = asyncio.create_task(gathering.ask(1))
        await begun(runs)
        before, stays = (asyncio.create_task(gathering.ask(n)) for n in (2, 3))
        await asyncio.sleep(0)
        during.cancel()
        before.cancel()
        runs.go_on.set()
        return await asyncio.gather(during, before, return_exceptions=True), await stays

    gone, stayed = asyncio.run(all_of_them())
    assert [type(one) for one in gone] == [asyncio.CancelledError] * 2
    assert stayed == -3
    assert runs.seen == [[1], [3]]


def test_a_run_that_breaks_is_heard_by_its_own_callers_only() -> None:
    runs = Runs()

    async def all_of_them() -> list[object]:
        gathering = Gathering(runs)
        first = asyncio.create_task(gathering.ask(1))
        await begun(runs)
        broken = [asyncio.create_task(gathering.ask(n)) for n in (13, 14)]
        await asyncio.sleep(0)
        runs.go_on.set()
        found = await asyncio.gather(first, *broken, return_exceptions=True)
        return [*found, await gathering.ask(5)]

    first, one, other, last = asyncio.run(all_of_them())
    assert (first, last) == (-1, -5)
    assert [str(one), str(other)] == ["a bug in the run"] * 2


def test_loops_do_not_wait_for_each_other() -> None:
    """As clients in threads of their own are, each with a loop."""
    runs = Runs()
    gathering = Gathering(runs)
    held = threading.Thread(target=lambda: asyncio.run(gathering.ask(1)))
    held.start()
    assert runs.begun.wait(10)
    other = threading.Thread(target=lambda: asyncio.run(gathering.ask(2)))
    other.start()
    while len(runs.seen) < 2:
        other.join(0.01)
    runs.go_on.set()
    held.join(10)
    other.join(10)
    assert runs.seen == [[1], [2]]


def test_the_end_of_a_loop_waits_for_the_run_under_way() -> None:
    runs = Runs()

    async def leave() -> None:
        task = asyncio.create_task(Gathering(runs).ask(1))
        await begun(runs)
        asyncio.get_running_loop().call_soon(runs.go_on.set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert runs.seen == [[1]]
    assert not [one for one in threading.enumerate() if one.name.startswith("asyncio_")]
