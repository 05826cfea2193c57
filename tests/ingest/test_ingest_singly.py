"""Mails that can't be had in one go: what is there is kept, and a dead server is told."""

from collections.abc import Callable, Collection, Sequence

import pytest

from ingest.imap.singly import Singly
from rules.errors import TryLater


def giving_all_but(bad: Collection[int]) -> Callable[[int], dict[int, int]]:
    """A server that fails at these mails and is there all the same."""

    def ask(uid: int) -> dict[int, int]:
        if uid in bad:
            raise TryLater("postbox.odd_answer", "This mail can't be given.")
        return {uid: uid}

    return ask


def read(singly: Singly, uids: Sequence[int], *, bad: Collection[int]) -> list[int]:
    found = singly.read(
        "INBOX", "7", uids, ready=lambda: None, ask=giving_all_but(bad), tell=lambda *_: None
    )
    return list(found)


def test_what_was_read_before_the_failures_is_kept() -> None:
    assert read(Singly(), range(1, 6), bad=range(2, 6)) == [1]


def test_a_mail_that_is_read_ends_the_row_of_failures() -> None:
    assert read(Singly(), range(1, 8), bad=(1, 2, 4, 5)) == [3, 6, 7]


def test_that_nothing_can_be_had_is_told_once_for_each_mail() -> None:
    singly, known = Singly(), (2, 3, 4, 5)
    with pytest.raises(TryLater):
        read(singly, known, bad=known)
    assert read(singly, known, bad=known) == []
    with pytest.raises(TryLater):
        read(singly, (1, *known), bad=(1, *known))


def test_a_mail_that_was_read_meanwhile_is_news_when_it_fails_again() -> None:
    singly, uids = Singly(), (1, 2, 3, 4)
    with pytest.raises(TryLater):
        read(singly, uids, bad=uids)
    assert read(singly, (1,), bad=()) == [1]
    with pytest.raises(TryLater):
        read(singly, uids, bad=uids)
