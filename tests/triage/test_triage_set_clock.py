"""A clock that is set back by hours, with work under way."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from rules.errors import Refused
from rules.item import ItemState
from rules.ledger import OpState
from store.database.columns import UtcTime, metadata
from store.desk import items
from store.processes import clock_set_back, heartbeats, leases
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import NewOutgoing
from store.tables.ledger import OutgoingState, op
from store.tables.ledger import outgoing as outgoing_table
from store.tables.mark import mark_wish
from store.tables.sweep import sweep_plan, sweep_removal
from store.tables.text import sent_copy
from tests import one_sorter
from tests.house_fixture import clerk, eml
from tests.triage.test_triage_filing import op_states
from tests.triage.test_triage_reconcile import Unproven
from tests.triage.test_triage_renumbered import keep
from triage import rounds, send, sessions, set_clock, work
from triage.filing import filing, steps


def beat(house) -> None:
    with house.db.write() as tx:
        heartbeats.beat(tx, set_clock.LOOP, code="", message="", now=house.clock())


def test_what_was_wished_before_is_carried_out_at_once(house, box, lease, clock):
    keep(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    one_sorter.sort_pending(house)
    with house.db.write() as tx:
        row = outgoing.order(
            tx, NewOutgoing("reply", "key-1", {"to": "a@post.example"}), now=clock()
        )
    beat(house)
    clock.forward(hours=-5)
    assert filing.file_due(house, box, lease).done == 0
    rounds.keep_order(house, "w-1")
    assert filing.file_due(house, box, lease).done == 2
    with house.db.read() as tx:
        found = outgoing.get(tx, row)
    assert (found.state, found.next_try_at) == (OutgoingState.NEW, clock())


def test_a_move_in_doubt_is_settled_after_the_grace_time(house, box, lease, clock):
    keep(house, box, lease, eml("Krankmeldung"))
    one_sorter.sort_pending(house)
    filing.file_due(house, Unproven(box), lease)
    beat(house)
    clock.forward(hours=-5)
    with house.db.write() as tx:
        held = leases.renew(tx, lease, now=clock(), seconds=600)
    rounds.keep_order(house, "w-1")
    assert filing.file_due(house, box, held).done == 0, "a command may be under way"
    clock.forward(seconds=house.policy.grace_seconds)
    assert filing.file_due(house, box, held).done == 1
    assert op_states(house) == [OpState.DONE]


def test_what_a_dead_worker_had_claimed_to_send_is_free_after_the_longest_claim(house, clock):
    with house.db.write() as tx:
        outgoing.order(tx, NewOutgoing("reply", "key-1", {"to": "a@post.example"}), now=clock())
    assert send.claim_due(house, ["reply"], worker="dead")
    beat(house)
    clock.forward(hours=-5)
    rounds.keep_order(house, "w-1")
    clock.forward(seconds=send.CLAIM_SECONDS - 1)
    assert send.claim_due(house, ["reply"], worker="w-1") is None
    clock.forward(seconds=1)
    assert send.claim_due(house, ["reply"], worker="w-1")


def test_where_the_clock_goes_on_nothing_is_brought_forward(house, box, lease, clock):
    keep(house, box, lease, eml("Krankmeldung"))
    one_sorter.sort_pending(house)
    beat(house)
    clock.forward(minutes=-4)
    assert set_clock.look(house) == 0


LIMITS = sessions.Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=10))


def order(house, key="key-1"):
    with house.db.write() as tx:
        new = NewOutgoing("reply", key, {"to": "a@post.example"})
        return outgoing.order(tx, new, now=house.clock())


def when(house, column):
    with house.db.read() as tx:
        return tx.run(sa.select(column)).scalar_one()


def put_off(house, box, lease):
    """A filing that failed once and is due again in ten seconds."""
    keep(house, box, lease, eml("Krankmeldung"))
    one_sorter.sort_pending(house)
    with house.db.read() as tx:
        due = filing.ops.due(tx, box.name, now=house.clock(), limit=9)
    steps.put_off(house, lease, list(due), Refused("test.refused", "Not now."))


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_filing_put_off_is_tried_again_at_once(house, box, lease, clock, is_seen):
    put_off(house, box, lease)
    if is_seen:
        beat(house)
    clock.forward(hours=-5)
    assert filing.file_due(house, box, lease).done == 0
    rounds.keep_order(house, "w-1")
    assert when(house, op.c.next_try_at) == clock()
    assert filing.file_due(house, box, lease).done == 1


def test_an_answer_put_off_is_tried_again_at_once(house, clock):
    order(house)
    row = send.claim_due(house, ["reply"], worker="w-1")
    assert row
    with house.db.write() as tx:
        at = clock() + timedelta(seconds=house.backoff.first_seconds)
        outgoing_claims.later(tx, row.id, fence=row.fence, error_code="x.away", next_try_at=at)
    beat(house)
    clock.forward(hours=-5)
    rounds.keep_order(house, "w-1")
    assert send.claim_due(house, ["reply"], worker="w-1")


def test_what_another_side_asked_for_is_kept_where_no_clock_was_set_back(house, clock):
    order(house)
    row = send.claim_due(house, ["reply"], worker="w-1")
    assert row
    at = clock() + timedelta(seconds=house.backoff.cap_seconds)
    with house.db.write() as tx:
        outgoing_claims.later(tx, row.id, fence=row.fence, error_code="x.busy", next_try_at=at)
    rounds.keep_order(house, "w-1")
    assert when(house, outgoing_table.c.next_try_at) == at


def test_an_item_held_since_before_is_free_after_the_longest_lease(house, box, lease, clock):
    keep(house, box, lease, eml("Krankmeldung"))
    one_sorter.sort_pending(house)
    claim = work.claim_next(house, clerk("435"), "435")
    assert claim
    clock.forward(hours=-5)
    rounds.keep_order(house, "w-1")
    clock.forward(seconds=house.policy.lease_seconds - 1)
    rounds.keep_order(house, "w-1")
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).state is ItemState.HELD, "the clerk may be there"
    clock.forward(seconds=1)
    rounds.keep_order(house, "w-1")
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).state is ItemState.WAITING


def test_a_sign_in_lasts_no_longer(house, clock):
    number = sessions.begin(house, clerk(), limits=LIMITS)
    clock.forward(hours=-5)
    rounds.keep_order(house, "w-1")
    assert sessions.find(house, number, limits=LIMITS, is_deed=False)
    clock.forward(minutes=30)
    assert sessions.find(house, number, limits=LIMITS, is_deed=False) is None


def test_a_mark_a_copy_and_a_removal_put_off_are_due_at_once(house, box, lease, clock):
    keep(house, box, lease, eml("Krankmeldung"))
    later = clock() + timedelta(seconds=10)
    named = {"message_id": 1, "postbox": box.name}
    tried = {"tries": 1, "next_try_at": later}
    row = order(house)
    with house.db.write() as tx:
        tx.run(sa.insert(mark_wish).values(**named, wanted="", changed_at=clock(), **tried))
        values = {"postbox": box.name, "folder": "Sent", "created_at": clock(), **tried}
        tx.run(sa.insert(sent_copy).values(outgoing_id=row, **values))
        plan = {"kind": "due", "state": "done", "hash": "0", "day": clock().date(), "rules": {}}
        tx.run(sa.insert(sweep_plan).values(**plan, counts={}, made_at=clock(), made_by="a-1"))
        place = {"kind": "postbox", "place": box.name, "name": "", "sha256": "", "state": "new"}
        copy = {"plan_id": 1, "message_id": 1, **place, "tries": 1, "at": clock()}
        at = clock() + timedelta(hours=set_clock.WAIT_HOURS)
        tx.run(sa.insert(sweep_removal).values(**copy, next_try_at=at))
    rounds.keep_order(house, "w-1")
    assert when(house, sweep_removal.c.next_try_at) == at, "no clock was set back"
    clock.forward(hours=-5)
    rounds.keep_order(house, "w-1")
    for table in (mark_wish, sent_copy, sweep_removal):
        assert when(house, table.c.next_try_at) == clock(), table.name


def test_each_column_that_says_not_before_or_until_is_looked_after(house):
    longest = set_clock._longest(house, now=house.clock(), is_known=True)
    found = {far.column for far in clock_set_back._all_far(house.clock(), longest)}
    named = {
        column
        for table in metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, UtcTime) and column.name.endswith(("try_at", "until", "ends_at"))
    }
    mended_elsewhere = {"lease.until", "session.ends_at"}
    assert {str(column) for column in named - found} == mended_elsewhere
