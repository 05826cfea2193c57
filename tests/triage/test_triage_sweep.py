"""Deletion with proof: what may go goes everywhere, what may not stays; the proof tells both."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from ingest.observed import ObservedPostbox
from rules.retention import Keep
from rules.sweep import HoldKind, OrderBasis
from store.deletion import sweep_removals
from store.deletion.holds import NewHold
from store.deletion.sweep_plans import PlanState
from store.doors import idempotency
from store.mails import ledger, originals
from store.tables.ledger import op, outgoing, verdict
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, eml
from tests.refusals import code_of
from tests.triage import sweep_world
from tests.triage.renumbering import Renumbering
from tests.triage.sweep_world import ANSWERED, MACHINE, NEEDLES, PAID, WAIVED, World
from tests.triage.way import bring_in, states
from triage import halting, person, receive, reconcile, wiring
from triage.cli.app import app
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep
from triage.sweep import outside as sweep_outside
from triage.sweep import proof as sweep_proof
from triage.sweep import run as sweep_run
from triage.sweep import words as sweep_words

OTHER = replace(ADMIN, name="a-2")
WEST = replace(ADMIN, name="a-west", regions=frozenset({"West"}))


@pytest.fixture
def url(sqlite_url: str) -> str:
    """One engine for the rules; both for the run itself, and for each crash: …_sweep_crash."""
    return sqlite_url


@pytest.fixture
def world(house, box, lease, clock, tmp_path) -> World:
    return sweep_world.build(house, box, lease, clock, tmp_path / "outside")


def proof_of(world: World, number: int) -> sweep_proof.Proof:
    return sweep_proof.proof(world.house, ADMIN, number)


def test_a_run_ends_though_the_database_takes_longer_to_clean_than_a_lease_lasts(
    world, clock, monkeypatch
):
    scrub = sweep_run.scrub.scrub

    def slow(database):
        clock.forward(seconds=sweep_run.LEASE_SECONDS + 1)
        return scrub(database)

    monkeypatch.setattr(sweep_run.scrub, "scrub", slow)
    number = sweep.order(world.house, ADMIN, hash_=sweep.preview(world.house, ADMIN).hash)
    sweep_run.run(world.house, world.outlets, "cli", number)
    assert sweep.plan_of(world.house, ADMIN, number).state is PlanState.DONE


def hold_on(message_id: int) -> NewHold:
    return NewHold(HoldKind.LEGAL, "S 12 AL 345/26", message_id=message_id)


def test_the_preview_counts_by_postbox_agency_and_reason_and_writes_nothing(world):
    with world.house.db.read() as tx:
        before = audit.listing(tx, limit=1000)
    found = sweep.preview(world.house, ADMIN)
    counted = {(one.agency, one.keep): one.number for one in found.tallies}
    assert counted == {("435", Keep.NOT): 3, ("", Keep.NOT): 1, ("435", Keep.NOT_DONE): 1}
    assert (len(found.rows), found.has_more) == (4, False)
    with world.house.db.read() as tx:
        assert audit.listing(tx, limit=1000) == before
    assert sweep.preview(world.house, ADMIN).hash == found.hash


def test_who_approves_an_order_reads_what_goes(world, monkeypatch):
    monkeypatch.setattr(wiring, "house_of", lambda _: world.house)
    who = person.Who(address="igor.brombeer@post.example")
    run = person.erase(world.house, ADMIN, who, basis=OrderBasis.ART17, reference="DSB 9/26")
    shown = CliRunner().invoke(app, ["sweep", "approve", str(run)])
    assert "agency=435  answer=goes  mails=1" in shown.stdout


def test_the_proof_says_what_its_postbox_keeps_and_that_the_rest_of_an_order_waits(world):
    box = replace(world.house.policy.postboxes[0], is_swept=False)
    kept = replace(world.house.policy, postboxes=(box,))
    world.house = replace(world.house, policy=kept)
    found = proof_of(world, world.sweep())
    left = f"Im Postfach {box.name} gelassen (Einstellung deletion): 4, soweit sie dort noch liegen"
    lines = tuple(sweep_words.proof_lines(found))
    assert found.is_complete
    assert left in lines
    assert dict(found.in_postboxes) == {box.name: 4}
    again = "Das Übrige holt niemand von selbst nach"
    assert not any(again in one for one in lines), "the next run does"
    order = replace(found, plan=replace(found.plan, kind="art17"), kept={"hold": 1})
    assert any(again in one for one in sweep_words.proof_lines(order))


def test_what_may_go_goes_from_database_drop_answers_and_postbox(world):
    number = world.sweep()
    assert states(world.house) == {"deleted": 4, "sorted": 1}
    assert not proof_of(world, number).is_complete, "the postbox's worker has not been there yet"
    result = [one for one in sweep_words.proof_lines(proof_of(world, number)) if "Ergebnis" in one]
    assert len(result) == 1
    assert result[0].startswith("Ergebnis: NICHT vollständig; "), "and says what comes next"
    assert sweep_outside.from_postbox(world.house, world.box, world.lease) == 4
    found = proof_of(world, number)
    assert found.is_complete
    assert found.in_postboxes == {}
    assert "Ergebnis: vollständig" in sweep_words.proof_lines(found)
    assert (found.erased, dict(found.kept), found.residue_total, found.difference) == (4, {}, 0, 0)
    ended = {(one.kind, one.state): one.number for one in found.outside}
    assert ended == {("postbox", "done"): 4, ("eakte", "done"): 1, ("sent", "done"): 1}
    left = [folder for folder in world.box.folders() if world.box.view(folder).uids]
    assert left == ["435 Kassel/Arbeitsuchend"]
    assert [path for path in world.folder.rglob("*") if path.is_file()] == []


def test_no_word_of_a_deleted_mail_is_left_in_any_file_of_the_house(world, tmp_path):
    """The database's file and its WAL, the postbox, the drop, the answers."""
    packed = [originals.compressed(mail) for mail in (PAID, ANSWERED, WAIVED, MACHINE)]
    needles = [word.encode() for word in NEEDLES] + packed

    def found() -> set[bytes]:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        data = [path.read_bytes() for path in files] + [str(path).encode() for path in files]
        return {needle for needle in needles if any(needle in one for one in data)}

    assert len(found()) == len(needles), "all of them can be found before"
    world.sweep()
    sweep_outside.from_postbox(world.house, world.box, world.lease)
    assert found() == set()


