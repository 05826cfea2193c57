"""The pages "Ausgang" and "Abgleich", their twins of the API, and taking a task back."""

import os
import shutil

import pytest

from api import cursor
from api.app import make_app
from outbox import eakte_demo
from outbox.eakte import DirectoryOutlet
from store.sending import outgoing
from store.trail import audit
from tests.api.answers import code_of
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.desk_samples import cookie, gallery
from tests.api.door_client import DoorClient
from tests.api.small_door import door_settings
from tests.api.test_api_tasks import TEXT, take
from tests.triage.way import Post
from triage import rounds, send


@pytest.fixture
def drop(tmp_path):
    (tmp_path / "eakte").mkdir()
    return tmp_path / "eakte"


@pytest.fixture
def eakte(doors: Doors, drop):
    return DirectoryOutlet(drop, doors.clock)


@pytest.fixture
def admin(doors: Doors, eakte):
    return at_desk(make_app(doors.house, door_settings(demo=True), eakte), seat="admin")


def hand_over(doors: Doors, eakte, subject="Neues Konto"):
    item, token = take(doors, subject)
    assert doors.kassel.post(f"{item}/handover", headers=token, json={}).status_code == 202
    send_all(doors, eakte)
    return item, token


def send_all(doors: Doors, eakte):
    rounds.send_round(doors.house, send.Outlets(eakte, Post()), "w-1")


def test_a_day_that_matches_and_one_that_does_not(doors: Doors, drop, eakte, admin) -> None:
    hand_over(doors, eakte)
    admin.open("/abgleich?tag=22.11.2026")
    assert "An diesem Tag ging nichts" in admin.words("main")
    assert "Stimmt überein" not in admin.words("main")
    admin.open("/abgleich")
    assert "Stimmt nicht überein" in admin.words(".note.bad")
    assert "fehlt dort" in admin.words("section:nth-of-type(2)")
    told = doors.admin.get("/v1/admin/match")
    assert code_of(told) == (503, "eakte.not_here"), "the app of the doors has no outlet"
    file = admin.client.get("/abgleich/datei?tag=23.11.2026")
    assert "abgleich-2026-11-23.csv" in file.headers["content-disposition"]
    assert file.text.count("fehlt dort") == 1
    eakte_demo.answer_once(drop, now=doors.clock(), after_seconds=-1e12)
    send_all(doors, eakte)
    for path in (drop / "quittungen").rglob("*.json"):
        os.utime(path, (doors.clock().timestamp(),) * 2)
    admin.open("/abgleich?tag=23.11.2026")
    assert "Stimmt überein" in admin.words(".note.good")


def test_the_twin_of_the_api_names_what_is_odd(doors: Doors, eakte) -> None:
    item, _ = hand_over(doors, eakte)
    doors.app.state.eakte = eakte
    told = doors.admin.get("/v1/admin/match?day=2026-11-23").json()
    assert (told["closes"], told["numbers"]["missing_there"]) == (False, 1)
    (line,) = told["lines"]
    assert (line["heap"], f"/v1/items/{line['item_id']}") == ("missing_there", item)
    doors.clock.forward(hours=25)
    (late,) = doors.admin.get("/v1/admin/outgoing/late").json()["late"]
    assert late["key"] == line["key"]


def test_a_mistyped_day_and_an_eakte_that_is_away_are_said_on_the_page(
    doors: Doors, drop, admin
) -> None:
    admin.open("/abgleich?tag=31.02.2026")
    assert admin.answer.status_code == 422
    assert "TT.MM.JJJJ" in admin.words(".fault")
    assert admin.client.get("/abgleich/datei?tag=gestern").status_code == 422
    shutil.rmtree(drop)
    admin.open("/abgleich")
    assert admin.answer.status_code == 503
    assert "eakte.drop_missing" in admin.words(".note.bad")


def test_what_nobody_received_is_sent_again_with_a_reason(doors: Doors, eakte, admin) -> None:
    hand_over(doors, eakte)
    admin = at_desk(admin.app, seat="admin")
    admin.open("/ausgang?stand=gesendet")
    admin.send("erneut", grund="nichts")
    assert admin.answer.status_code == 422
    assert "10 bis 500 Zeichen" in admin.words(".fault")
    admin.send("erneut", grund="eAkte, Hotline 23.11.: kein solcher Schlüssel")
    assert "Noch einmal gesendet wird: 1." in admin.words(".notice")
    send_all(doors, eakte)
    admin.open("/ausgang?stand=gesendet")
    assert "Noch einmal gesendet: eAkte, Hotline 23.11." in admin.words("tbody")
    said = {"reason": "und noch einmal nichts"}
    assert doors.admin.post("/v1/admin/outgoing/1/again", json=said).status_code == 202
    again = doors.admin.post("/v1/admin/outgoing/1/again", json=said)
    assert code_of(again) == (409, "outgoing.not_sent")


def test_overdue_receipts_stand_below(doors: Doors, eakte, admin) -> None:
    hand_over(doors, eakte)
    doors.clock.forward(hours=25)
    admin = at_desk(admin.app, seat="admin")
    admin.open("/abgleich?tag=23.11.2026")
    assert "Übergabe an die eAkte" in admin.words("section:last-of-type")


