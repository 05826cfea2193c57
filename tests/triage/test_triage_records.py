"""A mail about several customers goes into each record, and closes by the last receipt.

With the real judge, and an eAkte in a folder that files what it gets under the number it reads.
"""

from collections.abc import Iterator

import pytest

from outbox.eakte import DirectoryOutlet
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.item import CloseReason, EakteState, ItemState
from rules.process_id import key_of, of_key
from store.desk import items
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests import installed
from tests.house_fixture import Clock, clerk, eml, make_house
from tests.triage.desk_peers import DropEakte
from tests.triage.way import Post, bring_in
from triage import handover, rounds, send, work
from triage.desk import item_view
from triage.desk.correction import Correction
from triage.house import House

ME = clerk("435")
A, B, C = "123A456789", "234B567890", "345C678901"
TEXT = (
    f"Eintritte zum 1.12. bei uns als Lageristen:\nFeld, Nico  {A}\nRuf, Nadja  {B}\nSaad, Ali  {C}"
)


@pytest.fixture
def house(sqlite_url: str, clock: Clock) -> Iterator[House]:
    house = make_house(sqlite_url, clock=clock, judge=installed.judge())
    yield house
    house.db.close()


@pytest.fixture
def eakte(tmp_path):
    return DropEakte(tmp_path / "records")


@pytest.fixture
def go(house, eakte, clock):
    """One round of the sending thread."""
    outlets = send.Outlets(DirectoryOutlet(eakte.drop, clock), Post())
    return lambda: rounds.send_round(house, outlets, "w-1")


@pytest.fixture
def claim(house, box, lease):
    bring_in(house, box, lease, eml("Eintritte", TEXT))
    return work.claim_next(house, ME, "435")


def item_of(house, claim):
    with house.db.read() as tx:
        return items.get(tx, claim.item_id)


def rows_of(house, claim):
    with house.db.read() as tx:
        return outgoing.of_item(tx, claim.item_id)


def order(house, claim, *numbers, **more):
    said = {"numbers": numbers} | more
    return handover.order(house, ME, claim.item_id, claim.token, **said)


def close(house, claim):
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.HANDED_OVER)


def answer(house, eakte, claim, number, clock, *, accepts=True):
    """The eAkte's word on the newest package with this number."""
    row = [
        one for one in rows_of(house, claim) if handover.package(house, one).kundennummer == number
    ][-1]
    eakte.answer(row.idempotency_key, accepts=accepts, now=clock())


