"""A clock that is set back by hours, with work under way."""

from rules.ledger import OpState
from store import beats, leases, outgoing
from store.outgoing import NewOutgoing
from store.tables.ledger import OutgoingState
from tests.house_fixture import eml
from tests.triage.test_triage_filing import op_states
from tests.triage.test_triage_reconcile import Unproven
from tests.triage.test_triage_renumbered import keep
from triage import rounds, send, set_clock
from triage.filing import filing


def beat(house) -> None:
    with house.db.write() as tx:
        beats.beat(tx, set_clock.LOOP, code="", message="", now=house.clock())


def test_what_was_wished_before_is_carried_out_at_once(house, box, lease, clock):
    keep(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    rounds.sort_pending(house)
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
    rounds.sort_pending(house)
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
    rounds.sort_pending(house)
    beat(house)
    clock.forward(minutes=-4)
    assert set_clock.look(house) == 0