def test_the_bytes_of_a_twin_stay_until_the_last_one_goes(house, box, lease, clock, tmp_path):
    world = sweep_world.build(house, box, lease, clock, tmp_path / "outside")
    bring_in(world.house, box, world.lease, ANSWERED)
    number = world.sweep()
    sweep_outside.from_postbox(world.house, world.box, world.lease)
    found = proof_of(world, number)
    assert (found.shared, found.is_complete) == (1, True)
    with world.house.db.read() as tx:
        assert originals.read(tx, originals.fingerprint(ANSWERED)) == ANSWERED
    assert len(world.box.view("435 Kassel/Termin").uids) == 1


def test_the_command_says_of_what_it_would_delete_that_it_goes(world, monkeypatch):
    monkeypatch.setattr(wiring, "house_of", lambda _: world.house)
    lines = CliRunner().invoke(app, ["sweep"]).stdout.splitlines()
    number = len(sweep.preview(world.house, ADMIN).rows)
    going = [int(one.rsplit("=", 1)[1]) for one in lines if "answer=goes" in one]
    assert sum(going) == number > 0
    assert not any("answer=not " in one for one in lines)


def test_the_run_deletes_what_the_preview_showed_or_nothing(world):
    seen = sweep.preview(world.house, ADMIN).hash
    sweep_holds.hold(world.house, ADMIN, hold_on(1))
    assert code_of(sweep.order, world.house, ADMIN, hash_=seen) == "sweep.changed"
    assert states(world.house)["done"] == 3


