"""The door of the admins, and what monitoring sees, before a real house."""

import base64
import re
from pathlib import Path

import pytest

from api import errors
from api.cursor import of_id
from rules.errors import TryLater
from store.trail import audit
from tests.api.answers import code_of
from tests.api.conftest import Doors
from tests.house_fixture import eml
from triage.house import House
from triage.watch import alarm_checks

IBAN = "DE02120300000000202051"


def set_aside(doors: Doors) -> int:
    handed_in = doors.hand_in("Newsletter", Auto_Submitted="auto-generated")
    assert handed_in["state"] == "aside"
    message_id: int = handed_in["message_id"]
    return message_id


def test_mail_set_aside_is_listed_in_pages_with_its_reason(doors: Doors) -> None:
    ids = [set_aside(doors) for _ in range(3)]
    first = doors.admin.get("/v1/admin/aside?limit=2").json()
    rest = doors.admin.get(f"/v1/admin/aside?limit=2&cursor={first['next_cursor']}").json()
    rows = first["mails"] + rest["mails"]
    assert [row["message_id"] for row in rows] == ids[::-1]
    assert {row["reason_code"] for row in rows} == {"mail.machine"}
    assert rest["next_cursor"] is None


def test_real_mail_is_taken_in_once(doors: Doors) -> None:
    message_id = set_aside(doors)
    taken = doors.admin.post(f"/v1/admin/aside/{message_id}/intake")
    assert taken.status_code == 201
    assert taken.json()["item_id"] > 0
    again = doors.admin.post(f"/v1/admin/aside/{message_id}/intake")
    assert code_of(again) == (409, "mail.not_aside")


def test_a_replay_sends_it_through_again(doors: Doors) -> None:
    message_id = set_aside(doors)
    assert doors.admin.post(f"/v1/admin/aside/{message_id}/replay").status_code == 204
    assert doors.admin.get("/v1/admin/aside").json()["mails"] == []
    assert doors.machine.get(f"/v1/mails/{message_id}").json()["state"] in {"kept", "aside"}


def test_outgoing_rows_are_listed_by_state_without_their_content(doors: Doors) -> None:
    item, token = doors.take("Neues Konto")
    doors.kassel.post(f"{item}/handover", json={}, headers=token)
    assert doors.admin.get("/v1/admin/outgoing").json()["outgoing"] == []
    (row,) = doors.admin.get("/v1/admin/outgoing?state=new&state=dead").json()["outgoing"]
    assert (row["kind"], row["state"]) == ("eakte", "new")
    assert "payload" not in row


def test_only_what_ended_badly_is_sent_again(doors: Doors) -> None:
    item, token = doors.take("Neues Konto")
    row = doors.kassel.post(f"{item}/handover", json={}, headers=token).json()["outgoing_id"]
    again = doors.admin.post(f"/v1/admin/outgoing/{row}/replay")
    assert code_of(again) == (409, "outgoing.not_dead")
    unknown = doors.admin.post(f"/v1/admin/outgoing/{row + 1}/replay")
    assert code_of(unknown) == (404, "outgoing.unknown")


def test_all_dead_letters_are_sent_again_in_one_call(doors: Doors) -> None:
    item, token = doors.take("Neues Konto")
    row = doors.kassel.post(f"{item}/handover", json={}, headers=token).json()["outgoing_id"]
    with doors.house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE outgoing SET state = 'dead', error_code = 'bug'")
    assert 'postlotse_outgoing_dead{kind="eakte"} 1.0' in doors.nobody.get("/metrics").text
    choice = {"kind": "eakte", "error_code": "bug"}
    again = doors.admin.post("/v1/admin/outgoing/replay", json=choice)
    assert (again.status_code, again.json()) == (202, {"replayed": 1})
    (due,) = doors.admin.get("/v1/admin/outgoing?state=new").json()["outgoing"]
    assert due["id"] == row
    denied = doors.kassel.post("/v1/admin/outgoing/replay", json={})
    assert code_of(denied) == (403, "access.denied")


