"""What the rules know of a mail reaches its item: duty of proof, the Land's holidays, what is
missing. Each rule by itself stands in tests/rules; here it is asked as a clerk meets it.
"""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.item import CloseReason, ItemState
from rules.ledger import LedgerState
from store.desk import items
from store.mails import ledger
from store.trail import audit
from tests.house_fixture import MACHINE, WordJudge, clerk, eml, open_house
from triage import accept, work
from triage.answers import reply

ME = clerk("435")


class AnnouncingJudge(WordJudge):
    """As the judge of the house, but each mail announces an attachment that is not there."""

    def judge(self, mail, *, received_at, mailbox):
        found = super().judge(mail, received_at=received_at, mailbox=mailbox)
        return replace(found, facts=replace(found.facts, attachment_announced=True))


def item_of(house, subject, text="34117 Kassel"):
    kept = accept.hand_in(house, MACHINE, eml(subject, text))
    with house.db.read() as tx:
        return items.of_message(tx, kept.message_id)


def close_elsewhere(house, claim):
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.SETTLED_ELSEWHERE)


def correct(house, claim, concern):
    work.correct(
        house, ME, claim.item_id, claim.token, work.Correction((concern,), PaymentRelevant.NO)
    )


def test_what_a_clerk_did_stands_with_its_reason_in_trail_and_ledger(house):
    item = item_of(house, "Termin")
    claim = work.claim_item(house, ME, item.id)
    until = work.park(house, ME, item.id, claim.token, until=3, reason="Ende")
    with house.db.write() as tx:
        items.unpark(tx, until)
    claim = work.claim_item(house, ME, item.id)
    close_elsewhere(house, claim)
    about = f"message:{item.message_id}"
    with house.db.read() as tx:
        told = {entry.action: entry.details for entry in audit.of_subject(tx, about)}
        kept = ledger.message(tx, item.message_id)
    assert told["item.claimed"] == {"item": item.id}
    assert told["item.parked"] == {"item": item.id, "until": until.isoformat()}
    assert told["item.closed"] == {"item": item.id, "reason": "settled_elsewhere"}
    assert (kept.state, kept.state_reason) == (LedgerState.DONE, "settled_elsewhere")


@pytest.mark.parametrize("is_told", [True, False])
def test_what_has_to_be_proved_is_never_settled_elsewhere(house, is_told):
    """Told by the mail as it was sorted, or by the clerk who corrects it. Source: F38, N12."""
    item = item_of(house, "Kündigung" if is_told else "Termin")
    claim = work.claim_item(house, ME, item.id)
    if not is_told:
        correct(house, claim, Concern.WIDERSPRUCH)
    with pytest.raises(Refused) as refused:
        close_elsewhere(house, claim)
    assert refused.value.code == "item.proof_duty"


@pytest.mark.parametrize("is_told", [True, False])
def test_what_has_not_to_be_proved_may_be_settled_elsewhere(house, is_told):
    item = item_of(house, "Termin" if is_told else "Kündigung")
    claim = work.claim_item(house, ME, item.id)
    if not is_told:
        correct(house, claim, Concern.TERMIN)
    close_elsewhere(house, claim)
    with house.db.read() as tx:
        assert items.get(tx, item.id).state is ItemState.CLOSED


def test_the_holidays_of_the_agencys_land_count(house, clock):
    """Buß- und Bettag, 18 November 2026, is one in Sachsen only. Source: F36, R18."""
    clock.now = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
    assert item_of(house, "Kündigung", "34117 Kassel").due_on == date(2026, 11, 24)
    assert item_of(house, "Kündigung", "01067 Dresden").due_on == date(2026, 11, 25)


def test_an_attachment_that_is_announced_and_missing_brings_its_text_first(url, clock):
    """Source: F29, N13."""
    house = open_house(url, clock=clock, judge=AnnouncingJudge())
    item = item_of(house, "Termin")
    offered = reply.proposals(house, ME, item.id).texts
    assert "anlage_fehlt" in offered[0].id
    house.db.close()
