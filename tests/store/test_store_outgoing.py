"""Outgoing rows: ordered once, claimed by one, and closed by the receipt."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from rules.errors import Conflict, Refused
from store.database.engine import Database, Tx
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import NewOutgoing, Outgoing
from store.tables.ledger import OutgoingState
from store.tables.ledger import outgoing as table
from tests.store.samples import NOW, keep, later, queue


def _order(
    db: Database, key: str = "k1", *, kind: str = "eakte", item_id: int | None = None
) -> int:
    with db.write() as tx:
        return outgoing.order(
            tx, NewOutgoing(kind, key, {"concerns": ["au"]}, item_id=item_id), now=NOW
        )


def _claim(
    db: Database, *, at: float = 0, limit: int = 9, kind: str = "eakte"
) -> tuple[Outgoing, ...]:
    with db.write() as tx:
        return outgoing_claims.claim(
            tx, kinds=[kind], worker="w1", now=later(at), limit=limit, lease_seconds=60
        )


def _get(db: Database, outgoing_id: int) -> Outgoing:
    with db.read() as tx:
        return outgoing.get(tx, outgoing_id)


def test_the_same_key_twice_is_one_sending(db: Database) -> None:
    assert _order(db) == _order(db)
    assert _order(db, "k2") != _order(db)
    assert len(_claim(db)) == 2


def test_the_whole_way_to_the_receipt(db: Database) -> None:
    outgoing_id = _order(db, item_id=queue(db, "1"))
    (row,) = _claim(db)
    assert (row.id, row.state, row.tries) == (outgoing_id, OutgoingState.CLAIMED, 1)
    assert row.claimed_until == later(60)
    with db.write() as tx:
        outgoing_claims.sent(tx, row.id, fence=row.fence, answer="250 ok", now=later(1))
        outgoing.receipted(tx, "k1", receipt={"reference": "E-1"}, now=later(9))
        outgoing.receipted(tx, "k1", receipt={"reference": "E-2"}, now=later(10))
        outgoing.rejected(tx, "k1", receipt={"reason": "zu spät"}, now=later(11))
    row = _get(db, outgoing_id)
    assert (row.state, row.receipt) == (OutgoingState.RECEIPTED, {"reference": "E-1"})
    assert (row.answer, row.sent_at, row.done_at) == ("250 ok", later(1), later(9))
    assert row.payload == {"concerns": ["au"]}


def test_a_receipt_may_overtake_our_own_note_of_the_sending(db: Database) -> None:
    _order(db)
    (row,) = _claim(db)
    with db.write() as tx:
        outgoing.receipted(tx, "k1", receipt={}, now=later(1))
        with pytest.raises(Conflict) as caught:
            outgoing_claims.sent(tx, row.id, fence=row.fence, answer="", now=later(2))
    assert caught.value.code == "outgoing.claim_lost"
    assert _claim(db, at=99) == ()


def test_a_receipt_overrules_a_rejection(db: Database) -> None:
    outgoing_id = _order(db)
    with db.write() as tx:
        assert outgoing.rejected(tx, "k1", receipt={"reason": "x"}, now=NOW).state == "rejected"
        assert outgoing.receipted(tx, "k1", receipt={"reference": "E"}, now=NOW).receipt == {
            "reference": "E"
        }
    assert _get(db, outgoing_id).state is OutgoingState.RECEIPTED


def test_what_is_said_of_one_sending_is_said_of_no_other(db: Database) -> None:
    ids = [_order(db, key) for key in ("k1", "k2", "k3")]
    rows = _claim(db)
    with db.write() as tx:
        for row in rows:
            outgoing_claims.dead(tx, row.id, fence=row.fence, error_code="x", now=later(1))
        outgoing.replay(tx, ids[1], now=later(2))
        assert outgoing.rejected(tx, "k3", receipt={"reason": "x"}, now=later(3)).id == ids[2]
        assert outgoing.receipted(tx, "k3", receipt={}, now=later(4)).id == ids[2]
    states = [_get(db, outgoing_id).state for outgoing_id in ids]
    assert states == [OutgoingState.DEAD, OutgoingState.NEW, OutgoingState.RECEIPTED]


def test_what_was_answered_while_it_was_claimed_is_nobodys(db: Database) -> None:
    outgoing_id = _order(db)
    _claim(db)
    with db.write() as tx:
        outgoing.receipted(tx, "k1", receipt={}, now=later(1))
    row = _get(db, outgoing_id)
    assert row.claimed_until is None


def test_what_is_sent_again_is_done_no_more(db: Database) -> None:
    outgoing_id = _order(db)
    with db.write() as tx:
        outgoing.rejected(tx, "k1", receipt={"reason": "x"}, now=later(1))
        assert outgoing.replay(tx, outgoing_id, now=later(2)).done_at is None


def test_the_rows_of_a_dead_worker_are_claimed_again_under_another_fence(db: Database) -> None:
    _order(db)
    (first,) = _claim(db)
    assert _claim(db, at=59) == ()
    (second,) = _claim(db, at=60)
    assert (second.fence, second.tries) == (first.fence + 1, 2)


Write = Callable[[Tx, int, int], object]
WRITES: dict[str, Write] = {
    "sent": lambda tx, row, fence: outgoing_claims.sent(tx, row, fence=fence, answer="", now=NOW),
    "later": lambda tx, row, fence: outgoing_claims.later(
        tx, row, fence=fence, error_code="smtp.away", next_try_at=later(9)
    ),
    "dead": lambda tx, row, fence: outgoing_claims.dead(
        tx, row, fence=fence, error_code="smtp.refused", now=NOW
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_worker_whose_claim_was_taken_over_writes_nothing(db: Database, write: Write) -> None:
    _order(db)
    (old,) = _claim(db)
    (new,) = _claim(db, at=60)
    with pytest.raises(Conflict) as caught, db.write() as tx:
        write(tx, old.id, old.fence)
    assert caught.value.code == "outgoing.claim_lost"
    assert _get(db, old.id) == new
    with pytest.raises(Refused) as unknown, db.write() as tx:
        write(tx, 99, 1)
    assert unknown.value.code == "outgoing.unknown"


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_worker_writes_on_the_row_of_its_claim_only(db: Database, write: Write) -> None:
    _order(db)
    _order(db, "k2")
    mine, other = _claim(db)
    assert mine.fence == other.fence
    with db.write() as tx:
        write(tx, mine.id, mine.fence)
    assert _get(db, other.id) == other


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_a_standby_forgot_the_claim_of_is_noted_and_what_was_put_off_is_not(
    db: Database, write: Write
) -> None:
    """It was promoted before it heard of the claim: the row is new, its fence the one before."""
    _order(db)
    (row,) = _claim(db)
    before = {"state": OutgoingState.NEW, "claimed_by": None, "claimed_until": None}
    with db.write() as tx:
        tx.run(sa.update(table).values(**before, fence=row.fence - 1))
        write(tx, row.id, row.fence)
    with db.write() as tx:
        tx.run(sa.update(table).values(**before, fence=row.fence))
        with pytest.raises(Conflict) as caught:
            write(tx, row.id, row.fence)
    assert caught.value.code == "outgoing.claim_lost"


@pytest.mark.parametrize("state", ["receipted", "claimed", "dead"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_a_standby_knows_more_of_than_that_it_is_new_is_written_over_by_nobody(
    db: Database, write: Write, state: str
) -> None:
    """Its receipt came, or another worker has it, under an older claim than the one forgotten."""
    _order(db)
    (row,) = _claim(db)
    with db.write() as tx:
        tx.run(sa.update(table).values(state=state, fence=row.fence - 1))
        with pytest.raises(Conflict) as caught:
            write(tx, row.id, row.fence)
        assert caught.value.code == "outgoing.claim_lost"
        assert outgoing.get(tx, row.id).state == state


def test_what_was_put_off_is_due_again_of_its_kind_and_but_for_a_reason(db: Database) -> None:
    for key, kind in (("k1", "eakte"), ("k2", "eakte"), ("r", "reply"), ("k3", "eakte")):
        _order(db, key, kind=kind)
    away, full, *_ = _claim(db, limit=2)
    (reply,) = _claim(db, kind="reply")
    with db.write() as tx:
        for row, code in ((away, "eakte.away"), (full, "eakte.full"), (reply, "smtp.away")):
            outgoing_claims.later(
                tx, row.id, fence=row.fence, error_code=code, next_try_at=later(900)
            )
        outgoing_claims.due_again(tx, "eakte", but_for=["eakte.full"], now=later(1))
    fresh = [row.id for row in _claim(db, at=2)]
    assert away.id in fresh
    assert full.id not in fresh
    assert _claim(db, at=2, kind="reply") == ()


def test_of_some_receivers_or_of_all_but_some(db: Database) -> None:
    """A name may begin another, and is no pattern."""
    keys = ("hook-sc-1-a", "hook-sc-nord-2-b", "hook-s_-3-c", "hook-so-4-d")
    ids = {key: _order(db, key, kind="hook") for key in keys}

    def claim(**which: list[str]) -> list[int]:
        with db.write() as tx:
            found = outgoing_claims.claim(
                tx, kinds=["hook"], worker="w1", now=NOW, limit=9, lease_seconds=60, **which
            )
        return [row.id for row in found]

    sc, underscored = outgoing_claims.begins("hook", "sc"), outgoing_claims.begins("hook", "s_")
    assert claim(of=[sc]) == [ids["hook-sc-1-a"]]
    assert claim(none_of=[underscored]) == [ids["hook-sc-nord-2-b"], ids["hook-so-4-d"]]
    assert claim() == [ids["hook-s_-3-c"]]


def test_later_waits_and_dead_stays_until_a_person_replays_it(db: Database) -> None:
    outgoing_id = _order(db)
    (row,) = _claim(db)
    with db.write() as tx:
        outgoing_claims.later(
            tx, row.id, fence=row.fence, error_code="smtp.away", next_try_at=later(30)
        )
    assert _claim(db, at=29) == ()
    (row,) = _claim(db, at=30)
    with db.write() as tx:
        outgoing_claims.dead(tx, row.id, fence=row.fence, error_code="smtp.refused", now=later(31))
    assert _claim(db, at=999) == ()
    with db.write() as tx:
        fresh = outgoing.replay(tx, outgoing_id, now=later(40))
        assert (fresh.state, fresh.tries, fresh.error_code) == (OutgoingState.NEW, 0, "")
        with pytest.raises(Conflict) as caught:
            outgoing.replay(tx, outgoing_id, now=later(41))
        assert caught.value.code == "outgoing.not_dead"
    assert len(_claim(db, at=40)) == 1


def test_unknown_rows_are_refused(db: Database) -> None:
    with db.write() as tx:
        for call in (
            lambda: outgoing.get(tx, 9),
            lambda: outgoing.replay(tx, 9, now=NOW),
            lambda: outgoing.receipted(tx, "none", receipt={}, now=NOW),
            lambda: outgoing.rejected(tx, "none", receipt={}, now=NOW),
        ):
            with pytest.raises(Refused) as caught:
                call()
            assert caught.value.code == "outgoing.unknown"
        assert outgoing.of_key(tx, "none") is None


def test_claims_take_their_kind_the_longest_due_and_no_more_than_asked(db: Database) -> None:
    ids = [_order(db, f"k{number}") for number in range(5)]
    reply = _order(db, "r", kind="reply")
    assert [row.id for row in _claim(db, limit=2)] == ids[:2]
    assert [row.id for row in _claim(db, kind="reply")] == [reply]
    assert [row.id for row in _claim(db)] == ids[2:]


def test_what_was_put_off_stands_behind_what_has_been_due_for_longer(db: Database) -> None:
    first, second = _order(db), _order(db, "k2")
    (row,) = _claim(db, limit=1)
    assert row.id == first
    with db.write() as tx:
        outgoing_claims.later(
            tx, first, fence=row.fence, error_code="smtp.away", next_try_at=later(30)
        )
    assert [row.id for row in _claim(db, at=99, limit=1)] == [second]


def test_rows_are_listed_by_their_item_and_counted_by_kind_and_state(db: Database) -> None:
    item_id = queue(db, "1")
    ids = [_order(db, f"k{number}", item_id=item_id) for number in range(3)]
    _order(db, "r", kind="reply")
    new = [OutgoingState.NEW]
    with db.read() as tx:
        assert [row.id for row in outgoing.of_item(tx, item_id)] == ids
        assert outgoing.counts(tx) == {
            ("eakte", OutgoingState.NEW): 3,
            ("reply", OutgoingState.NEW): 1,
        }
        page = outgoing.listing(tx, states=new, kinds=["eakte"], limit=2)
        assert [row.id for row in page] == [ids[2], ids[1]]
        rest = outgoing.listing(tx, states=new, kinds=["eakte"], limit=2, after=ids[1])
        assert [row.id for row in rest] == [ids[0]]
        assert outgoing.listing(tx, states=[OutgoingState.DEAD], limit=2) == ()
        assert len(outgoing.listing(tx, states=new, limit=9)) == 4


def test_many_workers_at_once_never_claim_the_same_row(db: Database) -> None:
    ids = {_order(db, f"k{number}") for number in range(30)}
    got: list[int] = []
    start = threading.Barrier(6)

    def work() -> None:
        start.wait()
        while rows := _claim(db, limit=2):
            assert len(rows) <= 2
            got.extend(row.id for row in rows)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(got) == len(ids)
    assert set(got) == ids


def test_a_message_is_known_without_an_item(db: Database) -> None:
    message_id = keep(db, "1").message_id
    with db.write() as tx:
        outgoing_id = outgoing.order(
            tx, NewOutgoing("task", "t", {}, message_id=message_id), now=NOW
        )
    assert _get(db, outgoing_id).message_id == message_id
