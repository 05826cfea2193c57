"""What the doors tell while writing is stopped, and the button that stops it."""

import re
from dataclasses import replace

import pytest

from api.app import make_app
from api.session import DEMO_COOKIE
from store.trail import audit
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.api.small_door import door_settings
from tests.house_fixture import ADMIN
from triage import halting

WHY = "Umbau <Ordner> & Server"


def metric(doors: Doors) -> str:
    told = doors.nobody.get("/metrics").text
    found = re.search(r"^postlotse_writing_stopped (\S+)", told, re.MULTILINE)
    assert found
    return found[1]


def test_every_page_tells_that_nothing_moves_and_why_until_it_goes_on(doors: Doors) -> None:
    app = make_app(doors.house, door_settings(demo=True))
    person = at_desk(app)
    halting.stop_writing(doors.house.db, ADMIN, reason=WHY, now=doors.clock())
    for address in ("/arbeitsplatz", "/lage", "/hilfe"):
        person.open(address)
        assert "Angehalten seit Mo 23.11.2026, 10:00" in person.answer.text
        assert "Umbau &lt;Ordner&gt; &amp; Server" in person.answer.text
    halting.resume(doors.house.db, ADMIN, now=doors.clock())
    person.open("/arbeitsplatz")
    assert "Angehalten" not in person.answer.text


def test_who_is_not_signed_in_is_told_nothing(doors: Doors) -> None:
    halting.stop_writing(doors.house.db, ADMIN, reason=WHY, now=doors.clock())
    assert "Angehalten" not in doors.nobody.get("/").text


def test_check_and_metric_tell_of_the_stop_and_the_house_stays_ready(doors: Doors) -> None:
    assert metric(doors) == "0.0"
    halting.stop_writing(doors.house.db, ADMIN, reason=WHY, now=doors.clock())
    answer = doors.nobody.get("/health/ready")
    checks = {check["name"]: check["ok"] for check in answer.json()["checks"]}
    assert (answer.status_code, checks[halting.ABOUT]) == (200, False)
    assert WHY not in answer.text, "a reason is for those who are signed in"
    assert metric(doors) == "1.0"


def ordered(doors: Doors) -> list[tuple[str, str, str]]:
    with doors.house.db.read() as tx:
        found = audit.of_subject(tx, "house")
    return [(one.actor, one.action, one.details["reason"]) for one in found]


def test_an_admin_stops_all_and_lets_go_on_with_a_reason_each_in_the_trail(doors: Doors) -> None:
    admin = at_desk(make_app(doors.house, door_settings(demo=True)), seat="admin")
    admin.open("/postfaecher")
    admin.send("anhalten", grund="Ordner  werden umgebaut", verstanden="ja")
    assert "Ordner werden umgebaut" in admin.words("header + .above .note")
    assert halting.look(doors.house) is not None
    admin.send("weiter", grund="Der Umbau ist fertig", verstanden="ja")
    assert halting.look(doors.house) is None
    stopped, resumed = sorted(ordered(doors), key=lambda one: one[1], reverse=True)
    assert stopped[1:] == ("writing.stopped", "Ordner werden umgebaut")
    assert resumed[1:] == ("writing.resumed", "Der Umbau ist fertig")
    assert stopped[0] == resumed[0]


@pytest.mark.parametrize("action", ["anhalten", "weiter"])
def test_without_the_tick_or_with_a_poor_reason_nothing_changes(doors: Doors, action: str) -> None:
    admin = at_desk(make_app(doors.house, door_settings(demo=True)), seat="admin")
    if action == "weiter":
        halting.stop_writing(doors.house.db, ADMIN, reason=WHY, now=doors.clock())
    before = halting.look(doors.house)
    admin.open("/postfaecher")
    for typed in ({"grund": "ein guter Grund"}, {"grund": "weil", "verstanden": "ja"}):
        admin.send(action, **typed)
        assert admin.answer.status_code == 422
        assert admin.page.query_selector("#grund").getattr("value") == typed["grund"]
        assert halting.look(doors.house) == before


def test_a_second_click_changes_nothing_and_says_so_calmly(doors: Doors) -> None:
    app = make_app(doors.house, door_settings(demo=True))
    first, second = at_desk(app, seat="admin"), at_desk(app, seat="second")
    for person in (first, second):
        person.open("/postfaecher")
    first.send("anhalten", grund="der erste Grund gilt", verstanden="ja")
    second.send("anhalten", grund="der zweite kommt zu spät", verstanden="ja")
    assert second.answer.status_code == 409
    assert "Es ist schon angehalten" in second.words("h1")
    assert halting.look(doors.house).reason == "der erste Grund gilt"


def test_the_admin_of_a_region_has_no_such_button(doors: Doors) -> None:
    region = replace(ADMIN, regions=frozenset({"Südwest"}))
    app = make_app(doors.house, door_settings(demo=True))
    person = Person(app)
    number = app.state.sessions.begin(region, account="", provider_session="")
    person.client.cookies.set(DEMO_COOKIE, number)
    person.open("/postfaecher")
    assert person.answer.status_code == 200
    assert "Not-Aus" not in person.answer.text
