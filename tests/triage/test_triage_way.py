"""The way of a message, station by station, on a real Maildir and a real database."""

from dataclasses import replace

import pytest
import structlog

from rules.codes import Concern, PaymentRelevant
from rules.errors import Conflict, Refused, TryLater
from rules.item import CloseReason, EakteState, ItemState
from rules.ledger import LedgerState
from store.desk import items
from store.mails import originals
from store.sending import outgoing
from tests.house_fixture import clerk, eml
from tests.triage.way import Eakte, Post, bring_in, states
from triage import handover, receive, rounds, send, work
from triage.desk import item_view, lists
from triage.desk.correction import Correction
from triage.filing import filing


def test_the_bytes_of_a_mail_are_hashed_and_compressed_once(house, box, lease, monkeypatch):
    hashed: list[bytes] = []
    packed: list[bytes] = []
    real, squeezed = originals.fingerprint, originals.compressed
    monkeypatch.setattr(originals, "fingerprint", lambda data: hashed.append(data) or real(data))
    monkeypatch.setattr(originals, "compressed", lambda d: packed.append(d) or squeezed(d))
    for number in range(3):
        box.append("INBOX", b"Subject: %d\r\n\r\n" % number)
    assert receive.receive(house, box, lease, region="Südwest").kept == 3
    assert len(hashed) == len(set(hashed)) == 3
    assert sorted(packed) == sorted(hashed)


