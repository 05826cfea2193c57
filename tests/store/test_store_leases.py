"""Leases: one owner at a time, a fence that grows, and the end of the dead owner's lease."""

import threading

import pytest

from rules.errors import Conflict
from store.database.engine import Database
from store.processes import leases
from store.processes.leases import Lease
from tests.store.samples import NOW, POSTBOX, later, take_lease


def _take(db: Database, owner: str, *, at: float = 0) -> Lease | None:
    with db.write() as tx:
        return leases.take(tx, POSTBOX, owner=owner, now=later(at), seconds=60)


def test_a_lease_has_one_owner_until_it_runs_out(db: Database) -> None:
    first = _take(db, "w1")
    assert first == Lease(POSTBOX, "w1", later(60), fence=1)
    assert _take(db, "w2", at=59) is None
    assert _take(db, "w1", at=59) is None
    assert _take(db, "w2", at=60) == Lease(POSTBOX, "w2", later(120), 2, later(60))


def test_a_clean_release_leaves_nothing_to_wait_for(db: Database) -> None:
    lease = take_lease(db)
    with db.write() as tx:
        leases.release(tx, lease, now=later(5))
    assert _take(db, "w2", at=5) == Lease(POSTBOX, "w2", later(65), 2, None)


def test_what_was_given_back_is_free_though_a_clock_is_a_little_behind(db: Database) -> None:
    lease = take_lease(db)
    with db.write() as tx:
        leases.release(tx, lease, now=later(5))
        assert leases.pass_through(tx, [POSTBOX], now=later(4), seconds=60) == {POSTBOX}
    assert _take(db, "w2", at=3)


def test_what_was_given_back_is_nobodys_until_it_is_taken_anew(db: Database) -> None:
    lease = take_lease(db)
    with db.write() as tx:
        leases.release(tx, lease, now=later(5))
        with pytest.raises(Conflict):
            leases.renew(tx, lease, now=later(6), seconds=60)
        with pytest.raises(Conflict):
            leases.hold(tx, lease, now=later(4))


def test_one_lease_of_an_owner_is_not_the_other(db: Database) -> None:
    """A worker has all its postboxes under one name, each with a fence of its own."""
    lost = take_lease(db, seconds=10)
    with db.write() as tx:
        other = leases.take(tx, "other", owner=lost.owner, now=NOW, seconds=60)
        third = leases.take(tx, "third", owner=lost.owner, now=NOW, seconds=60)
    assert other
    assert third
    assert _take(db, "w2", at=10)
    with db.write() as tx:
        leases.release(tx, third, now=later(11))
        leases.lay_down(tx, lost, now=later(11))
        assert leases.renew(tx, other, now=later(20), seconds=60).until == later(80)
        assert leases.abandoned(tx, [POSTBOX, "other", "third"], before=later(75)) == 1
        with pytest.raises(Conflict):
            leases.hold(tx, lost, now=later(20))
    with db.write() as tx:
        assert leases.take(tx, "other", owner="w2", now=later(79), seconds=60) is None
        assert leases.take(tx, "third", owner="w2", now=later(79), seconds=60)


def test_an_owner_who_takes_it_anew_writes_nothing_by_what_he_knew_before(db: Database) -> None:
    before = take_lease(db, seconds=10)
    now = take_lease(db, owner=before.owner, now=later(10), seconds=60)
    assert now.fence > before.fence
    with db.write() as tx:
        leases.hold(tx, now, now=later(11))
        with pytest.raises(Conflict):
            leases.hold(tx, before, now=later(9))


def test_who_lays_it_down_lets_another_take_it_who_waits_from_there_or_takes_it_up_again(
    db: Database,
) -> None:
    lease = take_lease(db)
    with db.write() as tx:
        leases.lay_down(tx, lease, now=later(5))
    with db.write() as tx:
        again = leases.renew(tx, lease, now=later(6), seconds=60)
        leases.lay_down(tx, again, now=later(7))
    assert (again.until, again.fence) == (later(66), lease.fence)
    assert _take(db, "w2", at=7) == Lease(POSTBOX, "w2", later(67), 2, later(7))
    with db.write() as tx:
        leases.lay_down(tx, lease, now=later(8))
    assert _take(db, "w3", at=9) is None