def test_the_sum_of_the_day_closes(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    set_aside(doors)
    proof = doors.admin.get("/v1/admin/completeness").json()
    assert proof["day"] == "2026-11-23"
    assert (proof["seen"], proof["difference"], proof["closes"]) == (2, 0, True)
    assert (proof["states"]["sorted"], proof["states"]["aside"]) == (1, 1)
    other_day = doors.admin.get("/v1/admin/completeness?day=2026-11-22").json()
    assert other_day["seen"] == 0


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_the_calendar_is_refused_and_no_fault_of_ours(
    doors: Doors, day: str
) -> None:
    answer = doors.admin.get(f"/v1/admin/completeness?day={day}")
    assert (answer.status_code, answer.json()["code"]) == (422, "store.statement")


def test_a_mail_whose_state_is_damaged_is_named(doors: Doors) -> None:
    number = doors.hand_in("Krankmeldung")["message_id"]
    with doors.house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE message SET state = 'verlegt'")
    proof = doors.admin.get("/v1/admin/completeness").json()
    assert (proof["seen"], proof["difference"], proof["closes"]) == (1, 1, False)
    assert proof["differences"] == [{"message_id": number, "fault": "stateless"}]


def test_figures_count_what_waits(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    figures = doors.admin.get("/v1/admin/figures").json()
    (kassel,) = figures["agencies"]
    assert (kassel["code"], kassel["waiting"]) == ("435", 1)
    assert figures["concerns"] == [["au", 1]]


def test_the_trail_tells_what_happened_in_order_and_without_content(doors: Doors) -> None:
    item, _ = doors.take("Neues Konto")
    doors.kassel.get(item)
    message = f"message:{doors.kassel.get(item).json()['message']['id']}"
    response = doors.admin.get("/v1/admin/trail", params={"subject": message})
    assert response.json()["entries"][0]["text"].startswith("Über die Schnittstelle eingegangen")
    actions = [entry["action"] for entry in response.json()["entries"]]
    assert actions[0] == "mail.handed_in"
    assert "item.read" in actions
    assert "Konto" not in response.text
    first = doors.admin.get("/v1/admin/trail?limit=1").json()
    second = doors.admin.get(f"/v1/admin/trail?limit=1&cursor={first['next_cursor']}").json()
    assert first["entries"][0]["id"] < second["entries"][0]["id"]


def test_an_auditor_comes_back_to_the_trail_and_reads_on_where_it_was_sealed(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    with doors.house.db.write() as tx:
        number = audit.seal(tx, limit=1)
    found = doors.admin.get("/v1/admin/trail").json()
    seals = [entry["seal_seq"] for entry in found["entries"]]
    assert (found["next_cursor"], seals[0], set(seals[1:])) == (None, number, {None})
    with doors.house.db.write() as tx:
        audit.seal(tx, limit=100)
    later = doors.admin.get(f"/v1/admin/trail?cursor={found['sealed_cursor']}").json()
    assert [entry["id"] for entry in later["entries"]] == [
        entry["id"] for entry in found["entries"][1:]
    ]
    assert later["entries"][0]["seal_seq"] == number + 1
    with doors.house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE audit SET hash = 'of another database'")
    lost = doors.admin.get(f"/v1/admin/trail?cursor={later['sealed_cursor']}")
    assert code_of(lost) == (409, "trail.cursor_ahead")


def test_a_cursor_of_the_trail_that_names_an_id_is_still_read(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    with doors.house.db.write() as tx:
        audit.seal(tx, limit=100)
    found = doors.admin.get("/v1/admin/trail").json()["entries"]
    old = of_id(found[0]["id"])
    assert doors.admin.get(f"/v1/admin/trail?cursor={old}").json()["entries"] == found[1:]


@pytest.mark.parametrize("told", ["s", "s:1", "s:x:5f", "s:1:5f:x", "s:1:5f:1:1", "x:1"])
def test_a_cursor_of_the_trail_that_is_not_ours_is_refused(doors: Doors, told: str) -> None:
    cursor = base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")
    answer = doors.admin.get(f"/v1/admin/trail?cursor={cursor}")
    assert code_of(answer) == (422, "request.cursor")


@pytest.mark.parametrize(
    "path", ["aside", "outgoing", "completeness", "postboxes", "figures", "trail"]
)
def test_admin_pages_are_for_admins(doors: Doors, path: str) -> None:
    assert code_of(doors.kassel.get(f"/v1/admin/{path}")) == (403, "access.denied")
    assert code_of(doors.nobody.get(f"/v1/admin/{path}")) == (401, "auth.missing")


def test_the_process_lives_and_the_house_is_fit(doors: Doors) -> None:
    assert doors.nobody.get("/health/live").json() == {"live": True}
    ready = doors.nobody.get("/health/ready")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


def test_without_its_database_the_house_lives_but_is_not_fit(doors: Doors, tmp_path: Path) -> None:
    doors.house.db.close()
    for file in tmp_path.glob("postlotse.sqlite*"):
        file.unlink()
    (tmp_path / "postlotse.sqlite").mkdir()
    assert doors.nobody.get("/health/live").status_code == 200
    ready = doors.nobody.get("/health/ready")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert "postlotse_database_up 0.0" in doors.nobody.get("/metrics").text
    away = doors.kassel.get("/v1/agencies/435/items")
    assert code_of(away) == (503, "store.away")
    assert away.headers["retry-after"] == str(errors.RETRY_AFTER_SECONDS)


def test_a_database_that_goes_while_the_gauges_are_read_is_told(doors: Doors, monkeypatch) -> None:
    def gone(_house: House) -> int:
        raise TryLater("store.away", "gone in the middle")

    monkeypatch.setattr(alarm_checks, "unsealed", gone)
    answer = doors.nobody.get("/metrics")
    assert answer.status_code == 200
    assert "postlotse_database_up 0.0" in answer.text


def test_metrics_tell_numbers_and_no_person(doors: Doors) -> None:
    doors.machine.post(
        "/v1/mails",
        content=eml("Neues Konto", f"Neue IBAN {IBAN}", sender="erika@post.example"),
        headers={"Content-Type": "message/rfc822"},
    )
    doors.machine.get("/v1/mails/1")
    text = doors.nobody.get("/metrics").text
    assert 'route="/v1/mails/{message_id}"' in text
    assert 'postlotse_mails{state="seen"} 1.0' in text
    labels = " ".join(re.findall(r'="([^"]*)"', text))
    for secret in (IBAN, "erika", "Konto", "/v1/mails/1", "machine", "435"):
        assert secret not in labels
