"""Which proposed deletion is decided on: the one that was read, though numbers are given again."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from rules.errors import Conflict
from rules.sweep import HoldKind, OrderBasis
from store.deletion.holds import NewHold
from store.deletion.sweep_plans import PlanState
from tests.house_fixture import ADMIN, MACHINE, clerk, eml
from tests.refusals import code_of
from tests.triage.way import bring_in
from triage import rereading, wiring
from triage.cli import console
from triage.cli.app import app
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep

OTHER = replace(ADMIN, name="a-2")


@pytest.fixture
def proposed(house, box, lease):
    """Proposals to delete one mail each; calls with a number of a message make another."""
    bring_in(house, box, lease, eml("Erste"), eml("Zweite"))

    def propose(message_id: int) -> int:
        return sweep.propose(
            house, ADMIN, [message_id], basis=OrderBasis.ART17, reference="DSB 7/26"
        )

    return propose


def plan(house, number):
    return sweep.plan_of(house, ADMIN, number)


def test_another_proposal_than_the_one_read_is_neither_approved_nor_rejected(house, proposed):
    one, other = proposed(1), proposed(2)
    read = plan(house, one).hash
    for decide in (sweep.approve, sweep.reject):
        assert code_of(decide, house, OTHER, other, seen=read) == "sweep.changed"
        assert plan(house, other).state is PlanState.PROPOSED
    sweep.approve(house, OTHER, one, seen=read)
    sweep.reject(house, OTHER, other, seen=plan(house, other).hash)
    assert [plan(house, number).state for number in (one, other)] == ["ordered", "void"]


@pytest.mark.parametrize("caller", [clerk("435"), MACHINE], ids=["clerk", "machine"])
def test_who_may_not_delete_proposes_decides_holds_and_releases_nothing(house, proposed, caller):
    number = proposed(1)
    hold = sweep_holds.hold(house, ADMIN, NewHold(HoldKind.AUDIT, "P-1", message_id=2))
    new = NewHold(HoldKind.AUDIT, "P-2", message_id=1)
    for deed in (
        lambda: sweep.preview(house, caller),
        lambda: sweep.order(house, caller, hash_=""),
        lambda: sweep.propose(house, caller, [2], basis=OrderBasis.ART17, reference="DSB 8/26"),
        lambda: sweep.approve(house, caller, number),
        lambda: sweep.reject(house, caller, number),
        lambda: sweep.plans(house, caller),
        lambda: sweep.plan_of(house, caller, number),
        lambda: sweep_holds.hold(house, caller, new),
        lambda: sweep_holds.release(house, caller, hold),
        lambda: sweep_holds.in_force(house, caller, hold),
        lambda: sweep_holds.holds_in_force(house, caller),
        lambda: sweep_holds.see(house, caller, reason_code="mail.autoreply", until=1),
    ):
        assert code_of(deed) == "access.denied"
    assert plan(house, number).state is PlanState.PROPOSED
    assert [one.id for one in sweep_holds.holds_in_force(house, ADMIN)] == [hold]


def test_a_number_alone_names_no_proposal_that_was_made_after_a_restore(house, proposed):
    before = proposed(1)
    rereading.hold_back(house, ADMIN)
    after = proposed(2)
    for decide in (sweep.approve, sweep.reject):
        with pytest.raises(Conflict) as caught:
            decide(house, OTHER, after)
        assert caught.value.code == "sweep.not_named"
        assert plan(house, after).state is PlanState.PROPOSED
    sweep.approve(house, OTHER, before)
    sweep.approve(house, OTHER, after, seen=plan(house, after).hash)
    assert [plan(house, number).state for number in (before, after)] == ["ordered", "ordered"]


def test_the_command_shows_what_it_would_approve_and_takes_its_hash_only(
    house, proposed, monkeypatch
):
    number = str(proposed(1))
    read = plan(house, 1).hash
    monkeypatch.setattr(wiring, "house_of", lambda _: house)
    monkeypatch.setattr(console, "account", lambda: "berta")
    listed = CliRunner().invoke(app, ["sweep", "list"])
    assert f"hash={read}" in listed.stdout
    for deed in ("approve", "reject"):
        shown = CliRunner().invoke(app, ["sweep", deed, number])
        assert shown.exception.code == "sweep.not_named"
        assert "reference=DSB 7/26" in shown.stdout
        assert "agency=435  answer=not_done  mails=1" in shown.stdout
        assert f"sweep {deed} {number} --hash {read}" in shown.exception.message
        wrong = CliRunner().invoke(app, ["sweep", deed, number, "--hash", "0" * 64])
        assert wrong.exception.code == "sweep.changed"
    assert plan(house, 1).state is PlanState.PROPOSED
    done = CliRunner().invoke(app, ["sweep", "approve", number, "--hash", read])
    assert (done.exit_code, plan(house, 1).state) == (0, PlanState.ORDERED)


def hold_of(house, message_id: int, reference: str) -> int:
    return sweep_holds.hold(house, ADMIN, NewHold(HoldKind.LEGAL, reference, message_id=message_id))


def test_a_hold_is_ended_by_what_was_read_and_after_a_restore_by_nothing_less(house, box, lease):
    bring_in(house, box, lease, eml("Erste"), eml("Zweite"))
    before = hold_of(house, 1, "S 12 AL 345/26")
    assert code_of(sweep_holds.release, house, ADMIN, before, seen="S 9/26") == "hold.changed"
    rereading.hold_back(house, ADMIN)
    after = hold_of(house, 2, "DSB 7/26")
    assert code_of(sweep_holds.release, house, ADMIN, after) == "hold.not_named"
    assert [one.id for one in sweep_holds.holds_in_force(house, ADMIN)] == [after, before]
    sweep_holds.release(house, ADMIN, before)
    sweep_holds.release(house, ADMIN, after, seen="DSB 7/26")
    assert sweep_holds.holds_in_force(house, ADMIN) == ()


def test_the_command_shows_the_hold_that_it_would_end(house, box, lease, monkeypatch):
    bring_in(house, box, lease, eml("Erste"))
    number = str(hold_of(house, 1, "S 12 AL 345/26"))
    monkeypatch.setattr(wiring, "house_of", lambda _: house)
    monkeypatch.setattr(console, "account", lambda: "berta")
    shown = CliRunner().invoke(app, ["sweep", "release", number])
    assert shown.exception.code == "hold.not_named"
    assert "--reference 'S 12 AL 345/26'" in shown.exception.message
    assert "reference=S 12 AL 345/26" in shown.stdout
    ended = CliRunner().invoke(app, ["sweep", "release", number, "--reference", "S 12 AL 345/26"])
    assert ended.exit_code == 0
    assert sweep_holds.holds_in_force(house, ADMIN) == ()