def test_dead_letters_are_sent_again_one_by_one_and_all(doors: Doors, drop, eakte, admin) -> None:
    drop.rename(drop.with_name("away"))
    item, token = take(doors, "Neues Konto")
    doors.kassel.post(f"{item}/handover", headers=token, json={})

    def until_dead():
        for _ in range(4):
            with pytest.raises(Exception, match="is not there"):
                send_all(doors, eakte)
            doors.clock.forward(hours=1)

    until_dead()
    admin = at_desk(admin.app, seat="admin")
    admin.open("/ausgang")
    assert "nicht zustellbar" in admin.words("tbody")
    assert "Der Ordner der eAkte ist nicht eingehängt." in admin.words("tbody")
    admin.send("nochmal")
    assert "Noch einmal gesendet wird: 1." in admin.words("[role=status]")
    admin.open("/ausgang?stand=wartet&art=eakte")
    assert "wartet" in admin.words("tbody")
    until_dead()
    admin = at_desk(admin.app, seat="admin")
    admin.open("/ausgang")
    admin.send("alle")
    assert "Noch einmal gesendet wird: 1." in admin.words("[role=status]")
    with doors.house.db.read() as tx:
        told = audit.of_subject(tx, "outgoing:1", actions={"outgoing.replayed"})
    assert [one.actor for one in told] == ["demo-admin", "demo-admin"]
    drop.with_name("away").rename(drop)
    send_all(doors, eakte)
    admin.open("/ausgang?stand=gesendet")
    assert "Übergabe an die eAkte" in admin.words("tbody")
    admin.open("/ausgang?stand=unsinn&art=unsinn")
    assert "Nichts in diesem Stand" in admin.words("tbody")


def test_a_task_is_taken_back_by_the_api_until_it_has_left(doors: Doors) -> None:
    item, token = take(doors, "Kündigung")
    said = {"task": "atv_termin", "called": True}
    number = doors.kassel.post(f"{item}/tasks", json=said, headers=token).json()["outgoing_id"]
    path, why = f"{item}/tasks/{number}/cancel", {"reason": "Schon vereinbart, doppelt."}
    stale = doors.kassel.post(path, json=why, headers={"X-Lease-Token": "old"})
    assert code_of(stale) == (409, "item.lease_stale")
    assert code_of(doors.kassel.post(path, json={"reason": "x"}, headers=token)) == (
        422, "task.reason_too_short",
    )  # fmt: skip
    assert doors.kassel.post(path, json=why, headers=token).status_code == 204
    (task,) = doors.kassel.get(item).json()["tasks"]
    assert (task["state"], task["may_cancel"], task["id"]) == ("cancelled", False, number)
    assert code_of(doors.kassel.post(path, json=why, headers=token)) == (409, "task.left")


def test_a_clerk_takes_a_task_back_on_the_page(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    doors.hand_in("Kündigung", TEXT)
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    clerk.send("auftrag", called="yes")
    clerk.send("zurueck", grund="x")
    assert "Auftrag entfällt" in clerk.words("[role=alert]:not([hidden])")
    clerk.send("zurueck", grund="Schon telefonisch vereinbart.")
    assert "Auftrag zurückgenommen" in clerk.words("[role=status]")
    assert "zurückgenommen" in clerk.words(".tasks")
    admin = at_desk(doors.app, seat="admin")
    admin.open("/ausgang")
    assert "zurückgenommen" in admin.words("tbody")
    assert not admin.page.query_selector_all("form[action$=nochmal]")


def test_only_admins_see_what_is_on_its_way_out(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    for path in ("/ausgang", "/abgleich", "/abgleich/datei"):
        assert clerk.client.get(path).status_code == 403
    assert isinstance(doors.nobody, DoorClient)


def test_a_row_that_is_sent_again_between_two_pages_hides_no_other(
    doors: Doors, drop, eakte, admin
) -> None:
    for told in (1, cursor.of_id(1)):
        assert admin.client.get(f"/abgleich?nach={told}").status_code == 200
    for number in range(3):
        hand_over(doors, eakte, f"Neues Konto {number}")
        doors.clock.forward(hours=1)
    doors.clock.forward(hours=100)
    page = doors.admin.get("/v1/admin/outgoing/late?limit=1").json()
    (first,) = page["late"]
    with doors.house.db.write() as tx:
        outgoing.rejected(tx, first["key"], receipt={"reason": "zu groß"}, now=doors.clock())
        outgoing.replay(tx, first["id"], now=doors.clock())
    send_all(doors, eakte)
    seen = [first["id"]]
    while page["next_cursor"]:
        page = doors.admin.get(
            "/v1/admin/outgoing/late", params={"limit": 1, "cursor": page["next_cursor"]}
        ).json()
        seen += [row["id"] for row in page["late"]]
    assert len(seen) == len(set(seen)) == 3, "of the pages, each once"
    old = doors.admin.get("/v1/admin/outgoing/late", params={"cursor": cursor.of_id(seen[1])})
    assert [row["id"] for row in old.json()["late"]] == seen[2:], "a cursor of before is still read"


def test_an_overdue_task_is_named_in_words() -> None:
    client = DoorClient(gallery())
    client.cookies.update(cookie())
    assert "Termin in ATV anfordern" in client.get("/muster/abgleich").text