def test_each_named_record_gets_a_package_and_the_last_receipt_opens_the_bolt(
    house, claim, eakte, go, clock
):
    order(house, claim, B, A)
    go()
    packages = [handover.package(house, row) for row in rows_of(house, claim)]
    assert [one.kundennummer for one in packages] == [A, B]
    assert [one.metadata["facts"]["kundennummer"] for one in packages] == [A, B]
    assert all("kundennummern" not in one.metadata["facts"] for one in packages)
    assert all(key_of(of_key(one.key)) == one.key for one in packages)
    answer(house, eakte, claim, A, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.SENT
    with pytest.raises(Refused) as refused:
        close(house, claim)
    assert refused.value.code == "item.receipt_missing"
    answer(house, eakte, claim, B, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED
    close(house, claim)
    assert {one.kundennummer for one in eakte.filed} == {A, B}


def test_what_was_left_to_the_receipt_waits_for_all_of_them(house, claim, eakte, go, clock):
    order(house, claim, A, C, close_when_received=True)
    go()
    answer(house, eakte, claim, C, clock)
    go()
    assert item_of(house, claim).state is ItemState.PENDING
    answer(house, eakte, claim, A, clock)
    go()
    assert item_of(house, claim).state is ItemState.CLOSED


def test_one_refusal_brings_it_back_and_the_others_are_not_handed_over_again(
    house, claim, eakte, go, clock
):
    order(house, claim, A, B, C, close_when_received=True)
    go()
    answer(house, eakte, claim, A, clock)
    answer(house, eakte, claim, B, clock, accepts=False)
    go()
    again = work.claim_next(house, ME, "435")
    assert item_of(house, again).eakte is EakteState.REJECTED
    answer(house, eakte, again, C, clock)
    go()
    assert item_of(house, again).eakte is EakteState.REJECTED
    # Who says nothing else means the same records.
    handover.order(house, ME, again.item_id, again.token)
    assert [row.state for row in rows_of(house, again)] == [
        OutgoingState.RECEIPTED, OutgoingState.NEW, OutgoingState.RECEIPTED
    ]  # fmt: skip
    assert item_of(house, again).eakte is EakteState.SENT
    go()
    answer(house, eakte, again, B, clock)
    go()
    assert item_of(house, again).eakte is EakteState.RECEIVED
    assert len(rows_of(house, again)) == 3


def test_the_same_order_twice_is_one_and_the_desk_tells_how_far_each_is(
    house, claim, eakte, go, clock
):
    assert order(house, claim, A, B) == order(house, claim, A, B)
    go()
    answer(house, eakte, claim, B, clock)
    go()
    view = item_view.view(house, ME, claim.item_id)
    assert [(one.kundennummer, one.state.value) for one in view.records] == [
        (A, "sent"),
        (B, "receipted"),
    ]


def test_who_names_others_after_the_receipt_has_more_to_hand_over(house, claim, eakte, go, clock):
    order(house, claim, A)
    go()
    answer(house, eakte, claim, A, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED
    order(house, claim, B)
    assert item_of(house, claim).eakte is EakteState.SENT
    go()
    answer(house, eakte, claim, B, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED


def test_what_was_named_left_and_named_again_is_waited_for(house, claim, eakte, go, clock):
    order(house, claim, A)
    go()
    answer(house, eakte, claim, A, clock, accepts=False)
    go()
    order(house, claim, B)
    order(house, claim, A)
    go()
    answer(house, eakte, claim, B, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.SENT
    answer(house, eakte, claim, A, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED


def test_without_a_number_the_eakte_assigns_it(house, claim, eakte, go, clock):
    order(house, claim)
    go()
    (row,) = rows_of(house, claim)
    assert handover.package(house, row).kundennummer is None
    eakte.answer(row.idempotency_key, accepts=True, now=clock())
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED


def test_a_number_that_is_not_in_the_mail_is_refused(house, claim):
    for numbers in ([A, "999Z999999"], ["no number"]):
        with pytest.raises(Refused) as refused:
            order(house, claim, *numbers)
        assert refused.value.code == "item.number_not_named"
    assert rows_of(house, claim) == ()
    assert item_of(house, claim).eakte is EakteState.OWED


def test_a_later_correction_to_one_of_them_keeps_their_receipts(house, claim, eakte, go, clock):
    order(house, claim, A, B)
    go()
    said = Correction((Concern.ARBEITSAUFNAHME,), PaymentRelevant.YES, A)
    work.correct(house, ME, claim.item_id, claim.token, said)
    for number in (A, B):
        answer(house, eakte, claim, number, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED


def test_a_correction_to_the_one_that_was_not_named_owes_it_again(house, claim, eakte, go, clock):
    order(house, claim, B)
    go()
    answer(house, eakte, claim, B, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED
    said = Correction((Concern.ARBEITSAUFNAHME,), PaymentRelevant.YES, A)
    work.correct(house, ME, claim.item_id, claim.token, said)
    assert item_of(house, claim).eakte is EakteState.OWED
    handover.order(house, ME, claim.item_id, claim.token)
    go()
    answer(house, eakte, claim, A, clock)
    go()
    assert item_of(house, claim).eakte is EakteState.RECEIVED


def test_a_receipt_for_a_record_that_was_corrected_since_does_not_count(
    house, claim, eakte, go, clock
):
    order(house, claim, B, C)
    go()
    said = Correction((Concern.ARBEITSAUFNAHME,), PaymentRelevant.YES, "999B999999")
    work.correct(house, ME, claim.item_id, claim.token, said)
    for number in (B, C):
        answer(house, eakte, claim, number, clock)
    go()
    assert item_of(house, claim).eakte is not EakteState.RECEIVED
    with pytest.raises(Refused):
        close(house, claim)


def test_who_leaves_numbers_out_says_why_and_it_stays_with_the_mail(house, claim):
    for short in ("", "  darum  "):
        with pytest.raises(Refused) as refused:
            order(house, claim, A, left_out=short)
        assert refused.value.code == "item.left_out"
    assert rows_of(house, claim) == ()
    why = "B und C stehen nur im Verteiler"
    order(house, claim, A, left_out=f" {why} ")
    assert item_view.view(house, ME, claim.item_id).left_out == why
    with house.db.read() as tx:
        assert why not in str(audit.listing(tx, after=0, limit=100))
    handover.order(house, ME, claim.item_id, claim.token, left_out="")
    assert item_view.view(house, ME, claim.item_id).left_out == why


@pytest.mark.parametrize("named", [(A, B, C), ()])
def test_who_leaves_nobody_out_owes_no_reason(house, claim, named):
    order(house, claim, *named, left_out="")
    assert item_view.view(house, ME, claim.item_id).left_out == ""
