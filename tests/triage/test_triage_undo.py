"""Taking the last step back: a new deed in the trail, guarded, and nothing that left comes back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from ingest.maildir.postbox import MaildirPostbox
from rules.codes import Concern, PaymentRelevant, Team
from rules.item import CloseReason, EakteState, ItemState, ReceiptArrived
from rules.undo import UNDO_SECONDS
from store.desk import undo as store
from store.mails import ledger, verdicts
from store.processes.leases import Lease
from store.sending import outgoing
from store.tables.ledger import item as table
from store.trail import audit
from tests.house_fixture import MACHINE, Clock, clerk, eml, service_center
from tests.refusals import code_of
from tests.triage.test_triage_reply import first_choice
from tests.triage.way import bring_in, item_of
from triage import accept, handover, rounds, work
from triage.answers import reply
from triage.desk import holding, undo
from triage.desk.claimed import Claim
from triage.desk.correction import Correction
from triage.filing import filing
from triage.house import House

ME = clerk("435")
OTHER = clerk("435", name="k-2")
REASON = "gehört an die andere Stelle"
Do = Callable[[House, Claim], object]


def park(house: House, claim: Claim) -> None:
    until = house.today() + timedelta(days=3)
    work.park(house, ME, claim.item_id, claim.token, until=until, reason=REASON)


def close(house: House, claim: Claim) -> None:
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)


def give_back(house: House, claim: Claim) -> None:
    work.give_back(house, ME, claim.item_id, claim.token, reason=REASON)


def forward(house: House, claim: Claim) -> None:
    work.forward(house, ME, claim.item_id, claim.token, agency_code="123", reason=REASON)


def correct(house: House, claim: Claim) -> None:
    said = Correction((Concern.AU,), PaymentRelevant.YES)
    work.correct(house, ME, claim.item_id, claim.token, said)


def test_who_lost_the_agency_takes_nothing_of_it_back(house: House) -> None:
    claim = take(house, "Guten Tag")
    close(house, claim)
    elsewhere = replace(ME, agencies=frozenset({"123"}))
    assert code_of(lambda: undo.take_back(house, elsewhere, claim.item_id)) == "item.unknown"
    assert undo.take_back(house, ME, claim.item_id).item_id == claim.item_id


def test_a_correction_brings_the_due_day_nearer_and_undone_it_is_what_it_was(house: House) -> None:
    claim = take(house, "Guten Tag")

    def due() -> tuple[object, object]:
        with house.db.read() as tx:
            row = tx.run(sa.select(table.c.due_on, table.c.queue_day)).one()
            told = verdicts.latest(tx, 1)
        assert told is not None
        assert told.body["due"] == row.due_on.isoformat()
        return row.due_on, row.queue_day

    before = due()
    correct(house, claim)
    assert due() == (date(2026, 11, 24), date(2026, 11, 24))
    again = undo.take_back(house, ME, claim.item_id)
    assert due() == before == (date(2026, 11, 30), date(2026, 11, 30))
    later = Correction((Concern.SONSTIGES,), PaymentRelevant.OPEN)
    work.correct(house, ME, claim.item_id, again.token, later)
    work.correct(house, ME, claim.item_id, again.token, replace(later, reason=REASON))
    assert due() == (date(2026, 11, 24), date(2026, 11, 24))


def test_a_correction_counts_by_the_holidays_of_the_agency(house: House, clock: Clock) -> None:
    clock.now = datetime(2027, 5, 26, 9, 0, tzinfo=UTC)
    claim = take(house, "Guten Tag")
    correct(house, claim)
    assert item_of(house, claim.item_id).due_on == date(2027, 5, 28)  # behind Fronleichnam


def test_a_correction_to_what_sets_no_day_leaves_the_day_of_the_item(house: House) -> None:
    claim = take(house)
    correct(house, claim)
    day = item_of(house, claim.item_id).due_on
    assert day is not None
    said = Correction((Concern.KEIN_ANLIEGEN,), PaymentRelevant.NO, reason="Werbung, kein Anliegen")
    work.correct(house, ME, claim.item_id, claim.token, said)
    assert item_of(house, claim.item_id).due_on == day


DEEDS: list[Do] = [park, close, give_back, forward, correct]


def hand_over(house: House, claim: Claim) -> int:
    return handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)


def take(house: House, subject: str = "Termin absagen") -> Claim:
    accept.hand_in(house, MACHINE, eml(subject))
    claim = work.claim_next(house, ME, "435")
    assert claim is not None
    return claim


@pytest.mark.parametrize("deed", DEEDS)
def test_the_item_is_as_it_was_and_in_the_same_hands_by_a_new_token(house: House, deed: Do) -> None:
    claim = take(house)
    before = item_of(house, claim.item_id)
    deed(house, claim)
    assert undo.offer(house, ME) == claim.item_id
    again = undo.take_back(house, ME, claim.item_id)
    after = item_of(house, claim.item_id)
    # The note was for the next one and stays; all else is as before.
    same = {"version": before.version, "note": "", "lease_until": before.lease_until}
    assert replace(after, **same) == before
    assert after.version > before.version
    with house.db.read() as tx:
        message = ledger.message(tx, after.message_id)
        latest = verdicts.latest(tx, after.message_id)
        trail = audit.of_subject(tx, f"message:{after.message_id}")
    assert message.state.value == "sorted"
    assert latest is not None
    assert (latest.source, latest.first_concern) == ("machine", "termin")
    assert (trail[-1].action, trail[-1].actor) == ("item.undone", ME.name)
    assert undo.offer(house, ME) is None
    assert (
        code_of(lambda: work.release(house, ME, claim.item_id, claim.token)) == "item.lease_stale"
    )
    work.release(house, ME, claim.item_id, again.token)


@pytest.mark.parametrize("deed", [give_back, forward, correct])
def test_the_mail_lies_where_its_item_is_also_after_the_undo(
    house: House, box: MaildirPostbox, lease: Lease, deed: Do
) -> None:
    def where() -> list[str]:
        filing.file_due(house, box, lease)
        return [folder for folder in box.folders() if box.view(folder).uids]

    bring_in(house, box, lease, eml("Termin absagen"))
    claim = work.claim_next(house, ME, "435")
    assert claim is not None
    before = where()
    deed(house, claim)
    after = where()
    assert len(before) == len(after) == 1
    assert after != before
    undo.take_back(house, ME, claim.item_id)
    assert where() == before


@pytest.mark.parametrize("deed", DEEDS)
def test_it_goes_once_in_time_and_for_who_did_it_only(house: House, clock: Clock, deed: Do) -> None:
    claim = take(house)
    deed(house, claim)
    nothing = "item.nothing_to_undo"
    assert code_of(lambda: undo.take_back(house, OTHER, claim.item_id)) == nothing
    assert code_of(lambda: undo.take_back(house, MACHINE, claim.item_id)) == "access.denied"
    clock.forward(seconds=UNDO_SECONDS)
    assert code_of(lambda: undo.take_back(house, ME, claim.item_id)) == nothing
    clock.forward(seconds=-1)
    undo.take_back(house, ME, claim.item_id)
    assert code_of(lambda: undo.take_back(house, ME, claim.item_id)) == nothing


def test_once_somebody_acted_nothing_is_undone(house: House) -> None:
    returned = take(house)
    give_back(house, returned)
    lead = service_center()
    assert work.claim_item(house, lead, returned.item_id)
    assert undo.offer(house, ME) is None
    assert code_of(lambda: undo.take_back(house, ME, returned.item_id)) == "item.nothing_to_undo"
    assert item_of(house, returned.item_id).holder == lead.name


def test_an_own_later_step_ends_the_undo_of_the_one_before(house: House) -> None:
    claim = take(house)
    correct(house, claim)
    work.release(house, ME, claim.item_id, claim.token)
    assert code_of(lambda: undo.take_back(house, ME, claim.item_id)) == "item.nothing_to_undo"


def test_an_answer_that_was_ordered_stays_ordered(house: House) -> None:
    claim = take(house)
    row = reply.order(house, ME, claim.item_id, claim.token, first_choice(house, claim))
    close(house, claim)
    undo.take_back(house, ME, claim.item_id)
    with house.db.read() as tx:
        assert outgoing.get(tx, row).state.value == "new"


def test_a_correction_that_wrote_over_a_reason_keeps_no_undo(house: House) -> None:
    claim = take(house, "Bin krank")
    down = Correction((Concern.AU,), PaymentRelevant.NO, reason="nur eine Frage, kein Wechsel")
    work.correct(house, ME, claim.item_id, claim.token, down)
    again = undo.take_back(house, ME, claim.item_id)
    assert item_of(house, claim.item_id).waiver == ""
    work.correct(house, ME, claim.item_id, again.token, down)
    work.correct(
        house, ME, claim.item_id, again.token, Correction((Concern.AU,), PaymentRelevant.YES)
    )
    # The version has gone on, and the second one would lose the written reason.
    assert code_of(lambda: undo.take_back(house, ME, claim.item_id)) == "item.nothing_to_undo"


def test_the_bolt_stays_shut_after_an_undone_close(house: House) -> None:
    claim = take(house, "Bin krank")
    down = Correction((Concern.AU,), PaymentRelevant.NO, reason="nur eine Frage, kein Wechsel")
    work.correct(house, ME, claim.item_id, claim.token, down)
    undo.take_back(house, ME, claim.item_id)
    held = work.claim_item(house, ME, claim.item_id)
    assert code_of(lambda: close(house, held)) == "item.receipt_missing"


def test_what_was_returned_waits_for_the_team_it_came_from(house: House) -> None:
    claim = take(house)
    give_back(house, claim)
    assert item_of(house, claim.item_id).team is Team.SC
    undo.take_back(house, ME, claim.item_id)
    assert (item_of(house, claim.item_id).team, item_of(house, claim.item_id).hops) == (Team.EZ, 0)


def test_notes_of_undo_go_when_their_time_is_over(house: House, clock: Clock, lease: Lease) -> None:
    claim = take(house)
    park(house, claim)
    with house.db.read() as tx:
        kept = store.of_item(tx, claim.item_id, actor=ME.name, now=clock())
    assert kept is not None
    assert REASON not in str(kept.before)
    clock.forward(seconds=UNDO_SECONDS)
    rounds.keep_order(house, "w-1")
    clock.forward(seconds=-1)
    assert undo.offer(house, ME) is None


def test_the_wish_to_close_is_taken_back_and_the_hand_over_goes_on(house: House) -> None:
    claim = take(house, "Bin krank")
    row = hand_over(house, claim)
    again = undo.take_back(house, ME, claim.item_id)
    item = item_of(house, claim.item_id)
    assert (item.state, item.eakte) == (ItemState.HELD, EakteState.SENT)
    assert not item.close_when_received
    with house.db.read() as tx:
        assert outgoing.get(tx, row).state.value == "new"
    assert code_of(lambda: close(house, again)) == "item.receipt_missing"
    handover.leave(house, ME, claim.item_id, again.token)
    left = item_of(house, claim.item_id)
    assert (left.state, left.close_when_received) == (ItemState.PENDING, True)


def test_once_the_receipt_came_the_wish_to_close_stands(house: House) -> None:
    claim = take(house, "Bin krank")
    hand_over(house, claim)
    with house.db.write() as tx:
        handover.settle(
            tx, outgoing.of_item(tx, claim.item_id)[-1], ReceiptArrived(), now=house.clock()
        )
    assert item_of(house, claim.item_id).state is ItemState.CLOSED
    assert undo.offer(house, ME) is None
    assert code_of(lambda: undo.take_back(house, ME, claim.item_id)) == "item.nothing_to_undo"


def test_a_receipt_that_was_faster_closes_and_that_is_taken_back_whole(house: House) -> None:
    claim = take(house, "Bin krank")
    handover.order(house, ME, claim.item_id, claim.token)
    with house.db.write() as tx:
        handover.settle(
            tx, outgoing.of_item(tx, claim.item_id)[-1], ReceiptArrived(), now=house.clock()
        )
    handover.leave(house, ME, claim.item_id, claim.token)
    assert item_of(house, claim.item_id).state is ItemState.CLOSED
    undo.take_back(house, ME, claim.item_id)
    item = item_of(house, claim.item_id)
    assert (item.state, item.eakte) == (ItemState.HELD, EakteState.RECEIVED)
    with house.db.read() as tx:
        assert ledger.message(tx, item.message_id).state.value == "sorted"


def test_freeing_ends_the_undo(house: House) -> None:
    claim = take(house)
    park(house, claim)
    assert item_of(house, claim.item_id).state is ItemState.PARKED
    lead = replace(service_center(), extra=frozenset({undo.Permission.FREE_ITEM}))
    holding.free(house, lead, claim.item_id)
    assert undo.offer(house, ME) is None
