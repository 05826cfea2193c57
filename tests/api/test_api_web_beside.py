"""What stands beside an item at the doors: conversation, what was settled, the last note."""

from resiliparse.parse.html import DOMNode, HTMLTree

from api.app import make_app
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.desk_samples import cookie, gallery
from tests.api.door_client import DoorClient
from tests.api.small_door import door_settings
from tests.house_fixture import eml


def words(node: DOMNode | None) -> str:
    return " ".join(node.text.split()) if node else ""


def test_the_reason_of_the_one_before_is_read_by_the_next(doors: Doors) -> None:
    path, token = doors.take("Termin")
    why = "Ruft morgen wegen der fehlenden Seite an."
    parked = doors.kassel.post(
        f"{path}/park", json={"until": "2026-12-02", "reason": why}, headers=token
    )
    assert parked.status_code < 300, parked.text
    note = doors.kassel2.get(path).json()["note"]
    assert (note["text"], note["about"]) == (why, "item.parked")
    person = at_desk(make_app(doors.house, door_settings(demo=True)))
    person.open(f"/vorgang/{path.rpartition('/')[2]}")
    assert why in person.words("#notiz")


def test_the_page_keeps_conversation_sender_and_what_was_settled_apart() -> None:
    client = DoorClient(gallery())
    client.cookies.update(cookie())
    page = HTMLTree.parse(client.get("/muster/vorgang-owed").text).document
    lists = [
        words(node.parent.query_selector("h2"))
        for node in page.query_selector_all("section.others h2")
    ]
    assert lists == [
        "Im selben Mailverlauf offen",
        "Vom selben Absender offen",
        "Vom selben Absender vor kurzem erledigt",
    ]
    hint = page.query_selector("#schon-erledigt")
    assert [a.getattr("href") for a in hint.query_selector_all("a")] == ["/vorgang/4500"]
    # What moves money is never waved through.
    assert "eAkte-Quittung braucht dieser Vorgang trotzdem" in words(hint)
    free = HTMLTree.parse(client.get("/muster/vorgang-received").text).document
    assert "schon anders erledigt" in words(free.query_selector("#schon-erledigt"))


def test_a_form_of_the_portal_has_no_same_sender(doors: Doors) -> None:
    """All who write by the form write by its one address."""
    form = "Ihre Anfrage über das Kontaktformular\n\nName: Kim Muster\nNachricht: Guten Tag.\n"
    for n, text in enumerate((form, form, "Guten Tag.")):
        data = eml(f"Termin {n}", text, sender="kontaktformular@web.example")
        kept = doors.machine.post(
            "/v1/mails",
            content=data.replace(b"<same@", f"<{n}@".encode()),
            headers={"Content-Type": "message/rfc822"},
        )
        assert kept.status_code == 201
    ids = [row["item"]["id"] for row in doors.kassel.get("/v1/agencies/435/items").json()["items"]]
    shown = [doors.kassel.get(f"/v1/items/{item_id}").json() for item_id in sorted(ids)]
    assert [one["item"]["channel"] for one in shown][:2] == ["kontaktformular"] * 2
    assert [len(one["others"]) for one in shown] == [0, 0, 2]


def test_an_answer_to_a_form_without_an_address_says_that_it_goes_to_the_portal(
    doors: Doors,
) -> None:
    form = "Ihre Anfrage über das Kontaktformular\n\nName: Kim Muster\nNachricht: Termin absagen.\n"
    data = eml("Termin", form, sender="kontaktformular@web.example")
    headers = {"Content-Type": "message/rfc822"}
    assert doors.machine.post("/v1/mails", content=data, headers=headers).status_code == 201
    (row,) = doors.kassel.get("/v1/agencies/435/items").json()["items"]
    person = at_desk(doors.app)
    person.open(f"/vorgang/{row['item']['id']}")
    assert not person.words(".letter .subj"), "no text is offered that would go to a program"
    assert "Rufen Sie an, oder schreiben Sie einen Brief" in person.words("main")
