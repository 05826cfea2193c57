"""Acts on postboxes: the first watermark stays, and nobody writes under a lost lease."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.ledger import OpState
from rules.postbox import Place, Watermark
from store.acts import op_steps, ops, refused_acts, wishes
from store.database.engine import Database, Tx
from store.places import moves, sightings
from store.processes import leases
from store.processes.leases import Lease
from store.tables import ledger as tables
from tests.store.samples import NOW, POSTBOX, act_counts, keep, later, place, take_lease

TARGET = "435 Kassel/AU"
MARK = Watermark(TARGET, "1", "5")


def _wish(db: Database, message_id: int, folder: str = TARGET) -> int:
    with db.write() as tx:
        op_id = wishes.want(tx, message_id, dst_folder=folder, now=NOW)
    assert op_id is not None
    return op_id


def _state(db: Database, op_id: int) -> OpState:
    with db.read() as tx:
        return ops.get(tx, op_id).state


def _done(tx: Tx, op_id: int, *, place: Place, lease: Lease, now: datetime) -> None:
    op_steps.done_many(tx, [(ops.get(tx, op_id), place)], lease=lease, now=now)


def test_the_whole_way_of_an_act(db: Database) -> None:
    kept = keep(db, "1")
    op_id = _wish(db, kept.message_id)
    lease = take_lease(db)
    with db.read() as tx:
        (due,) = ops.due(tx, POSTBOX, now=NOW, limit=5)
    assert (due.id, due.src, due.mark, due.tries) == (op_id, place("1"), None, 0)
    with db.write() as tx:
        assert op_steps.sent(tx, op_id, mark=MARK, lease=lease, now=later(1)).sent_at == later(1)
    with db.write() as tx:
        _done(tx, op_id, place=place("8", folder=TARGET), lease=lease, now=later(2))
    with db.read() as tx:
        act = ops.get(tx, op_id)
        assert (act.state, act.fence, act.done_at) == (OpState.DONE, lease.fence, later(2))
        assert sightings.of_message(tx, kept.message_id)[0].place == place("8", folder=TARGET)
        assert ops.due(tx, POSTBOX, now=later(9), limit=5) == ()
        assert act_counts(tx)[OpState.DONE] == 1


def test_the_first_watermark_stays(db: Database) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    for next_uid in ("5", "77"):
        with db.write() as tx:
            op_steps.sent(tx, op_id, mark=Watermark(TARGET, "1", next_uid), lease=lease, now=NOW)
    with db.read() as tx:
        act = ops.get(tx, op_id)
    assert (act.mark, act.tries) == (MARK, 0)


def test_the_empty_next_uid_of_a_maildir_is_a_watermark_too(db: Database) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    with db.write() as tx:
        act = op_steps.sent(tx, op_id, mark=Watermark(TARGET, "maildir", ""), lease=lease, now=NOW)
    assert act.mark == Watermark(TARGET, "maildir", "")


def test_done_twice_is_done_once(db: Database) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.sent(tx, op_id, mark=MARK, lease=lease, now=NOW)
        for _ in range(2):
            _done(tx, op_id, place=place("8", folder=TARGET), lease=lease, now=NOW)
    assert _state(db, op_id) is OpState.DONE


Write = Callable[[Tx, int, Lease], object]
WRITES: dict[str, Write] = {
    "sent": lambda tx, op_id, lease: op_steps.sent(
        tx, op_id, mark=MARK, lease=lease, now=later(20)
    ),
    "done": lambda tx, op_id, lease: _done(
        tx, op_id, place=place("8", folder=TARGET), lease=lease, now=later(20)
    ),
    "later": lambda tx, op_id, lease: op_steps.later(
        tx, op_id, error_code="imap.away", next_try_at=later(60), lease=lease, now=later(20)
    ),
    "lost": lambda tx, op_id, lease: op_steps.lost(
        tx, op_id, error_code="op.lost", lease=lease, now=later(20)
    ),
    "refused": lambda tx, op_id, lease: op_steps.refused(
        tx, op_id, error_code="postbox.no_right", lease=lease, now=later(20)
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_an_owner_who_lost_his_lease_writes_nothing(db: Database, write: Write) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    old = take_lease(db, seconds=10)
    with db.write() as tx:
        before = op_steps.sent(tx, op_id, mark=MARK, lease=old, now=NOW)
    take_lease(db, owner="w2", now=later(11))
    with pytest.raises(Conflict) as caught, db.write() as tx:
        write(tx, op_id, old)
    assert caught.value.code == "lease.lost"
    with db.read() as tx:
        assert ops.get(tx, op_id) == before


@pytest.mark.parametrize("name", sorted(WRITES.keys() - {"sent"}))
def test_an_unknown_act_is_refused(db: Database, name: str) -> None:
    lease, write = take_lease(db), WRITES[name]
    with pytest.raises(Refused) as caught, db.write() as tx:
        write(tx, 99, lease)
    assert caught.value.code == "op.unknown"


def test_a_withdrawn_or_changed_wish_is_not_sent(db: Database) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    elsewhere = Watermark("431 Hanau/AU", "1", "5")
    with db.write() as tx:
        assert op_steps.sent(tx, 99, mark=MARK, lease=lease, now=NOW) is None
        assert op_steps.sent(tx, op_id, mark=elsewhere, lease=lease, now=NOW) is None
    assert _state(db, op_id) is OpState.NEW


def test_a_wish_is_sent_from_where_its_mail_lies_now(db: Database) -> None:
    kept = keep(db, "1")
    _wish(db, kept.message_id)
    lease = take_lease(db)
    with db.read() as tx:
        (read,) = ops.due(tx, POSTBOX, now=NOW, limit=5)
    with db.write() as tx:
        moves.move(tx, kept.message_id, to=place("9", folder="von Hand"), now=NOW)
    with db.write() as tx:
        (sent,) = op_steps.sent_many(tx, [read], marks={TARGET: MARK}, lease=lease, now=NOW)
    assert (sent.src, sent.dst_folder, sent.mark) == (place("9", folder="von Hand"), TARGET, MARK)


def test_a_row_written_under_a_newer_lease_is_closed_to_older_ones(db: Database) -> None:
    """The last wall: even if the check of the lease itself were passed."""
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.sent(tx, op_id, mark=MARK, lease=lease, now=NOW)
        tx.run(sa.update(tables.op).values(fence=lease.fence + 1))
    with pytest.raises(Conflict) as caught, db.write() as tx:
        op_steps.lost(tx, op_id, error_code="op.lost", lease=lease, now=later(5))
    assert caught.value.code == "lease.lost"
    assert _state(db, op_id) is OpState.SENT


def test_what_a_newer_owner_has_proven_is_not_proven_again_by_the_older_one(db: Database) -> None:
    """The mail may lie elsewhere by now: no place may come back from before."""
    op_id = _wish(db, keep(db, "1").message_id)
    old = take_lease(db)
    with db.write() as tx:
        op_steps.sent(tx, op_id, mark=MARK, lease=old, now=NOW)
        new = leases.take(tx, old.name, owner="heir", now=old.until, seconds=60)
        assert new is not None
        _done(tx, op_id, place=place("8", folder=TARGET), lease=new, now=old.until)
    with pytest.raises(Conflict) as caught, db.write() as tx:
        _done(tx, op_id, place=place("8", folder=TARGET), lease=old, now=old.until)
    assert caught.value.code == "lease.lost"


def test_steps_that_the_rules_do_not_know_are_conflicts(db: Database) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    with pytest.raises(Conflict) as caught, db.write() as tx:
        _done(tx, op_id, place=place("8", folder=TARGET), lease=lease, now=NOW)
    assert caught.value.code == "op.step"


def test_later_waits_and_keeps_the_state(db: Database) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.sent(tx, op_id, mark=MARK, lease=lease, now=NOW)
        op_steps.later(
            tx, op_id, error_code="imap.away", next_try_at=later(30), lease=lease, now=NOW
        )
        assert ops.due(tx, POSTBOX, now=later(29), limit=5) == ()
        (due,) = ops.due(tx, POSTBOX, now=later(30), limit=5)
    assert (due.state, due.error_code) == (OpState.SENT, "imap.away")


def test_what_is_due_into_a_folder_that_takes_nothing_waits_and_nothing_else(db: Database) -> None:
    wished = [_wish(db, keep(db, uid).message_id) for uid in ("1", "2", "3", "4")]
    other = _wish(db, keep(db, "5").message_id, "431 Hanau/AU")
    kept = keep(db, "6", postbox="sued")
    with db.write() as tx:
        elsewhere = wishes.want(tx, kept.message_id, dst_folder=TARGET, now=NOW)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.sent(tx, wished[0], mark=MARK, lease=lease, now=NOW)
        op_steps.later(
            tx, wished[1], error_code="imap.away", next_try_at=later(90), lease=lease, now=NOW
        )
        op_steps.wait_for_folder(tx, POSTBOX, TARGET, next_try_at=later(30), lease=lease, now=NOW)

    def due(postbox: str, seconds: float) -> list[int]:
        with db.read() as tx:
            return [act.id for act in ops.due(tx, postbox, now=later(seconds), limit=9)]

    assert due(POSTBOX, 29) == [wished[0], other], "what was sent is looked for at once"
    assert sorted(due(POSTBOX, 30)) == [wished[0], *wished[2:], other]
    assert due("sued", 0) == [elsewhere]
    take_lease(db, owner="w2", now=later(61))
    with pytest.raises(Conflict) as caught, db.write() as tx:
        op_steps.wait_for_folder(
            tx, POSTBOX, TARGET, next_try_at=later(600), lease=lease, now=later(61)
        )
    assert caught.value.code == "lease.lost"


def test_a_refused_wish_stands_again_when_a_person_says_so(db: Database) -> None:
    op_id = _wish(db, keep(db, "1").message_id)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.refused(tx, op_id, error_code="postbox.no_right", lease=lease, now=NOW)
        assert ops.due(tx, POSTBOX, now=later(9), limit=5) == ()
        (refused,) = refused_acts.listing(tx, [POSTBOX], limit=5)
        assert (refused.id, refused.error_code) == (op_id, "postbox.no_right")
        assert refused_acts.again(tx, refused, now=later(5))
        assert [act.id for act in ops.due(tx, POSTBOX, now=later(9), limit=5)] == [op_id]
        assert not refused_acts.again(tx, refused, now=later(5))
        assert refused_acts.listing(tx, [POSTBOX], limit=5) == ()


def test_a_refused_wish_that_was_overtaken_does_not_stand_again(db: Database) -> None:
    message_id = keep(db, "1").message_id
    op_id = _wish(db, message_id)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.refused(tx, op_id, error_code="postbox.no_right", lease=lease, now=NOW)
        (refused,) = refused_acts.listing(tx, [POSTBOX], limit=5)
    _wish(db, message_id, "435 Kassel/Termin")
    with db.write() as tx:
        assert refused_acts.listing(tx, [POSTBOX], limit=5) == ()
        assert not refused_acts.again(tx, refused, now=later(5))


def test_a_wish_not_sent_yet_gets_the_new_target(db: Database) -> None:
    message_id = keep(db, "1").message_id
    assert _wish(db, message_id) == _wish(db, message_id, "435 Kassel/Termin")
    with db.read() as tx:
        (act,) = ops.of_message(tx, message_id)
    assert act.dst_folder == "435 Kassel/Termin"


def test_a_wish_back_to_where_it_lies_is_withdrawn(db: Database) -> None:
    message_id = keep(db, "1").message_id
    _wish(db, message_id)
    with db.write() as tx:
        assert wishes.want(tx, message_id, dst_folder="INBOX", now=NOW) is None
        assert ops.of_message(tx, message_id) == ()


def test_a_correction_while_an_act_is_under_way_comes_after_it(db: Database) -> None:
    message_id = keep(db, "1").message_id
    first = _wish(db, message_id)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.sent(tx, first, mark=MARK, lease=lease, now=NOW)
        assert wishes.want(tx, message_id, dst_folder=TARGET, now=NOW) == first
        second = wishes.want(tx, message_id, dst_folder="INBOX", now=NOW)
        assert second not in (None, first)
        assert [act.id for act in ops.due(tx, POSTBOX, now=NOW, limit=5)] == [first]
        _done(tx, first, place=place("8", folder=TARGET), lease=lease, now=NOW)
        (due,) = ops.due(tx, POSTBOX, now=NOW, limit=5)
    assert (due.id, due.src) == (second, place("8", folder=TARGET))


def test_what_was_sent_comes_before_what_is_new(db: Database) -> None:
    first = _wish(db, keep(db, "1").message_id)
    second = _wish(db, keep(db, "2").message_id)
    lease = take_lease(db)
    with db.write() as tx:
        op_steps.sent(tx, second, mark=MARK, lease=lease, now=NOW)
        assert [act.id for act in ops.due(tx, POSTBOX, now=NOW, limit=5)] == [second, first]
        assert [act.id for act in ops.due(tx, POSTBOX, now=NOW, limit=1)] == [second]
        assert ops.due(tx, "sued", now=NOW, limit=5) == ()


def test_of_many_those_with_one_target_go_together_that_of_the_oldest_first(db: Database) -> None:
    targets = ("A", "B", "C", "A", "B", "C", "A")
    made = [_wish(db, keep(db, str(n)).message_id, to) for n, to in enumerate(targets, 1)]
    with db.read() as tx:
        assert [act.id for act in ops.due(tx, POSTBOX, now=NOW, limit=7)] == made
        few = ops.due(tx, POSTBOX, now=NOW, limit=4)
    assert [act.dst_folder for act in few] == ["A", "B", "A", "A"]
    assert [act.id for act in few] == [made[0], made[1], made[3], made[6]]


def test_what_is_looked_through_for_one_target_is_bounded(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops, "AHEAD", 2)
    for number, target in enumerate(("A", "B", "B", "A", "A"), 1):
        _wish(db, keep(db, str(number)).message_id, target)
    with db.read() as tx:
        few = ops.due(tx, POSTBOX, now=NOW, limit=2)
    assert [act.src.uid for act in few] == ["1", "4"], "not the fifth"


def test_mail_that_lies_nowhere_is_not_filed(db: Database) -> None:
    handed_in = keep(db, "-", place=None, postbox=None)
    gone = keep(db, "1")
    with db.write() as tx:
        sightings.mark_gone(tx, [s.id for s in sightings.live(tx, POSTBOX, folder="INBOX")])
        for kept in (handed_in, gone):
            wish = wishes.want(tx, kept.message_id, dst_folder=TARGET, now=NOW)
            assert wish is None


def test_equal_mails_in_doubt_on_the_way_to_one_folder_are_found(db: Database) -> None:
    same = b"Subject: x\r\n\r\n"
    wishes = [_wish(db, keep(db, uid, same).message_id) for uid in ("1", "2", "3")]
    wishes += [
        _wish(db, keep(db, "4", same).message_id, "elsewhere"),
        _wish(db, keep(db, "5").message_id),
    ]
    lease = take_lease(db)
    with db.write() as tx:
        for op_id in (*wishes[:2], *wishes[3:]):
            op_steps.sent(tx, op_id, mark=MARK, lease=lease, now=NOW)
        twins = ops.doubtful_twins(tx, ops.get(tx, wishes[0]))
    assert [act.id for act in twins] == wishes[:2]
