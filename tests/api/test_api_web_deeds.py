"""The desk before a real house: each form does its deed, says so, and leads to the right page."""

from dataclasses import replace

import pytest

from rules.codes import Concern
from rules.item import EakteState, ItemState
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk, state, take


@pytest.fixture
def clerk(doors: Doors) -> Person:
    return at_desk(doors.app)


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
