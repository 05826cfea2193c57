"""Receipts for the wrong record, dead letters, overdue receipts, and the daily match."""

import os
from dataclasses import replace
from datetime import date

import pytest

from outbox import eakte_demo
from outbox.eakte import DirectoryOutlet
from outbox.receipt_folder import receipt_json
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.handover import Receipt, TargetCheck
from rules.handover_match import Match
from rules.item import CloseReason, EakteState
from rules.ledger import LedgerState
from store.deletion import retention
from store.mails import ledger
from store.sending import outgoing, outgoing_claims, outgoing_watch
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests.house_fixture import ADMIN, clerk, eml
from tests.triage.way import Post, bring_in, item_of, row_of
from triage import handover, log, rounds, send, work
from triage.desk import item_view
from triage.desk.correction import Correction
from triage.sending import day_match, dead_letters, receipts
from triage.watch import health, outgoing_alarms

ME = clerk("435")
DAY = date(2026, 11, 23)
TEXT = "Kassel 34117 123A456789"


@pytest.fixture
def outlet(drop, clock):
    return DirectoryOutlet(drop, clock)


@pytest.fixture
def send_round(house, outlet):
    return lambda: rounds.send_round(house, send.Outlets(outlet, Post()), "w-1")


@pytest.fixture
def ordered(house, box, lease):
    """A hand-over that a clerk has ordered; the claim and the row."""

    def order(text=TEXT):
        bring_in(house, box, lease, eml("Neues Konto", text))
        claim = work.claim_next(house, ME, "435")
        return claim, row_of(house, handover.order(house, ME, claim.item_id, claim.token))

    return order


def tell(drop, row, sha256, **changes):
    """The eAkte writes a receipt."""
    told = Receipt(row.idempotency_key, True, "EA-9", sha256, "2026-11-23T09:00:00+00:00")
    folder = drop / "quittungen"
    folder.mkdir(exist_ok=True)
    (folder / f"{row.idempotency_key}.json").write_bytes(receipt_json(replace(told, **changes)))


def sum_of(house, row):
    with house.db.read() as tx:
        return handover.sent_with(tx, row)[0]


def answer(drop, house):
    eakte_demo.answer_once(drop, now=house.clock(), after_seconds=-1e12)


def test_a_receipt_for_another_record_keeps_the_item_open(house, drop, ordered, send_round, capsys):
    log.configure(json_lines=True)
    claim, row = ordered()
    send_round()
    tell(drop, row, sum_of(house, row), kundennummer="999A456789")
    send_round()
    shown = item_view.view(house, ME, claim.item_id)
    assert (shown.item.eakte, shown.handover_error) == (
        EakteState.REJECTED,
        "Die eAkte hat unter einer anderen Kundennummer abgelegt.",
    )
    with pytest.raises(Refused) as refused:
        work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)
    assert refused.value.code == "item.receipt_missing"
    assert "999A456789" not in str(row_of(house, row.id).receipt)
    assert "receipt.wrong_target" in capsys.readouterr().err


def test_the_right_record_overrules_the_wrong_one(house, drop, ordered, send_round):
    claim, row = ordered()
    send_round()
    for number in ("999A456789", "123A456789"):
        tell(drop, row, sum_of(house, row), kundennummer=number)
        send_round()
    assert item_of(house, claim.item_id).eakte is EakteState.RECEIVED


def test_a_house_that_demands_the_record_takes_no_receipt_without(house, drop, ordered, outlet):
    house = replace(house, policy=replace(house.policy, target_check=TargetCheck.MUST))
    claim, row = ordered()
    tell(drop, row, sum_of(house, row))
    receipts.take(house, outlet)
    assert item_of(house, claim.item_id).eakte is EakteState.REJECTED


def test_a_hand_over_keeps_the_verdict_it_was_ordered_with(house, ordered):
    claim, row = ordered()
    right = Correction((Concern.BANKVERBINDUNG,), PaymentRelevant.YES, "555B555555")
    work.correct(house, ME, claim.item_id, claim.token, right)
    assert handover.package(house, row).kundennummer == "123A456789"
    again = row_of(house, handover.order(house, ME, claim.item_id, claim.token))
    assert again.id != row.id
    assert handover.package(house, again).kundennummer == "555B555555"


OTHER = Correction((Concern.BANKVERBINDUNG,), PaymentRelevant.YES, "555B555555")


