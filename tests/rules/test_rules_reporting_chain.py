"""The reporting chain: who has reported, who is late, and what each still waits for."""

from datetime import date

import pytest

from rules.errors import Refused
from rules.rights.reporting_chain import Mark, Step, chain, make_round, require_step
from tests.rights_world import AGENCIES, REGION, directory

ROUND = make_round(
    REGION,
    date(2026, 12, 4),
    directions_due=date(2026, 12, 9),
    region_due=date(2026, 12, 11),
)


def mark(step: Step, unit: str) -> Mark:
    return Mark(step, unit, date(2026, 12, 3), "admin-1")


def links(*marks: Mark, today: date = date(2026, 12, 1)):
    return chain(directory(), ROUND, marks, today=today)


def test_each_unit_of_the_region_stands_in_the_chain_with_its_day():
    found = links()
    assert [one.unit for one in found] == [*AGENCIES, "Hessen", REGION]
    assert {(one.step, one.due) for one in found} == {
        (Step.AGENCY, date(2026, 12, 4)),
        (Step.DIRECTION, date(2026, 12, 9)),
        (Step.REGION, date(2026, 12, 11)),
    }
    assert not any(one.is_overdue for one in found)


def test_who_is_late_is_overdue_and_who_has_reported_is_not():
    found = {one.unit: one for one in links(mark(Step.AGENCY, "101"), today=date(2026, 12, 5))}
    assert not found["101"].is_overdue
    assert found["102"].is_overdue
    assert not found["Hessen"].is_overdue


def test_a_direction_waits_for_its_agencies_and_the_region_for_its_directions():
    found = {one.unit: one for one in links(mark(Step.AGENCY, "101"))}
    assert found["Hessen"].open_units == AGENCIES[1:]
    assert found[REGION].open_units == ("Hessen",)


def test_a_step_before_its_time_needs_a_reason():
    every = [mark(Step.AGENCY, code) for code in AGENCIES]
    require_step(links(*every), Step.DIRECTION, unit="Hessen", note="")
    with pytest.raises(Refused) as refused:
        require_step(links(*every[1:]), Step.DIRECTION, unit="Hessen", note="kurz")
    assert refused.value.code == "rights.chain_incomplete"
    assert refused.value.details["missing"] == ["101"]
    require_step(links(*every[1:]), Step.DIRECTION, unit="Hessen", note="101 meldet nach Umzug")


def test_what_is_not_in_the_chain_is_refused():
    with pytest.raises(Refused) as refused:
        require_step(links(), Step.AGENCY, unit="301", note="")
    assert refused.value.code == "unit.unknown"


def test_days_out_of_order_are_refused():
    with pytest.raises(Refused) as refused:
        make_round(
            REGION,
            date(2026, 12, 9),
            directions_due=date(2026, 12, 4),
            region_due=date(2026, 12, 11),
        )
    assert refused.value.code == "rights.round_order"
