"""What waits at the same moment goes into one commit, and each has its own answer."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.smtp import desk as smtp_desk
from ingest.smtp.desk import Desk
from rules.errors import TryLater
from rules.postbox import Delivered


def mail(name: str, size_bytes: int = 10) -> Delivered:
    return Delivered("a@kunde.example", f"{name}@arbeitsagentur.example", b"x" * size_bytes)


class Store:
    """Remembers its commits; refuses those with a mail for `nowhere`."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []

    def __call__(self, delivered: Sequence[Delivered]) -> None:
        names = [one.recipient.partition("@")[0] for one in delivered]
        if "nowhere" in names:
            raise TryLater("store.away", "no")
        self.commits.append(names)


def outcomes(store: Callable[[Sequence[Delivered]], None], *mails: Delivered) -> list[str]:
    """What became of mails that all lie there when the desk begins."""

    async def at_work() -> list[str]:
        with ThreadPoolExecutor(1) as pool:
            desk = Desk(store, pool)
            answers = [desk.take(one) for one in mails]
            desk.close()
            await desk.run()
            return [getattr(answer.exception(), "code", "kept") for answer in answers]

    return asyncio.run(at_work())


def test_all_that_wait_are_one_commit():
    store = Store()
    assert outcomes(store, mail("a"), mail("b"), mail("c")) == ["kept"] * 3
    assert store.commits == [["a", "b", "c"]]


def test_one_that_can_not_be_kept_has_its_own_answer():
    store = Store()
    assert outcomes(store, mail("a"), mail("nowhere"), mail("c")) == ["kept", "store.away", "kept"]
    assert store.commits == [["a"], ["c"]]


@pytest.mark.parametrize(("name", "limit"), [("AT_ONCE", 2), ("AT_ONCE_BYTES", 15)])
def test_a_commit_is_bounded_by_number_and_bytes(monkeypatch, name, limit):
    monkeypatch.setattr(smtp_desk, name, limit)
    store = Store()
    assert outcomes(store, *[mail(name) for name in "abcde"]) == ["kept"] * 5
    assert store.commits == [["a", "b"], ["c", "d"], ["e"]]


def test_who_comes_during_a_commit_shares_the_next_one():
    store = Store()

    async def at_work() -> None:
        with ThreadPoolExecutor(1) as pool:
            desk = Desk(store, pool)
            running = asyncio.create_task(desk.run())
            await desk.take(mail("a"))
            await asyncio.gather(desk.take(mail("b")), desk.take(mail("c")))
            desk.close()
            await running

    asyncio.run(at_work())
    assert store.commits == [["a"], ["b", "c"]]


def test_an_empty_desk_closes():
    assert outcomes(Store()) == []