def test_a_mail_is_kept_sorted_filed_and_waits_for_its_agency(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung", "Bis Freitag. 34117 Kassel"))
    assert states(house) == {"sorted": 1}
    assert box.view("INBOX").uids == ()
    assert len(box.view("435 Kassel/AU").uids) == 1
    listed = lists.listing(house, clerk("435"), "435")
    assert [row.item.first_concern for row in listed] == ["au"]
    assert listed[0].item.state is ItemState.WAITING


def test_a_second_pass_finds_nothing_new(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    again = receive.receive(house, box, lease, region="Südwest")
    assert again.kept == 0
    assert states(house) == {"sorted": 1}


def test_a_pass_that_breaks_off_has_told_what_it_kept(house, box, lease, monkeypatch):
    for number in range(3):
        box.append("INBOX", b"Subject: %d\r\n\r\n" % number)
    whole = box.fetch

    def broken(folder, epoch, uids):
        found = whole(folder, epoch, uids)
        yield next(found)
        yield next(found)
        raise TryLater("postbox.away", "gone")

    monkeypatch.setattr(box, "fetch", broken)
    few = replace(house, policy=replace(house.policy, batch_mails=2))
    with structlog.testing.capture_logs() as said, pytest.raises(TryLater):
        receive.receive(few, box, lease, region="Ost")
    assert [line["mails"] for line in said if line["event"] == "mail.kept"] == [2]


def test_byte_identical_mails_are_two_messages(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Krankmeldung"))
    assert states(house) == {"sorted": 2}
    assert len(box.view("435 Kassel/AU").uids) == 2


def test_machine_mail_is_set_aside_and_filed_apart(house, box, lease):
    bring_in(house, box, lease, eml("Abwesend", Auto_Submitted="auto-replied"))
    assert states(house) == {"aside": 1}
    assert len(box.view("Maschinell").uids) == 1


def test_one_mail_that_breaks_the_judge_does_not_stop_the_next(house, box, lease):
    bring_in(house, box, lease, eml("explodiere"), eml("Krankmeldung"))
    assert states(house) == {"aside": 1, "sorted": 1}


def test_unknown_agency_goes_to_the_clearing_folder(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung", to="irgendwer@post.example"))
    assert len(box.view("Klärung").uids) == 1


def test_payment_relevant_mail_closes_only_with_the_receipt(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117 123A456789"))
    me, eakte = clerk("435"), Eakte()
    claim = work.claim_next(house, me, "435")
    assert claim is not None
    with pytest.raises(Refused) as refused:
        work.close(house, me, claim.item_id, claim.token, reason=CloseReason.DONE)
    assert refused.value.code == "item.receipt_missing"
    handover.order(house, me, claim.item_id, claim.token)
    outlets = send.Outlets(eakte=eakte, mail=Post())
    assert rounds.send_round(house, outlets, "w-1") == 2
    work.close(house, me, claim.item_id, claim.token, reason=CloseReason.HANDED_OVER)
    assert states(house) == {"done": 1}
    package = next(iter(eakte.delivered.values()))
    assert (package.agency_code, package.kundennummer) == ("435", "123A456789")


def test_an_item_closes_by_itself_at_the_receipt_if_the_clerk_said_so(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    handover.order(house, me, claim.item_id, claim.token, close_when_received=True)
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).state is ItemState.PENDING
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=Post()), "w-1")
    assert states(house) == {"done": 1}


def test_a_rejected_hand_over_comes_back_with_the_reason_and_goes_out_again(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto"))
    me, eakte = clerk("435"), Eakte(accepts=False)
    claim = work.claim_next(house, me, "435")
    handover.order(house, me, claim.item_id, claim.token, close_when_received=True)
    outlets = send.Outlets(eakte=eakte, mail=Post())
    rounds.send_round(house, outlets, "w-1")
    again = work.claim_next(house, me, "435")
    assert again.item_id == claim.item_id
    shown = item_view.view(house, me, again.item_id)
    assert shown.handover_error == "Kundennummer unbekannt"
    assert shown.close_blocked_because != ""
    eakte.accepts = True
    eakte.confirmed.clear()
    handover.order(house, me, again.item_id, again.token)
    rounds.send_round(house, outlets, "w-1")
    work.close(house, me, again.item_id, again.token, reason=CloseReason.HANDED_OVER)
    assert states(house) == {"done": 1}


def test_a_reasoned_no_opens_the_way_and_a_short_one_does_not(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    with pytest.raises(Refused) as refused:
        handover.waive(house, me, claim.item_id, claim.token, reason="nein")
    assert refused.value.code == "item.reason_too_short"
    handover.waive(
        house, me, claim.item_id, claim.token, reason="Konto der Tochter, nur zur Kenntnis"
    )
    work.close(house, me, claim.item_id, claim.token, reason=CloseReason.DONE)
    with house.db.read() as tx:
        item = items.get(tx, claim.item_id)
    assert (item.eakte, item.waiver) == (
        EakteState.WAIVED,
        "Konto der Tochter, nur zur Kenntnis",
    )


def test_a_no_beside_a_concern_that_moves_money_and_is_new_is_a_reasoned_one(house, box, lease):
    bring_in(house, box, lease, eml("Termin am Freitag", "ich habe auch ein neues Konto"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    said = Correction((Concern.BANKVERBINDUNG, Concern.TERMIN), PaymentRelevant.NO)
    with pytest.raises(Refused) as refused:
        work.correct(house, me, claim.item_id, claim.token, said)
    assert refused.value.code == "item.reason_too_short"
    why = replace(said, reason="fragt nur nach seinem Konto")
    work.correct(house, me, claim.item_id, claim.token, why)
    # It is named now, and that it moves nothing was said.
    work.correct(house, me, claim.item_id, claim.token, said)
    work.close(house, me, claim.item_id, claim.token, reason=CloseReason.DONE)
    assert states(house) == {"done": 1}


def test_the_eakte_may_answer_while_nobody_or_somebody_holds_the_item(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto"))
    me, other = clerk("435"), clerk("435", name="k-2")
    claim = work.claim_next(house, me, "435")
    handover.order(house, me, claim.item_id, claim.token)
    work.release(house, me, claim.item_id, claim.token)
    assert work.claim_next(house, other, "435") is None
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=Post()), "w-1")
    back = work.claim_next(house, me, "435")
    assert back.item_id == claim.item_id


def test_a_delivery_that_fails_is_tried_again_and_then_dead(house, box, lease, clock):
    class Away(Eakte):
        def deliver(self, package) -> None:
            from rules.errors import TryLater

            raise TryLater("eakte.disk", "full")

    bring_in(house, box, lease, eml("Neues Konto"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    row = handover.order(house, me, claim.item_id, claim.token)
    outlets = send.Outlets(eakte=Away(), mail=Post())
    for _ in range(3):
        assert rounds.send_round(house, outlets, "w-1") == 0
        clock.forward(seconds=3600)
    with house.db.read() as tx:
        assert outgoing.get(tx, row).state.value == "dead"
        assert items.get(tx, claim.item_id).eakte is EakteState.REJECTED


def test_the_second_clerk_gets_the_next_item_and_a_stale_token_writes_nothing(
    house, box, lease, clock
):
    bring_in(house, box, lease, eml("Termin 1"), eml("Termin 2"))
    me, other = clerk("435"), clerk("435", name="k-2")
    first, second = work.claim_next(house, me, "435"), work.claim_next(house, other, "435")
    assert first.item_id != second.item_id
    assert work.claim_next(house, other, "435") is None
    clock.forward(seconds=901)
    rounds.keep_order(house, "w-1")
    third = work.claim_next(house, other, "435")
    assert third.item_id == first.item_id
    with pytest.raises(Conflict) as stale:
        work.close(house, me, first.item_id, first.token, reason=CloseReason.DONE)
    assert stale.value.code == "item.lease_stale"


def test_forwarding_moves_item_and_mail_to_the_other_agency(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    hops = work.forward(
        house, me, claim.item_id, claim.token, agency_code="431", reason="Wohnt jetzt in Hanau"
    )
    filing.file_due(house, box, lease)
    assert hops == 1
    assert len(box.view("431 Hanau/Termin").uids) == 1
    assert work.claim_next(house, clerk("431"), "431").item_id == claim.item_id


def test_the_eakte_is_told_the_agency_that_works_on_the_item(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto"))
    me, other = clerk("435"), clerk("431", name="k-2")
    claim = work.claim_next(house, me, "435")
    first = handover.order(house, me, claim.item_id, claim.token)
    eakte = Eakte(accepts=False)
    rounds.send_round(house, send.Outlets(eakte=eakte, mail=Post()), "w-1")
    reason = "Wohnt jetzt in Hanau"
    work.forward(house, me, claim.item_id, claim.token, agency_code="431", reason=reason)
    claim = work.claim_next(house, other, "431")
    again = handover.order(house, other, claim.item_id, claim.token)
    assert handover.order(house, other, claim.item_id, claim.token) == again != first
    rounds.send_round(house, send.Outlets(eakte=eakte, mail=Post()), "w-1")
    told = [(package.agency_code, package.agency_name) for package in eakte.delivered.values()]
    assert told == [("435", "Kassel"), ("431", "Hanau")]


def test_a_clerk_sees_no_item_of_another_agency(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    mine = work.claim_next(house, clerk("435"), "435")
    with pytest.raises(Refused) as hidden:
        item_view.view(house, clerk("431"), mine.item_id)
    assert hidden.value.code == "item.unknown"
    with pytest.raises(Refused) as denied:
        work.claim_next(house, clerk("431"), "435")
    assert denied.value.code == "access.denied"


def test_parked_until_its_day_and_back_to_its_clerk_first(house, box, lease, clock):
    bring_in(house, box, lease, eml("Termin"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    day = house.today().replace(day=25)
    work.park(house, me, claim.item_id, claim.token, until=day, reason="wartet auf Unterlagen")
    rounds.keep_order(house, "w-1")
    assert work.claim_next(house, me, "435") is None
    clock.forward(days=2)
    rounds.keep_order(house, "w-1")
    assert work.claim_next(house, me, "435").item_id == claim.item_id


def test_the_ledger_closes_at_every_moment(house, box, lease):
    bring_in(
        house,
        box,
        lease,
        eml("Krank"),
        eml("Abwesend", Auto_Submitted="auto-replied"),
        b"",
        b"\0\xff",
    )
    counts = states(house)
    assert sum(counts.values()) == 4
    assert LedgerState.KEPT.value not in counts
