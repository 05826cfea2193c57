"""A plan of permissions: made by one person, approved by another, carried out, put back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.maildir.rights import MaildirRights
from rules.errors import Conflict
from rules.rights.folder_acl import FolderAcl, access, account
from rules.rights.folder_findings import Code
from store.processes import leases
from store.rights import plans as rights_plans
from store.rights.plans import PlanState, StepState
from store.trail import audit as trail
from tests.house_fixture import open_house
from tests.refusals import code_of
from tests.rights_world import REGION
from tests.triage.rights_office import (
    ANNA,
    BERT,
    BOX,
    DEFECTS,
    Office,
    PowerCut,
    Stubborn,
    arranged,
    house,
    keep_one,
    make_office,
    office,
)
from triage import halting
from triage.house import PostboxPlan, RightsPolicy
from triage.rights import decisions as rights
from triage.rights import work as rights_work

__all__ = ["house", "office"]


def test_from_the_look_to_the_undo(url: str, tmp_path: Path) -> None:
    office = make_office(open_house(url), tmp_path / "box", DEFECTS)
    before = {acl.folder: access(acl.entries) for acl in office.desk.read(office.desk.folders())}
    found = office.look()
    assert {(one.code, one.folder, one.subject) for one in found.open} == office.world.expected
    plan_id = rights.propose(office.house, ANNA, BOX)
    rights.approve(office.house, BERT, plan_id)
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.code, len(outcome.done)) == ("", 5)
    assert office.state(plan_id) is PlanState.APPLIED
    assert office.look().open == ()
    undone = rights_work.undo(office.house, ANNA.name, office.desk, plan_id)
    assert (undone.code, undone.done) == ("", outcome.done[::-1])
    assert office.state(plan_id) is PlanState.UNDONE
    left = {(one.code, one.subject) for one in office.look().open}
    orphans = {(c, s) for c, _, s in office.world.expected if c is Code.ORPHAN}
    assert left == {(c, s) for c, _, s in office.world.expected} - orphans
    after = {acl.folder: access(acl.entries) for acl in office.desk.read(office.desk.folders())}
    assert after["102 Ort102"] == before["102 Ort102"]
    office.house.db.close()


def test_while_writing_is_stopped_a_plan_waits_and_looking_goes_on(office: Office) -> None:
    plan_id = office.approved()
    house, now = office.house, office.house.clock()
    rights.order(house, BERT, BOX, "apply", plan_id=plan_id)
    halting.stop_writing(house.db, BERT, reason="Umbau der Ordner", now=now)
    desks = {BOX: lambda: office.desk}
    assert rights_work.orders(house, "w1", desks) == 0
    direct = lambda: rights_work.apply(house, BERT.name, office.desk, plan_id)  # noqa: E731
    assert code_of(direct) == "writing.stopped"
    assert office.state(plan_id) is PlanState.APPROVED
    halting.resume(house.db, BERT, now=now)
    assert rights_work.orders(house, "w1", desks) == 1
    assert office.state(plan_id) is PlanState.APPLIED


def test_who_stops_writing_stops_a_plan_before_its_next_folder(office: Office) -> None:
    class Stopping(Stubborn):
        def write(self, folder: str, wanted: Mapping) -> None:
            super().write(folder, wanted)
            now = office.house.clock()
            halting.stop_writing(office.house.db, BERT, reason="Umbau der Ordner", now=now)

    plan_id, desk = office.approved(), Stopping(office.desk, "never")
    outcome = rights_work.apply(office.house, BERT.name, desk, plan_id)
    assert (outcome.code, desk.writes, len(outcome.done)) == ("writing.stopped", 1, 1)


def test_what_a_person_mends_meanwhile_is_no_deed_of_the_plan(office: Office) -> None:
    plan_id = office.approved()
    text = office.file("103 Ort103").read_text()
    kept = [line for line in text.splitlines() if "fremd" not in line]
    office.file("103 Ort103").write_text("\n".join(kept) + "\n")
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.code, len(outcome.done)) == ("", 5)
    with office.house.db.read() as tx:
        told = [one.details for one in trail.listing(tx, limit=200)]
    assert "103 Ort103" not in {details.get("folder") for details in told}
    undone = rights_work.undo(office.house, BERT.name, office.desk, plan_id)
    assert "103 Ort103" not in undone.done
    assert "fremd" not in office.file("103 Ort103").read_text()


def test_all_of_it_stands_in_the_trail_without_a_single_account(office: Office) -> None:
    plan_id = office.approved()
    rights.order(office.house, BERT, BOX, "apply", plan_id=plan_id)
    rights_work.orders(office.house, "w1", {BOX: lambda: office.desk})
    rights.order(office.house, BERT, BOX, "undo", plan_id=plan_id)
    rights_work.orders(office.house, "w1", {BOX: lambda: office.desk})
    keep_one(office)
    assert {
        "rights.lists_imported", "rights.audited", "rights.plan_proposed", "rights.plan_approved",
        "rights.apply_ordered", "rights.folder_apply", "rights.plan_applied",
        "rights.undo_ordered", "rights.folder_undo", "rights.plan_undone", "rights.finding_kept",
    } <= set(office.actions())  # fmt: skip
    with office.house.db.read() as tx:
        told = str([entry.details for entry in trail.listing(tx, limit=200)])
    assert "@" not in told
    assert "$" not in told
    assert "fremd" not in told


def test_a_proposal_that_takes_what_somebody_keeps_by_now_is_void(office: Office) -> None:
    office.look()
    plan_id = rights.propose(office.house, ANNA, BOX)
    keep_one(office)
    assert code_of(lambda: rights.approve(office.house, BERT, plan_id)) == "rights.plan_state"


def test_who_made_a_plan_does_not_approve_it(office: Office) -> None:
    office.look()
    plan_id = rights.propose(office.house, ANNA, BOX)
    assert code_of(lambda: rights.approve(office.house, ANNA, plan_id)) == "rights.same_person"
    desk = office.desk
    early = lambda: rights_work.apply(office.house, ANNA.name, desk, plan_id)  # noqa: E731
    assert code_of(early) == "rights.not_approved"
    rights.reject(office.house, ANNA, plan_id)
    assert code_of(lambda: rights.approve(office.house, BERT, plan_id)) == "rights.plan_state"


def test_reading_is_the_default_and_an_observed_postbox_is_never_written_to(office: Office) -> None:
    plan_id = office.approved()
    plans = (PostboxPlan(BOX, REGION, is_observed=True),)
    for policy in ({"rights": RightsPolicy()}, {"postboxes": plans}):
        house = arranged(office.house, **policy)
        deed = lambda house=house: rights_work.apply(house, "x", office.desk, plan_id)  # noqa: E731
        assert code_of(deed) == "rights.read_only"
        asked = lambda house=house: rights.order(house, ANNA, BOX, "apply", plan_id=plan_id)  # noqa: E731
        assert code_of(asked) == "rights.read_only"


def test_a_folder_that_was_changed_meanwhile_stops_the_plan(office: Office) -> None:
    plan_id = office.approved()
    office.file("103 Ort103").write_text("user=fremd0.103 lr\n")
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.code, outcome.stopped_at) == ("rights.changed_meanwhile", "103 Ort103")
    assert outcome.done == ("101 Ort101/AU", "102 Ort102")
    assert office.file("103 Ort103").read_text() == "user=fremd0.103 lr\n"
    assert "user=S-1-5" in office.file("104 Ort104").read_text()
    assert office.state(plan_id) is PlanState.STOPPED
    back = rights_work.undo(office.house, BERT.name, office.desk, plan_id)
    assert back.done == ("102 Ort102", "101 Ort101/AU")


def test_what_does_not_read_as_it_was_written_stops_the_plan(office: Office) -> None:
    plan_id = office.approved()
    desk = Stubborn(office.desk, "forgets")
    outcome = rights_work.apply(office.house, BERT.name, desk, plan_id)
    assert (outcome.code, outcome.done, desk.writes) == ("rights.not_as_written", (), 1)
    _, steps = rights.plan(office.house, ANNA, plan_id)
    assert [(step.state, step.error_code) for step in steps] == [
        (StepState.FAILED, "rights.not_as_written")
    ]


def test_a_plan_that_was_cut_off_goes_on_and_can_be_undone(office: Office, monkeypatch) -> None:
    plan_id = office.approved()
    before = office.file("101 Ort101/AU").read_text()
    desk = Stubborn(office.desk, "dies_after")

    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    with monkeypatch.context() as power:
        power.setattr(rights_plans, "end_step", cut)
        with pytest.raises(PowerCut):
            rights_work.apply(office.house, BERT.name, desk, plan_id)
    assert office.state(plan_id) is PlanState.APPROVED
    _, (step,) = rights.plan(office.house, ANNA, plan_id)
    assert step.state is StepState.NOTED
    assert office.file("101 Ort101/AU").read_text() != before
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.code, len(outcome.done)) == ("", 5)
    _, steps = rights.plan(office.house, ANNA, plan_id)
    assert {one.state for one in steps} == {StepState.DONE}
    rights_work.undo(office.house, BERT.name, office.desk, plan_id)
    assert access(office.desk.read(["101 Ort101/AU"])[0].entries).get(account("$ez-101")) is None


def test_who_stood_still_in_a_plan_writes_nothing_after_it_was_undone_by_another(
    office: Office, clock
) -> None:
    """Frozen before the third folder, longer than its turn; a person has the plan undone."""

    @dataclass
    class Frozen(Stubborn):
        reads: int = 0

        def read(self, folders: Sequence[str]) -> tuple[FolderAcl, ...]:
            self.reads += 1
            if self.reads == 5:
                clock.forward(seconds=rights_work.LEASE_SECONDS + 1)
                undone = rights_work.undo(office.house, ANNA.name, office.desk, plan_id)
                assert (undone.code, len(undone.done)) == ("", 2)
            return super().read(folders)

    plan_id = office.approved()
    desk = Frozen(office.desk, "never")
    deed = lambda: rights_work.apply(office.house, BERT.name, desk, plan_id)  # noqa: E731
    assert code_of(deed) == "lease.lost"
    assert desk.writes == 2
    assert office.state(plan_id) is PlanState.UNDONE


def test_an_order_that_another_worker_did_at_that_moment_is_not_done_again(
    office: Office, monkeypatch
) -> None:
    rights.order(office.house, ANNA, BOX, "apply", plan_id=office.approved())
    desks, read = {BOX: lambda: office.desk}, rights_plans.open_orders

    def late(*asked: object) -> object:
        monkeypatch.setattr(rights_plans, "open_orders", read)
        found = read(*asked)
        assert rights_work.orders(office.house, "w1", desks) == 1
        return found

    monkeypatch.setattr(rights_plans, "open_orders", late)
    assert rights_work.orders(office.house, "w2", desks) == 0
    assert rights.standing(office.house, ANNA, BOX).last_failure == ""


def test_one_person_alone_gives_back_for_a_week_what_two_have_taken(office: Office) -> None:
    plan_id = office.approved()
    rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    taken = office.file("101 Ort101/AU").read_text()
    office.house.clock.forward(days=7, seconds=1)
    seen = rights.plan(office.house, ANNA, plan_id)[0].hash
    ordered = lambda: rights.order(  # noqa: E731
        office.house, ANNA, BOX, "undo", plan_id=plan_id, seen=seen
    )
    at_once = lambda: rights_work.undo(office.house, "x", office.desk, plan_id)  # noqa: E731
    assert [code_of(deed) for deed in (ordered, at_once)] == ["rights.undo_late"] * 2
    assert office.file("101 Ort101/AU").read_text() == taken


def test_nothing_is_undone_that_was_not_done(office: Office) -> None:
    plan_id = office.approved()
    deed = lambda: rights_work.undo(office.house, "x", office.desk, plan_id)  # noqa: E731
    assert code_of(deed) == "rights.nothing_to_undo"
    rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    deed()
    assert code_of(deed) == "rights.nothing_to_undo", "what came since is none of this plan's"


def test_two_do_not_work_on_one_postbox_at_once(office: Office) -> None:
    now = office.house.clock()
    with office.house.db.write() as tx:
        leases.take(tx, f"rights:{BOX}", owner="other", now=now, seconds=60)
    with pytest.raises(Conflict) as caught:
        rights_work.look(office.house, "x", office.desk)
    assert caught.value.code == "rights.busy"


@dataclass
class Told(Stubborn):
    """Tells whether its line was given back."""

    is_closed: bool = False

    def close(self) -> None:
        self.is_closed = True


def test_a_worker_does_what_the_page_ordered(office: Office) -> None:
    rights.order(office.house, ANNA, BOX, "audit")
    rights.order(office.house, ANNA, BOX, "audit")
    opened: list[Told] = []
    desks = {BOX: lambda: opened.append(Told(office.desk, "never")) or opened[-1]}
    assert rights_work.orders(office.house, "w1", desks) == 1
    assert [desk.is_closed for desk in opened] == [True], "a line of its own for each order"
    assert rights.standing(office.house, ANNA, BOX).audit is not None
    plan_id = rights.propose(office.house, ANNA, BOX)
    asked = lambda: rights.order(office.house, ANNA, BOX, "apply", plan_id=plan_id)  # noqa: E731
    assert code_of(asked) == "rights.not_approved"
    rights.approve(office.house, BERT, plan_id)
    asked()
    assert rights_work.orders(office.house, "w1", desks) == 1
    assert office.state(plan_id) is PlanState.APPLIED
    assert rights.standing(office.house, ANNA, BOX).open == ()
    rights.order(office.house, ANNA, BOX, "undo", plan_id=plan_id)
    assert rights_work.orders(office.house, "w1", desks) == 1
    assert office.state(plan_id) is PlanState.UNDONE
    assert rights_work.orders(office.house, "w1", desks) == 0


def test_an_order_that_fails_is_told_and_one_that_is_busy_waits(office: Office) -> None:
    rights.order(office.house, ANNA, BOX, "audit")
    away = {BOX: lambda: MaildirRights(BOX, office.root / "nirgends")}
    assert rights_work.orders(office.house, "w1", away) == 1
    assert rights.standing(office.house, ANNA, BOX).last_failure == "postbox.away"
    rights.order(office.house, ANNA, BOX, "audit")
    now = office.house.clock()
    with office.house.db.write() as tx:
        leases.take(tx, f"rights:{BOX}", owner="other", now=now, seconds=60)
    assert rights_work.orders(office.house, "w1", {BOX: lambda: office.desk}) == 0
    assert len(rights.standing(office.house, ANNA, BOX).orders) == 1


def test_an_order_that_breaks_the_round_leaves_the_postbox_to_the_next(office: Office) -> None:
    @dataclass
    class Broken(Stubborn):
        def folders(self) -> tuple[str, ...]:
            raise ValueError("no folder says so")

    rights.order(office.house, ANNA, BOX, "audit")
    with pytest.raises(ValueError, match="no folder"):
        rights_work.orders(office.house, "w1", {BOX: lambda: Broken(office.desk, "never")})
    assert rights_work.orders(office.house, "w2", {BOX: lambda: office.desk}) == 1


def test_a_plan_without_changes_is_none_and_two_are_not_approved_at_once(office: Office) -> None:
    plan_id = office.approved()
    again = lambda: rights.propose(office.house, ANNA, BOX)  # noqa: E731
    assert code_of(again) == "rights.plan_waits"
    rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    office.look()
    assert code_of(again) == "rights.empty_plan"
    assert code_of(lambda: rights.plan(office.house, ANNA, 99)) == "plan.unknown"


def test_a_newer_look_that_finds_anything_else_makes_a_proposal_void(office: Office) -> None:
    office.look()
    plan_id = rights.propose(office.house, ANNA, BOX)
    with office.file("108 Ort108").open("a") as file:
        file.write("user=neu lr\n")
    office.look()
    assert office.state(plan_id) is PlanState.VOID
    with pytest.raises(Conflict):
        rights.approve(office.house, BERT, plan_id)


def test_an_entry_that_appeared_and_is_not_understood_stops_the_plan(office: Office) -> None:
    plan_id = office.approved()
    with office.file("102 Ort102").open("a") as file:
        file.write("-user=raetsel lr\n")
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.stopped_at, outcome.code) == ("102 Ort102", "rights.unknown_level")