def test_a_hold_between_order_and_run_is_respected_and_named(world):
    number = world.order()
    hold = sweep_holds.hold(world.house, ADMIN, hold_on(1))
    sweep_run.run(world.house, world.outlets, "cli", number)
    assert dict(proof_of(world, number).kept) == {Keep.HOLD.value: 1}
    assert "Nicht gelöscht: 1 (Löschsperre)" in sweep_words.proof_lines(proof_of(world, number))
    sweep_holds.release(world.house, ADMIN, hold)
    again = world.sweep()
    assert proof_of(world, again).erased == 1


def test_a_hold_on_a_postbox_keeps_all_of_it(world):
    sweep_holds.hold(world.house, ADMIN, NewHold(HoldKind.AUDIT, "P-1", postbox=world.box.name))
    found = sweep.preview(world.house, ADMIN)
    assert {one.keep for one in found.tallies} == {Keep.HOLD, Keep.NOT_DONE}
    assert code_of(sweep.order, world.house, ADMIN, hash_=found.hash) == "sweep.nothing"


def test_a_postbox_that_is_configured_no_more_can_be_held_by_who_sees_all_regions(world):
    world.house = replace(world.house, policy=replace(world.house.policy, postboxes=()))
    held = NewHold(HoldKind.LEGAL, "S 12 AL 345/26", postbox=world.box.name)
    assert code_of(sweep_holds.hold, world.house, WEST, held) == "postbox.unknown"
    unknown = replace(held, postbox="SC-Nirgends")
    assert code_of(sweep_holds.hold, world.house, ADMIN, unknown) == "postbox.unknown"
    number = sweep_holds.hold(world.house, ADMIN, held)
    assert sweep.preview(world.house, ADMIN).rows == ()
    assert [one.id for one in sweep_holds.holds_in_force(world.house, ADMIN)] == [number]
    sweep_holds.release(world.house, ADMIN, number)
    assert sweep.preview(world.house, ADMIN).rows


def test_what_was_deleted_can_not_be_held_and_a_hold_needs_a_file_number(world):
    world.sweep()
    assert code_of(sweep_holds.hold, world.house, ADMIN, hold_on(1)) == "mail.deleted"
    assert (
        code_of(sweep_holds.hold, world.house, ADMIN, NewHold(HoldKind.LEGAL, "x")) == "hold.target"
    )
    bad = NewHold(HoldKind.LEGAL, "an alex@post.example", message_id=5)
    assert code_of(sweep_holds.hold, world.house, ADMIN, bad) == "sweep.reference"
    assert code_of(sweep_holds.release, world.house, ADMIN, 99) == "hold.unknown"


def test_what_still_leaves_or_is_being_moved_stays_until_that_is_over(world):
    """Over the period by far: the mail server was away, and nobody knows where a mail lies."""

    def set_to(reply: str, move: str) -> None:
        with world.house.db.write() as tx:
            tx.run(sa.update(outgoing).where(outgoing.c.kind == "reply").values(state=reply))
            tx.run(sa.update(op).where(op.c.message_id == 3).values(state=move))

    number = world.order()
    set_to("new", "sent")
    kept = {one.keep: one.number for one in sweep.preview(world.house, ADMIN).tallies}
    assert kept[Keep.ON_ITS_WAY] == len(sweep.preview(world.house, ADMIN).rows) == 2
    sweep_run.run(world.house, world.outlets, "cli", number)
    assert dict(proof_of(world, number).kept) == {Keep.ON_ITS_WAY.value: 2}
    set_to("sent", "done")
    world.sweep()
    assert states(world.house) == {"deleted": 4, "sorted": 1}


def test_mail_aside_that_nobody_saw_is_never_deleted(house, box, lease, clock, tmp_path):
    world = sweep_world.build(house, box, lease, clock, tmp_path / "outside")
    bring_in(world.house, box, world.lease, eml("Abwesend 2", Auto_Submitted="auto-replied"))
    clock.forward(days=400)
    found = sweep.preview(world.house, ADMIN)
    assert {one.keep: one.number for one in found.tallies}[Keep.UNSEEN] == 1
    sweep_world.look_at_all(world.house)
    found = sweep.preview(world.house, ADMIN)
    assert Keep.UNSEEN not in {one.keep for one in found.tallies}


