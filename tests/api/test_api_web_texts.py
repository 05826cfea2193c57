"""The page "Texte" before a real house: from the editor to a text in force, by two persons."""

import pytest

from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.rules.text_samples import typed
from triage.texts import stock as text_stock

ID = "termin.neu"
AT = f"/texte?text={ID}&version=1"


@pytest.fixture
def anna(doors: Doors) -> Person:
    text_stock.take_in(doors.house)
    return at_desk(doors.app, seat="admin")


@pytest.fixture
def berta(doors: Doors) -> Person:
    return at_desk(doors.app, seat="second")


def write(person: Person, text: str, button: str = "speichern", text_id: str = ID) -> None:
    person.open("/texte/neu")
    csrf = person.page.query_selector("input[name=csrf]").getattr("value")
    sent = {"csrf": csrf, "text": text.replace("\n", "\r\n"), "text_id": text_id}
    target = f"/texte/{button}"
    person._follow(person.client.post(target, data=sent), target)


def test_from_the_editor_into_force_by_two_persons(
    doors: Doors, anna: Person, berta: Person
) -> None:
    write(anna, typed())
    assert (anna.url, "Entwurf gespeichert" in anna.words(".notice")) == (AT, True)
    anna.send("vorlegen")
    assert "Zur Prüfung gegeben" in anna.words(".notice")
    assert "Eine zweite Person gibt frei" in anna.words("main")
    anna.send("freigeben")
    assert anna.answer.status_code == 422
    assert "zweite Person" in anna.words("#deed-fault")
    berta.open(AT)
    berta.send("freigeben")
    assert "Freigegeben" in berta.words(".notice")
    clerk = at_desk(doors.app)
    clerk.open("/texte?suche=N1")
    assert "Neuer Text" in clerk.words(".texts")
    berta.send("zurueckziehen", grund="kurz")
    assert berta.answer.status_code == 422
    assert berta.page.query_selector("#zr").getattr("value") == "kurz"
    berta.send("zurueckziehen", grund="Die Weisung ist aufgehoben.")
    assert "zurückgezogen" in berta.words("#t1 + .state")
    clerk.open("/texte?suche=N1")
    assert "Neuer Text" not in clerk.words(".texts")
    clerk.open(AT)
    assert "zurückgezogen" in clerk.words("main")
    clerk.open(f"/texte?text={ID}")
    assert clerk.answer.status_code == 404


def test_a_text_with_faults_comes_back_as_typed_with_line_and_remedy(anna: Person) -> None:
    write(anna, typed(kanal="fax"))
    assert anna.answer.status_code == 422
    assert "Zeile 4" in anna.words("#befunde")
    assert "kanal: fax" in anna.page.query_selector("textarea").text
    write(anna, typed(), "pruefen")
    assert "keine Befunde" in anna.words("main")
    assert "20.11.2026" in anna.words(".letter")
    anna.open(AT)
    assert anna.answer.status_code == 404


def test_two_who_write_at_once_lose_nothing(anna: Person, berta: Person) -> None:
    write(anna, typed())
    for person in (anna, berta):
        person.open(f"/texte/{ID}/1/text")
    anna.send("speichern", text=typed(titel="Anna"))
    berta.send("speichern", text=typed(titel="Berta"))
    assert berta.answer.status_code == 409
    assert "titel: Berta" in berta.page.query_selector("textarea").text
    anna.open(AT)
    assert "Anna" in anna.words("#t1")


def test_the_next_version_is_begun_from_the_approved_one_and_compared(anna: Person) -> None:
    anna.open("/texte?text=termin.verschoben")
    anna.open("/texte/termin.verschoben/1/text")
    old = anna.page.query_selector("textarea").text
    anna.send("speichern", text=old.replace("titel: ", "titel: Neu "))
    assert anna.url == "/texte?text=termin.verschoben&version=2"
    assert "Neu" in anna.words(".diff ins")
    anna.open("/texte?text=termin.verschoben&version=1&gegen=2")
    assert "von Fassung 1 zu 2" in anna.words("#df")
    anna.open("/texte?stand=draft")
    assert "1 passt zu Ihrer Suche" in anna.words(".head")


def test_a_search_without_hits_says_so_and_leads_back_to_all(anna: Person, doors: Doors) -> None:
    clerk = at_desk(doors.app)
    for person in (anna, clerk):
        person.open("/texte")
        (count, _, _) = person.words(".head p").partition(" Texte")
        assert int(count) > 1
        person.open("/texte?suche=gibtesnicht&vorgang=7")
        assert f"{count} Texte, keiner passt zu Ihrer Suche." in person.words(".head")
        assert "Kein Text passt zu „gibtesnicht“" in person.words(".list")
        (way_out,) = person.page.query_selector_all(".list a")
        assert way_out.getattr("href") == "/texte?vorgang=7"
    anna.open("/texte?stand=unbekannt")
    assert anna.answer.status_code == 200
    anna.open("/texte?stand=review")
    assert "Kein Text passt im Stand „in Prüfung“" in anna.words(".list")


def test_turned_down_with_a_reason_taken_back_and_given_up(anna: Person, berta: Person) -> None:
    write(anna, typed())
    anna.send("vorlegen")
    anna.send("zurueckholen")
    anna.send("vorlegen")
    berta.open(AT)
    berta.send("ablehnen", grund="Bitte kürzer fassen.")
    anna.open(AT)
    assert "Bitte kürzer fassen." in anna.words("main")
    anna.send("zurueckziehen", grund="Brauchen wir nicht mehr.")
    assert "zurückgezogen" in anna.words("main")


def test_who_may_not_write_gets_no_editor(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    clerk.open("/texte")
    assert "/texte/neu" not in clerk.answer.text
    clerk.open("/texte/neu")
    assert clerk.answer.status_code == 403
    write_as = clerk.client.post("/texte/speichern", data={"csrf": "x"})
    assert write_as.status_code == 403
