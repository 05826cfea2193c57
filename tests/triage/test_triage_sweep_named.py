"""Which proposed deletion is decided on: the one that was read, though numbers are given again."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from rules.errors import Conflict, HouseError
from rules.sweep import OrderBasis
from store.sweep_plans import PlanState
from tests.house_fixture import ADMIN, eml
from tests.triage.test_triage_way import bring_in
from triage import console, rereading, wiring
from triage.cli.app import app
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


def code_of(call, *args, **more) -> str:
    with pytest.raises(HouseError) as caught:
        call(*args, **more)
    return caught.value.code


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
        assert f"sweep {deed} {number} --hash {read}" in shown.exception.message
        wrong = CliRunner().invoke(app, ["sweep", deed, number, "--hash", "0" * 64])
        assert wrong.exception.code == "sweep.changed"
    assert plan(house, 1).state is PlanState.PROPOSED
    done = CliRunner().invoke(app, ["sweep", "approve", number, "--hash", read])
    assert (done.exit_code, plan(house, 1).state) == (0, PlanState.ORDERED)
