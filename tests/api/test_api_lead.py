"""The lead of a Service Center: figures of her own region by configuration, and nothing else."""

from dataclasses import replace

import pytest
from fastapi import FastAPI

from api.app import make_app
from rules.access import Caller, Permission
from rules.codes import Role
from rules.groups import GroupRule, Places, caller_of
from rules.texts.use import SMALL_CELL
from tests import one_sorter
from tests.api.conftest import Doors
from tests.api.door_client import DoorClient, of_person
from tests.api.small_door import door_settings
from tests.house_fixture import MACHINE, eml
from triage import accept
from triage.house import PostboxPlan

RULE = GroupRule(
    "SC-{region}-Leitung",
    Role.CLERK,
    extra=frozenset({Permission.FREE_ITEM, Permission.READ_FIGURES}),
)
"""As `[[oidc.groups]] permissions = ["free_item", "read_figures"]` makes it."""
DAY = "since=2026-11-23&until=2026-11-23"


def lead_of(region: str) -> Caller:
    places = Places((), ("Nord", "Südwest"))
    return caller_of("p-lead", [f"SC-{region}-Leitung"], rules=[RULE], places=places)


@pytest.fixture
def app(doors: Doors) -> FastAPI:
    """Six mails for Kassel (Südwest), six and a single one for Hamburg (Nord)."""
    boxes = tuple(
        PostboxPlan(f"SC-{name}", name, is_observed=False) for name in ("Nord", "Südwest")
    )
    house = replace(doors.house, policy=replace(doors.house.policy, postboxes=boxes))
    for number in range(6):
        accept.hand_in(house, MACHINE, eml(f"Termin {number}", "34117 Kassel"))
        accept.hand_in(house, MACHINE, eml(f"Bin krank {number}", "20095 Hamburg"))
    accept.hand_in(house, MACHINE, eml("Umzug", "20095 Hamburg"))
    one_sorter.sort_pending(house)
    return make_app(house, door_settings(demo=True))


@pytest.fixture
def nord(app: FastAPI) -> DoorClient:
    return of_person(app, lead_of("Nord"))


def test_she_sees_the_figures_of_her_region_and_of_no_other(nord: DoorClient) -> None:
    told = nord.get(f"/v1/admin/figures/period?{DAY}&by=agency").json()
    assert [line["key"] for line in told["lines"]] == ["123"]
    refused = nord.get(f"/v1/admin/figures/period?{DAY}&agency=435")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.denied")
    page = nord.get("/zahlen?von=23.11.2026&bis=23.11.2026&je=agency").text
    assert "Hamburg" in page
    assert "Kassel" not in page
    file = nord.get("/zahlen.csv?von=23.11.2026&bis=23.11.2026").text
    assert "Hamburg" in file
    assert "Kassel" not in file
    sums = nord.get("/vollzaehligkeit").text
    assert "SC-Nord" in sums
    assert "SC-Südwest" not in sums
    assert "Alle Wege" not in sums


def test_small_numbers_are_hidden_from_her_too(nord: DoorClient) -> None:
    by_agency = nord.get(f"/v1/admin/figures/period?{DAY}&by=agency").json()["lines"]
    assert by_agency[0]["numbers"][0] == 7
    by_concern = nord.get(f"/v1/admin/figures/period?{DAY}").json()["lines"]
    shown = [number for line in by_concern for number in line["numbers"] if number]
    assert len(by_concern) == 2
    assert [number for number in shown if number < SMALL_CELL] == []


def test_without_the_right_a_lead_sees_no_figures_and_with_it_no_more_pages(
    app: FastAPI, nord: DoorClient
) -> None:
    plain = of_person(app, replace(lead_of("Nord"), extra=frozenset({Permission.FREE_ITEM})))
    assert plain.get("/zahlen").status_code == 403
    for path in ("/zahlen", "/vollzaehligkeit", "/lage", "/arbeitsplatz"):
        assert nord.get(path).status_code == 200, path
    for path in ("/ausgang", "/beiseite", "/postfaecher", "/loeschung", "/rechte", "/regeln"):
        assert nord.get(path).status_code == 403, path
    assert nord.get("/v1/admin/trail").status_code == 403
