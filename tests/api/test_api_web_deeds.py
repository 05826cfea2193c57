"""The desk before a real house: each form does its deed, says so, and leads to the right page."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from rules.codes import Concern
from rules.item import EakteState, HandoverRejected, ItemState
from store.desk import items
from store.mails import verdicts
from store.mails.verdicts import NewVerdict
from store.sending import outgoing
from store.tables import ledger as tables
from store.tables.draft import reply_draft
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from triage import handover


@pytest.fixture
def clerk(doors: Doors) -> Person:
    return at_desk(doors.app)


def take(doors: Doors, person: Person, subject: str, text: str = "Guten Tag.") -> int:
    """A mail comes in and this person takes it; the item's id."""
    doors.hand_in(subject, text)
    person.open("/arbeitsplatz")
    person.send("naechster")
    assert person.url.startswith("/vorgang/"), person.answer.text
    return int(person.url.rpartition("/")[2])


def state(doors: Doors, item_id: int) -> items.Item:
    with doors.house.db.read() as tx:
        return items.get(tx, item_id)


def test_the_desk_says_what_waits_and_gives_the_next_item(doors: Doors, clerk: Person) -> None:
    clerk.open("/arbeitsplatz")
    assert clerk.words("h1") == "Nichts offen"
    clerk.send("naechster")
    assert "Zuletzt nachgesehen" in clerk.words("main")
    item_id = take(doors, clerk, "Bin krank")
    assert clerk.words("h1") == "Bin krank"
    assert "für Sie reserviert bis" in clerk.words(".meta")
    assert state(doors, item_id).state is ItemState.HELD
    clerk.open("/arbeitsplatz")
    assert clerk.words("h1") == "Ihr Vorgang ist noch offen"


def test_another_clerk_sees_the_held_item_but_no_form(doors: Doors, clerk: Person) -> None:
    take(doors, clerk, "Bin krank")
    other = at_desk(doors.app, seat="sc")
    other.open(clerk.url)
    assert other.page.query_selector("[name=token]") is None
    assert "bearbeitet gerade jemand anderes" in other.words(".actions")


def test_another_agencys_item_does_not_exist(doors: Doors, clerk: Person) -> None:
    take(doors, clerk, "Bin krank")
    other = at_desk(doors.app, agency="123")
    other.open(clerk.url)
    assert other.answer.status_code == 404
    assert other.words("h1") == "Nicht gefunden"


def test_parking_comes_back_to_the_desk_with_the_day(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    clerk.send("parken", until="1.12.", reason="wartet auf Anlage")
    assert clerk.url == "/arbeitsplatz?leer=1"
    assert clerk.words(".notice") == "Geparkt bis Di 01.12.2026."
    assert state(doors, item_id).state is ItemState.PARKED
    clerk.open("/arbeitsplatz")
    assert clerk.page.query_selector(".notice") is None


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("+5", "Geparkt bis Mo 30.11.2026."),
        ("So", "Geparkt bis Mo 30.11.2026, den nächsten Arbeitstag."),
        ("25.12.2026", "Geparkt bis Mo 28.12.2026, den nächsten Arbeitstag."),
        ("Di 01.12.2026", "Geparkt bis Di 01.12.2026."),
    ],
)
def test_parking_ends_on_a_day_on_which_the_agency_works(
    doors: Doors, clerk: Person, until: str, said: str
) -> None:
    take(doors, clerk, "Bin krank")
    offered = [one.getattr("value") for one in clerk.page.query_selector_all("#park-days option")]
    assert offered[:5] == [
        "Di 24.11.2026", "Mi 25.11.2026", "Do 26.11.2026", "Fr 27.11.2026", "Mo 30.11.2026",
    ]  # fmt: skip
    clerk.send("parken", until=until, reason="wartet auf Anlage")
    assert clerk.words(".notice") == said