def test_the_receipt_of_a_hand_over_under_another_number_does_not_open_the_bolt(
    house, drop, ordered, send_round
):
    claim, row = ordered()
    send_round()
    work.correct(house, ME, claim.item_id, claim.token, OTHER)
    assert item_of(house, claim.item_id).eakte is EakteState.OWED
    again = row_of(house, handover.order(house, ME, claim.item_id, claim.token))
    tell(drop, row, sum_of(house, row))
    send_round()
    assert row_of(house, row.id).state is OutgoingState.REJECTED
    assert item_of(house, claim.item_id).eakte is EakteState.SENT
    tell(drop, again, sum_of(house, again), accepted=False)
    send_round()
    assert item_of(house, claim.item_id).eakte is EakteState.REJECTED
    tell(drop, again, sum_of(house, again))
    send_round()
    assert item_of(house, claim.item_id).eakte is EakteState.RECEIVED


def test_another_number_after_the_receipt_owes_the_hand_over_again(
    house, drop, ordered, send_round
):
    claim, row = ordered()
    send_round()
    tell(drop, row, sum_of(house, row))
    send_round()
    same = replace(OTHER, kundennummer="123a 456789")
    work.correct(house, ME, claim.item_id, claim.token, same)
    assert item_of(house, claim.item_id).eakte is EakteState.RECEIVED
    work.correct(house, ME, claim.item_id, claim.token, OTHER)
    with pytest.raises(Refused) as refused:
        work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)
    assert refused.value.code == "item.receipt_missing"


def test_what_becomes_of_an_older_hand_over_is_not_asked_any_more(house, drop, ordered, send_round):
    claim, row = ordered()
    send_round()
    work.correct(house, ME, claim.item_id, claim.token, replace(OTHER, kundennummer=None))
    again = row_of(house, handover.order(house, ME, claim.item_id, claim.token))
    for accepted in (False, True):
        tell(drop, row, sum_of(house, row), accepted=accepted)
        send_round()
        assert item_of(house, claim.item_id).eakte is EakteState.SENT
    tell(drop, again, sum_of(house, again))
    send_round()
    assert item_of(house, claim.item_id).eakte is EakteState.RECEIVED


def test_after_a_rejection_the_same_hand_over_is_delivered_again(house, drop, ordered, send_round):
    claim, row = ordered()
    send_round()
    package = next((drop / "pakete").iterdir())
    (package / "SHA256SUMS").write_text("damaged")
    answer(drop, house)
    send_round()
    assert item_of(house, claim.item_id).eakte is EakteState.REJECTED
    assert handover.order(house, ME, claim.item_id, claim.token) == row.id
    send_round()
    answer(drop, house)
    send_round()
    assert item_of(house, claim.item_id).eakte is EakteState.RECEIVED


def die(house, drop, clock):
    """The drop is away until the rows are given up."""
    drop.rename(drop.with_name("away"))
    return lambda: drop.with_name("away").rename(drop)


def until_dead(send_round, clock):
    for _ in range(3):
        send_round_quietly(send_round)
        clock.forward(hours=1)


def send_round_quietly(send_round):
    # Without the drop the receipts can't be read either; the loop reports that.
    with pytest.raises(Exception, match="is not there"):
        send_round()


def test_dead_letters_are_an_alarm_once_and_go_out_again_together(
    house, drop, ordered, send_round, clock, capsys
):
    log.configure(json_lines=True)
    claim, row = ordered()
    back = die(house, drop, clock)
    until_dead(send_round, clock)
    assert row_of(house, row.id).state is OutgoingState.DEAD
    for turn in range(3):
        rounds.keep_order(house, f"w-{turn}")
    checks = {one.name: one for one in health.ready(house)}
    assert (checks["outgoing:dead"].ok, checks["outgoing:dead"].message) == (False, "1")
    assert dead_letters.dead_by_kind(house) == {"eakte": 1}
    back()
    shown = item_view.view(house, ME, claim.item_id)
    assert (shown.item.eakte, shown.handover_dead) == (EakteState.REJECTED, True)
    assert dead_letters.replay_all(house, ADMIN, kind="reply") == 0
    assert dead_letters.replay_all(house, ADMIN, code="other") == 0
    assert dead_letters.replay_all(house, replace(ADMIN, regions=frozenset({"Nord"}))) == 0
    assert dead_letters.replay_all(house, ADMIN, kind="eakte", code="eakte.drop_missing") == 1
    shown = item_view.view(house, ME, claim.item_id)
    assert shown.item.eakte is EakteState.SENT, "nobody is asked to hand it over a second time"
    assert shown.handover_error == ""
    send_round()
    answer(drop, house)
    send_round()
    for turn in range(3):
        rounds.keep_order(house, f"w-{turn}")
    assert item_of(house, claim.item_id).eakte is EakteState.RECEIVED
    with house.db.read() as tx:
        told = [(e.action, e.details["number"]) for e in audit.of_subject(tx, "outgoing:dead")]
    assert told == [("outgoing.alarm", 1), ("outgoing.alarm_over", 0)]
    lines = capsys.readouterr().err.splitlines()
    assert sum('"outgoing.alarm"' in line for line in lines) == 1


