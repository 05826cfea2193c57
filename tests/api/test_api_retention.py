"""Deletion at the doors: previewed, ordered by its hash, held back, proven; page and API alike."""

from dataclasses import replace

import pytest

from api.app import make_app
from rules.ledger import LedgerState
from rules.sweep import OrderBasis
from store.mails import ledger
from store.trail import audit
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.small_door import door_settings
from tests.house_fixture import ADMIN
from triage import rereading
from triage.send import Outlets
from triage.sweep import orders as sweep
from triage.sweep import run as sweep_run

URL = "/v1/admin/retention"


@pytest.fixture
def old(doors: Doors) -> Doors:
    """Two mails worked off a year ago, one that lies aside, one that is open."""
    done = [doors.hand_in(f"Termin {number}")["message_id"] for number in range(2)]
    doors.hand_in("Newsletter", Auto_Submitted="auto-generated")
    doors.hand_in("Krankmeldung")
    with doors.house.db.write() as tx:
        for message_id in done:
            ledger.set_state(tx, message_id, LedgerState.DONE, reason="", now=doors.clock())
        tx.connection.exec_driver_sql("UPDATE item SET state = 'closed' WHERE message_id < 3")
    doors.clock.forward(days=365)
    return doors


def run_all(doors: Doors) -> None:
    while sweep_run.one_round(doors.house, Outlets(eakte=None, mail=None), "w-1"):
        pass


