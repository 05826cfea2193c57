"""Two at once: workers, receipts, clerks; and one mail that breaks a batch. On both engines."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from rules.errors import TryLater
from rules.ledger import LedgerState, OpState
from store.acts import op_steps, ops, wishes
from store.desk import items
from store.mails import ledger
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from tests import one_sorter
from tests.house_fixture import MACHINE, clerk, eml
from tests.triage.way import Eakte, Post, bring_in, states
from tests.waiting import until
from triage import accept, handover, receive, rounds, send, sort, work
from triage.desk import lists
from triage.sending import receipts

_WAITING = sa.text(
    "SELECT count(*) FROM pg_locks"
    " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


@contextmanager
def waiting(house, work):
    """Inside it `work` waits, in a thread, for the transaction that the caller has open.

    It is over when that transaction is, and `work` with it.
    """
    thread = threading.Thread(target=work)
    with house.db.write() as tx:
        yield tx, thread.start
        until(
            lambda: tx.run(_WAITING).scalar_one(),
            told=lambda: "nobody waits for the transaction",
        )
    thread.join(20)
    assert not thread.is_alive()


def kept(house, box, lease, *mails: bytes) -> None:
    for mail in mails:
        box.append("INBOX", mail)
    receive.receive(house, box, lease, region="Südwest")


def test_a_mail_that_can_not_be_written_lies_aside_and_stops_no_other(
    house, box, lease, monkeypatch
):
    kept(house, box, lease, eml("Termin 1"), eml("unschreibbar"), eml("Termin 2"))
    describe = ledger.describe_many

    def breaks(tx, described, *, now):
        if any(one.subject == "unschreibbar" for one in described):
            raise UnicodeEncodeError("utf-8", "\udcff", 0, 1, "a driver says no")
        describe(tx, described, now=now)

    monkeypatch.setattr(ledger, "describe_many", breaks)
    assert one_sorter.sort_pending(house) == 3
    assert states(house) == {"sorted": 2, "aside": 1}
    assert one_sorter.sort_pending(house) == 0


def test_a_mail_that_somebody_sorted_meanwhile_is_not_set_aside(house, box, lease):
    kept(house, box, lease, eml("Termin"))
    one_sorter.sort_pending(house)
    rounds.set_aside(house, 1, step="sort", code="bug")
    assert states(house) == {"sorted": 1}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_sorters_of_one_machine_mail_wish_and_note_once(house, box, lease):
    kept(house, box, lease, eml("Abwesend", Auto_Submitted="auto-replied"))
    found = rounds.prepared(house, 1)
    second: list[bool] = []
    with waiting(house, lambda: second.append(rounds.written(house, found))) as (tx, begin):
        assert sort.write(house, tx, [found]) == {1}
        begin()
    assert second == [False]
    with house.db.read() as tx:
        assert len(ops.of_message(tx, 1)) == 1


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_clerks_wish_waits_for_the_worker_who_notes_the_command(house, box, lease):
    """Else it would change the target of a command that is out already (READ COMMITTED)."""
    kept(house, box, lease, eml("Termin"))
    one_sorter.sort_pending(house)
    with house.db.read() as tx:
        (wish,) = ops.of_message(tx, 1)
    other = "431 Hanau/Termin"

    def forward() -> None:
        with house.db.write() as tx:
            wishes.want(tx, 1, dst_folder=other, now=house.clock())

    box.ensure_folder(wish.dst_folder)
    mark = box.watermark(wish.dst_folder)
    with waiting(house, forward) as (tx, begin):
        op_steps.sent(tx, wish.id, mark=mark, lease=lease, now=house.clock())
        begin()
    with house.db.read() as tx:
        acts = [(act.state, act.dst_folder) for act in ops.of_message(tx, 1)]
    assert acts == [(OpState.SENT, wish.dst_folder), (OpState.NEW, other)]


def test_handed_in_mail_is_accepted_also_where_sorting_has_to_wait(house):
    """An error after the keeping would make the caller hand it in a second time."""

    class SecondWriteFails:
        def __init__(self, db) -> None:
            self.read, self.dialect, self.writes, self._db = db.read, db.dialect, 0, db

        @contextmanager
        def write(self):
            self.writes += 1
            if self.writes == 2:
                raise TryLater("store.away", "locked")
            with self._db.write() as tx:
                yield tx

    seen = accept.hand_in(
        replace(house, db=SecondWriteFails(house.db)), MACHINE, eml("Krankmeldung")
    )
    assert (seen.state, seen.verdict) == ("kept", None)
    one_sorter.sort_pending(house)
    assert states(house) == {"sorted": 1}


def ordered(house, box, lease, number: int) -> None:
    """Mails with a hand-over that is due."""
    bring_in(house, box, lease, *(eml(f"Krankmeldung {n}") for n in range(number)))
    for _ in range(number):
        claim = work.claim_next(house, clerk("435"), "435")
        handover.order(house, clerk("435"), claim.item_id, claim.token, close_when_received=True)


def test_a_receipt_that_overtakes_our_note_of_the_sending_is_no_failure(house, box, lease):
    class Quick(Eakte):
        def deliver(self, package):
            super().deliver(package)
            receipts.take(house, self)

    ordered(house, box, lease, 2)
    rounds.send_round(house, send.Outlets(Quick(), Post()), "w-1")
    with house.db.read() as tx:
        assert outgoing.counts(tx) == {("eakte", OutgoingState.RECEIPTED): 2}
    assert states(house) == {"done": 2}


def test_a_slow_outlet_lets_no_second_worker_deliver_the_same_row(house, box, lease, clock):
    """Twenty answers of a minute each take longer than the claim of one."""

    class Slow(Eakte):
        def __init__(self, *, seconds: int) -> None:
            super().__init__()
            self.seconds, self.keys = seconds, []

        def deliver(self, package):
            clock.forward(seconds=self.seconds)
            self.keys.append(package.key)
            if self.seconds and len(self.keys) == 2:
                rounds.send_round(house, send.Outlets(other, Post()), "w-2")

        def receipts(self):
            return iter(())

    other, slow = Slow(seconds=0), Slow(seconds=70)
    ordered(house, box, lease, 4)
    rounds.send_round(house, send.Outlets(slow, Post()), "w-1")
    delivered = [*slow.keys, *other.keys]
    assert sorted(set(delivered)) == sorted(delivered)
    assert len(delivered) == 4


def test_a_receipt_that_does_not_fit_stops_no_other(house, box, lease):
    ordered(house, box, lease, 2)
    eakte = Eakte()
    outlets = send.Outlets(eakte, Post())
    eakte.receipts = lambda: iter(())
    rounds.send_round(house, outlets, "w-1")
    del eakte.receipts
    with house.db.write() as tx:
        ledger.set_state(tx, 1, LedgerState.ASIDE, reason="by hand", now=house.clock())
    assert receipts.take(house, eakte) == 1
    assert states(house) == {"aside": 1, "done": 1}


def test_a_failing_outlet_is_tried_as_often_as_the_rule_says(house, box, lease, clock):
    class Away(Eakte):
        tries = 0

        def deliver(self, package):
            Away.tries += 1
            raise TryLater("eakte.away", "away")

    ordered(house, box, lease, 1)
    for _ in range(10):
        rounds.send_round(house, send.Outlets(Away(), Post()), "w-1")
        clock.forward(hours=1)
    assert Away.tries == house.backoff.max_tries


def test_a_clerk_finds_her_item_among_those_of_all_others(house, box, lease):
    bring_in(house, box, lease, *(eml(f"Termin {n}") for n in range(3)))
    for name in ("k-1", "k-2"):
        work.claim_next(house, clerk("435", name=name), "435")
    (mine,) = lists.mine(house, clerk("435", name="k-2"))
    assert mine.holder == "k-2"
    assert lists.mine(house, clerk("435", name="k-3")) == ()


def test_a_closed_item_stays_closed_when_a_second_receipt_comes(house, box, lease):
    ordered(house, box, lease, 1)
    eakte = Eakte()
    rounds.send_round(house, send.Outlets(eakte, Post()), "w-1")
    eakte.confirmed.clear()
    eakte.accepts = False
    receipts.take(house, eakte)
    with house.db.read() as tx:
        item = items.of_message(tx, 1)
        (row,) = outgoing.of_item(tx, item.id)
    assert (item.state.value, item.eakte.value) == ("closed", "received")
    assert row.state is OutgoingState.RECEIPTED