def test_what_had_run_out_can_not_be_laid_down_later(db: Database) -> None:
    lease = take_lease(db, seconds=60)
    with db.write() as tx:
        leases.lay_down(tx, lease, now=later(70))
    assert _take(db, "w2", at=71) == Lease(POSTBOX, "w2", later(131), 2, later(60))


def test_a_dead_owners_lease_from_before_the_clock_was_set_back_holds_no_longer_than_any(
    db: Database,
) -> None:
    dead = _take(db, "w1", at=5 * 3600)
    assert dead
    assert _take(db, "w2", at=0) is None
    assert _take(db, "w2", at=59) is None
    assert _take(db, "w2", at=60) == Lease(POSTBOX, "w2", later(120), dead.fence + 1, later(60))


def test_one_that_many_are_passed_with_holds_no_longer_either(db: Database) -> None:
    assert _take(db, "w1", at=5 * 3600)
    for at, free in ((0, frozenset()), (59, frozenset()), (60, {POSTBOX})):
        with db.write() as tx:
            passed = leases.pass_through(tx, [POSTBOX, "other"], now=later(at), seconds=60)
        assert passed == {"other", *free}


def test_who_lives_keeps_his_lease_though_the_clock_was_set_back(db: Database) -> None:
    lease = _take(db, "w1", at=5 * 3600)
    assert lease
    assert _take(db, "w2", at=0) is None
    with db.write() as tx:
        again = leases.renew(tx, lease, now=later(30), seconds=60)
    assert _take(db, "w2", at=60) is None
    assert again.fence == lease.fence


def test_renewing_keeps_the_fence(db: Database) -> None:
    lease = take_lease(db)
    with db.write() as tx:
        renewed = leases.renew(tx, lease, now=later(30), seconds=60)
    assert (renewed.until, renewed.fence) == (later(90), lease.fence)
    assert _take(db, "w2", at=89) is None


def test_a_lease_that_ran_out_but_was_not_taken_can_be_renewed(db: Database) -> None:
    lease = take_lease(db)
    with db.write() as tx:
        with pytest.raises(Conflict):
            leases.hold(tx, lease, now=later(60))
        renewed = leases.renew(tx, lease, now=later(61), seconds=60)
        leases.hold(tx, renewed, now=later(62))


def test_a_lost_lease_is_neither_held_nor_renewed_nor_released(db: Database) -> None:
    old = take_lease(db, seconds=10)
    new = take_lease(db, owner="w2", now=later(10))
    with db.write() as tx:
        for call in (
            lambda: leases.hold(tx, old, now=later(5)),
            lambda: leases.renew(tx, old, now=later(11), seconds=60),
        ):
            with pytest.raises(Conflict) as caught:
                call()
            assert caught.value.code == "lease.lost"
        leases.release(tx, old, now=later(11))
        leases.hold(tx, new, now=later(12))


def test_of_many_who_take_at_once_one_gets_it(db: Database) -> None:
    start = threading.Barrier(6)
    got: list[Lease | None] = []

    def take(owner: str) -> None:
        start.wait()
        got.append(_take(db, owner))

    threads = [threading.Thread(target=take, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 6
    assert [lease.fence for lease in got if lease] == [1]


def test_of_two_who_wait_to_take_over_one_gets_it(postgresql_url: str) -> None:
    db = Database.open(postgresql_url)
    lease = take_lease(db, seconds=60)
    took: list[Lease | None] = []
    heirs = [
        threading.Thread(target=lambda owner=owner: took.append(_take(db, owner, at=61)))
        for owner in ("w2", "w3")
    ]
    with db.write() as tx:
        leases.hold(tx, lease, now=later(59))
        for heir in heirs:
            heir.start()
        for heir in heirs:
            heir.join(timeout=0.3)
        assert took == []
    for heir in heirs:
        heir.join(timeout=5)
    assert [got.fence for got in took if got] == [2]
    db.close()


def test_nobody_takes_a_lease_while_a_write_under_it_is_open(postgresql_url: str) -> None:
    """The paused worker of the guides: it checked its lease, slept, and commits too late."""
    db = Database.open(postgresql_url)
    lease = take_lease(db, seconds=60)
    took: list[Lease | None] = []
    other = threading.Thread(target=lambda: took.append(_take(db, "w2", at=61)))
    with db.write() as tx:
        leases.hold(tx, lease, now=NOW)
        other.start()
        other.join(timeout=0.3)
        assert took == []
    other.join(timeout=5)
    assert [lease.fence for lease in took if lease] == [2]
    db.close()
