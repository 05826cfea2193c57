"""What the doors tell while writing is stopped: a banner, a check, a metric."""

import re

from api.app import make_app
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
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
