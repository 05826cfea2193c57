"""Overdue receipts, tasks taken back, the match in scope, and alarms read before the lock."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from outbox.eakte import DirectoryOutlet
from outbox.receipt_folder import receipt_json
from outbox.task_folder import TaskFolder
from rules.codes import Concern
from rules.errors import Conflict, Refused
from rules.handover import Receipt
from rules.item import CloseReason, ItemState
from rules.tasks import Receiver, TaskKind
from store.sending import outgoing, outgoing_watch
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests.house_fixture import ADMIN, clerk, eml
from tests.triage.test_triage_tasks import order as order_task
from tests.triage.test_triage_tasks import relabel
from tests.triage.way import Post, bring_in, row_of
from triage import handover, rounds, send, tasks, work
from triage.desk import item_view
from triage.sending import day_match, dead_letters
from triage.texts import expiry as text_ends
from triage.watch import health, outgoing_alarms

ME = clerk("435")
TEXT = "Kassel 34117 123A456789"
WHY = "Der Termin ist schon vereinbart."


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, gives_tasks=True, task_receipt_hours=72))


@pytest.fixture
def drops(tmp_path):
    (tmp_path / "eakte").mkdir()
    for receiver in Receiver:
        (tmp_path / "tasks" / receiver.value).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def outlets(drops, clock):
    eakte = DirectoryOutlet(drops / "eakte", clock)
    return send.Outlets(eakte, Post(), tasks=TaskFolder(drops / "tasks", clock))


@pytest.fixture
def take(house, box, lease):
    def bring(subject):
        bring_in(house, box, lease, eml(subject, TEXT))
        return work.claim_next(house, ME, "435")

    return bring


def cancel(house, claim, row, reason=WHY):
    tasks.cancel(house, ME, claim.item_id, claim.token, outgoing_id=row, reason=reason)


def answer(folder, key, *, accepted=True):
    (folder / "quittungen").mkdir(exist_ok=True)
    told = Receipt(key, accepted, "T-9", "", "2026-11-23T09:00:00+00:00")
    (folder / "quittungen" / f"{key}.json").write_bytes(receipt_json(told))


def test_a_task_that_is_not_delivered_is_taken_back_and_never_leaves(house, drops, outlets, take):
    claim = take("Kündigung")
    row = order_task(house, claim)
    cancel(house, claim, row)
    rounds.send_round(house, outlets, "w-1")
    assert not (drops / "tasks/atv/auftraege").exists()
    shown = item_view.view(house, ME, claim.item_id)
    (told,) = shown.tasks
    assert (told.state, told.reason, told.may_cancel) == ("cancelled", WHY, False)
    assert "task.cancelled" in [step.code for step in shown.story]
    with house.db.read() as tx:
        assert WHY not in str(audit.listing(tx, after=0, limit=100))


def test_taken_back_it_is_no_dead_letter_and_no_admin_sends_it(house, outlets, take):
    claim = take("Kündigung")
    row = order_task(house, claim)
    cancel(house, claim, row)
    assert dead_letters.dead_by_kind(house) == {}
    assert dead_letters.replay_all(house, ADMIN) == 0
    with pytest.raises(Conflict) as refused:
        dead_letters.replay(house, ADMIN, row)
    assert refused.value.code == "outgoing.not_dead"
    assert row_of(house, row).state is OutgoingState.REJECTED


def test_a_row_of_another_region_is_unknown_whatever_became_of_it(house, outlets, take):
    row = order_task(house, take("Kündigung"))
    rounds.send_round(house, outlets, "w-1")
    elsewhere = replace(ADMIN, regions=frozenset({"Nord"}))
    with pytest.raises(Refused) as refused:
        dead_letters.replay(house, elsewhere, row)
    assert refused.value.code == "outgoing.unknown"


def test_ordered_anew_it_goes_out(house, drops, outlets, take):
    claim = take("Kündigung")
    row = order_task(house, claim)
    cancel(house, claim, row)
    assert order_task(house, claim) == row
    rounds.send_round(house, outlets, "w-1")
    assert len(list((drops / "tasks/atv/auftraege").iterdir())) == 1


def test_a_forward_taken_back_lets_its_item_close(house, take):
    claim = take("Kündigung")
    relabel(house, claim, Concern.FAMILIENKASSE)
    row = order_task(house, claim, TaskKind.FAMILIENKASSE)
    cancel(house, claim, row)
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)
    assert item_view.view(house, ME, claim.item_id).item.state is ItemState.CLOSED


@pytest.mark.parametrize("how", ["being sent", "sent", "answered"])
def test_what_has_left_is_not_taken_back(house, drops, outlets, take, how):
    claim = take("Kündigung")
    row = order_task(house, claim)
    if how == "being sent":
        send.claim_due(house, outlets.kinds, worker="w-1")
    else:
        rounds.send_round(house, outlets, "w-1")
    if how == "answered":
        answer(drops / "tasks/atv", row_of(house, row).idempotency_key)
        rounds.send_round(house, outlets, "w-1")
    with pytest.raises(Conflict) as refused:
        cancel(house, claim, row)
    assert refused.value.code == "task.left"


def test_taking_back_needs_the_lease_a_reason_and_a_task_of_the_item(house, take):
    claim = take("Neues Konto")
    eakte = handover.order(house, ME, claim.item_id, claim.token)
    codes = []
    for row, token, reason in (
        (eakte, claim.token, WHY),
        (4711, claim.token, WHY),
        (eakte, claim.token, "zu"),
        (eakte, "stale", WHY),
    ):
        with pytest.raises((Refused, Conflict)) as no:
            tasks.cancel(house, ME, claim.item_id, token, outgoing_id=row, reason=reason)
        codes.append(no.value.code)
    assert codes == ["task.unknown", "task.unknown", "task.reason_too_short", "item.lease_stale"]


def test_tasks_are_still_told_after_their_content_was_deleted(house, take):
    claim = take("Kündigung")
    order_task(house, claim)
    with house.db.read() as tx:
        rows = outgoing.of_item(tx, claim.item_id)
    (told,) = tasks.of_rows(tuple(replace(row, payload={}) for row in rows))
    assert told.kind is TaskKind.ATV_TERMIN


def test_receipts_that_stay_away_are_told_for_tasks_too(house, outlets, take, clock):
    claim = take("Kündigung")
    order_task(house, claim)
    rounds.send_round(house, outlets, "w-1")
    clock.forward(hours=72)
    assert outgoing_alarms.late(house, ADMIN, limit=9) == ()
    clock.forward(seconds=1)
    (late,) = outgoing_alarms.late(house, ADMIN, limit=9)
    assert (late.kind, late.item_id) == ("task", claim.item_id)
    rounds.keep_order(house, "w-1")
    assert {one.name for one in health.ready(house) if not one.ok} >= {"task:receipts"}
    elsewhere = replace(ADMIN, regions=frozenset({"Nord"}))
    assert outgoing_alarms.late(house, elsewhere, limit=9) == ()
    unwatched = replace(house, policy=replace(house.policy, task_receipt_hours=0))
    assert outgoing_alarms.late(unwatched, ADMIN, limit=9) == ()
    rounds.keep_order(unwatched, "w-2")
    with house.db.read() as tx:
        told = [entry.action for entry in audit.of_subject(tx, "task:receipts")]
    assert told == ["outgoing.alarm", "outgoing.alarm_over"]


def test_the_longest_wait_comes_first_of_both_kinds(house, outlets, take, clock):
    order_task(house, take("Kündigung"))
    rounds.send_round(house, outlets, "w-1")
    clock.forward(hours=1)
    claim = take("Neues Konto")
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    clock.forward(hours=100)
    assert [one.kind for one in outgoing_alarms.late(house, ADMIN, limit=9)] == ["task", "eakte"]
    assert len(outgoing_alarms.late(house, ADMIN, limit=1)) == 1


def test_a_match_tells_each_region_its_own_and_strangers_to_who_has_no_bounds(
    house, drops, outlets, take
):
    claim = take("Neues Konto")
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    answer(drops / "eakte", "eakte-9-9-000000000000")
    day = house.today()
    told = {}
    for name, regions in (("all", None), ("own", {"Südwest"}), ("other", {"Nord"})):
        caller = replace(ADMIN, regions=regions and frozenset(regions))
        found = day_match.report(house, Today(outlets.eakte), caller, day=day)
        told[name] = {heap: number for heap, number in found.numbers.items() if number}
        assert found.closes is (name == "other")
    assert told == {
        "all": {"missing_there": 1, "missing_here": 1},
        "own": {"missing_there": 1},
        "other": {},
    }
    with pytest.raises(Refused):
        day_match.report(house, outlets.eakte, ME, day=day)


class Today:
    """The outlet, whose files count as written today whatever day it is here."""

    def __init__(self, outlet):
        self.outlet = outlet

    def received_between(self, since, until):
        found = tuple(self.outlet.receipts())
        return tuple(one for one in found if isinstance(one, Receipt))


def test_the_file_names_each_hand_over_with_its_finding(house, outlets, take):
    claim = take("Neues Konto")
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    day = house.today()
    text = day_match.export(day_match.report(house, outlets.eakte, ADMIN, day=day))
    head, line = text.splitlines()
    assert head.startswith("Tag;Befund;Schlüssel;Vorgang")
    assert line.split(";")[:2] == ["23.11.2026", "fehlt dort"]


def test_keeping_order_asks_for_alarms_before_it_holds_the_lock(house, monkeypatch):
    """Where nothing changed, nothing is read under the write lock that was read before."""
    writing = []

    @contextmanager
    def watched():
        with house.db.write() as tx:
            writing.append(True)
            yield tx
            writing.pop()

    def never_while_writing(read):
        def guarded(*args, **kwargs):
            assert not writing, f"{read.__name__} under the write lock"
            return read(*args, **kwargs)

        return guarded

    for module, name in (
        (outgoing_watch, "dead_letters"),
        (outgoing_watch, "unanswered"),
        (outgoing_watch, "unanswered_tasks"),
        (text_ends.view, "ending"),
    ):
        monkeypatch.setattr(module, name, never_while_writing(getattr(module, name)))

    class Db:
        read, dialect, bare, write = house.db.read, house.db.dialect, house.db.bare, watched

        def __getattr__(self, name):
            return getattr(house.db, name)

    db = Db()
    db.write = watched
    rounds.keep_order(replace(house, db=db), "w-1")