@pytest.mark.parametrize(
    ("deed", "typed", "said"),
    [
        ("parken", {"until": "1.12."}, "Geparkt bis Di 01.12.2026."),
        ("zurueck", {"reason": "gehört zum Service Center"}, "Zurückgegeben."),
        ("weiterleiten", {"agency": "123", "reason": "wohnt in Hamburg"}, "Weitergeleitet."),
        ("eakte", {"close_when_received": "yes"}, "schließt, sobald die Quittung da ist."),
    ],
)
def test_a_deed_that_ends_the_work_brings_the_next_item(
    doors: Doors, clerk: Person, deed: str, typed: dict[str, str], said: str
) -> None:
    item_id = take(doors, clerk, "Bin krank")
    doors.hand_in("Bin krank", "Und noch eine.")
    clerk.send(deed, **typed)
    assert clerk.url.startswith("/vorgang/")
    assert clerk.url != f"/vorgang/{item_id}"
    assert said in clerk.words(".notice")
    assert "Das ist der nächste" in clerk.words(".notice")
    assert clerk.page.query_selector("form.undo") is not None


def test_what_goes_back_out_of_the_clearing_folder_does_not_come_at_once_again(
    doors: Doors,
) -> None:
    person = at_desk(doors.app, seat="sc")
    doors.hand_in("Frage", to="postbox@sc.example")
    person.open("/arbeitsplatz?agentur=klaerung")
    person.send("naechster")
    person.send("zurueck", reason="gehört in die Eingangszone")
    assert person.url == "/arbeitsplatz"


def test_in_clearing_the_agency_at_a_named_place_can_be_chosen(doors: Doors) -> None:
    person = at_desk(doors.app, seat="sc")
    text = "Mein Bruder lebt in Duderstadt.\n\nAm Montag schrieb Eva:\n> Die Praxis ist in Celle.\n"
    doors.hand_in("Frage", text, to="postbox@sc.example")
    person.open("/arbeitsplatz?agentur=klaerung")
    person.send("naechster")
    assert person.words("#genannt button") == "Duderstadt , zuständig: Göttingen"
    assert "Celle" not in person.words("#genannt")
    code = person.page.query_selector("#genannt button").getattr("data-agency")
    item_id = int(person.url.rpartition("/")[2])
    person.send("weiterleiten", agency=code, reason="wohnt dort, am Telefon gefragt")
    assert "Weitergeleitet." in person.words(".notice")
    assert state(doors, item_id).agency_code == code == "231"
    assert person.open(f"/vorgang/{item_id}").query_selector("#genannt") is None
    assert "231 Göttingen (von Hand zugeordnet)" in person.words(".itemhead .meta")


@pytest.mark.parametrize("until", ["", "gestern", "31.02.2027", "23.11.2026", "01.01.2020"])
def test_a_day_that_does_not_fit_is_said_at_the_field(
    doors: Doors, clerk: Person, until: str
) -> None:
    item_id = take(doors, clerk, "Bin krank")
    page = clerk.send("parken", until=until, reason="wartet")
    assert clerk.answer.status_code == 422
    assert page.query_selector("#park[data-reopen] [name=until][aria-invalid]") is not None
    assert page.query_selector("#park [name=until]").getattr("value") == until
    assert clerk.words("#park textarea") == "wartet"
    assert state(doors, item_id).state is ItemState.HELD


def test_giving_back_needs_a_reason_and_goes_to_the_service_center(
    doors: Doors, clerk: Person
) -> None:
    item_id = take(doors, clerk, "Bin krank")
    page = clerk.send("zurueck", reason="kurz")
    assert page.query_selector("#return [name=reason][aria-invalid]") is not None
    assert "mindestens 10 Zeichen" in clerk.words("#return .fault")
    clerk.send("zurueck", reason="gehört zum Service Center")
    assert clerk.words(".notice") == "Zurückgegeben."
    assert state(doors, item_id).team == "SC"