def test_what_the_preview_shows_is_ordered_by_its_hash_and_proven(old: Doors) -> None:
    found = old.admin.get(URL).json()
    assert {row["keep"]: row["number"] for row in found["tallies"]} == {
        "not": 2, "not_done": 1, "unseen": 1,
    }  # fmt: skip
    assert found["periods"]["done"] == [90, "Hausregel; Frist nicht belegt"]
    wrong = old.admin.post(f"{URL}/runs", json={"hash": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "sweep.changed")
    ordered = old.admin.post(f"{URL}/runs", json={"hash": found["hash"]})
    assert ordered.status_code == 202
    number = ordered.json()["run_id"]
    assert old.admin.get(f"{URL}/runs/{number}/proof").json()["proof"]["complete"] is False
    run_all(old)
    proof = old.admin.get(f"{URL}/runs/{number}/proof").json()["proof"]
    assert (proof["erased"], proof["complete"]) == (2, True)
    (run,) = old.admin.get(f"{URL}/runs").json()["runs"]
    assert (run["id"], run["state"]) == (number, "done")
    assert old.admin.get("/v1/mails/1/original").status_code == 404


def test_a_worker_ends_a_run_only_when_nothing_of_it_is_left(old: Doors) -> None:
    policy = old.house.policy
    house = replace(old.house, policy=replace(policy, sweep=replace(policy.sweep, batch_mails=1)))
    number = sweep.order(house, ADMIN, hash_=old.admin.get(URL).json()["hash"])
    states = []
    for _ in range(4):
        done = sweep_run.one_round(house, Outlets(eakte=None, mail=None), "w-1")
        states.append((done, sweep.plan_of(house, ADMIN, number).state.value))
    assert states == [(1, "ordered"), (1, "ordered"), (0, "done"), (0, "done")]


def test_a_hold_keeps_and_its_end_lets_go(old: Doors) -> None:
    body = {"kind": "rechtsstreit", "reference": "S 12", "message_id": 1}
    made = old.admin.post(f"{URL}/holds", json=body)
    assert made.status_code == 201
    assert [hold["message_id"] for hold in old.admin.get(f"{URL}/holds").json()["holds"]] == [1]
    assert old.admin.get(URL).json()["to_delete"] == 1
    number = made.json()["hold_id"]
    other = old.admin.post(f"{URL}/holds/{number}/release", json={"reference": "S 13"})
    assert (other.status_code, other.json()["code"]) == (409, "hold.changed")
    read = {"reference": "S 12"}
    assert old.admin.post(f"{URL}/holds/{number}/release", json=read).status_code == 204
    assert old.admin.get(URL).json()["to_delete"] == 2
    again = old.admin.post(f"{URL}/holds/{number}/release")
    assert (again.status_code, again.json()["code"]) == (404, "hold.unknown")
    assert old.admin.get(f"{URL}/holds").json()["holds"] == []
    (over,) = old.admin.get(f"{URL}/holds", params={"released": True}).json()["holds"]
    assert (over["reference"], over["released_by"]) == ("S 12", over["actor"])
    assert over["released_at"]
    with old.house.db.read() as tx:
        told = audit.of_subject(tx, "message:1", actions={"hold.placed", "hold.released"})
    assert [(one.actor, one.action, one.details["hold"]) for one in told] == [
        ("admin", "hold.placed", number),
        ("admin", "hold.released", number),
    ]


def test_mail_aside_goes_only_after_somebody_looked(old: Doors) -> None:
    body = {"reason_code": "mail.machine", "until": 3}
    assert old.admin.post(f"{URL}/seen", json=body).json() == {"mails": 0, "not_shown": 1}
    assert old.admin.get("/v1/admin/aside").status_code == 200
    assert old.admin.post(f"{URL}/seen", json=body).json() == {"mails": 1, "not_shown": 0}
    assert old.admin.get(URL).json()["to_delete"] == 3
    with old.house.db.read() as tx:
        told = audit.of_subject(tx, "reason:mail.machine", actions={"aside.seen"})
    assert [(one.actor, one.details["mails"]) for one in told] == [("admin", 0), ("admin", 1)]


def test_a_proposed_deletion_is_approved_by_another_and_rejected_by_anybody(old: Doors) -> None:
    second = old.person("second")
    me = replace(ADMIN, name="admin")
    first, other = (
        sweep.propose(old.house, me, [one], basis=OrderBasis.ART17, reference="DSB 1")
        for one in (1, 2)
    )
    own = old.person().post(f"{URL}/runs/{first}/approve")
    assert own.json()["code"] == "sweep.own_plan"
    assert second.post(f"{URL}/runs/{first}/approve").status_code == 204
    assert old.admin.post(f"{URL}/runs/{other}/reject").status_code == 204
    run_all(old)
    with old.house.db.read() as tx:
        states = [ledger.message(tx, one).state.value for one in (1, 2)]
        told = [audit.of_subject(tx, f"sweep:{run}") for run in (first, other)]
    assert states == ["deleted", "done"]
    assert [[(one.actor, one.action) for one in run] for run in told] == [
        [("admin", "sweep.proposed"), ("second", "sweep.approved"), ("worker", "sweep.ended")],
        [("admin", "sweep.proposed"), ("admin", "sweep.rejected")],
    ]


def test_what_was_read_is_named_by_its_hash_and_another_run_is_refused(old: Doors) -> None:
    me, second = replace(ADMIN, name="admin"), old.person("second")
    for one in (1, 2):
        sweep.propose(old.house, me, [one], basis=OrderBasis.ART17, reference="DSB 1")
    newest, first = (run["hash"] for run in second.get(f"{URL}/runs").json()["runs"])
    for deed in ("approve", "reject"):
        refused = second.post(f"{URL}/runs/2/{deed}", json={"hash": first})
        assert (refused.status_code, refused.json()["code"]) == (409, "sweep.changed")
    rereading.hold_back(old.house, me)
    sweep.propose(old.house, me, [1], basis=OrderBasis.ART17, reference="DSB 2")
    second = old.person("second")
    for body in ({}, {"json": {}}, {"json": {"hash": ""}}):
        refused = second.post(f"{URL}/runs/3/approve", **body)
        assert (refused.status_code, refused.json()["code"]) == (409, "sweep.not_named")
    assert second.post(f"{URL}/runs/2/approve", json={"hash": newest}).status_code == 204
    assert [run["state"] for run in second.get(f"{URL}/runs").json()["runs"]] == [
        "proposed", "ordered", "proposed",
    ]  # fmt: skip


def test_the_page_approves_and_rejects_what_it_showed(old: Doors) -> None:
    me, app = replace(ADMIN, name="admin"), make_app(old.house, door_settings(demo=True))
    for one in (1, 2):
        sweep.propose(old.house, me, [one], basis=OrderBasis.ART17, reference="DSB 1")
    admin = at_desk(app, seat="admin")
    for deed in ("freigeben", "verwerfen"):
        admin.open("/loeschung")
        admin.send(deed, pruefsumme="0" * 64)
        assert admin.answer.status_code == 409
        assert "Das ist nicht mehr, was die Seite gezeigt hat" in admin.answer.text
        assert "proposed" in [run.state.value for run in sweep.plans(old.house, me)]
        admin.open("/loeschung")
        admin.send(deed)
    assert sorted(run.state.value for run in sweep.plans(old.house, me)) == ["ordered", "void"]


def test_clerks_and_machines_delete_nothing(old: Doors) -> None:
    for caller in (old.kassel, old.machine):
        assert caller.get(URL).json()["code"] == "access.denied"
        assert caller.post(f"{URL}/runs", json={"hash": "0" * 64}).status_code == 403


def test_the_page_orders_what_it_shows_and_leads_to_the_proof(old: Doors) -> None:
    admin = at_desk(make_app(old.house, door_settings(demo=True)), seat="admin")
    admin.open("/loeschung")
    assert "endgültig löschen" in admin.words("form[action='/loeschung/anordnen']")
    admin.send("anordnen")
    assert "Löschlauf 1 ist angeordnet" in admin.answer.text
    run_all(old)
    admin.open("/loeschung/1")
    assert "Ergebnis: vollständig" in admin.answer.text
    assert "Gelöscht: 2" in admin.answer.text


def test_the_page_holds_releases_and_notes_what_was_seen(old: Doors) -> None:
    admin = at_desk(make_app(old.house, door_settings(demo=True)), seat="admin")
    admin.open("/loeschung")
    admin.send("neu", nachricht="1", art="auskunft", zeichen="DSB 4/26")
    assert "Die Löschsperre 1 gilt." in admin.answer.text
    assert "Auskunft nach Art. 15 DSGVO" in admin.answer.text
    admin.send("aufheben")
    assert "Es gilt keine Sperre." in admin.answer.text
    assert "DSB 4/26" in admin.words("#auf tbody")
    assert "von Ihnen" in admin.words("#auf tbody")
    admin.send("angesehen")
    assert "Noch nicht gezeigt: 1." in admin.answer.text
    admin.open("/beiseite?grund=mail.machine")
    admin.open("/loeschung")
    admin.send("angesehen")
    assert "Als angesehen vermerkt: 1." in admin.answer.text
    admin.send("neu", nachricht="eins", art="auskunft", zeichen="x")
    assert admin.answer.status_code == 422


def test_a_page_says_in_german_what_the_api_says_in_english(old: Doors) -> None:
    new = {"kind": "auskunft", "reference": "a@b.example", "message_id": 1}
    told = old.admin.post(f"{URL}/holds", json=new).json()
    assert (told["code"], told["details"]["longest"]) == ("sweep.reference", 60)
    admin = at_desk(make_app(old.house, door_settings(demo=True)), seat="admin")
    admin.open("/loeschung")
    admin.send("neu", nachricht="1", art="auskunft", zeichen="a@b.example")
    assert "Schreiben Sie ein Aktenzeichen, 1 bis 60 Zeichen" in admin.answer.text
    assert told["detail"] not in admin.answer.text
    admin.open("/loeschung")
    admin.send("neu", nachricht="99", art="auskunft", zeichen="DSB 4/26")
    assert "Diese Nachricht gibt es nicht, oder nicht für Sie." in admin.answer.text


def test_the_metrics_tell_what_waits_to_be_deleted(old: Doors) -> None:
    found = old.admin.get(URL).json()
    old.admin.post(f"{URL}/runs", json={"hash": found["hash"]})
    assert "postlotse_sweep_waiting 2.0" in old.admin.get("/metrics").text
    run_all(old)
    assert "postlotse_sweep_waiting 0.0" in old.admin.get("/metrics").text
