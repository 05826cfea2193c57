"""What clerks corrected is confirmed by a second person, over HTTP and on its page."""

import pytest

from rules.codes import Concern, PaymentRelevant
from tests import one_sorter
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.house_fixture import MACHINE, clerk, eml
from triage import accept, work
from triage.desk.correction import Correction


@pytest.fixture
def corrected(doors: Doors) -> int:
    """A mail that the machine took for a Termin and a clerk for a move; the message's id."""
    house = doors.house
    kept = accept.hand_in(house, MACHINE, eml("Termin", "Ich ziehe um."))
    one_sorter.sort_pending(house)
    claim = work.claim_next(house, clerk("435"), "435")
    said = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES)
    work.correct(house, clerk("435"), claim.item_id, claim.token, said)
    return kept.message_id


def test_a_correction_waits_beside_what_the_machine_said_and_leaves_when_confirmed(
    doors: Doors, corrected: int
) -> None:
    (row,) = doors.admin.get("/v1/admin/corrections").json()["corrections"]
    assert (row["message_id"], row["is_own"]) == (corrected, False)
    assert (row["machine_concerns"], row["machine_payment"]) == (["termin"], "no")
    assert (row["concerns"], row["payment"]) == (["anschrift_name"], "yes")
    assert "k-1" not in str(row)
    path = f"/v1/admin/corrections/{corrected}/confirm"
    chief = doors.person()
    assert chief.post(path).status_code == 204
    assert doors.admin.get("/v1/admin/corrections").json()["corrections"] == []
    again = chief.post(path)
    assert (again.status_code, again.json()["code"]) == (422, "relearn.no_correction")


def test_who_works_items_or_is_a_machine_confirms_nothing(doors: Doors, corrected: int) -> None:
    for client in (doors.kassel, doors.machine):
        assert client.get("/v1/admin/corrections").status_code == 403
        assert client.post(f"/v1/admin/corrections/{corrected}/confirm").status_code == 403


def test_a_wrong_correction_is_turned_down_with_a_reason_and_waits_no_more(
    doors: Doors, corrected: int
) -> None:
    path = f"/v1/admin/corrections/{corrected}/turn-down"
    short = doors.admin.post(path, json={"reason": "falsch"})
    assert (short.status_code, short.json()["code"]) == (422, "relearn.reason_too_short")
    assert len(doors.admin.get("/v1/admin/corrections").json()["corrections"]) == 1
    reason = {"reason": "Es geht um den Termin."}
    assert doors.kassel.post(path, json=reason).status_code == 403
    assert doors.admin.post(path, json=reason).status_code == 204
    assert doors.admin.get("/v1/admin/corrections").json()["corrections"] == []
    again = doors.person().post(f"/v1/admin/corrections/{corrected}/confirm")
    assert again.json()["code"] == "relearn.no_correction"
    verdict = doors.machine.get(f"/v1/mails/{corrected}").json()["verdict"]
    assert [one["code"] for one in verdict["concerns"]] == ["anschrift_name"]
    assert reason["reason"] not in str(verdict)


def test_the_page_asks_for_a_reason_before_it_turns_down(doors: Doors, corrected: int) -> None:
    admin = at_desk(doors.app, seat="admin")
    admin.open("/korrekturen")
    admin.send("ablehnen", grund="nein")
    assert admin.answer.status_code == 422
    assert "mindestens 10 Zeichen" in admin.words("tbody .fault")
    admin.send("ablehnen", grund="Es geht um den Termin.")
    assert "Korrektur abgelehnt." in admin.words(".notice")
    assert "Keine Korrektur wartet" in admin.words("tbody")


def test_the_page_confirms_and_says_so(doors: Doors, corrected: int) -> None:
    admin = at_desk(doors.app, seat="admin")
    admin.open("/korrekturen")
    assert str(corrected) in admin.words("tbody")
    admin.send("bestaetigen")
    assert "Korrektur bestätigt." in admin.words(".notice")
    assert "Keine Korrektur wartet" in admin.words("tbody")


def test_what_was_corrected_again_since_it_was_shown_is_not_confirmed(
    doors: Doors, corrected: int
) -> None:
    admin = at_desk(doors.app, seat="admin")
    admin.open("/korrekturen")
    (row,) = doors.admin.get("/v1/admin/corrections").json()["corrections"]
    held = work.claim_item(doors.house, clerk("435"), 1)
    said = Correction((Concern.BERATUNG,), PaymentRelevant.YES)
    work.correct(doors.house, clerk("435"), 1, held.token, said)
    admin.send("bestaetigen")
    assert admin.answer.status_code == 409
    assert "noch einmal korrigiert" in admin.words("h1")
    path = f"/v1/admin/corrections/{corrected}"
    chief = doors.person()
    late = chief.post(f"{path}/confirm", params={"correction": row["id"]})
    assert (late.status_code, late.json()["code"]) == (409, "relearn.corrected_again")
    body = {"reason": "Es geht um den Termin.", "correction": row["id"]}
    assert chief.post(f"{path}/turn-down", json=body).status_code == 409
    (now,) = doors.admin.get("/v1/admin/corrections").json()["corrections"]
    assert chief.post(f"{path}/confirm", params={"correction": now["id"]}).status_code == 204
