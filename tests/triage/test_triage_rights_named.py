"""A plan of folder permissions is approved as it was read, and carried out as it was approved."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from rules.errors import HouseError
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_findings import Code
from store.processes import leases
from store.rights import plans as rights_plans
from store.rights.plans import PlanState
from store.tables.rights import rights_plan
from tests.house_fixture import open_house
from tests.refusals import code_of
from tests.rights_world import REGION, SC, ez
from tests.triage.rights_office import (
    ANNA,
    BERT,
    BOX,
    DEFECTS,
    NORTH,
    Office,
    PowerCut,
    Stubborn,
    arranged,
    house,
    make_office,
    office,
)
from triage import rereading, wiring
from triage.cli import console
from triage.cli.app import app
from triage.house import RightsPolicy
from triage.rights import decisions as rights
from triage.rights import reporting as rights_reporting
from triage.rights import work as rights_work

__all__ = ["house", "office"]
RUN = CliRunner()


def report(office: Office, *without: str, levels: dict[str, str] | None = None) -> None:
    """The lists of the region are reported anew, without these."""
    lists = [one for one in office.world.lists.values() if one.address not in without]
    text = write_lists(lists)
    for address, level in (levels or {}).items():
        text = text.replace(
            f"{address};{address[3:6]};;Bearbeiter", f"{address};{address[3:6]};;{level}"
        )
    rights_reporting.import_lists(office.house, ANNA, REGION, data=text.encode(), source="neu.csv")


def files(office: Office) -> dict[str, str]:
    return {str(one): one.read_text() for one in office.root.rglob("dovecot-acl")}


def test_what_was_read_is_approved_and_nothing_else(office: Office) -> None:
    office.look()
    plan_id = rights.propose(office.house, ANNA, BOX)
    read = rights.plan(office.house, BERT, plan_id)[0].hash
    other = "0" * 64
    for deed in (rights.approve, rights.reject):
        call = lambda deed=deed: deed(office.house, BERT, plan_id, seen=other)  # noqa: E731
        assert code_of(call) == "rights.plan_changed"
    assert office.state(plan_id) is PlanState.PROPOSED
    rights.approve(office.house, BERT, plan_id, seen=read)
    for kind in ("apply", "undo"):
        call = lambda kind=kind: rights.order(  # noqa: E731
            office.house, ANNA, BOX, kind, plan_id=plan_id, seen=other
        )
        assert code_of(call) == "rights.plan_changed"
    rights.order(office.house, ANNA, BOX, "apply", plan_id=plan_id, seen=read)


def test_the_same_changes_have_one_hash_and_others_another(office: Office) -> None:
    office.look()
    first = rights.plan(office.house, ANNA, rights.propose(office.house, ANNA, BOX))[0]
    again = rights.plan(office.house, BERT, rights.propose(office.house, BERT, BOX))[0]
    assert first.hash == again.hash
    assert len(first.hash) == 64
    with office.file("108 Ort108").open("a") as file:
        file.write("user=neu lr\n")
    office.look()
    third = rights.plan(office.house, ANNA, rights.propose(office.house, ANNA, BOX))[0]
    assert third.hash != first.hash
    assert replace(third, postbox="SC-Nord").hash != third.hash


def test_a_look_of_the_night_leaves_what_waits_for_a_second_person(office: Office) -> None:
    office.look()
    plan_id = rights.propose(office.house, ANNA, BOX)
    read = rights.plan(office.house, BERT, plan_id)[0].hash
    office.house.clock.forward(hours=12)
    office.look()
    standing = rights.standing(office.house, BERT, BOX)
    assert standing.plan is not None
    assert (standing.plan.id, standing.plan.state) == (plan_id, PlanState.PROPOSED)
    assert standing.audit is not None
    assert standing.plan.audit_id == standing.audit.id
    rights.approve(office.house, BERT, plan_id, seen=read)
    assert office.state(plan_id) is PlanState.APPROVED


def test_after_a_restore_a_number_alone_names_no_plan(office: Office) -> None:
    office.look()
    before = rights.propose(office.house, ANNA, BOX)
    rereading.hold_back(office.house, BERT)
    rights.approve(office.house, BERT, before)
    rights.reject(office.house, BERT, before)
    after = rights.propose(office.house, ANNA, BOX)
    deed = lambda **seen: rights.approve(office.house, BERT, after, **seen)  # noqa: E731
    assert code_of(deed) == "rights.plan_not_named"
    deed(seen=rights.plan(office.house, BERT, after)[0].hash)
    assert office.state(after) is PlanState.APPROVED


def test_a_plan_that_is_not_as_it_was_approved_writes_nothing(office: Office) -> None:
    plan_id, before = office.approved(), files(office)
    with office.house.db.write() as tx:
        changes = tx.run(sa.select(rights_plan.c.changes)).scalar_one()
        changes[0]["after"] = [*changes[0]["after"], "owner"]
        tx.run(sa.update(rights_plan).values(changes=changes))
    deed = lambda: rights_work.apply(office.house, BERT.name, office.desk, plan_id)  # noqa: E731
    assert code_of(deed) == "rights.plan_changed"
    assert files(office) == before


def test_lists_that_were_reported_anew_make_an_approved_plan_void(url: str, tmp_path: Path) -> None:
    """101 would get its list back, which was taken from it since; both engines."""
    office = make_office(open_house(url), tmp_path / "box", DEFECTS)
    plan_id, before = office.approved(), files(office)
    report(office, ez("101"))
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.done, outcome.stopped_at, outcome.code) == (
        (), "101 Ort101/AU", "rights.plan_outdated",
    )  # fmt: skip
    assert files(office) == before
    assert office.state(plan_id) is PlanState.VOID
    assert "rights.plan_void" in office.actions()
    office.look()
    rights.propose(office.house, ANNA, BOX)
    office.house.db.close()


@pytest.mark.parametrize("level", ["Prüfer", "Besitzer"])
def test_a_list_of_another_level_makes_it_void(office: Office, level: str) -> None:
    plan_id, before = office.approved(), files(office)
    report(office, levels={ez("101"): level})
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert outcome.code == "rights.plan_outdated"
    assert files(office) == before


def test_lists_that_say_the_same_of_its_changes_do_not_hold_a_plan_up(office: Office) -> None:
    plan_id = office.approved()
    report(office, ez("108"))
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.code, len(outcome.done)) == ("", 5)


def test_without_a_list_of_the_service_center_nothing_is_taken(office: Office) -> None:
    plan_id, before = office.approved(), files(office)
    report(office, SC)
    assert rights_work.apply(office.house, "x", office.desk, plan_id).code == "rights.plan_outdated"
    assert files(office) == before


def test_what_somebody_decided_to_keep_is_not_taken_by_a_plan_approved_before(
    office: Office,
) -> None:
    plan_id, before = office.approved(), files(office)
    found = rights.standing(office.house, ANNA, BOX).open
    key = next(one.key for one in found if one.code is Code.SURPLUS)
    until = office.house.today() + timedelta(days=30)
    rights.keep(office.house, ANNA, BOX, key, reason="Vertretung bis Jahresende", until=until)
    outcome = rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert (outcome.code, outcome.stopped_at) == ("rights.plan_outdated", "103 Ort103")
    assert files(office) == before


def test_an_account_that_is_exempt_by_now_keeps_what_it_has(office: Office) -> None:
    plan_id, before = office.approved(), files(office)
    subject = next(s for code, _, s in office.world.expected if code is Code.SURPLUS)
    policy = RightsPolicy(may_write=True, exempt=frozenset({subject}))
    later = arranged(office.house, rights=policy)
    outcome = rights_work.apply(later, BERT.name, office.desk, plan_id)
    assert (outcome.code, files(office)) == ("rights.plan_outdated", before)


def test_lists_that_change_while_a_plan_is_carried_out_stop_it_there(office: Office) -> None:
    class Slow(Stubborn):
        def write(self, folder: str, wanted: dict) -> None:
            super().write(folder, wanted)
            if self.writes == 2:
                report(office, SC)

    plan_id = office.approved()
    outcome = rights_work.apply(office.house, BERT.name, Slow(office.desk, "never"), plan_id)
    assert outcome.done == ("101 Ort101/AU", "102 Ort102")
    assert (outcome.stopped_at, outcome.code) == ("103 Ort103", "rights.plan_outdated")
    assert office.state(plan_id) is PlanState.STOPPED
    assert "fremd" in office.file("103 Ort103").read_text()


def test_an_approved_plan_that_nobody_may_carry_out_is_put_aside(office: Office) -> None:
    """Where permissions are read only, people do a plan by hand: it must not wait for ever."""
    plan_id = office.approved()
    house = arranged(office.house, rights=RightsPolicy())
    again = lambda: rights.propose(house, ANNA, BOX)  # noqa: E731
    assert code_of(again) == "rights.plan_waits"
    rights.reject(house, ANNA, plan_id)
    assert office.state(plan_id) is PlanState.REJECTED
    deed = lambda: rights_work.apply(office.house, "x", office.desk, plan_id)  # noqa: E731
    assert code_of(deed) == "rights.not_approved"
    again()


def test_a_plan_that_is_being_carried_out_or_was_begun_is_not_put_aside(
    office: Office, monkeypatch
) -> None:
    plan_id = office.approved()
    aside = lambda: rights.reject(office.house, ANNA, plan_id)  # noqa: E731
    now = office.house.clock()
    with office.house.db.write() as tx:
        held = leases.take(tx, f"rights:{BOX}", owner="other", now=now, seconds=60)
    assert code_of(aside) == "rights.busy"
    with office.house.db.write() as tx:
        leases.release(tx, held, now=now)

    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    with monkeypatch.context() as power:
        power.setattr(rights_plans, "end_step", cut)
        with pytest.raises(PowerCut):
            rights_work.apply(office.house, BERT.name, office.desk, plan_id)
    assert code_of(aside) == "rights.plan_state"
    assert office.state(plan_id) is PlanState.APPROVED


def test_a_plan_of_another_region_is_unknown_whether_it_is_there_or_not(office: Office) -> None:
    plan_id = office.approved()
    for number in (plan_id, plan_id + 1):
        for deed in (rights.plan, rights.approve, rights.reject):
            call = lambda deed=deed, number=number: deed(office.house, NORTH, number)  # noqa: E731
            assert code_of(call) == "plan.unknown"


def test_the_commands_show_a_plan_and_take_its_hash_only(office: Office, monkeypatch) -> None:
    office.look()
    number = str(rights.propose(office.house, ANNA, BOX))
    monkeypatch.setattr(wiring, "house_of", lambda _: office.house)
    monkeypatch.setattr(console, "account", lambda: "berta")
    read = rights.plan(office.house, BERT, int(number))[0].hash

    def told(*words: str) -> tuple[str, str]:
        result = RUN.invoke(app, ["rights", *words])
        assert isinstance(result.exception, HouseError), (result.output, result.exception)
        assert result.exception.message.endswith(f"--hash {read}") or "--hash" in words
        return result.exception.code, result.stdout

    for deed in ("reject", "approve"):
        code, shown = told(deed, number)
        assert code == "rights.plan_not_named"
        assert f"hash {read}" in shown
        assert "103 Ort103" in shown
        assert told(deed, number, "--hash", "0" * 64)[0] == "rights.plan_changed"
    done = RUN.invoke(app, ["rights", "approve", number, "--hash", read])
    assert done.exit_code == 0
    assert f"rights apply {number} --confirm --hash {read}" in done.stdout
    assert told("apply", number)[0] == "rights.not_confirmed"
    assert told("apply", number, "--confirm")[0] == "rights.plan_not_named"
    assert told("apply", number, "--confirm", "--hash", "0" * 64)[0] == "rights.plan_changed"
    assert office.state(int(number)) is PlanState.APPROVED
    early = RUN.invoke(app, ["rights", "undo", number, "--confirm"])
    assert isinstance(early.exception, HouseError)
    assert early.exception.code == "rights.plan_state"
