"""A session can't be made, guessed or kept beyond its end, and the store can't give one away."""

from datetime import timedelta

import httpx
import pytest

from api.app import make_app
from api.session import COOKIE, DEMO_COOKIE, csrf_of
from rules.access import Caller
from rules.codes import Role
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.api.door_client import DoorClient
from tests.api.small_door import door_settings
from triage import sessions
from triage.sessions import digest

CLERK = Caller("p-1", Role.CLERK, agencies=frozenset({"435"}))


def number_of(person: Person) -> str:
    return person.client.cookies[DEMO_COOKIE]


def is_in(person: Person) -> bool:
    return person.client.get("/lage").status_code == 200


def test_the_store_has_only_a_hash_of_what_the_browser_holds(doors: Doors) -> None:
    number = number_of(at_desk(doors.app))
    with doors.house.db.read() as tx:
        rows = [str(row) for row in tx.connection.exec_driver_sql("SELECT * FROM session")]
    assert len(rows) == 1
    assert digest(number) in rows[0]
    assert number not in rows[0]
    assert csrf_of(number) not in rows[0]


def test_a_sign_in_ends_by_rest_and_deeds_keep_it(doors: Doors) -> None:
    anna = at_desk(doors.app)
    for _ in range(3):
        doors.clock.forward(minutes=59)
        assert is_in(anna)
    doors.clock.forward(minutes=60)
    assert not is_in(anna)


def test_what_an_open_page_asks_by_itself_keeps_nobody_signed_in(doors: Doors) -> None:
    anna = at_desk(doors.app)
    for _ in range(59):
        doors.clock.forward(minutes=1)
        beat = anna.client.get("/lage", headers={"Sec-Fetch-Mode": "cors"})
        assert beat.status_code == 200
    doors.clock.forward(minutes=1)
    assert not is_in(anna)


def test_a_sign_in_ends_at_its_end_however_busy(doors: Doors) -> None:
    anna = at_desk(doors.app)
    for _ in range(11):
        doors.clock.forward(minutes=50)
        assert is_in(anna)
    doors.clock.forward(minutes=50)
    assert not is_in(anna)


def test_sign_out_ends_the_session_and_not_only_the_cookie(doors: Doors) -> None:
    anna = at_desk(doors.app)
    number = number_of(anna)
    anna.send("abmelden")
    thief = DoorClient(doors.app)
    thief.cookies.set(DEMO_COOKIE, number)
    assert thief.get("/lage").status_code == 303


def test_each_sign_in_has_a_new_number_and_the_old_one_ends(doors: Doors) -> None:
    planted = number_of(at_desk(doors.app))
    victim = Person(doors.app)
    victim.client.cookies.set(DEMO_COOKIE, planted)
    victim.client.post("/anmelden", data={"seat": "admin"})
    # httpx keeps the planted cookie beside the new one, as it had no domain.
    fresh = [c.value for c in victim.client.cookies.jar if c.value != planted]
    assert fresh
    with doors.house.db.read() as tx:
        assert sessions.sessions.find(tx, digest(planted)) is None


def test_a_number_that_nobody_gave_out_is_no_session(doors: Doors) -> None:
    client = DoorClient(doors.app)
    client.cookies.set(DEMO_COOKIE, "chosen-by-the-attacker")
    assert client.get("/lage").status_code == 303


def test_a_session_of_the_demo_is_none_where_cookies_are_bound_to_the_host(doors: Doors) -> None:
    number = number_of(at_desk(doors.app))
    real = DoorClient(make_app(doors.house, door_settings()), base_url="https://localhost")
    real.cookies.set(DEMO_COOKIE, number)
    assert real.get("/lage").status_code == 303
    assert COOKIE.startswith("__Host-")


def test_ended_sessions_are_swept_so_that_no_times_of_work_remain(doors: Doors) -> None:
    at_desk(doors.app)
    doors.clock.forward(hours=10, minutes=59)
    assert sessions.sweep(doors.house) == 0
    doors.clock.forward(minutes=2)
    assert sessions.sweep(doors.house) == 1


def test_shorter_limits_hold_for_those_who_are_in(doors: Doors) -> None:
    limits = sessions.Limits(timedelta(minutes=30), timedelta(minutes=40))
    long = sessions.Limits(timedelta(hours=9), timedelta(hours=9))
    number = sessions.begin(doors.house, CLERK, limits=long)
    doors.clock.forward(minutes=29)
    assert sessions.find(doors.house, number, limits=limits, is_deed=True)
    doors.clock.forward(minutes=11)
    assert sessions.find(doors.house, number, limits=limits, is_deed=True) is None


# --- The answer in the middle -------------------------------------------------------------------


@pytest.fixture
def answering(doors: Doors) -> Person:
    """Somebody with an item open, about to answer."""
    doors.hand_in("Ich bin krank", "Ich bin bis Freitag krank.")
    anna = at_desk(doors.app)
    anna.send("naechster")
    assert anna.page.query_selector("form[action$='/antwort']"), anna.url
    return anna


def send_late(anna: Person, doors: Doors) -> tuple[str, dict[str, str]]:
    """The last of the offered answers, sent after the session has ended; its fields."""
    forms = anna.page.query_selector_all("form[action$='/antwort']")
    fields = {
        field.getattr("name"): field.getattr("value") or "morgen"
        for field in forms[-1].query_selector_all("input")
    }
    doors.clock.forward(minutes=61)
    target = forms[-1].getattr("action")
    answer = anna.client.post(target, data=fields)
    assert answer.status_code == 303
    anna._follow(answer, target)
    return target, fields


def test_after_a_new_sign_in_one_is_back_at_the_item_with_the_choice(
    doors: Doors, answering: Person
) -> None:
    target, fields = send_late(answering, doors)
    assert "gesichert" in answering.words("main")
    answering.send("anmelden", seat="ez", agency="435")
    assert answering.url == target.removesuffix("/antwort")
    chosen = answering.page.query_selector("input[name=choice][checked]")
    assert chosen.getattr("value") == fields["text_id"]
    assert "Ihre Auswahl ist noch da" in answering.words(".notice")
    # Shown once.
    answering.open(answering.url)
    assert "postlotse_draft" not in answering.client.cookies


def test_the_choice_of_one_person_is_not_shown_to_another(doors: Doors, answering: Person) -> None:
    _, fields = send_late(answering, doors)
    answering.send("anmelden", seat="sc")
    chosen = answering.page.query_selector("input[name=choice][checked]")
    assert chosen.getattr("value") != fields["text_id"]


def test_nothing_was_sent_while_nobody_was_signed_in(doors: Doors, answering: Person) -> None:
    send_late(answering, doors)
    with doors.house.db.read() as tx:
        sent = tx.connection.exec_driver_sql("SELECT count(*) FROM outgoing WHERE kind='reply'")
        assert sent.scalar_one() == 0


def test_a_form_from_elsewhere_plants_no_draft(doors: Doors, answering: Person) -> None:
    doors.clock.forward(minutes=61)
    planted: httpx.Response = answering.client.post(
        "/vorgang/1/antwort", data={"csrf": "guessed", "text_id": "au/eingang"}
    )
    assert planted.status_code == 303
    assert "postlotse_draft" not in answering.client.cookies
