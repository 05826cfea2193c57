"""Slots of the line: each has one sorter, and a dead one's are free after the grace time."""

from datetime import timedelta

import pytest

from rules.errors import Conflict
from store.database.engine import Database
from store.mails import keeping, sort_slots
from store.mails.ledger import Message
from store.mails.sort_slots import BLOCK_MAILS, Turn
from tests.store.samples import NOW, arrival, keep, later

TIMES = (timedelta(seconds=60), timedelta(seconds=30))


def _take(
    db: Database, owner: str, *, at: float = 0, limit: int = BLOCK_MAILS
) -> tuple[Turn, tuple[Message, ...]]:
    with db.write() as tx:
        return sort_slots.take(
            tx, owner, now=later(at), times=TIMES, limit=limit, limit_bytes=8_000_000
        )


def _keep_many(db: Database, number: int) -> None:
    with db.write() as tx:
        keeping.keep_many(tx, [arrival(str(n)) for n in range(number)], now=NOW)


def _ids(mails: tuple[Message, ...]) -> list[int]:
    return [mail.id for mail in mails]


def test_each_of_several_gets_other_mails_the_oldest_first(db: Database) -> None:
    _keep_many(db, 410)
    first, mine = _take(db, "w1")
    second, others = _take(db, "w2")
    third, rest = _take(db, "w3")
    assert _ids(mine + others + rest) == list(range(1, 411))
    assert [turn.names for turn in (first, second, third)] == [
        ("sort:00",),
        ("sort:01",),
        ("sort:02",),
    ]
    assert _take(db, "w4")[1] == ()


def test_one_alone_gets_mails_of_many_slots_at_once(db: Database) -> None:
    _keep_many(db, 410)
    with db.write() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE message SET state = 'sorted' WHERE id - id / 50 * 50 <> 0"
        )
    turn, mails = _take(db, "w1")
    assert _ids(mails) == list(range(50, 411, 50))
    assert turn.names == ("sort:00", "sort:01", "sort:02")


def test_what_a_dead_one_took_before_the_clock_was_set_back_is_free(db: Database) -> None:
    _keep_many(db, 10)
    assert _take(db, "w1", at=5 * 3600)[1]
    turn, mails = _take(db, "w2", at=0)
    assert len(mails) == 10
    assert turn.taken_over == 1


def test_what_was_given_back_is_free_at_once(db: Database) -> None:
    keep(db, "1")
    turn, mails = _take(db, "w1")
    with db.write() as tx:
        sort_slots.give_back(tx, turn, now=later(1))
    again, same = _take(db, "w2", at=1)
    assert (same, again.fences, again.taken_over) == (mails, (("sort:00", 2),), 0)


def test_a_dead_ones_slots_are_free_after_the_grace_time(db: Database) -> None:
    keep(db, "1")
    _take(db, "w1")
    assert _take(db, "w2", at=89)[1] == ()
    turn, mails = _take(db, "w2", at=90)
    assert (_ids(mails), turn.taken_over) == ([1], 1)


def test_who_comes_late_goes_on_unless_somebody_took_it_over(db: Database) -> None:
    keep(db, "1")
    turn, _ = _take(db, "w1")
    with db.write() as tx:
        turn = sort_slots.prolong(tx, turn, until=later(200))
    assert _take(db, "w2", at=229)[1] == ()
    _take(db, "w2", at=230)
    for late in (
        lambda tx: sort_slots.prolong(tx, turn, until=later(300)),
        lambda tx: sort_slots.give_back(tx, turn, now=later(231)),
    ):
        with db.write() as tx, pytest.raises(Conflict) as lost:
            late(tx)
        assert lost.value.code == "lease.lost"


def test_the_same_owner_begins_anew_and_his_old_turn_is_over(db: Database) -> None:
    keep(db, "1")
    old, _ = _take(db, "w1")
    new, mails = _take(db, "w1", at=1)
    assert (_ids(mails), new.taken_over) == ([1], 0)
    with db.write() as tx, pytest.raises(Conflict):
        sort_slots.give_back(tx, old, now=later(2))
