"""Deletion reaches tasks in their folders and copies of answers in the postbox, and proves it."""

from dataclasses import replace

import pytest

from outbox.receipt_folder import receipt_json
from outbox.task_folder import TaskFolder
from rules.codes import Concern
from rules.errors import Conflict
from rules.handover import Receipt
from rules.item import CloseReason
from rules.sweep import HoldKind
from rules.tasks import Receiver, TaskKind
from store.acts import sent_copies
from store.deletion.holds import NewHold
from store.processes import leases
from store.sending import outgoing
from tests.house_fixture import ADMIN, clerk, eml
from tests.refusals import code_of
from tests.triage import sweep_world
from tests.triage.sweep_world import World
from tests.triage.test_triage_tasks import order as order_task
from tests.triage.test_triage_tasks import relabel
from tests.triage.way import bring_in
from triage import halting, rounds, send, work
from triage.answers import sent_copy
from triage.sweep import copies as sweep_copies
from triage.sweep import holds as sweep_holds
from triage.sweep import outside as sweep_outside
from triage.sweep import proof as sweep_proof
from triage.sweep import run as sweep_run

ME = clerk("435")
MAIL = eml("Kündigung Zaunkönig", "Kassel 34117 123A456789 Haselnuss")


@pytest.fixture
def url(sqlite_url):
    """One engine for the rules; the crashes run on both in test_triage_sweep_crash."""
    return sqlite_url


@pytest.fixture
def drop(tmp_path):
    for receiver in Receiver:
        (tmp_path / "tasks" / receiver.value).mkdir(parents=True)
    return tmp_path / "tasks"


@pytest.fixture
def world(house, box, lease, clock, tmp_path):
    policy = replace(house.policy, gives_tasks=True, sent_folder="Gesendet")
    return sweep_world.build(replace(house, policy=policy), box, lease, clock, tmp_path / "outside")


def files(drop):
    return [path for path in drop.rglob("*") if path.is_file()]


def places(world, number):
    found = sweep_proof.proof(world.house, ADMIN, number)
    return {(one.kind, one.state, one.code): one.number for one in found.outside}


class WithTasks:
    """The world's outlets with tasks beside them."""

    def __init__(self, world: World, drop):
        self.outlets = replace(world.outlets, tasks=TaskFolder(drop, world.clock))


@pytest.fixture
def forwarded(world, drop):
    """A mail that went to the Familienkasse whole, and was done 200 days ago."""
    outlets = WithTasks(world, drop).outlets
    bring_in(world.house, world.box, world.lease, MAIL)
    claim = work.claim_next(world.house, ME, "435")
    relabel(world.house, claim, Concern.FAMILIENKASSE)
    row = order_task(world.house, claim, TaskKind.FAMILIENKASSE)
    rounds.send_round(world.house, outlets, "w-1")
    work.close(world.house, ME, claim.item_id, claim.token, reason=CloseReason.PASSED_ON)
    world.clock.forward(days=200)
    with world.house.db.write() as tx:
        world.lease = leases.renew(tx, world.lease, now=world.clock(), seconds=10**8)
        return outgoing.get(tx, row).idempotency_key, outlets


def run(world, outlets):
    number = world.order()
    sweep_run.run(world.house, outlets, "cli", number)
    return number


def test_a_task_that_was_answered_goes_with_mail_and_receipt(world, drop, forwarded):
    key, outlets = forwarded
    folder = drop / "familienkasse/quittungen"
    folder.mkdir()
    told = Receipt(key, True, "T-9", "", "2026-11-23T09:00:00+00:00")
    (folder / f"{key}.json").write_bytes(receipt_json(told))
    send.take_all_receipts(world.house, outlets)
    assert len(files(drop)) == 3
    number = run(world, outlets)
    assert places(world, number)["task", "done", ""] == 1
    assert files(drop) == []


def test_a_task_without_receipt_stays_and_is_named_until_it_was_fetched(world, drop, forwarded):
    _, outlets = forwarded
    number = run(world, outlets)
    assert places(world, number)["task", "new", "task.no_receipt"] == 1
    assert not sweep_proof.proof(world.house, ADMIN, number).is_complete
    for file in files(drop):
        file.unlink()
    world.clock.forward(days=2)
    sweep_run.one_round(world.house, outlets, "w-9")
    assert places(world, number)["task", "missing", "task.not_here"] == 1


def test_a_house_that_gives_no_tasks_any_more_says_so(world, forwarded):
    number = run(world, world.outlets)
    assert places(world, number)["task", "missing", "task.no_way"] == 1


@pytest.fixture
def laid(world):
    """The copy of the answer lies in the postbox, among mails of others."""
    world.box.ensure_folder("Gesendet")
    world.box.append("Gesendet", eml("Von Hand gesendet"))
    sent_copy.lay_due(world.house, world.box, world.lease)
    world.box.append("Gesendet", eml("Danach gesendet"))
    assert len(world.box.view("Gesendet").uids) == 3


def test_the_copy_of_an_answer_leaves_the_postbox_and_no_other_mail(world, laid):
    number = world.sweep()
    assert places(world, number)["copy", "new", ""] == 1
    sweep_copies.from_postbox(world.house, world.box, world.lease)
    assert places(world, number)["copy", "done", ""] == 1
    assert len(world.box.view("Gesendet").uids) == 2
    assert sweep_copies.from_postbox(world.house, world.box, world.lease) == 0


def test_while_writing_is_stopped_no_copy_leaves(world, laid):
    number = world.sweep()
    halting.stop_writing(world.house.db, ADMIN, reason="Wartung des Postfachs", now=world.clock())
    assert sweep_copies.from_postbox(world.house, world.box, world.lease) == 0
    assert len(world.box.view("Gesendet").uids) == 3
    halting.resume(world.house.db, ADMIN, now=world.clock(), reason="Wartung ist zu Ende")
    assert sweep_copies.from_postbox(world.house, world.box, world.lease) == 1
    assert places(world, number)["copy", "done", ""] == 1