def test_a_package_without_receipt_stays_in_the_drop_and_is_named(world):
    """The clerk waived after the hand-over had left: the eAkte may still fetch it."""
    with world.house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE outgoing SET state = 'sent' WHERE kind = 'eakte'")
    number = world.sweep()
    sweep_outside.from_postbox(world.house, world.box, world.lease)
    found = proof_of(world, number)
    assert not found.is_complete
    waits = [(o.state, o.code) for o in found.outside if o.kind == "eakte"]
    assert waits == [("new", "eakte.no_receipt")]
    with world.house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE outgoing SET state = 'receipted'")
    world.clock.forward(days=1)
    assert sweep_run.one_round(world.house, world.outlets, "w-1") == 1
    assert proof_of(world, number).is_complete


def test_an_observed_or_kept_postbox_is_never_written_to(house, box, lease, clock, tmp_path):
    world = sweep_world.build(house, box, lease, clock, tmp_path / "outside", deletion="keep")
    number = world.sweep()
    assert sweep_outside.from_postbox(world.house, ObservedPostbox(box), world.lease) == 0
    assert sum(len(box.view(folder).uids) for folder in box.folders()) == 5
    found = proof_of(world, number)
    assert found.is_complete
    assert "postbox" not in {one.kind for one in found.outside}
    # And what lies there still is not taken in as new mail.
    receive.receive(world.house, box, world.lease, region="Südwest")
    assert one_sorter.sort_pending(world.house) == 0


def test_a_mail_that_was_changed_in_its_place_is_not_removed(world):
    number = world.sweep()
    (file,) = (world.box._root / "435 Kassel" / "Termin" / "cur").iterdir()
    file.write_bytes(b"Subject: other\r\n\r\nmail")
    sweep_outside.from_postbox(world.house, world.box, world.lease)
    assert file.exists()
    ended = {(o.state, o.code): o.number for o in proof_of(world, number).outside
             if o.kind == "postbox"}  # fmt: skip
    assert ended == {("done", ""): 3, ("missing", "postbox.not_found"): 1}


def test_a_mail_that_can_not_be_read_just_now_is_not_called_missing_and_goes_later(world):
    number = world.sweep()
    (file,) = (world.box._root / "435 Kassel" / "Termin" / "cur").iterdir()
    aside = file.rename(world.folder / "aside")
    file.mkdir()
    sweep_outside.from_postbox(world.house, world.box, world.lease)
    assert not proof_of(world, number).is_complete
    file.rmdir()
    aside.rename(file)
    world.clock.forward(hours=sweep_outside.WAIT_HOURS)
    assert sweep_outside.from_postbox(world.house, world.box, world.lease) == 1
    assert not file.exists()
    assert proof_of(world, number).is_complete


def test_a_mail_in_a_folder_with_new_numbers_goes_when_it_was_found_again(world):
    number = world.sweep()
    anew = Renumbering(world.box)
    sweep_outside.from_postbox(world.house, anew, world.lease)
    assert not proof_of(world, number).is_complete
    assert reconcile.reconcile(world.house, anew, world.lease).renumbered == 5
    assert sweep_outside.from_postbox(world.house, anew, world.lease) == 0
    world.clock.forward(hours=sweep_outside.WAIT_HOURS)
    assert sweep_outside.from_postbox(world.house, anew, world.lease) == 4
    ended = {(o.state, o.code): o.number for o in proof_of(world, number).outside
             if o.kind == "postbox"}  # fmt: skip
    assert ended == {("done", ""): 4}


