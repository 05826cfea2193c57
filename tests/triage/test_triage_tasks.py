"""A task from the order under the lease to the receipt, on both databases."""

from dataclasses import replace
from datetime import date

import pytest

from outbox.eakte import DirectoryOutlet
from outbox.receipt_folder import receipt_json
from outbox.task_folder import TaskFolder
from rules.codes import Concern, PaymentRelevant
from rules.errors import Conflict, HouseError, Refused
from rules.handover import Receipt
from rules.item import CloseReason, EakteState, ItemState
from rules.tasks import Receiver, Said, TaskKind
from store.desk import items
from store.tables.ledger import OutgoingState
from tests.house_fixture import clerk, eml
from tests.triage.way import Post, bring_in, row_of
from triage import handover, rounds, send, tasks, work
from triage.desk import item_view
from triage.desk.correction import Correction

ME = clerk("435")
TEXT = "Kassel 34117 123A456789"
REASON = "So steht es in der Nachricht."


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, gives_tasks=True))


@pytest.fixture
def drop(tmp_path):
    for receiver in Receiver:
        (tmp_path / "tasks" / receiver.value).mkdir(parents=True)
    return tmp_path / "tasks"


@pytest.fixture
def eakte_drop(tmp_path):
    folder = tmp_path / "eakte"
    folder.mkdir()
    return folder


@pytest.fixture
def send_round(house, drop, eakte_drop, clock):
    outlets = send.Outlets(
        DirectoryOutlet(eakte_drop, clock), Post(), tasks=TaskFolder(drop, clock)
    )
    return lambda: rounds.send_round(house, outlets, "w-1")


@pytest.fixture
def claim(house, box, lease):
    bring_in(house, box, lease, eml("Kündigung", TEXT))
    return work.claim_next(house, ME, "435")


def order(house, claim, kind=TaskKind.ATV_TERMIN, said=None):
    said = said or Said(called=True)
    return tasks.order(house, ME, claim.item_id, claim.token, kind=kind, said=said)


def relabel(house, claim, *concerns):
    said = Correction(concerns, PaymentRelevant.NO, "123A456789", REASON)
    work.correct(house, ME, claim.item_id, claim.token, said)


def answer(folder, key, *, accepted=True):
    (folder / "quittungen").mkdir(exist_ok=True)
    told = Receipt(key, accepted, "T-9", "", "2026-11-23T09:00:00+00:00", "Kein Termin frei.")
    (folder / "quittungen" / f"{key}.json").write_bytes(receipt_json(told))


def test_a_task_goes_out_and_its_receipt_comes_back(house, drop, claim, send_round):
    row = order(house, claim)
    assert order(house, claim) == row
    assert "123A456789" not in str(row_of(house, row).payload)
    send_round()
    (file,) = (drop / "atv/auftraege").iterdir()
    assert "123A456789" in file.read_text(encoding="utf-8")
    answer(drop / "atv", row_of(house, row).idempotency_key)
    send_round()
    assert row_of(house, row).state is OutgoingState.RECEIPTED
    shown = item_view.view(house, ME, claim.item_id)
    assert [(one.kind, one.state) for one in shown.tasks] == [(TaskKind.ATV_TERMIN, "receipted")]
    told = [step.code for step in shown.story if step.code.startswith("task.")]
    assert told == ["task.ordered", "task.ordered", "task.sent", "task.received"]
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)


def test_an_open_task_lets_the_item_close(house, claim):
    order(house, claim)
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.PASSED_ON)
    assert item_view.view(house, ME, claim.item_id).item.state is ItemState.CLOSED


def test_a_mail_for_another_office_keeps_its_item_until_it_has_left(house, claim, send_round):
    relabel(house, claim, Concern.FAMILIENKASSE)
    order(house, claim, TaskKind.FAMILIENKASSE)
    with pytest.raises(Refused) as refused:
        work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.PASSED_ON)
    assert refused.value.code == "task.not_left"
    send_round()
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.PASSED_ON)


def test_nor_does_the_receipt_of_the_eakte_close_it_before(house, claim):
    said = Correction((Concern.JOBCENTER,), PaymentRelevant.YES, "123A456789", REASON)
    work.correct(house, ME, claim.item_id, claim.token, said)
    order(house, claim, TaskKind.JOBCENTER)
    with pytest.raises(Refused) as refused:
        handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    assert refused.value.code == "task.not_left"
    handover.order(house, ME, claim.item_id, claim.token)


def test_a_correction_after_the_order_changes_another_task_only(house, drop, claim, send_round):
    order(house, claim)
    relabel(house, claim, Concern.BERATUNG)
    order(house, claim)
    send_round()
    concerns = [file.read_text("utf-8") for file in (drop / "atv/auftraege").iterdir()]
    assert sorted("beratung" in text for text in concerns) == [False, True]


def test_a_rejection_comes_back_with_its_reason_and_goes_out_again(house, drop, claim, send_round):
    row = order(house, claim)
    send_round()
    answer(drop / "atv", row_of(house, row).idempotency_key, accepted=False)
    send_round()
    (shown,) = item_view.view(house, ME, claim.item_id).tasks
    assert (shown.state, shown.reason) == ("rejected", "Kein Termin frei.")
    assert order(house, claim) == row
    send_round()
    assert row_of(house, row).state is OutgoingState.SENT


def test_a_receiver_of_tasks_never_opens_the_bolt(house, box, lease, drop, eakte_drop, send_round):
    bring_in(house, box, lease, eml("Neues Konto", TEXT))
    claim = work.claim_next(house, ME, "435")
    row = handover.order(house, ME, claim.item_id, claim.token)
    send_round()
    answer(drop / "atv", row_of(house, row).idempotency_key)
    with pytest.raises(HouseError) as bad:
        send_round()
    assert bad.value.code == "task.receipt"
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).eakte is EakteState.SENT


def test_an_eakte_receipt_for_a_task_is_nobodys(house, claim, eakte_drop, send_round):
    row = order(house, claim)
    send_round()
    answer(eakte_drop, row_of(house, row).idempotency_key)
    send_round()
    assert row_of(house, row).state is OutgoingState.SENT


def test_a_missing_receiver_never_holds_up_the_eakte(house, box, lease, drop, claim, send_round):
    order(house, claim)
    (drop / "atv").rmdir()
    assert send_round() == 0
    (drop / "atv").mkdir()


def test_only_the_holder_orders_and_only_where_tasks_are_given(house, claim):
    with pytest.raises(Conflict) as stale:
        tasks.order(house, ME, claim.item_id, "old", kind=TaskKind.VERBIS_AZB, said=Said())
    assert stale.value.code == "item.lease_stale"
    bare = replace(house, policy=replace(house.policy, gives_tasks=False))
    with pytest.raises(Refused) as none:
        order(bare, claim)
    assert none.value.code == "task.none"


def test_a_ticket_too_early_orders_nothing(house, claim):
    relabel(house, claim, Concern.BEARBEITUNGSSTAND)
    early = Said(claim_start=date(2026, 11, 20), complete=True)
    with pytest.raises(Refused) as refused:
        order(house, claim, TaskKind.BEARBEITUNGSSTAND, early)
    assert refused.value.details["earliest"] == date(2026, 11, 27)
    assert item_view.view(house, ME, claim.item_id).tasks == ()
