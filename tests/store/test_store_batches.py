"""Many at once is the same as one by one, and all or nothing."""

from collections.abc import Callable

import pytest

from rules.errors import Conflict, Refused
from rules.ledger import LedgerState, OpState
from rules.postbox import Watermark
from store.acts import op_steps, ops, wishes
from store.acts.ops import Op
from store.database.engine import Database, Tx
from store.desk import items
from store.mails import ledger
from store.mails.ledger import Described
from store.places import moves, sightings
from store.processes import leases
from store.processes.leases import Lease
from store.tables.ledger import SightingState
from tests.store.samples import NOW, POSTBOX, act_counts, keep, later, new_item, place, take_lease

TARGETS = ("435 Kassel/AU", "431 Hanau/Termin")
MARKS = {folder: Watermark(folder, "1", "5") for folder in TARGETS}


def _wished(db: Database, count: int = 4) -> tuple[Op, ...]:
    kept = [keep(db, str(number)).message_id for number in range(count)]
    with db.write() as tx:
        made = wishes.want_many(tx, {i: TARGETS[n % 2] for n, i in enumerate(kept)}, now=NOW)
        assert list(made) == kept
        return ops.due(tx, POSTBOX, now=NOW, limit=9)


def _proof(act: Op, uid: str) -> tuple[Op, object]:
    return act, place(uid, folder=act.dst_folder)


def test_a_batch_of_moves_into_several_folders(db: Database) -> None:
    due, lease = _wished(db), take_lease(db)
    with db.write() as tx:
        sent = op_steps.sent_many(tx, due, marks=MARKS, lease=lease, now=later(1))
        assert sent == tuple(ops.get(tx, act.id) for act in due), "as it stands in the database"
    assert {act.mark for act in sent} == set(MARKS.values())
    proofs = [_proof(act, str(50 + n)) for n, act in enumerate(sent)]
    for _ in range(2):  # idempotent
        with db.write() as tx:
            op_steps.done_many(tx, proofs, lease=lease, now=later(2))
    with db.read() as tx:
        assert act_counts(tx)[OpState.DONE] == 4
        for act, where in proofs:
            here, before = sightings.of_messages(tx, [act.message_id])[act.message_id]
            assert (here.place, before.state) == (where, SightingState.GONE)


def test_a_wish_that_changed_since_it_was_read_is_left_out(db: Database) -> None:
    due, lease = _wished(db), take_lease(db)
    with db.write() as tx:
        wishes.want(tx, due[0].message_id, dst_folder=TARGETS[1], now=NOW)
        wishes.want(tx, due[1].message_id, dst_folder="INBOX", now=NOW)
        sent = op_steps.sent_many(tx, due, marks=MARKS, lease=lease, now=NOW)
    assert [act.id for act in sent] == [due[2].id, due[3].id]


def test_a_target_without_watermark_is_left_out(db: Database) -> None:
    due, lease = _wished(db), take_lease(db)
    with db.write() as tx:
        one = {TARGETS[0]: MARKS[TARGETS[0]]}
        sent = op_steps.sent_many(tx, due, marks=one, lease=lease, now=NOW)
    assert {act.dst_folder for act in sent} == {TARGETS[0]}


def test_one_place_that_is_taken_writes_none_of_the_batch(db: Database) -> None:
    due, lease = _wished(db), take_lease(db)
    with db.write() as tx:
        sent = op_steps.sent_many(tx, due, marks=MARKS, lease=lease, now=NOW)
        moves.move(tx, sent[3].message_id, to=place("9", folder=TARGETS[0]), now=NOW)
    proofs = [_proof(act, uid) for act, uid in zip(sent, ("7", "8", "9"), strict=False)]
    with pytest.raises(Conflict) as caught, db.write() as tx:
        op_steps.done_many(tx, proofs, lease=lease, now=NOW)
    assert caught.value.code == "place.taken"
    with db.read() as tx:
        assert act_counts(tx)[OpState.DONE] == 0


def test_an_unknown_act_is_named(db: Database) -> None:
    due, lease = _wished(db), take_lease(db)
    with db.write() as tx:
        wishes.want(tx, due[0].message_id, dst_folder="INBOX", now=NOW)
    with pytest.raises(Refused) as caught, db.write() as tx:
        op_steps.done_many(tx, [_proof(due[0], "7")], lease=lease, now=NOW)
    assert caught.value.code == "op.unknown"


Batch = Callable[[Tx, tuple[Op, ...], Lease], object]
BATCHES: dict[str, Batch] = {
    "sent": lambda tx, due, lease: op_steps.sent_many(tx, due, marks=MARKS, lease=lease, now=NOW),
    "done": lambda tx, due, lease: op_steps.done_many(
        tx, [_proof(act, "7") for act in due], lease=lease, now=NOW
    ),
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_a_newer_fence_stops_the_whole_batch(db: Database, batch: Batch) -> None:
    due, old = _wished(db), take_lease(db)
    with db.write() as tx:
        new = leases.take(tx, old.name, owner="heir", now=old.until, seconds=60)
        assert new is not None
        op_steps.sent_many(tx, due[:1], marks=MARKS, lease=new, now=old.until)
    with pytest.raises(Conflict) as caught, db.write() as tx:
        batch(tx, due, old)
    assert caught.value.code == "lease.lost"
    with db.read() as tx:
        assert act_counts(tx)[OpState.SENT] == 1


def test_wishes_for_an_unknown_message_and_for_none(db: Database) -> None:
    with db.write() as tx:
        assert wishes.want_many(tx, {}, now=NOW) == {}
        with pytest.raises(Refused) as caught:
            wishes.want_many(tx, {99: "A"}, now=NOW)
    assert caught.value.code == "mail.unknown"


def test_who_has_an_item_gets_no_second_one(db: Database) -> None:
    first, second = keep(db, "1").message_id, keep(db, "2").message_id
    with db.write() as tx:
        made = items.create_many(tx, [new_item(first)], now=NOW)
        assert items.messages_with_item(tx, [first, second]) == made.keys() == {first}
    with pytest.raises(Conflict) as caught, db.write() as tx:
        items.create_many(tx, [new_item(second), new_item(first)], now=NOW)
    assert caught.value.code == "item.exists"
    with db.read() as tx:
        assert items.of_message(tx, second) is None


def test_a_state_that_can_not_follow_writes_no_description(db: Database) -> None:
    first, second = keep(db, "1").message_id, keep(db, "2").message_id
    with db.write() as tx:
        ledger.set_state(tx, second, LedgerState.ASIDE, reason="", now=NOW)
        ledger.set_state(tx, second, LedgerState.DELETED, reason="", now=NOW)
        known = ledger.locked_many(tx, [second, first, 99])
    assert list(known) == [first, second]
    with pytest.raises(Conflict) as caught, db.write() as tx:
        ledger.describe_many(tx, [_described(row) for row in known.values()], now=NOW)
    assert caught.value.code == "ledger.step"
    with db.read() as tx:
        assert ledger.message(tx, first).subject == ""


def test_locks_are_had_without_the_rows(db: Database) -> None:
    ids = [keep(db, str(number)).message_id for number in range(3)]
    with db.write() as tx:
        assert ledger.lock_many(tx, [ids[2], 99, ids[0], ids[2]]) == {ids[0], ids[2]}
        assert ledger.lock_many(tx, []) == frozenset()


def _described(row: ledger.Message) -> Described:
    return Described(
        row, LedgerState.SORTED, "", sender="s", subject="t", message_id="<1>", defects=()
    )