def test_forwarding_names_the_agency(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    page = clerk.send("weiterleiten", agency="", reason="wohnt in Hamburg")
    assert page.query_selector("#forward [name=agency][aria-invalid]") is not None
    clerk.send("weiterleiten", agency="123", reason="wohnt in Hamburg")
    assert clerk.words(".notice") == "Weitergeleitet."
    assert state(doors, item_id).agency_code == "123"


def test_a_correction_is_shown_as_made_by_hand(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Frage")
    assert "unsicher" in clerk.words(".pane .note.info") or state(doors, item_id).review
    clerk.send("korrektur", concerns=["au", "termin"], payment="yes", kundennummer="123 a456789")
    assert clerk.words(".notice") == "Einordnung geändert."
    assert "von Hand eingeordnet" in clerk.words("[aria-label=Einordnung]")
    shown = [node.text for node in clerk.page.query_selector_all(".verdict li > strong")]
    assert shown == ["Arbeitsunfähigkeit", "Termin"]
    assert "„" not in clerk.words(".verdict"), "no words of the mail spoke for it"
    assert clerk.page.query_selector("[data-copy='123A456789']") is not None
    assert state(doors, item_id).eakte is EakteState.OWED


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"concerns": [], "payment": "yes"}, "fieldset"),
        ({"concerns": ["sonstiges", "au"], "payment": "yes"}, "fieldset"),
        ({"concerns": ["au"], "payment": "no", "reason": "kurz"}, "[name=reason]"),
        ({"concerns": ["au"], "payment": "yes", "kundennummer": "12"}, "[name=kundennummer]"),
    ],
)
def test_a_correction_that_does_not_fit_is_said_where_it_is_wrong(
    doors: Doors, clerk: Person, typed: dict[str, list[str] | str], field: str
) -> None:
    take(doors, clerk, "Bin krank")
    page = clerk.send("korrektur", **typed)
    assert clerk.answer.status_code == 422
    assert page.query_selector(f"#correct[data-reopen] {field}[aria-invalid]") is not None


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


