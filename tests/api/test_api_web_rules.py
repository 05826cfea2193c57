"""The pages "Regeln", before a real house: from an empty list to what holds, by two persons."""

from dataclasses import replace

import pytest

from api.app import make_app
from api.web import pager
from rules.rulesets import sieve_rules
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.api.small_door import door_settings
from tests.rules.ruleset_samples import HEAD, rule
from triage.house import PostboxPlan
from triage.rulesets import reading as rule_reading
from triage.rulesets import trial_run

RULE = rule('betreff = "Umschulung"', rule_id="umschulung")


@pytest.fixture
def anna(doors: Doors) -> Person:
    doors.hand_in("Umschulung", "34117 Kassel")
    doors.hand_in("Krankmeldung", "34117 Kassel")
    return at_desk(doors.app, seat="admin")


def write(person: Person, text: str, button: str = "speichern", **typed: str) -> None:
    """Sends the form of the text with one of its buttons."""
    person.open("/regeln/neu")
    hidden = person.page.query_selector("input[name=csrf]").getattr("value")
    target = f"/regeln/{button}"
    sent = {"csrf": hidden, "text": text.replace("\n", "\r\n")} | typed
    person._follow(person.client.post(target, data=sent), target)


def test_from_an_empty_list_to_a_rule_in_force_by_two_persons(doors: Doors, anna: Person) -> None:
    anna.open("/regeln")
    assert "Noch kein Regelsatz" in anna.words("main")
    write(anna, HEAD + RULE)
    assert anna.url == "/regeln/regeln/1"
    assert "Entwurf gespeichert" in anna.words(".notice")
    anna.send("probelauf", tage="14", mails="10000")
    assert "Probelauf beauftragt" in anna.words(".notice")
    assert "wartet oder läuft: 0 von höchstens 10.000" in anna.words("main")
    assert trial_run.one_round(doors.house, "w-1") == 1
    anna.open("/regeln/regeln/1")
    assert "2 gespeicherte Nachrichten: 1 lägen anders, 1 gleich." in anna.words("main")
    assert "zweite Person" in anna.words("#gate")
    anna.send("aktivieren", ab="23.11.2026")
    assert anna.answer.status_code == 422
    berta = at_desk(doors.app, seat="second")
    berta.open("/regeln/regeln/1")
    assert berta.page.query_selector("[aria-disabled]") is None
    berta.send("aktivieren", ab="31.2.2026")
    assert berta.answer.status_code == 422
    assert "TT.MM.JJJJ" in berta.words("#ab-fault")
    berta.send("aktivieren", ab="23.11.2026")
    assert "In Kraft ab Mo 23.11.2026." in berta.words(".notice")
    assert "gilt in wenigen Sekunden" in berta.words("main")
    assert "Geplant ab" not in berta.words("main")
    berta.open("/regeln")
    assert "Version 1 gilt in wenigen Sekunden" in berta.words("main tbody")
    doors.clock.forward(seconds=10)
    berta.open("/regeln")
    assert "Regeln, Version 1" in berta.words("tbody")
    berta.send("zuruecknehmen")
    assert "Zurückgenommen" in berta.words(".notice")


def test_a_page_puts_into_force_what_it_showed_and_nothing_that_was_written_since(
    doors: Doors, anna: Person
) -> None:
    write(anna, HEAD + RULE)
    anna.send("probelauf", tage="14", mails="10")
    assert trial_run.one_round(doors.house, "w-1") == 1
    berta = at_desk(doors.app, seat="second")
    berta.open("/regeln/regeln/1")
    write(anna, HEAD + rule('betreff = "Krankmeldung"', rule_id="umschulung"))
    berta.send("aktivieren", ab="23.11.2026")
    assert berta.answer.status_code == 409
    assert "Inzwischen hat sich an den Regeln etwas geändert" in berta.words("main")
    berta.open("/regeln")
    assert "In Kraft" not in berta.words("tbody")


def test_a_text_with_faults_comes_back_with_line_and_remedy_and_is_not_kept(anna: Person) -> None:
    write(anna, HEAD + rule('kanal = "fax"'))
    assert anna.answer.status_code == 422
    assert "Zeile 9" in anna.words("#befunde")
    assert 'kanal = "fax"' in anna.page.query_selector("textarea").text
    write(anna, HEAD + RULE, "pruefen")
    assert "keine Befunde" in anna.words("main")
    anna.open("/regeln")
    assert "Noch kein Regelsatz" in anna.words("main")


def test_a_rule_put_together_in_the_form_stands_behind_the_text(anna: Person) -> None:
    typed = {
        "title": "Größe & Übung",
        "key1": "betreff",
        "value1": "umschul*, Kurs",
        "key2": "kanal",
        "value2": "freie_email",
        "action": "thema",
        "target": "beratung",
    }
    write(anna, HEAD + RULE, "anfuegen", **typed)
    text = anna.page.query_selector("textarea").text
    assert 'id = "groesse-uebung"' in text
    assert 'betreff = ["umschul*", "Kurs"]' in text
    write(anna, HEAD + RULE, "anfuegen", **typed | {"target": "blumen"})
    assert "ruleset.code_unknown" in anna.words("#befunde")
    write(anna, HEAD, "anfuegen", title="x", action="klaerung")
    assert "klaerung = true" in anna.page.query_selector("textarea").text
    write(anna, HEAD, "anfuegen", title="x", action="ordner", target='Klärung/"X"')
    assert 'ordner = "Klärung/X"' in anna.page.query_selector("textarea").text