def test_the_proof_finds_content_that_was_left(world):
    number = world.sweep()
    sweep_outside.from_postbox(world.house, world.box, world.lease)
    assert proof_of(world, number).is_complete
    with world.house.db.write() as tx:
        tx.run(sa.update(verdict).where(verdict.c.message_id == 1).values(body={"x": 1}))
    found = proof_of(world, number)
    assert (found.residue["verdict"], found.is_complete) == (1, False)


def test_answers_to_repeated_requests_that_speak_of_it_go_too(world):
    with world.house.db.write() as tx:
        for key, body in (("a", '{"message_id": 1, "verdict": {}}'), ("b", '{"message_id": 5}')):
            answer = idempotency.Answer(201, {"headers": {}, "text": body})
            idempotency.remember(
                tx, "sc", key=key, request_hash="h", answer=answer, now=world.clock()
            )
    world.sweep()
    with world.house.db.read() as tx:
        assert idempotency.look(tx, "sc", key="a", request_hash="h") is None
        assert idempotency.look(tx, "sc", key="b", request_hash="h") is not None


def test_the_tombstone_and_the_trail_tell_that_it_was_and_by_which_run(world):
    number = world.sweep()
    with world.house.db.write() as tx:
        row = ledger.message(tx, 1)
        story = [entry.action for entry in audit.of_subject(tx, "message:1")]
        run = audit.of_subject(tx, f"sweep:{number}")
        audit.seal(tx, limit=1000)
        assert audit.verify(tx).broken is None
    assert (row.state.value, row.state_reason, row.subject) == ("deleted", "retention", "")
    assert "mail.deleted" in story
    assert [entry.action for entry in run] == ["sweep.ordered", "sweep.ended"]
    assert run[-1].details["erased"] == 4
    with world.house.db.read() as tx:
        words = str([(e.actor, e.subject, e.details) for e in audit.listing(tx, limit=1000)])
    assert [needle for needle in NEEDLES if needle in words] == []


def test_an_order_needs_a_second_person_and_goes_before_its_period(house, box, lease, clock,
                                                                    tmp_path):  # fmt: skip
    world = sweep_world.build(house, box, lease, clock, tmp_path / "outside")
    bring_in(world.house, box, world.lease, eml("Abwesend 3", Auto_Submitted="auto-replied"))
    number = sweep.propose(world.house, ADMIN, [5, 6], basis=OrderBasis.ART17, reference="DSB 7/26")
    run = (sweep_run.run, world.house, world.outlets, "cli", number)
    assert code_of(*run) == "sweep.state"
    assert code_of(sweep.approve, world.house, ADMIN, number) == "sweep.own_plan"
    sweep.approve(world.house, OTHER, number)
    sweep_run.run(*run[1:])
    found = proof_of(world, number)
    # 5 is not worked off yet: an order opens no lock but the period.
    assert (found.erased, dict(found.kept)) == (1, {Keep.NOT_DONE.value: 1})
    assert code_of(sweep.approve, world.house, OTHER, number) == "sweep.state"
    with world.house.db.read() as tx:
        assert ledger.message(tx, 6).state_reason == "order"


def test_a_rejected_order_deletes_nothing(world):
    number = sweep.propose(world.house, ADMIN, [1], basis=OrderBasis.SGB84, reference="DSB 8/26")
    sweep.reject(world.house, OTHER, number)
    assert code_of(sweep_run.run, world.house, world.outlets, "cli", number) == "sweep.state"
    assert sweep_run.one_round(world.house, world.outlets, "w-1") == 0
    assert states(world.house)["done"] == 3


def test_what_waits_for_a_second_person_is_not_deleted_by_another_run(world):
    approved, _ = (
        sweep.propose(world.house, ADMIN, [mail], basis=OrderBasis.SGB84, reference="DSB 9/26")
        for mail in (1, 2)
    )
    sweep.approve(world.house, OTHER, approved)
    assert sweep_run.one_round(world.house, world.outlets, "w-1") == 1
    assert states(world.house) == {"deleted": 1, "done": 2, "aside": 1, "sorted": 1}