def test_an_approved_text_is_ordered_and_the_page_says_so(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/vorgang/{item_id}?text=allgemein.anlage_fehlt")
    clerk.send("antwort")
    assert clerk.words(".notice") == "Antwort beauftragt."
    assert "Antwort beauftragt" in clerk.words(".story")
    assert "Eine Antwort ist beauftragt." in clerk.words(".answer")


def test_the_address_of_a_refused_form_leads_to_its_item_and_that_of_a_lone_button_says_so(
    doors: Doors, clerk: Person
) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.send("parken", until="gestern war gestern")
    assert clerk.answer.status_code == 422
    clerk.open(f"/vorgang/{item_id}/parken")
    assert (clerk.answer.status_code, clerk.url) == (200, f"/vorgang/{item_id}")
    clerk.open("/abmelden")
    assert clerk.answer.status_code == 405
    assert "nur ein Knopf" in clerk.words("h1")


@pytest.mark.parametrize("ticked", ["keine", "termin.bestaetigung"])
def test_without_scripts_no_answer_leaves_that_is_not_the_one_ticked(
    doors: Doors, clerk: Person, ticked: str
) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    page = clerk.open(f"/vorgang/{item_id}?text=allgemein.anlage_fehlt")
    first = page.query_selector("form[action$='/antwort']").getattr("id")
    choices = page.query_selector_all("[name=choice]")
    assert {one.getattr("form") for one in choices} == {first}
    clerk.send("antwort", choice=ticked)
    assert clerk.answer.status_code == 422
    assert "Nichts gesendet" in clerk.words(".fault")
    assert "beauftragt" not in clerk.words(".story")
    clerk.send("antwort", choice="allgemein.anlage_fehlt")
    assert clerk.words(".notice") == "Antwort beauftragt."


@pytest.mark.parametrize("typed", ["morgen", "31.02.2027 10:30"])
def test_a_gap_that_is_no_time_is_said_at_its_field(
    doors: Doors, clerk: Person, typed: str
) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/vorgang/{item_id}?text=termin.bestaetigung")
    page = clerk.send("antwort", **{"gap-termin": typed})
    assert clerk.answer.status_code == 422
    blank = page.query_selector("[data-letter='termin.bestaetigung'] [name=gap-termin]")
    assert blank.getattr("value") == typed
    assert blank.getattr("aria-invalid") == "true"
    clerk.send("antwort", **{"gap-termin": "02.12.2026 10:30"})
    assert clerk.words(".notice") == "Antwort beauftragt."


def test_who_wants_nothing_is_sent_nothing_unless_the_clerk_says_so(
    doors: Doors, clerk: Person
) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    with doors.house.db.write() as tx:
        tx.run(sa.update(tables.item).values(first_concern="kein_anliegen"))
    clerk.open(f"/vorgang/{item_id}")
    assert clerk.page.query_selector("[name=choice][value='keine'][checked]") is not None
    assert clerk.page.query_selector("#send[aria-disabled=true]") is not None
    assert clerk.words(".actions .main").startswith("Abschließen")
    clerk.open(f"/vorgang/{item_id}?text=allgemein.erledigt")
    assert clerk.page.query_selector("[name=choice][value='allgemein.erledigt'][checked]")


def test_a_draft_from_outlook_that_stayed_is_told_at_its_item(doors: Doors, clerk: Person) -> None:
    policy = replace(doors.house.policy, drafts_folder="Antworten")
    doors.app.state.house = replace(doors.house, policy=policy)
    item_id = take(doors, clerk, "Termin absagen")
    with doors.house.db.write() as tx:
        tx.run(
            sa.insert(reply_draft).values(
                postbox="SC", folder="Antworten", epoch="e", uid="1", sha256="0" * 64,
                state="refused", code="reply.differs", text_id="termin.vereinbaren",
                places=[{"before": "Sie uns an:", "missing": "0000", "surplus": 3}],
                item_id=item_id, seen_at=doors.house.clock(),
            )
        )  # fmt: skip
    clerk.open(f"/vorgang/{item_id}")
    told = clerk.words("main")
    assert "Entwurf im Ordner „Antworten“ nicht gesendet." in told
    assert "nach „… Sie uns an:“: fehlt: 0000 fehlt, dort stehen 3 andere Wörter" in told
    (found,) = doors.kassel.get(f"/v1/items/{item_id}").json()["drafts"]
    assert (found["code"], found["places"][0]["surplus"]) == ("reply.differs", 3)


def test_the_kontaktcode_of_what_it_is_about_stands_at_the_item(
    doors: Doors, clerk: Person
) -> None:
    codes = {Concern.TERMIN: "T 12", Concern.AU: "K 3"}
    policy = replace(doors.house.policy, kontaktcodes=codes)
    doors.app.state.house = replace(doors.house, policy=policy)
    item_id = take(doors, clerk, "Termin absagen")
    assert "Kontaktcode für TerminT 12" in clerk.words(".facts")
    clerk.send("korrektur", concerns=["au"], payment="yes")
    assert "Kontaktcode für ArbeitsunfähigkeitK 3" in clerk.words(".facts")
    shown = doors.kassel.get(f"/v1/items/{item_id}").json()
    assert shown["kontaktcodes"] == {"au": "K 3"}


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


def test_a_second_text_stands_below_where_the_clerk_wants_it(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/vorgang/{item_id}?text=termin.bestaetigung")
    shown = "[data-letter='termin.bestaetigung']"
    assert clerk.page.query_selector(f"{shown} [name=second][value=''][checked]") is not None
    assert clerk.page.query_selector(f"{shown} [data-below='en-1'][hidden][lang=en]") is not None
    page = clerk.send("antwort", **{"gap-termin": "morgen", "second": "en-1"})
    assert page.query_selector(f"{shown} [name=second][value='en-1'][checked]") is not None
    assert page.query_selector(f"{shown} [data-below='en-1']:not([hidden])") is not None
    clerk.send("antwort", **{"gap-termin": "02.12.2026 10:30", "second": "en-1"})
    assert clerk.words(".notice") == "Antwort beauftragt."
    with doors.house.db.read() as tx:
        [row] = outgoing.of_item(tx, item_id)
    assert row.payload["second"]["text_id"] == "termin.bestaetigung.en"


def test_a_mail_in_another_language_suggests_the_english_text(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    with doors.house.db.write() as tx:
        tx.run(sa.update(tables.item).values(language="other"))
    clerk.open(f"/vorgang/{item_id}?text=termin.bestaetigung")
    chosen = "[data-letter='termin.bestaetigung'] [name=second][value='en-1'][checked]"
    assert clerk.page.query_selector(chosen) is not None


def test_a_no_without_a_real_reason_is_refused(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    page = clerk.send("nicht-zahlungsrelevant", reason="nein")
    assert page.query_selector("#waive[data-reopen] [name=reason][aria-invalid]") is not None
    assert state(doors, item_id).eakte is EakteState.OWED


def test_a_mail_that_lay_aside_can_be_sent_through_once_more(doors: Doors) -> None:
    doors.hand_in("Abwesend", Auto_Submitted="auto-replied")
    admin = at_desk(doors.app, seat="admin")
    admin.open("/beiseite")
    admin.send("nochmal")
    assert "noch einmal" in admin.words(".notice")


def test_who_does_not_work_on_items_is_led_to_the_overview(doors: Doors) -> None:
    admin = at_desk(doors.app, seat="admin")
    for url in ("/", "/arbeitsplatz", "/anmelden"):
        admin.open(url)
        assert admin.url == "/lage"


def test_an_agency_that_does_not_exist_lets_nobody_in(doors: Doors) -> None:
    stranger = Person(doors.app)
    answer = stranger.client.post("/anmelden", data={"seat": "ez", "agency": "999"})
    assert answer.status_code == 404


@pytest.mark.parametrize("channel", [{"Auto_Submitted": "auto-replied"}])
def test_machine_mail_taken_in_gets_no_answer(doors: Doors, channel: dict[str, str]) -> None:
    doors.hand_in("Abwesend", **channel)
    admin = at_desk(doors.app, seat="admin")
    admin.open("/beiseite")
    admin.send("aufnehmen")
    person = at_desk(doors.app)
    person.send("naechster")
    assert "werden nicht beantwortet" in person.words(".answer")
    assert person.page.query_selector("[name=choice]") is None


def test_a_text_found_by_search_is_the_chosen_one(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin absagen")
    clerk.open(f"/texte?vorgang={item_id}&suche=anlage")
    take_it = clerk.page.query_selector(f'a[href^="/vorgang/{item_id}?text="]')
    assert take_it is not None
    clerk.open(take_it.getattr("href"))
    chosen = clerk.page.query_selector("[name=choice][checked]")
    assert chosen.getattr("value") in take_it.getattr("href")


def test_of_two_tabs_the_one_with_the_old_token_writes_nothing(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    old_tab = clerk._tree
    clerk.send("freigeben")
    assert clerk.words(".notice") == "Zurückgelegt. Der Vorgang wartet wieder."
    clerk.open(f"/vorgang/{item_id}")
    clerk.send("uebernehmen")
    clerk._tree = old_tab
    clerk.send("parken", until="01.12.2026", reason="x")
    assert clerk.answer.status_code == 409
    assert clerk.words("h1") == "Der Vorgang gehört Ihnen nicht mehr"
    assert state(doors, item_id).state is ItemState.HELD


def test_the_open_page_keeps_the_lease_and_loses_it_when_it_is_over(
    doors: Doors, clerk: Person
) -> None:
    item_id = take(doors, clerk, "Bin krank")
    doors.clock.forward(minutes=10)
    form = {
        field.getattr("name"): field.getattr("value")
        for field in clerk.page.query_selector_all("#beat input")
    }
    answer = clerk.client.post(f"/vorgang/{item_id}/lease", data=form)
    assert answer.json() == {"until": "10:25", "eakte": "owed"}
    doors.clock.forward(minutes=20)
    assert clerk.client.post(f"/vorgang/{item_id}/lease", data=form).status_code == 409


def test_the_mails_html_is_served_without_anything_that_acts(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Bin krank")
    answer = clerk.client.get(f"/vorgang/{item_id}/html")
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; sandbox; frame-ancestors 'self'"
    )


def test_the_overview_shows_amounts_and_the_line_no_names(doors: Doors, clerk: Person) -> None:
    doors.hand_in("Sehr geheimer Betreff krank")
    clerk.open("/lage?agentur=435")
    assert "Kassel" in clerk.words("#live")
    assert "Arbeitsunfähigkeit" in clerk.words("#live")
    assert "geheimer" not in clerk.answer.text
    assert "alex" not in clerk.answer.text


def test_a_clerk_may_not_see_what_lies_aside_and_the_admin_takes_it_in(
    doors: Doors, clerk: Person
) -> None:
    doors.hand_in("Abwesend", Auto_Submitted="auto-replied")
    clerk.open("/beiseite")
    assert clerk.answer.status_code == 403
    admin = at_desk(doors.app, seat="admin")
    assert admin.url == "/lage"
    admin.open("/beiseite")
    assert "Abwesenheitsnotiz" in admin.words("tbody")
    admin.send("aufnehmen")
    assert "aufgenommen" in admin.words(".notice")
    assert "Nichts liegt beiseite." in admin.words("tbody")


def test_the_service_center_works_on_all_lines_and_the_clearing_folder(doors: Doors) -> None:
    person = at_desk(doors.app, seat="sc")
    choices = [option.getattr("value") for option in person.page.query_selector_all("option")]
    assert choices[0] == "klaerung"
    assert "435" in choices
    person.open("/arbeitsplatz?agentur=435")
    assert "Kassel" in person.words(".where")
    person.open("/arbeitsplatz")
    assert "Kassel" in person.words(".where")


def test_signing_off_ends_the_session(doors: Doors, clerk: Person) -> None:
    clerk.send("abmelden")
    assert clerk.words(".notice") == "Sie sind abgemeldet."
    clerk.open("/arbeitsplatz")
    assert clerk.url.startswith("/anmelden")


def test_outside_the_demo_nobody_is_let_in_by_a_click(doors: Doors) -> None:
    from tests.api.small_door import door_settings

    doors.app.state.door = door_settings(demo=False)
    stranger = Person(doors.app)
    stranger.open("/anmelden")
    assert "noch nicht eingerichtet" in stranger.words("main")
    answer = stranger.client.post("/anmelden", data={"seat": "admin"})
    assert answer.status_code == 403


def test_a_sign_in_from_another_site_is_refused(doors: Doors) -> None:
    stranger = Person(doors.app)
    answer = stranger.client.post(
        "/anmelden", data={"seat": "admin"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


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


def test_what_was_written_stands_on_the_page_that_refuses_it(doors: Doors, clerk: Person) -> None:
    item_id = take(doors, clerk, "Termin")
    reason = "Zieht zum Ersten um </textarea>\nneue Anschrift im Text"
    clerk.send("weiterleiten", agency="123", reason=reason, token="of before")
    assert clerk.answer.status_code == 409
    assert clerk.words("h1") == "Der Vorgang gehört Ihnen nicht mehr"
    field = clerk.page.query_selector("textarea[readonly]")
    assert field is not None
    assert field.text.strip() == reason
    assert state(doors, item_id).agency_code == "435"


def test_a_page_speaks_no_words_of_a_form_that_is_not_of_this_sign_in(
    doors: Doors, clerk: Person
) -> None:
    take(doors, clerk, "Termin")
    clerk.send("weiterleiten", agency="123", reason="Rufen Sie mich an", csrf="of a stranger")
    assert clerk.answer.status_code == 403
    assert "Rufen Sie mich an" not in clerk.answer.text
