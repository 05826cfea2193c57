"""What left, and whose receiver says that nothing came, is ordered once more."""

import shutil
from dataclasses import replace

import pytest

from outbox.eakte import DirectoryOutlet
from outbox.receipt_folder import receipt_json
from rules.codes import Concern, PaymentRelevant
from rules.errors import Conflict
from rules.handover import Receipt
from store.sending import outgoing_turns
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests.house_fixture import ADMIN, clerk, eml
from tests.refusals import code_of
from tests.triage.way import Post, bring_in, row_of
from triage import handover, rounds, send, work
from triage.desk import item_view
from triage.desk.correction import Correction
from triage.sending import again

ME = clerk("435")
WHY = "Die eAkte findet den Schlüssel nicht, Hotline 28.11."


@pytest.fixture
def drop(tmp_path):
    (tmp_path / "eakte").mkdir()
    return tmp_path / "eakte"


@pytest.fixture
def outlets(drop):
    return send.Outlets(DirectoryOutlet(drop), Post())


@pytest.fixture
def claim(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung", "Kassel 34117 123A456789"))
    return work.claim_next(house, ME, "435")


@pytest.fixture
def sent(house, claim, outlets) -> int:
    """The row of a hand-over that left."""
    row = handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    assert state_of(house, row) is OutgoingState.SENT
    return row


def state_of(house, row_id):
    return row_of(house, row_id).state


def packages(drop):
    return sorted(path.name for path in (drop / "pakete").iterdir())


def test_the_same_package_appears_anew_where_the_receiver_has_nothing(house, drop, outlets, sent):
    before = packages(drop)
    shutil.rmtree(drop / "pakete" / before[0])
    again.send_again(house, ADMIN, sent, reason=WHY)
    rounds.send_round(house, outlets, "w-1")
    assert (packages(drop), state_of(house, sent)) == (before, OutgoingState.SENT)
    assert again.reason_of(row_of(house, sent).payload) == WHY
    story = item_view.view(house, ME, row_of(house, sent).item_id).story
    assert "outgoing.sent_again" in [step.code for step in story]
    with house.db.read() as tx:
        assert WHY not in str(audit.listing(tx, after=0, limit=100))


def test_who_has_it_after_all_has_it_once(house, drop, outlets, sent):
    before = packages(drop)
    again.send_again(house, ADMIN, sent, reason=WHY)
    rounds.send_round(house, outlets, "w-1")
    assert packages(drop) == before


def test_a_receipt_that_comes_meanwhile_counts_and_ends_it(house, drop, outlets, sent):
    again.send_again(house, ADMIN, sent, reason=WHY)
    key = row_of(house, sent).idempotency_key
    (drop / "quittungen").mkdir(exist_ok=True)
    told = Receipt(key, True, "EA-1", "", "2026-11-23T09:00:00+00:00")
    (drop / "quittungen" / f"{key}.json").write_bytes(receipt_json(told))
    rounds.send_round(house, outlets, "w-1")
    assert state_of(house, sent) is OutgoingState.RECEIPTED
    assert code_of(again.send_again, house, ADMIN, sent, reason=WHY) == "outgoing.not_sent"


def test_the_receiver_names_it_by_its_key(house, sent):
    assert again.number_of(house, ADMIN, row_of(house, sent).idempotency_key) == sent
    assert code_of(again.number_of, house, ADMIN, "eakte-9-9-000000000000") == "outgoing.unknown"


def test_pressed_twice_it_leaves_once_more(house, sent):
    again.send_again(house, ADMIN, sent, reason=WHY)
    assert code_of(again.send_again, house, ADMIN, sent, reason=WHY) == "outgoing.not_sent"


def test_only_with_the_right_the_region_and_a_reason(house, sent):
    assert code_of(again.send_again, house, ME, sent, reason=WHY) == "access.denied"
    elsewhere = replace(ADMIN, regions=frozenset({"Nord"}))
    assert code_of(again.send_again, house, elsewhere, sent, reason=WHY) == "outgoing.unknown"
    for short in ("", "  nichts  ", "x" * 501):
        assert code_of(again.send_again, house, ADMIN, sent, reason=short) == "outgoing.reason"
    assert state_of(house, sent) is OutgoingState.SENT


def test_what_was_ordered_anew_for_another_record_does_not_leave_again(house, claim, outlets, sent):
    other = Correction((Concern.AU,), PaymentRelevant.YES, "234B567890")
    work.correct(house, ME, claim.item_id, claim.token, other)
    newer = handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    assert code_of(again.send_again, house, ADMIN, sent, reason=WHY) == "outgoing.overtaken"
    again.send_again(house, ADMIN, newer, reason=WHY)
    assert state_of(house, newer) is OutgoingState.NEW


def test_what_may_lie_with_its_receiver_is_not_taken_back_by_a_clerk(house, sent):
    again.send_again(house, ADMIN, sent, reason=WHY)
    with house.db.write() as tx, pytest.raises(Conflict) as refused:
        outgoing_turns.cancel(tx, sent, reason=WHY, now=house.clock())
    assert refused.value.code == "task.left"
