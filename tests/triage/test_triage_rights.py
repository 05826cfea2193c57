"""Folder rights end to end: looked at, planned, approved by a second person, written, put back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.maildir.postbox import create_tree
from ingest.maildir.rights import MaildirRights
from rules.access import Caller
from rules.codes import Role
from rules.errors import Conflict, HouseError, Refused, TryLater
from rules.rights.distribution import Member, MemberKind
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_acl import FolderAcl, Naming, access, account
from rules.rights.folder_findings import Code, Key
from rules.rights.reporting_chain import Round, Step, make_round
from store.processes import leases
from store.rights import lists as rights_lists
from store.rights import plans as rights_plans
from store.rights.plans import PlanState, StepState
from store.trail import audit as trail
from tests.house_fixture import open_house
from tests.rights_peers import into_maildir
from tests.rights_world import AGENCIES, REGION, SC, World, build, directory, ez, person
from triage import halting
from triage.house import House, PostboxPlan, RightsPolicy
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import report as rights_report
from triage.rights import reporting as rights_reporting
from triage.rights import signoff as rights_signoff
from triage.rights import tables as rights_tables
from triage.rights import work as rights_work
from triage.rights.cells import CellState
from triage.rights.review import ReviewState

BOX = "SC-Südwest"
ANNA = Caller("admin-anna", Role.ADMIN, agencies=None, regions=frozenset({REGION}))
BERT = Caller("admin-bert", Role.ADMIN, agencies=None)
NORTH = Caller("admin-nord", Role.ADMIN, agencies=None, regions=frozenset({"Nord"}))
CLERK = Caller("k-101", Role.CLERK, agencies=frozenset({"101"}))
DEFECTS = {
    (Code.MISSING, "101", True),
    (Code.TOO_HIGH, "102", False),
    (Code.SURPLUS, "103", False),
    (Code.ORPHAN, "104", False),
    (Code.OPEN_TO_ALL, "105", True),
}


@dataclass
class Office:
    """A house with one postbox, its lists reported, and the driver of its rights."""

    house: House
    root: Path
    world: World

    @property
    def desk(self) -> MaildirRights:
        return MaildirRights(BOX, self.root)

    def look(self) -> rights.Standing:
        rights_work.look(self.house, "system:test", self.desk)
        return rights.standing(self.house, ANNA, BOX)

    def approved(self) -> int:
        self.look()
        plan_id = rights.propose(self.house, ANNA, BOX)
        rights.approve(self.house, BERT, plan_id)
        return plan_id

    def state(self, plan_id: int) -> PlanState:
        return rights.plan(self.house, ANNA, plan_id)[0].state

    def file(self, folder: str) -> Path:
        return self.root / folder / "dovecot-acl"

    def actions(self) -> list[str]:
        with self.house.db.read() as tx:
            return [entry.action for entry in trail.listing(tx, limit=200)]


def arranged(house: House, **policy: object) -> House:
    plans = (PostboxPlan(BOX, REGION, is_observed=False), PostboxPlan("SC-Nord", "Nord", True))
    changed = {"rights": RightsPolicy(may_write=True), "postboxes": plans, **policy}
    return replace(
        house,
        policy=replace(house.policy, **changed),
        judging=replace(house.judging, directory=directory()),
    )


def make_office(house: House, root: Path, defects: set[tuple[Code, str, bool]]) -> Office:
    world = build(Naming.IMAP, defects)
    create_tree(root)
    into_maildir(world, root)
    office = Office(arranged(house), root, world)
    lists = write_lists(world.lists.values()).encode()
    rights_reporting.import_lists(office.house, ANNA, REGION, data=lists, source="nord.csv")
    return office


@pytest.fixture
def house(sqlite_url: str, clock) -> Iterator[House]:
    """On one engine; the whole way is walked on both below."""
    house = open_house(sqlite_url, clock=clock)
    yield house
    house.db.close()


@pytest.fixture
def office(house: House, tmp_path: Path) -> Office:
    return make_office(house, tmp_path / "box", DEFECTS)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(HouseError) as caught:
        call()
    return caught.value.code


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
    assert refused(direct) == "writing.stopped"
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


def keep_one(office: Office, *, days: int = 30) -> None:
    """Somebody lets the surplus account stay."""
    found = rights.standing(office.house, ANNA, BOX).open
    key = next(one.key for one in found if one.code is Code.SURPLUS)
    until = office.house.local_now().date() + timedelta(days=days)
    rights.keep(office.house, ANNA, BOX, key, reason="Vertretung bis Jahresende", until=until)


def test_a_proposal_that_takes_what_somebody_keeps_by_now_is_void(office: Office) -> None:
    office.look()
    plan_id = rights.propose(office.house, ANNA, BOX)
    keep_one(office)
    assert refused(lambda: rights.approve(office.house, BERT, plan_id)) == "rights.plan_state"


@pytest.mark.parametrize(("days", "code"), [(-1, "rights.keep_day"), (367, "rights.keep_day")])
def test_keeping_lasts_from_today_to_a_year(office: Office, days: int, code: str) -> None:
    office.look()
    assert refused(lambda: keep_one(office, days=days)) == code
    keep_one(office, days=0 if days < 0 else 366)
    assert len(rights.standing(office.house, ANNA, BOX).kept) == 1


def test_who_made_a_plan_does_not_approve_it(office: Office) -> None:
    office.look()
    plan_id = rights.propose(office.house, ANNA, BOX)
    assert refused(lambda: rights.approve(office.house, ANNA, plan_id)) == "rights.same_person"
    desk = office.desk
    early = lambda: rights_work.apply(office.house, ANNA.name, desk, plan_id)  # noqa: E731
    assert refused(early) == "rights.not_approved"
    rights.reject(office.house, ANNA, plan_id)
    assert refused(lambda: rights.approve(office.house, BERT, plan_id)) == "rights.plan_state"


def test_reading_is_the_default_and_an_observed_postbox_is_never_written_to(office: Office) -> None:
    plan_id = office.approved()
    plans = (PostboxPlan(BOX, REGION, is_observed=True),)
    for policy in ({"rights": RightsPolicy()}, {"postboxes": plans}):
        house = arranged(office.house, **policy)
        deed = lambda house=house: rights_work.apply(house, "x", office.desk, plan_id)  # noqa: E731
        assert refused(deed) == "rights.read_only"
        asked = lambda house=house: rights.order(house, ANNA, BOX, "apply", plan_id=plan_id)  # noqa: E731
        assert refused(asked) == "rights.read_only"


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


@dataclass
class Stubborn:
    """A server that says yes and does something else, or dies at a chosen moment."""

    desk: MaildirRights
    fails: str
    name: str = BOX
    naming: Naming = Naming.IMAP
    writes: int = 0
    is_dead: bool = False

    def folders(self) -> tuple[str, ...]:
        return self.desk.folders()

    def read(self, folders: Sequence[str]) -> tuple[FolderAcl, ...]:
        if self.is_dead:
            raise TryLater("postbox.away", "gone")
        return self.desk.read(folders)

    def write(self, folder: str, wanted: Mapping) -> None:
        self.writes += 1
        if self.fails == "forgets":
            return
        self.desk.write(folder, wanted)
        self.is_dead = self.fails == "dies_after"

    def close(self) -> None:
        pass


def test_what_does_not_read_as_it_was_written_stops_the_plan(office: Office) -> None:
    plan_id = office.approved()
    desk = Stubborn(office.desk, "forgets")
    outcome = rights_work.apply(office.house, BERT.name, desk, plan_id)
    assert (outcome.code, outcome.done, desk.writes) == ("rights.not_as_written", (), 1)
    _, steps = rights.plan(office.house, ANNA, plan_id)
    assert [(step.state, step.error_code) for step in steps] == [
        (StepState.FAILED, "rights.not_as_written")
    ]


class PowerCut(BaseException):
    """What no except of the house may hold up."""


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
    assert refused(deed) == "lease.lost"
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
    assert [refused(deed) for deed in (ordered, at_once)] == ["rights.undo_late"] * 2
    assert office.file("101 Ort101/AU").read_text() == taken


def test_nothing_is_undone_that_was_not_done(office: Office) -> None:
    plan_id = office.approved()
    deed = lambda: rights_work.undo(office.house, "x", office.desk, plan_id)  # noqa: E731
    assert refused(deed) == "rights.nothing_to_undo"
    rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    deed()
    assert refused(deed) == "rights.nothing_to_undo", "what came since is none of this plan's"


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
    assert refused(asked) == "rights.not_approved"
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


def test_each_admin_sees_and_decides_for_his_regions_only(office: Office) -> None:
    office.approved()
    house = office.house
    assert [box.name for box in rights.boxes(house, NORTH)] == ["SC-Nord"]
    assert [box.name for box in rights.boxes(house, BERT)] == [BOX, "SC-Nord"]
    key = office.look().open[0].key
    for call in (
        lambda: rights.standing(house, NORTH, BOX),
        lambda: rights.propose(house, NORTH, BOX),
        lambda: rights.order(house, NORTH, BOX, "audit"),
        lambda: rights_signoff.agency(house, NORTH, BOX, "101"),
        lambda: rights.keep(house, NORTH, BOX, key, reason="x" * 20, until=date(2026, 12, 1)),
    ):
        assert refused(call) == "postbox.unknown"
    assert refused(lambda: rights.boxes(house, CLERK)) == "access.denied"
    read = lambda: rights_reporting.reported(house, NORTH, REGION)  # noqa: E731
    assert refused(read) == "region.unknown"


def reporting_deeds(house: House, caller: Caller, region: str) -> list[Callable[[], object]]:
    days = (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3))
    return [
        lambda: rights_reporting.import_lists(house, caller, region, data=b"", source="x.csv"),
        lambda: rights_reporting.expand(house, caller, region, members=lambda _: None),
        lambda: rights_reporting.take_over(house, caller, region, (), source="x"),
        lambda: rights_reporting.start_round(house, caller, Round(region, *days)),
        lambda: rights_reporting.links(house, caller, region),
        lambda: rights_reporting.mark(house, caller, region, Step.REGION, unit=region),
        lambda: rights_reporting.reported(house, caller, region),
    ]


@pytest.mark.parametrize(
    ("caller", "region", "code"),
    [
        (NORTH, REGION, "region.unknown"),
        (BERT, "Atlantis", "region.unknown"),
        (CLERK, REGION, "access.denied"),
    ],
)
def test_lists_and_rounds_are_for_admins_of_their_region(
    office: Office, caller: Caller, region: str, code: str
) -> None:
    before = rights_reporting.reported(office.house, ANNA, REGION)
    for deed in reporting_deeds(office.house, caller, region):
        assert refused(deed) == code
    assert rights_reporting.reported(office.house, ANNA, REGION) == before
    assert rights_reporting.links(office.house, ANNA, REGION) == ()


def test_what_is_kept_with_a_reason_is_in_no_plan_until_its_day(office: Office, clock) -> None:
    found = office.look()
    key = next(one.key for one in found.open if one.code is Code.SURPLUS)
    until = office.house.local_now().date() + timedelta(days=30)

    def keep(**more: object) -> None:
        asked = {"reason": "Vertretung bis Jahresende", "until": until, **more}
        rights.keep(office.house, ANNA, BOX, key, **asked)

    assert refused(lambda: keep(reason="kurz")) == "rights.reason_too_short"
    assert refused(lambda: keep(until=until + timedelta(days=400))) == "rights.keep_day"
    ghost = Key(Code.SURPLUS, "x", "y")
    gone = lambda: rights.keep(  # noqa: E731
        office.house, ANNA, BOX, ghost, reason="x" * 12, until=until
    )
    assert refused(gone) == "finding.unknown"
    keep()
    found = rights.standing(office.house, ANNA, BOX)
    assert [one.key for one in found.kept] == [key]
    plan_id = rights.propose(office.house, ANNA, BOX)
    assert Code.SURPLUS not in {
        c.code for c in rights.plan(office.house, ANNA, plan_id)[0].plan.changes
    }
    clock.forward(days=31)
    assert rights.standing(office.house, ANNA, BOX).kept == ()


def test_an_open_finding_is_signed_off_with_a_reason_only(office: Office) -> None:
    assert (
        refused(lambda: rights_signoff.agency(office.house, ANNA, BOX, "103")) == "rights.no_audit"
    )
    office.look()
    for code in ("999", "301", "199"):
        call = lambda code=code: rights_signoff.agency(office.house, ANNA, BOX, code)  # noqa: E731
        assert refused(call) == "agency.unknown"
    late = lambda: rights_signoff.agency(office.house, ANNA, BOX, "103")  # noqa: E731
    assert refused(late) == "rights.reason_too_short"
    rights_signoff.agency(office.house, ANNA, BOX, "103", reason="wird im Plan 1 bereinigt")
    rights_signoff.agency(office.house, ANNA, BOX, "108")
    assert office.actions().count("rights.signed_off") == 2
    by_code = {row.code: row for row in rights_matrix.rows(office.house, [office.look()])}
    assert by_code["103"].review is ReviewState.SIGNED
    assert by_code["108"].review is ReviewState.SIGNED
    assert by_code["101"].review is ReviewState.OPEN


def test_folders_of_no_agency_are_signed_off_too(office: Office) -> None:
    office.look()
    reason = "Posteingang angesehen"
    rights_signoff.agency(office.house, ANNA, BOX, rights_signoff.COMMON, reason=reason)
    found = office.look()
    by_code = {row.code: row for row in rights_matrix.rows(office.house, [found])}
    assert by_code[""].review is ReviewState.SIGNED
    assert by_code["101"].review is ReviewState.OPEN
    assert reason in str(rights_tables.matrix(office.house, [found]))
    assert reason in rights_report.as_html(office.house, [found])


def test_what_is_new_since_the_sign_off_is_shown_and_a_new_round_asks_again(office: Office) -> None:
    office.look()
    rights_signoff.agency(office.house, ANNA, BOX, "108")
    with office.file("108 Ort108").open("a") as file:
        file.write("user=neu lr\n")
    row = {row.code: row for row in rights_matrix.rows(office.house, [office.look()])}["108"]
    assert (row.review, row.new) == (ReviewState.NEW_SINCE, 1)
    today = office.house.local_now().date()
    asked = make_round(REGION, today, directions_due=today, region_due=today)
    rights_reporting.start_round(office.house, ANNA, asked)
    row = {row.code: row for row in rights_matrix.rows(office.house, [office.look()])}["108"]
    assert row.review is ReviewState.OPEN


def test_a_round_that_is_started_again_with_the_same_days_goes_on_with_its_marks(
    office: Office,
) -> None:
    today = office.house.local_now().date()
    asked = make_round(REGION, today, directions_due=today, region_due=today)
    first = rights_reporting.start_round(office.house, ANNA, asked)
    rights_reporting.mark(office.house, ANNA, REGION, Step.AGENCY, unit="101")
    assert rights_reporting.start_round(office.house, ANNA, asked) == first
    marked = [one.unit for one in rights_reporting.links(office.house, ANNA, REGION) if one.mark]
    assert marked == ["101"]
    other = replace(asked, region_due=today + timedelta(days=1))
    assert rights_reporting.start_round(office.house, ANNA, other) != first


def test_a_round_that_is_over_makes_the_unsigned_overdue(office: Office, clock) -> None:
    today = office.house.local_now().date()
    asked = make_round(REGION, today, directions_due=today, region_due=today)
    rights_reporting.start_round(office.house, ANNA, asked)
    clock.forward(days=1)
    sums = rights_matrix.sums(rights_matrix.rows(office.house, [office.look()]))
    assert (sums.overdue, sums.agencies, sums.signed) == (len(AGENCIES), len(AGENCIES), 0)


def test_the_matrix_says_in_each_cell_what_is_the_case(house: House, tmp_path: Path) -> None:
    office = make_office(
        house,
        tmp_path / "box",
        DEFECTS
        | {
            (Code.NOT_READABLE, "106", False),
            (Code.AGENCY_WITHOUT_LIST, "107", False),
            (Code.LIST_WITHOUT_FOLDER, "108", False),
        },
    )
    rows = rights_matrix.rows(office.house, [office.look()])
    by_code = {row.code: row for row in rows}
    assert by_code["101"].own_list.state is CellState.MISSING
    assert by_code["102"].region_list.words == "zu hoch"
    assert (by_code["103"].single.state, by_code["103"].single.words) == (
        CellState.SURPLUS,
        "1 zu viel",
    )
    assert by_code["105"].everybody.words == "offen: Prüfer"
    assert by_code["106"].own_list.state is CellState.UNREADABLE
    assert by_code["107"].own_list.words == "nicht gemeldet"
    assert by_code["107"].single.words == "nicht beurteilbar"
    assert by_code["108"].own_list.words == by_code["108"].single.words == "kein Ordner"
    assert [row.has_findings for row in rows] == sorted(
        (r.has_findings for r in rows), reverse=True
    )
    assert rights_matrix.has_kind(by_code["103"], "rights.surplus")
    assert not rights_matrix.has_kind(by_code["103"], "rights.orphan")


def test_without_a_look_no_cell_claims_to_be_in_order(office: Office) -> None:
    found = rights.standings(office.house, BERT)
    cells = {row.own_list.state for row in rights_matrix.rows(office.house, found)}
    assert cells == {CellState.UNKNOWN}


def test_lists_are_taken_whole_or_not_at_all_and_older_members_forgotten(office: Office) -> None:
    data = b"verteiler;agentur\nez-101@dienst.example;101\nfalsch;101\n"
    take = lambda data: rights_reporting.import_lists(  # noqa: E731
        office.house, ANNA, REGION, data=data, source="x.csv"
    )
    assert refused(lambda: take(data)) == "rights.csv"
    assert len(rights_reporting.reported(office.house, ANNA, REGION).lists) == len(AGENCIES) + 1
    done = take(b"verteiler;agentur\nez-101@dienst.example;101\n")
    assert (done.lists, done.members, done.without) == (1, 0, AGENCIES[1:])
    with office.house.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    assert book.former[ez("101")] == {person("101", 1), person("101", 2)}
    take(b"verteiler;agentur\nez-101@dienst.example;101\n")
    with office.house.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    assert book.former == {ez("101"): frozenset()}


def test_an_import_marks_the_agencies_in_the_chain(office: Office) -> None:
    today = office.house.local_now().date()
    rights_reporting.start_round(
        office.house, ANNA, make_round(REGION, today, directions_due=today, region_due=today)
    )
    assert all(link.mark is None for link in rights_reporting.links(office.house, ANNA, REGION))
    lists = write_lists(office.world.lists.values()).encode()
    rights_reporting.import_lists(office.house, ANNA, REGION, data=lists, source="x.csv")
    rights_reporting.mark(office.house, ANNA, REGION, Step.DIRECTION, unit="Hessen")
    rights_reporting.mark(office.house, ANNA, REGION, Step.REGION, unit=REGION)
    links = rights_reporting.links(office.house, ANNA, REGION)
    assert all(link.mark for link in links)


def test_without_a_round_there_is_no_chain(office: Office) -> None:
    assert rights_reporting.links(office.house, ANNA, REGION) == ()
    call = lambda: rights_reporting.mark(office.house, ANNA, REGION, Step.REGION, unit=REGION)  # noqa: E731
    assert refused(call) == "rights.no_round"


def test_members_come_from_the_server_through_groups_and_circles(office: Office) -> None:
    known = {
        ez("101"): (Member("k1@x.example"), Member("team@x.example", MemberKind.GROUP)),
        "team@x.example": (Member("k2@x.example"), Member(ez("101"), MemberKind.GROUP)),
    }
    asked: list[str] = []

    def members(address: str) -> tuple[Member, ...] | None:
        asked.append(address)
        return known.get(address)

    rights_reporting.expand(office.house, ANNA, REGION, members=members)
    assert len(asked) == len(set(asked)) == len(AGENCIES) + 2
    with office.house.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    assert book.members(ez("101"))[0] == {"k1@x.example", "k2@x.example"}
    assert book.members(ez("102"))[0] == {person("102", 1), person("102", 2)}
    north = lambda: rights_reporting.expand(office.house, NORTH, "Nord", members=members)  # noqa: E731
    assert refused(north) == "rights.no_lists"


def test_what_is_handed_on_names_lists_and_no_members(office: Office) -> None:
    text = rights_tables.consolidated(office.house, ANNA, REGION).as_csv()
    assert f"Hessen;101;Ort101;{ez('101')};Bearbeiter" in text
    assert person("101") not in text
    assert "nicht gemeldet" not in text
    table = rights_tables.findings([office.look()]).as_csv()
    assert table.count("\r\n") == 1 + len(office.world.expected)


def test_the_printed_report_names_findings_decisions_and_sign_offs(office: Office) -> None:
    found = office.look()
    key = next(one.key for one in found.open if one.code is Code.SURPLUS)
    until = office.house.local_now().date() + timedelta(days=30)
    reason = "Vertretung <b>bis</b> Jahresende"
    rights.keep(office.house, ANNA, BOX, key, reason=reason, until=until)
    rights_signoff.agency(office.house, ANNA, BOX, "108")
    html = rights_report.as_html(office.house, rights.standings(office.house, BERT))
    assert "&lt;b&gt;bis&lt;/b&gt;" in html
    assert "Verwaiste Kennung" in html
    assert "Noch nicht geprüft" in html
    assert "abgezeichnet" in html


def test_a_list_of_the_region_is_needed_before_accounts_count_as_surplus(office: Office) -> None:
    lists = [one for one in office.world.lists.values() if one.address != SC]
    data = write_lists(lists).encode()
    rights_reporting.import_lists(office.house, ANNA, REGION, data=data, source="x.csv")
    found = office.look()
    codes = {one.code for one in found.open}
    assert Code.REGION_WITHOUT_LIST in codes
    assert not {Code.SURPLUS, Code.LEFT_LIST} & codes
    row = rights_matrix.rows(office.house, [found])[0]
    assert row.region_list.words == "nicht gemeldet"


def test_a_plan_without_changes_is_none_and_two_are_not_approved_at_once(office: Office) -> None:
    plan_id = office.approved()
    again = lambda: rights.propose(office.house, ANNA, BOX)  # noqa: E731
    assert refused(again) == "rights.plan_waits"
    rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    office.look()
    assert refused(again) == "rights.empty_plan"
    assert refused(lambda: rights.plan(office.house, ANNA, 99)) == "plan.unknown"


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


def test_an_unknown_postbox_is_refused(office: Office) -> None:
    call = lambda: rights_work.look(office.house, "x", MaildirRights("Anders", office.root))  # noqa: E731
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == "postbox.unknown"