def test_what_is_held_and_what_is_wrong_stands_at_its_rule(doors: Doors, anna: Person) -> None:
    weg = rule('betreff = "Krank*"', "beiseite = true", rule_id="weg")
    write(anna, HEAD + weg + rule('betreff = "krankmeldung"', rule_id="spaet"))
    anna.send("probelauf", tage="2", mails="10")
    trial_run.one_round(doors.house, "w-1")
    anna.open("/regeln/regeln/1")
    told = anna.words(".rules")
    assert "1 ohne Wirkung: ist oder kann zahlungsrelevant sein" in told
    assert "kommt ihr immer zuvor" in told
    assert "Erst sie beheben" in anna.words("#gate") or "Keine Nachricht" in anna.words("main")


def test_clerks_have_no_rules_and_the_english_name_leads_here(doors: Doors, anna: Person) -> None:
    clerk = at_desk(doors.app)
    clerk.open("/regeln")
    assert clerk.answer.status_code == 403
    anna.open("/rules")
    assert anna.url == "/regeln"
    anna.open("/regeln/fremd/1")
    assert anna.answer.status_code == 404


def test_the_rules_of_a_postbox_are_asked_for_and_become_a_text(doors: Doors, anna: Person) -> None:
    boxes = (PostboxPlan("SC Nord & Süd", "Nord", False), PostboxPlan("SC-West", "West", False))
    house = replace(doors.house, policy=replace(doors.house.policy, postboxes=boxes))
    admin = at_desk(make_app(house, door_settings(demo=True)), seat="admin")
    script = 'if header :contains "subject" "a" { fileinto "Klärung"; stop; } if true { discard; }'
    admin.open("/regeln/uebernehmen")
    admin.send("postfach", postfach="SC Nord & Süd")
    assert "wartet auf einen Worker" in admin.words("main")
    admin.send("postfach", postfach="SC-West")
    readers = {boxes[0].name: lambda _: sieve_rules.take_over(script), "SC-West": None}
    assert [rule_reading.one_round(house, "w-1", readers) for _ in range(3)] == [1, 1, 0]
    admin.open("/regeln/uebernehmen")
    assert "1 Regel übernommen" in admin.words("main")
    assert "Maildir" in admin.words("main")
    link = next(a for a in admin.page.query_selector_all("main a") if a.text == "Text ansehen")
    admin.open(link.getattr("href"))
    assert 'region = "Nord"' in admin.page.query_selector("textarea").text
    assert "nicht übernommen" in admin.words("main")
    admin.send("speichern", text=admin.page.query_selector("textarea").text)
    assert admin.url == "/regeln/uebernommen/1"


def test_a_pasted_script_becomes_a_text_and_names_what_was_left_out(anna: Person) -> None:
    anna.open("/regeln/uebernehmen")
    script = 'if header :contains "subject" "a" { fileinto "Klärung"; stop; }\nif true { discard; }'
    anna.send("uebernehmen", script=script, region="West")
    assert "nicht übernommen Zeile 2" in anna.words("main")
    assert 'ordner = "Klärung"' in anna.page.query_selector("textarea").text
    assert 'region = "West"' in anna.page.query_selector("textarea").text


def test_long_lists_of_versions_and_of_a_dry_run_go_on_behind_a_cursor(
    doors: Doors, anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pager, "PAGE_ROWS", 1)
    doors.hand_in("Umschulung", "34117 Kassel, noch einmal")
    write(anna, HEAD + RULE)
    write(anna, HEAD.replace('"regeln"', '"weitere"') + RULE)
    anna.open("/regeln")
    assert names(anna) == ["regeln"]
    anna.open(more(anna))
    assert names(anna) == ["weitere"]
    assert "Weitere von" not in anna.words("main")
    anna.open("/regeln/regeln/1")
    anna.send("probelauf", tage="14", mails="10000")
    trial_run.one_round(doors.house, "w-1")
    anna.open("/regeln/regeln/1")
    first = anna.words("details.in li")
    assert anna.page.query_selector("details.in").getattr("open") is None
    anna.open(f"/regeln/regeln/1{more(anna)}")
    assert anna.words("details.in li") != first
    assert anna.page.query_selector("details.in").getattr("open") is not None
    assert "Weitere von" not in anna.words("main")


def names(person: Person) -> list[str]:
    """The ids of the sets that the list of versions shows."""
    cells = person.page.query_selector_all("section[aria-labelledby=fassungen] th .mono")
    return [one.text for one in cells]


def more(person: Person) -> str:
    """Where the list goes on."""
    links = person.page.query_selector_all("main a")
    return next(a.getattr("href") for a in links if a.text.startswith("Weitere von"))
