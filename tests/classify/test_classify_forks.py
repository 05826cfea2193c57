import multiprocessing
import os
import signal

import pytest

from classify.learning import forks
from rules.errors import Refused

KEYS = ("c", "a", "d", "b")


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_answers_come_in_the_order_of_the_keys_and_each_is_told_of(processes) -> None:
    told: list[tuple[str, int]] = []
    found = forks.each(
        KEYS,
        lambda key: (key, os.getpid()),
        processes=processes,
        tell=lambda key, done: told.append((key, done)),
    )
    assert [key for key, _ in found] == [key for key, _ in told] == list(KEYS)
    assert all(done <= place for place, (_, done) in enumerate(told))
    pids = {pid for _, pid in found}
    assert pids == {os.getpid()} if processes == 1 else os.getpid() not in pids


def test_never_more_at_once_than_were_asked_for() -> None:
    """The third begins when one of the first two is done."""
    told: list[int] = []
    forks.each(KEYS, str, processes=2, tell=lambda _, done: told.append(done))
    assert told[:2] == [0, 0]
    assert told[2] >= 1
    assert told[3] >= 2


def test_only_the_first_process_hears_of_ctrl_c() -> None:
    def is_deaf(_key: str) -> bool:
        return signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    # Whoever starts the tests in the background makes all of them deaf.
    before = is_deaf("")
    found = [forks.each(["a"], is_deaf, processes=n, tell=lambda _key, _done: None) for n in (1, 2)]
    assert found == [[before], [True]]


@pytest.mark.parametrize("processes", [1, 2])
def test_what_the_work_refuses_is_refused_with_its_code(processes) -> None:
    def work(key: str) -> str:
        raise Refused("train.too_few", f"too few without {key}", key=key)

    with pytest.raises(Refused, match="too few without c") as caught:
        forks.each(KEYS[:1], work, processes=processes, tell=lambda _key, _done: None)
    assert caught.value.code == "train.too_few"
    assert caught.value.details == {"key": "c"}


def test_a_process_that_dies_is_named_and_ends_the_others() -> None:
    def work(key: str) -> str:
        if key == "c":
            os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()
        return key

    with pytest.raises(Refused, match="The process for c") as caught:
        forks.each(KEYS, work, processes=2, tell=lambda _key, _done: None)
    assert caught.value.code == "forks.lost"
    assert not multiprocessing.active_children()


def test_an_answer_that_ends_in_the_middle_is_no_answer() -> None:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    # How long it would be, and less than that: killed while it was sent.
    os.write(theirs.fileno(), b"\0\0\0\x10abc")
    theirs.close()
    with pytest.raises(Refused, match="The process for a") as caught:
        forks._received(ours, "a")
    assert caught.value.code == "forks.lost"