def test_an_admin_of_another_region_sees_and_deletes_none_of_it(world):
    number = world.order()
    assert sweep.preview(world.house, WEST).tallies == ()
    assert sweep.plans(world.house, WEST) == ()
    assert code_of(sweep_proof.proof, world.house, WEST, number) == "sweep.unknown"
    assert code_of(sweep_holds.hold, world.house, WEST, hold_on(1)) == "mail.unknown"
    held = sweep_holds.hold(world.house, ADMIN, hold_on(1))
    assert sweep_holds.holds_in_force(world.house, WEST) == ()
    assert [one.id for one in sweep_holds.holds_in_force(world.house, ADMIN)] == [held]
    assert code_of(sweep_holds.release, world.house, WEST, held) == "hold.unknown"
    everything = NewHold(HoldKind.LEGAL, "AZ 3", postbox=world.box.name)
    of_postbox = sweep_holds.hold(world.house, ADMIN, everything)
    assert sweep_holds.holds_in_force(world.house, WEST) == ()
    assert code_of(sweep_holds.release, world.house, WEST, of_postbox) == "hold.unknown"
    assert code_of(sweep.preview, world.house, sweep_world.ME) == "access.denied"


def test_by_itself_a_worker_deletes_nothing_and_with_an_hour_once_a_day(world):
    quiet = world.house
    assert sweep_run.one_round(quiet, world.outlets, "w-1") == 0
    policy = replace(quiet.policy, sweep=replace(quiet.policy.sweep, hour=12))
    house = replace(quiet, policy=policy)
    assert sweep_run.one_round(house, world.outlets, "w-1") == 0, "11 o'clock in Berlin"
    world.clock.forward(hours=1)
    while sweep_run.one_round(house, world.outlets, "w-1"):
        pass
    assert states(house) == {"deleted": 4, "sorted": 1}
    (plan,) = sweep.plans(house, ADMIN)
    assert (plan.made_by, plan.state.value) == ("worker", "done")
    assert sweep_run.one_round(house, world.outlets, "w-2") == 0
    world.clock.forward(days=1)
    sweep_run.one_round(house, world.outlets, "w-2")
    assert len(sweep.plans(house, ADMIN)) == 2


def test_while_writing_is_stopped_nothing_is_deleted_anywhere_and_afterwards_it_is(world):
    number = world.order()
    now = world.clock()
    halting.stop_writing(world.house.db, ADMIN, reason="Umbau der Ordner", now=now)
    assert sweep_run.one_round(world.house, world.outlets, "w-1") == 0
    assert code_of(sweep_run.run, world.house, world.outlets, "cli", number) == "writing.stopped"
    assert sweep_outside.from_postbox(world.house, world.box, world.lease) == 0
    assert states(world.house)["done"] == 3
    halting.resume(world.house.db, ADMIN, now=now)
    sweep_run.run(world.house, world.outlets, "cli", number)
    assert states(world.house) == {"deleted": 4, "sorted": 1}


def test_one_run_at_a_time(world):
    number = world.order()
    with sweep_run.alone(world.house, "w-1") as lease:
        assert lease is not None
        assert sweep_run.one_round(world.house, world.outlets, "w-2") == 0
        assert code_of(sweep_run.run, world.house, world.outlets, "cli", number) == "sweep.busy"
    # A worker whose lease was lost meanwhile writes nothing.
    world.clock.forward(seconds=1000)
    plan = sweep.plan_of(world.house, ADMIN, number)
    assert code_of(sweep_run.batch, world.house, lease, plan) == "lease.lost"
    assert states(world.house)["done"] == 3


def test_a_smarthost_keeps_no_copy_of_an_answer(world):
    with world.house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE outgoing SET answer = '250 ok' WHERE kind = 'reply'")
    number = world.sweep()
    sent = [(o.state, o.code) for o in proof_of(world, number).outside if o.kind == "sent"]
    assert sent == [("missing", "sent.not_here")]
    with world.house.db.read() as tx:
        assert sweep_removals.waiting(tx)["sent"] == 0