def test_of_an_answer_to_a_deleted_mail_no_copy_is_laid_and_the_others_go_on(world):
    world.box.ensure_folder("Gesendet")
    world.sweep()
    assert sent_copy.lay_due(world.house, world.box, world.lease) == 0
    assert world.box.view("Gesendet").uids == ()
    world.clock.forward(days=30)
    with world.house.db.read() as tx:
        assert sent_copies.due(tx, world.box.name, now=world.clock(), limit=9) == ()


def test_a_copy_is_not_laid_behind_a_deletion_that_was_faster(world, monkeypatch):
    world.box.ensure_folder("Gesendet")
    mark = sent_copy.filing.mark

    def marked(house, box, folder):
        world.sweep()
        return mark(house, box, folder)

    monkeypatch.setattr(sent_copy.filing, "mark", marked)
    assert sent_copy.lay_due(world.house, world.box, world.lease) == 0
    assert world.box.view("Gesendet").uids == ()


def test_a_copy_that_somebody_moved_is_named(world, laid):
    number = world.sweep()
    view = world.box.view("Gesendet")
    for found in list(world.box.fetch("Gesendet", view.epoch, view.uids)):
        if b"postlotse.invalid" in found.data:
            world.box.move(found.place, "INBOX")
    sweep_copies.from_postbox(world.house, world.box, world.lease)
    assert places(world, number)["copy", "missing", "copy.not_found"] == 1


def test_a_postbox_whose_mails_are_kept_keeps_the_copies_too(world, laid):
    plans = tuple(replace(one, is_swept=False) for one in world.house.policy.postboxes)
    world.house = replace(world.house, policy=replace(world.house.policy, postboxes=plans))
    number = world.sweep()
    assert not any(kind == "copy" for kind, _, _ in places(world, number))
    assert len(world.box.view("Gesendet").uids) == 3


class Refuses:
    """The postbox, but removing says no, or the lease is over."""

    def __init__(self, box, code):
        self.box, self.code, self.name = box, code, box.name

    def __getattr__(self, name):
        return getattr(self.box, name)

    def remove(self, place, digest):
        raise Conflict(self.code, "on purpose")


def test_what_the_postbox_refuses_is_named_and_a_lost_lease_writes_nothing(world, laid):
    number = world.sweep()
    with pytest.raises(Conflict):
        sweep_copies.from_postbox(world.house, Refuses(world.box, "lease.lost"), world.lease)
    assert places(world, number)["copy", "new", ""] == 1
    no_right = Refuses(world.box, "postbox.no_right")
    sweep_copies.from_postbox(world.house, no_right, world.lease)
    assert places(world, number)["copy", "new", "postbox.no_right"] == 1
    assert sweep_copies.from_postbox(world.house, world.box, world.lease) == 0, "not today"
    world.clock.forward(days=1)
    sweep_copies.from_postbox(world.house, world.box, world.lease)
    assert places(world, number)["copy", "done", ""] == 1


def lying(world):
    return {folder: len(world.box.view(folder).uids) for folder in world.box.folders()}


def test_whose_lease_is_over_takes_nothing_out_of_the_postbox(world, laid):
    """Another worker may have put a hold there since; the server knows no fences."""
    number, before = world.sweep(), lying(world)
    world.clock.forward(seconds=10**8)
    for deed in (sweep_outside.from_postbox, sweep_copies.from_postbox):
        assert code_of(deed, world.house, world.box, world.lease) == "lease.lost"
    assert lying(world) == before
    assert {key for key in places(world, number) if key[1] != "done"} == {
        ("postbox", "new", ""), ("copy", "new", ""),
    }  # fmt: skip


def test_a_copy_is_not_laid_by_whose_lease_ends_before_the_command(world, monkeypatch):
    world.box.ensure_folder("Gesendet")
    begun = sent_copies.begun

    def slowly(*args, **more):
        begun(*args, **more)
        world.clock.forward(seconds=10**8)

    monkeypatch.setattr(sent_copies, "begun", slowly)
    assert code_of(sent_copy.lay_due, world.house, world.box, world.lease) == "lease.lost"
    assert world.box.view("Gesendet").uids == ()


def test_a_copy_that_somebody_touches_just_then_is_tried_again(world, laid):
    number = world.sweep()

    class Touched(Refuses):
        def remove(self, place, digest):
            return False

    sweep_copies.from_postbox(world.house, Touched(world.box, ""), world.lease)
    assert places(world, number)["copy", "new", "postbox.unread"] == 1


def test_a_copy_whose_folder_is_gone_is_named(world, laid):
    number = world.sweep()
    gone = Refuses(world.box, "postbox.folder_missing")
    sweep_copies.from_postbox(world.house, gone, world.lease)
    assert places(world, number)["copy", "missing", "postbox.folder_missing"] == 1


def test_a_hold_on_a_postbox_keeps_what_a_run_has_not_taken_out_yet(world, laid):
    number = world.sweep()
    held = NewHold(HoldKind.LEGAL, "S 12 AL 345/26", postbox=world.box.name)
    hold = sweep_holds.hold(world.house, ADMIN, held)
    assert sweep_outside.from_postbox(world.house, world.box, world.lease) == 0
    assert sweep_copies.from_postbox(world.house, world.box, world.lease) == 0
    assert places(world, number)["postbox", "new", ""] == 4
    sweep_holds.release(world.house, ADMIN, hold)
    assert sweep_outside.from_postbox(world.house, world.box, world.lease) == 4
    assert sweep_copies.from_postbox(world.house, world.box, world.lease) == 1