def test_a_dead_letter_that_was_settled_otherwise_is_left_in_peace(
    house, drop, ordered, send_round, clock
):
    claim, _ = ordered()
    back = die(house, drop, clock)
    until_dead(send_round, clock)
    back()
    rounds.keep_order(house, "w-1")
    again = work.claim_item(house, ME, claim.item_id)
    reason = "Konto der Tochter, nur zur Kenntnis"
    handover.waive(house, ME, again.item_id, again.token, reason=reason)
    assert dead_letters.dead_by_kind(house) == {}
    assert dead_letters.replay_all(house, ADMIN) == 0


def dead_answers(house, count):
    """Answers that were given up, each of a message of its own; their rows."""
    rows = []
    with house.db.write() as tx:
        for number in range(1, count + 1):
            new = outgoing.NewOutgoing("reply", f"reply-{number}", {}, message_id=number)
            outgoing.order(tx, new, now=house.clock())
        for row in outgoing_claims.claim(
            tx, kinds=["reply"], worker="w", now=house.clock(), limit=count, lease_seconds=60
        ):
            dead = {"fence": row.fence, "error_code": "smtp.refused", "now": house.clock()}
            outgoing_claims.dead(tx, row.id, **dead)
            rows.append(row.id)
    return rows


def test_what_died_of_a_deleted_mail_is_nobodys_and_holds_up_no_other(house, box, lease):
    bring_in(house, box, lease, eml("Termin 1"), eml("Termin 2"))
    _, second = dead_answers(house, 2)
    with house.db.write() as tx:
        ledger.set_state(tx, 1, LedgerState.DONE, reason="", now=house.clock())
        retention.erase(tx, 1, now=house.clock())
    assert dead_letters.dead_by_kind(house) == {"reply": 1}
    assert dead_letters.replay_all(house, ADMIN) == 1
    assert row_of(house, second).state is OutgoingState.NEW


def test_what_somebody_else_sent_again_meanwhile_holds_up_no_other(house, box, lease, monkeypatch):
    bring_in(house, box, lease, eml("Termin 1"), eml("Termin 2"))
    first, second = dead_answers(house, 2)
    listed = outgoing_watch.dead_ids

    def overtaken(tx, **asked):
        found = listed(tx, **asked)
        dead_letters._replay(tx, ADMIN, first, now=house.clock())
        return found

    monkeypatch.setattr(outgoing_watch, "dead_ids", overtaken)
    assert dead_letters.replay_all(house, ADMIN) == 1
    assert {row_of(house, one).state for one in (first, second)} == {OutgoingState.NEW}


def test_only_admins_send_all_again(house):
    with pytest.raises(Refused) as refused:
        dead_letters.replay_all(house, ME)
    assert refused.value.code == "access.denied"


def test_a_receipt_that_stays_away_is_an_alarm(house, drop, ordered, send_round, clock):
    ordered()
    send_round()
    clock.forward(hours=24)
    assert not late(house)
    clock.forward(seconds=1)
    assert late(house)
    answer(drop, house)
    send_round()
    assert not late(house)


def late(house):
    found = {one.name: one.stands for one in outgoing_alarms.WATCH.look(house)}
    return found["eakte:receipts"]


def test_a_day_is_matched_with_what_the_eakte_wrote(house, drop, outlet, ordered, send_round):
    _, answered = ordered()
    send_round()
    answer(drop, house)
    send_round()
    _, lost = ordered("Kassel 34117")
    send_round()
    stranger = replace(lost, idempotency_key="eakte-9-9-abcdef")
    tell(drop, stranger, "c" * 64)
    now = house.clock().timestamp()
    for file in (drop / "quittungen").rglob("*.json"):
        # As written by the clock of the test, whatever day it is here.
        os.utime(file, (now, now))
    found = day_match.of_day(house, outlet, ADMIN, day=DAY)
    assert found == Match(
        correct=(answered.idempotency_key,),
        rejected=(),
        missing_there=(lost.idempotency_key,),
        missing_here=("eakte-9-9-abcdef",),
        different=(),
    )
    other_day = day_match.of_day(house, outlet, ADMIN, day=date(2026, 11, 22))
    assert other_day == Match((), (), (), (), ())
