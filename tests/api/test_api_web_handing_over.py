"""The way into the eAkte at the desk before a real house: records, receipts, reasoned "no"."""

import pytest

from rules.item import EakteState, HandoverRejected, ItemState
from store.mails import verdicts
from store.mails.verdicts import NewVerdict
from store.sending import outgoing
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk, state, take
from triage import handover


@pytest.fixture
def clerk(doors: Doors) -> Person:
    return at_desk(doors.app)


def test_a_pay_relevant_item_closes_only_with_the_receipt(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    clerk.send("abschliessen", reason="done")
    assert clerk.answer.status_code == 422
    assert "eAkte-Quittung steht aus" in clerk.words(".notice")
    clerk.send("eakte")
    assert clerk.words(".bar .note.info strong") == ("An die eAkte übergeben, Quittung steht aus.")
    clerk.send("naechster")
    assert state(doors, item_id).state is ItemState.PENDING


def test_with_the_box_ticked_the_item_leaves_the_clerk_at_once(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    assert clerk.page.query_selector("[name=close_when_received][checked]") is not None
    clerk.send("eakte", close_when_received="yes")
    assert clerk.url == "/arbeitsplatz?leer=1"
    assert "schließt, sobald die Quittung da ist" in clerk.words(".notice")
    assert state(doors, item_id).close_when_received
    clerk.open(f"/vorgang/{item_id}")
    assert "Schließt von selbst, sobald die eAkte-Quittung da ist" in clerk.words(".actions")


def test_what_was_handed_over_is_left_to_the_receipt_by_the_key_of_closing(
    doors: Doors, clerk: Person
) -> None:
    item_id = take(doors, clerk, "Bin krank")
    clerk.send("eakte")
    form = clerk.page.query_selector("#close")
    assert form.getattr("action") == f"/vorgang/{item_id}/bei-quittung"
    clerk.send("bei-quittung")
    assert clerk.words(".notice") == "Der Vorgang schließt, sobald die eAkte-Quittung da ist."
    left = state(doors, item_id)
    assert (left.state, left.close_when_received) == (ItemState.PENDING, True)
    clerk.send("rueckgaengig")
    assert clerk.url == f"/vorgang/{item_id}"
    assert state(doors, item_id).state is ItemState.HELD


def test_a_reasoned_no_opens_the_way_to_closing_and_the_next_item_follows(
    doors: Doors, clerk: Person
) -> None:
    first = take(doors, clerk, "Bin krank")
    doors.hand_in("Termin absagen")
    clerk.send("nicht-zahlungsrelevant", reason="nur eine Rückfrage ohne Änderung")
    assert clerk.words(".notice") == "Begründung gespeichert. Abschließen ist frei."
    clerk.send("abschliessen", reason="done")
    assert state(doors, first).state is ItemState.CLOSED
    assert clerk.words("h1") == "Termin absagen"
    assert clerk.words(".notice") == "Abgeschlossen. Das ist der nächste Vorgang."


def test_an_iban_with_a_wrong_check_digit_is_warned_of(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Neues Konto", "DE37 7112 7623 0487 3792 25")
    with doors.house.db.write() as tx:
        body = verdicts.latest(tx, item_id).body | {"defects": ["iban.check_digit"]}
        verdicts.add(tx, NewVerdict(item_id, "clerk", "x", body), now=doors.house.clock())
    clerk.open(f"/vorgang/{item_id}")
    assert "falscher Prüfziffer" in clerk.words("#iban-falsch")


@pytest.mark.parametrize(
    ("defect", "note", "told"),
    [
        ("kundennummer.several", "#mehrere-nummern", "mehrere Kundennummern"),
        ("kundennummer.unclear", "#nummer-unklar", "Ist das die Kundennummer der Person"),
    ],
)
def test_of_a_doubtful_number_the_clerk_confirms_one_before_the_hand_over(
    doors: Doors, clerk: Person, defect: str, note: str, told: str
) -> None:
    item_id = take(doors, clerk, "Neues Konto", "123A456789")
    with doors.house.db.write() as tx:
        body = verdicts.latest(tx, item_id).body | {"defects": [defect]}
        verdicts.add(tx, NewVerdict(item_id, "machine", "x", body), now=doors.house.clock())
    clerk.open(f"/vorgang/{item_id}")
    assert told in clerk.words(note)
    clerk.send("eakte")
    assert "„In wessen Akte?“" in clerk.answer.text
    assert doors.kassel.get(f"/v1/items/{item_id}").json()["item"]["eakte"] == "owed"
    clerk.open(f"/vorgang/{item_id}")
    # Who says that the concerns are right has not said whose number it is.
    clerk.send("korrektur")
    clerk.open(f"/vorgang/{item_id}")
    assert told in clerk.words(note)
    clerk.send("korrektur", concerns=["bankverbindung"], payment="yes", kundennummer="123A456789")
    clerk.open(f"/vorgang/{item_id}")
    assert clerk.words(note) == ""
    clerk.send("eakte")
    assert doors.kassel.get(f"/v1/items/{item_id}").json()["item"]["eakte"] == "sent"


def test_a_mail_about_two_goes_into_the_records_that_are_ticked(
    doors: Doors, clerk: Person
) -> None:
    numbers = ["123A456789", "234B567890", "345C678901"]
    item_id = take(doors, clerk, "Neues Konto", " ".join(numbers))
    with doors.house.db.write() as tx:
        body = verdicts.latest(tx, item_id).body
        facts = body["facts"] | {"kundennummer": numbers[0], "kundennummern": numbers}
        body |= {"defects": ["kundennummer.several"], "facts": facts}
        verdicts.add(tx, NewVerdict(item_id, "machine", "x", body), now=doors.house.clock())
    clerk.open(f"/vorgang/{item_id}")
    boxes = clerk.page.query_selector_all("#akten [name=record][form=handover]")
    order = [one.id for one in clerk.page.query_selector_all("h2[id]")]
    assert order.index("h-a") < order.index("h-n"), "asked before the step that it is asked for"
    assert [box.getattr("value") for box in boxes] == [*numbers, ""]
    clerk.send("eakte", record=[numbers[0], numbers[2]], left_out="nein")
    assert clerk.answer.status_code == 422
    assert "warum sie nicht in die anderen Akten geht" in clerk.words("[role=alert]")
    ticked = clerk.page.query_selector_all("#akten [name=record][checked]")
    assert [box.getattr("value") for box in ticked] == [numbers[0], numbers[2]]
    assert clerk.words("#nicht-weil") == "nein"
    why = "Die zweite ist die Sachbearbeiterin."
    clerk.send("eakte", record=[numbers[0], numbers[2]], left_out=why)
    clerk.open(f"/vorgang/{item_id}")
    assert why in clerk.words("#nicht-in-akte")
    assert clerk.words("#akten-stand") == f"{numbers[0]}beauftragt{numbers[2]}beauftragt"
    found = doors.kassel.get(f"/v1/items/{item_id}").json()
    assert found["records"] == [
        {"kundennummer": numbers[0], "state": "new"},
        {"kundennummer": numbers[2], "state": "new"},
    ]
    assert found["verdict"]["facts"]["kundennummern"] == numbers


def test_by_api_a_number_that_the_mail_does_not_name_is_a_problem(doors: Doors) -> None:
    item, token = doors.take("Neues Konto")
    strange = {"kundennummern": ["999B999999"]}
    refused = doors.kassel.post(f"{item}/handover", json=strange, headers=token)
    assert (refused.status_code, refused.json()["code"]) == (422, "item.number_not_named")
    ordered = doors.kassel.post(f"{item}/handover", json={"kundennummern": []}, headers=token)
    assert ordered.status_code == 202
    found = doors.kassel.get(item).json()
    assert found["records"] == [{"kundennummer": None, "state": "new"}]


def test_a_no_without_a_real_reason_is_refused(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    page = clerk.send("nicht-zahlungsrelevant", reason="nein")
    assert page.query_selector("#waive[data-reopen] [name=reason][aria-invalid]") is not None
    assert state(doors, item_id).eakte is EakteState.OWED


def test_a_rejected_hand_over_says_why_and_can_be_repeated(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    clerk.send("eakte")
    with doors.house.db.write() as tx:
        handover.settle(
            tx, outgoing.of_item(tx, item_id)[-1], HandoverRejected(), now=doors.clock()
        )
    # The page still offers to leave it to the receipt, which will never come.
    clerk.send("bei-quittung")
    assert clerk.answer.status_code == 422
    assert "eine Quittung käme nie" in clerk.words("[role=alert]")
    now = state(doors, item_id)
    assert (now.state, now.close_when_received) == (ItemState.HELD, False)
    clerk.open(f"/vorgang/{item_id}")
    assert "abgelehnt" in clerk.words(".bar [data-eakte]")
    clerk.send("eakte")
    assert state(doors, item_id).eakte is EakteState.SENT
