"""What can be made of a batch is made while the one before it is kept; nothing changes but that."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from rules.errors import TryLater
from triage.batches import in_batches, with_made


def beside() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("made-beside")]


def mails(number: int, *, cut_at: int | None = None) -> Iterator[int]:
    for one in range(number):
        if one == cut_at:
            raise TryLater("postbox.away", "gone")
        yield one


def test_full_batches_are_made_beside_and_in_their_order() -> None:
    made_by: dict[int, bool] = {}
    worked_on: list[list[int]] = []
    under_way = threading.Event()

    def make(batch: list[int]) -> int:
        made_by[batch[0]] = threading.current_thread() is threading.main_thread()
        if batch[0] == 3:
            under_way.set()
        return sum(batch)

    batches = in_batches(mails(8), most=3, size=lambda _: 1)
    for batch, made in with_made(batches, make, most=3):
        if not worked_on:
            assert under_way.wait(20), "the next is made while this one is worked on"
        assert made == sum(batch)
        worked_on.append(batch)
    assert worked_on == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert made_by == {0: False, 3: False, 6: True}
    assert beside() == []


def test_a_batch_that_ended_by_its_bytes_waits_for_no_other() -> None:
    asked: list[int] = []

    def coming() -> Iterator[int]:
        for one in mails(4):
            asked.append(one)
            yield one

    batches = in_batches(coming(), most=3, size=lambda _: 5_000_000)
    found = with_made(batches, list, most=3)
    assert next(found) == ([0, 1], [0, 1])
    assert asked == [0, 1], "so no second one stands in memory"
    assert list(found) == [([2, 3], [2, 3])]


def test_what_fails_to_come_is_told_after_what_came_before_it() -> None:
    found = with_made(in_batches(mails(9, cut_at=5), most=2, size=lambda _: 1), sum, most=2)
    assert [next(found), next(found), next(found)] == [([0, 1], 1), ([2, 3], 5), ([4], 4)]
    with pytest.raises(TryLater):
        next(found)
    assert beside() == []


def test_who_stops_in_the_middle_leaves_no_thread_behind() -> None:
    with closing(with_made(in_batches(mails(9), most=2, size=lambda _: 1), sum, most=2)) as found:
        assert next(found) == ([0, 1], 1)
    assert beside() == []


def test_nothing_is_made_of_nothing() -> None:
    assert list(with_made([], sum, most=2)) == []
