"""The page of the trial run, before a real house."""

from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from api.app import make_app
from rules.postbox import Place
from store.mails import keeping
from store.mails.keeping import Arrival
from tests import one_sorter
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.small_door import door_settings
from tests.house_fixture import eml
from triage.house import PostboxPlan


def observed_by_api(app: FastAPI) -> list[dict[str, Any]]:
    admin = at_desk(app, seat="admin")
    admin.open("/v1/admin/trial?day=2026-11-23")
    assert admin.answer.status_code == 200
    reports: list[dict[str, Any]] = admin.answer.json()["reports"]
    return reports


def test_the_page_shows_the_day_of_an_observed_postbox(doors: Doors) -> None:
    plans = (PostboxPlan("SC-Ost", "Ost", is_observed=True),)
    house = replace(doors.house, policy=replace(doors.house.policy, postboxes=plans))
    now = house.clock()
    with house.db.write() as tx:
        place = Place("INBOX", "1", "1")
        data = eml("Krankmeldung", "34117 Kassel")
        keeping.keep(tx, Arrival(data, now, "postbox", "SC-Ost", "Ost", place), now=now)
    one_sorter.sort_pending(house)
    app = make_app(house, door_settings(demo=True))
    (told,) = observed_by_api(app)
    assert (told["postbox"], told["seen"], told["filed"]) == ("SC-Ost", 1, 1)
    assert told["agencies"][0]["folders"] == [["435 Kassel/AU", 1]]
    admin = at_desk(app, seat="admin")
    admin.open("/probelauf?tag=23.11.2026")
    assert admin.words("h2") == "SC-Ost"
    assert "435 Kassel/AU: 1" in admin.words("tbody")
    admin.open("/probelauf?tag=31.02.2026")
    assert admin.answer.status_code == 422
    clerk = at_desk(make_app(house, door_settings(demo=True)))
    clerk.open("/probelauf")
    assert clerk.answer.status_code == 403


def test_a_program_reads_at_the_item_that_nothing_leaves_yet(doors: Doors) -> None:
    now = doors.clock()
    arrival = Arrival(
        eml("Krankmeldung", "34117 Kassel"), now, "postbox", "SC-Südwest", "Südwest",
        Place("INBOX", "1", "1"),
    )  # fmt: skip
    with doors.house.db.write() as tx:
        keeping.keep(tx, arrival, now=now)
    one_sorter.sort_pending(doors.house)
    item = "/v1/items/1"
    assert doors.kassel.get(item).json()["in_trial"] is False
    plans = (PostboxPlan("SC-Südwest", "Südwest", is_observed=False, sends=False),)
    policy = replace(doors.house.policy, postboxes=plans)
    doors.app.state.house = replace(doors.house, policy=policy)
    assert doors.kassel.get(item).json()["in_trial"] is True
