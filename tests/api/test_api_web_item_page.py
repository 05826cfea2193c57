"""What the item's page says in each state, asked of the rendered page."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from resiliparse.parse.html import DOMNode, HTMLTree

from api.web.item_page import Main, item_page
from api.web.money_words import money_open
from rules.codes import Concern
from rules.item import CloseReason, EakteState, ItemState
from tests.api.desk_samples import PAGES, cookie, gallery
from tests.api.door_client import DoorClient
from tests.api.item_samples import BOTH, NOW, SAMPLES, TODAY, item, mail, reply, verdict, view
from triage.desk.story import Step

Look = Callable[[str], DOMNode]


@pytest.fixture(scope="module")
def look() -> Look:
    client = DoorClient(gallery())
    client.cookies.update(cookie())

    @cache
    def page(name: str) -> HTMLTree:
        return HTMLTree.parse(client.get(f"/muster/{name}").text)

    return lambda name: page(name).document


def words(node: DOMNode | None) -> str:
    return " ".join(node.text.split()) if node else ""


@pytest.mark.parametrize(
    ("name", "main", "said"),
    [
        ("owed", "Antwort senden", "Abschließen geht erst mit Quittung."),
        ("sent", "Antwort senden", "Quittung steht aus"),
        ("received", "Antwort senden", "eAkte-Quittung erhalten."),
        ("rejected", "Noch einmal übergeben", "Grund: Kundennummer unbekannt."),
        ("waived", "Antwort senden", "von Hand begründet"),
        ("head", "Ohne Quittung: begründen", "Die Übergabe geht hier nicht"),
        ("trial", "Ohne Quittung: begründen", "Die Übergabe geht hier nicht"),
        ("forbidden", "Abschließen, nächster", None),
        ("waiting", "Diesen Vorgang übernehmen", "Abschließen geht erst mit Quittung."),
        ("deleted", None, None),
    ],
)
def test_one_button_is_filled_and_the_strip_says_how_far_the_eakte_is(
    look: Look, name: str, main: str | None, said: str | None
) -> None:
    page = look(f"vorgang-{name}")
    filled = page.query_selector_all(".actions .btn.main")
    assert [words(button).rstrip(" NEA").removesuffix(" Strg ↵") for button in filled] == (
        [main] if main else []
    )
    strip = page.query_selector(".bar [data-eakte]")
    if said is None:
        assert name == "deleted" or strip is None
    else:
        assert said in words(strip)


def test_where_only_the_head_is_here_the_page_says_so_and_where_the_mail_lies(look: Look) -> None:
    page = look("vorgang-head")
    told = words(page.query_selector("#nur-kopf"))
    assert "Nur der Kopf dieser Mail ist hier." in told
    assert "63 MB" in told
    assert "Postfach SC-Südost, Ordner „017 Lindenfurt/Konto“" in told
    assert "verschlüsselt" not in words(page.query_selector("section.mail"))
    assert page.query_selector("#handover") is None
    assert look("vorgang-owed").query_selector("#nur-kopf") is None


def test_in_trial_the_page_says_so_before_anything_is_pressed(look: Look) -> None:
    page = look("vorgang-trial")
    assert "Von hier geht noch nichts hinaus." in words(page.query_selector("#probebetrieb"))
    assert page.query_selector("#handover") is None
    send = page.query_selector("#send")
    assert send is not None
    assert (send.getattr("aria-disabled"), send.getattr("form")) == ("true", None)
    assert "antworten Sie aus Outlook" in words(page.query_selector("#no-reply"))
    assert "Beauftragen" not in words(page.query_selector(".todo"))
    assert "in die eAkte gelegt" in words(page.query_selector("#waive"))
    assert "Das würde gesendet" in words(page.query_selector(".answer"))
    assert look("vorgang-owed").query_selector("#probebetrieb") is None


def test_where_money_is_open_for_a_file_the_page_says_why_and_what_it_says(look: Look) -> None:
    page = look("vorgang-open")
    assert "etwas daneben könnte Geld bewegen" in words(page.query_selector("#geld-offen"))
    assert "Das Konto bei der alten Bank" in words(page.query_selector("#mitgelesen"))
    assert "nur der Kopf" in words(look("vorgang-head").query_selector("#geld-offen"))
    for other in ("vorgang-owed", "vorgang-waived"):
        assert look(other).query_selector("#geld-offen") is None


def test_why_money_is_open_is_said_of_each_reason_once_and_cut() -> None:
    wide = mail(elsewhere="x" * 2_000)
    shown = view(item=item(payment="open"), mail=wide)
    reasons = ["au: unsettled", "termin: unsettled", "message: paper", "message: elsewhere"]
    told = money_open(shown, {"payment_because": reasons})
    assert len(told.because) == 3
    assert (len(told.read_along), told.is_cut) == (1_500, True)
    assert not money_open(replace(shown, corrected=True), {"payment_because": reasons}).because
    assert not money_open(shown, {"payment_because": ["rente: applied"]}).because


def test_an_answer_that_came_back_is_told_with_the_reason(look: Look) -> None:
    told = words(look("vorgang-returned").query_selector(".bar"))
    assert "Die Antwort ist nicht angekommen." in told
    assert "unzustellbar (5.1.1)." in told
    assert "nicht angekommen" not in words(look("vorgang-waived").query_selector(".bar"))


def test_named_places_are_a_choice_of_one_click_and_nothing_is_chosen_before(look: Look) -> None:
    page = look("vorgang-clearing")
    for where, opens in (("#genannt", "forward"), ("#forward", None)):
        buttons = page.query_selector_all(f"{where} button[data-agency]")
        assert [words(button) for button in buttons] == [
            "Moorende, Hasel am Bruch , zuständig: Haselmoor",
            "Tannhagen , zuständig: Tannhagen",
        ]
        assert [button.getattr("data-agency") for button in buttons] == ["023", "041"]
        assert {button.getattr("type") for button in buttons} == {"button"}
        assert {button.getattr("data-open") for button in buttons} == {opens}
    assert page.query_selector("#forward-agency option[selected]") is None
    assert words(page.query_selector("#forward-reason")) == ""


def test_who_only_looks_sees_the_named_places_and_presses_nothing(look: Look) -> None:
    told = look("vorgang-clearing_waiting").query_selector("#genannt")
    assert "Moorende, Hasel am Bruch" in words(told)
    assert told.query_selector("button") is None


def test_where_no_place_is_named_nothing_stands_there(look: Look) -> None:
    page = look("vorgang-owed")
    assert page.query_selector("#genannt") is None
    assert page.query_selector("button[data-agency]") is None


@pytest.mark.parametrize("name", ["owed", "rejected"])
def test_a_blocked_close_button_stays_and_says_why(look: Look, name: str) -> None:
    page = look(f"vorgang-{name}")
    button = page.query_selector('#close button[aria-disabled="true"]')
    assert button is not None
    assert button.getattr("type") == "button"
    reason = page.query_selector("#" + button.getattr("aria-describedby"))
    assert "eAkte-Quittung steht aus" in words(reason)


@pytest.mark.parametrize("name", ["received", "waived", "forbidden"])
def test_an_open_close_button_submits_the_form_with_token_and_reason(look: Look, name: str) -> None:
    page = look(f"vorgang-{name}")
    form = page.query_selector("#close")
    assert form.query_selector("button:not([aria-disabled])") is not None
    assert form.query_selector('[name="token"]').getattr("value") == "a-token"
    assert page.query_selector('select[name="reason"][form="close"]') is not None


def test_a_forbidden_answer_says_why_and_offers_no_text(look: Look) -> None:
    page = look("vorgang-forbidden")
    assert page.query_selector('input[name="choice"]') is None
    assert "keine zusätzliche Antwort" in words(page.query_selector(".answer"))
    send = page.query_selector("#send")
    assert send.getattr("aria-disabled") == "true"
    assert send.getattr("form") is None


def test_who_holds_no_lease_gets_no_form_that_writes_on_the_item(look: Look) -> None:
    for name in ("waiting", "deleted"):
        page = look(f"vorgang-{name}")
        assert page.query_selector('[name="token"]') is None
        assert page.query_selector("dialog form") is None
        assert page.query_selector("[data-lease]") is None


def test_each_form_that_writes_carries_the_sessions_token(look: Look) -> None:
    forms = [
        (name, form)
        for name in PAGES
        for form in look(name).query_selector_all('form[method="post"]:not([action="/anmelden"])')
    ]
    assert len(forms) > 50
    assert [one for one in forms if one[1].query_selector('[name="csrf"]') is None] == []


def test_a_title_tells_which_item_it_is_and_not_what_the_mail_is_about(look: Look) -> None:
    for name, shown in SAMPLES.items():
        title = words(look(f"vorgang-{name}").query_selector("title"))
        assert title == f"Vorgang {shown.view.item.id} – Postlotse", "two tabs look alike"


def test_a_long_text_is_shown_whole(look: Look) -> None:
    text = look("vorgang-long").query_selector(".mail .text").text
    assert text == SAMPLES["long"].view.mail.body.new


def test_each_direction_of_writing_is_left_to_the_text(look: Look) -> None:
    page = look("vorgang-rtl")
    assert page.query_selector(".mail .text").getattr("dir") == "auto"
    assert page.query_selector("h1").getattr("dir") == "auto"
    assert page.query_selector(".meta bdi") is not None


def test_three_hundred_attachments_are_listed_the_most_of_them_folded(look: Look) -> None:
    files = look("vorgang-attachments").query_selector(".files")
    assert "300 Anlagen" in words(files)
    assert len(files.query_selector_all("li")) == 300
    assert len(files.query_selector_all("details li")) == 280


def test_deleted_content_leaves_the_proof(look: Look) -> None:
    page = look("vorgang-deleted")
    assert "Der Inhalt ist gelöscht." in words(page.query_selector(".mail"))
    assert "Absender gelöscht" in words(page.query_selector(".meta"))
    assert page.query_selector('.mail a[href$="/original"]') is None


def test_quoted_text_and_signature_are_folded_and_said_not_to_count(look: Look) -> None:
    folded = [words(d) for d in look("vorgang-owed").query_selector_all(".mail details summary")]
    assert folded[0].startswith("Unterschrift der Mail – zählt nicht")
    assert folded[1].startswith("Zitat aus früherer Mail – zählt nicht")


def test_html_mail_comes_only_in_a_sandboxed_frame(look: Look) -> None:
    frame = look("vorgang-owed").query_selector("iframe")
    assert frame.getattr("sandbox") == ""
    assert frame.getattr("src") == "/vorgang/4711/html"


def test_a_wrong_day_opens_its_dialog_again_with_what_was_typed(look: Look) -> None:
    page = look("vorgang-typed_wrong")
    field = page.query_selector("dialog[data-reopen]#park [name='until']")
    assert field.getattr("value") == "31.02.2026"
    assert field.getattr("aria-invalid") == "true"
    assert words(page.query_selector("#" + field.getattr("aria-describedby")))
    assert len(page.query_selector_all("[data-reopen]")) == 1


def test_a_missing_gap_is_said_at_its_field(look: Look) -> None:
    field = look("vorgang-gap_missing").query_selector('[name="gap-termin"]')
    assert field.getattr("aria-invalid") == "true"


def test_a_weak_concern_is_only_a_hint_in_the_correction(look: Look) -> None:
    page = look("vorgang-owed")
    shown = [words(row) for row in page.query_selector_all(".verdict li > strong")]
    assert shown == ["Bankverbindung", "Arbeitsunfähigkeit", "Termin"]
    ticked = [
        box.getattr("value")
        for box in page.query_selector_all('#correct [name="concerns"]')
        if "checked" in box.attrs
    ]
    assert ticked == ["bankverbindung", "au", "termin"]
    assert page.query_selector('mark[data-n~="4"]') is None


def shown(**changed: object) -> object:
    return item_page(view(**changed), token="t", reply=BOTH, today=TODAY)


def test_a_weak_concern_that_makes_the_mail_pay_relevant_is_shown_all_the_same() -> None:
    concerns = [{"code": "au", "probability": 0.41, "announced": True, "because": [], "spans": []}]
    page = shown(verdict=verdict(concerns=concerns, payment_because=["au: announced"]))
    assert [row.code for row in page.concerns] == ["au"]
    assert page.concerns[0].payment


def test_the_sentence_about_money_stands_beside_the_concerns() -> None:
    body = view().mail.body.new
    places = [
        {"start": 0, "end": 12, "where": "body"},
        {"start": 9_000, "end": 9_009, "where": "body"},
    ]
    page = shown(verdict=verdict(payment_spans=places))
    assert page.money_said == (body[:12],)


def test_the_recognisers_that_fired_are_told_in_german(look) -> None:
    page = look("vorgang-owed")
    told = [words(row) for row in page.query_selector_all(".verdict .why")]
    assert "Erkannt: IBAN mit richtiger Prüfziffer; geändertes Konto." in told[0]
    assert "Erkannt: AU-Bescheinigung im Betreff." in told[1]
    assert "Erkannt" not in told[2]


def test_a_verdict_of_before_or_after_shows_what_this_page_knows() -> None:
    old = {"code": "au", "probability": 0.9, "announced": True, "because": [], "spans": []}
    new = old | {"recognisers": [{"name": name} for name in ("text.krank", "later.one")]}
    page = shown(verdict=verdict(concerns=[old, new]))
    assert [row.fired for row in page.concerns] == [(), ("Krankheit",)]


def test_without_any_sure_concern_the_first_is_shown_as_a_hint() -> None:
    concerns = [
        {"code": code, "probability": 0.3, "announced": False, "because": [], "spans": []}
        for code in ("termin", "au")
    ]
    page = shown(verdict=verdict(concerns=concerns, payment_because=[], payment_relevant="no"))
    assert [row.code for row in page.concerns] == ["termin"]
    assert page.concerns[0].words.startswith("nur ein Hinweis")
    assert [row.code for row in page.hints] == ["au"]


def test_a_verdict_without_its_keys_shows_an_empty_page_and_breaks_nothing() -> None:
    page = shown(verdict={})
    assert page.concerns == ()
    assert page.facts == ()


@pytest.mark.parametrize(
    ("eakte", "blocked", "answered", "main"),
    [
        (EakteState.OWED, "x", False, Main.SEND),
        (EakteState.OWED, "x", True, Main.HANDOVER),
        (EakteState.REJECTED, "x", False, Main.HANDOVER),
        (EakteState.REJECTED, "x", True, Main.HANDOVER),
        (EakteState.SENT, "x", True, Main.LEAVE),
        (EakteState.SENT, "x", False, Main.SEND),
        (EakteState.RECEIVED, "", True, Main.CLOSE),
        (EakteState.NONE, "", False, Main.SEND),
        (EakteState.WAIVED, "", True, Main.CLOSE),
    ],
)
def test_the_filled_button_is_the_next_right_step(
    eakte: EakteState, blocked: str, answered: bool, main: Main
) -> None:
    story = (Step(NOW, "Antwort beauftragt", "reply.ordered"),) if answered else ()
    page = shown(item=item(eakte=eakte), close_blocked_because=blocked, story=story)
    assert page.main is main


@pytest.mark.parametrize("token", ["t", ""])
def test_only_who_holds_it_is_told_of_the_key_that_leaves_it_to_the_receipt(token: str) -> None:
    sent = view(item=item(eakte=EakteState.SENT))
    page = item_page(sent, token=token, reply=reply(), today=TODAY)
    assert page.bar is not None
    assert ("Mit A" in page.bar.text) == bool(token)


@pytest.mark.parametrize(
    ("state", "main"),
    [
        (ItemState.WAITING, Main.TAKE),
        (ItemState.PENDING, Main.NONE),
        (ItemState.HELD, Main.NONE),
        (ItemState.PARKED, Main.NONE),
        (ItemState.CLOSED, Main.NONE),
    ],
)
def test_without_the_lease_one_can_at_most_take_it(state: ItemState, main: Main) -> None:
    page = item_page(view(item=item(state=state)), token="", reply=reply(), today=TODAY)
    assert page.main is main
    assert not page.mine


@pytest.mark.parametrize(
    ("changed", "answered", "reason"),
    [
        ({"eakte": EakteState.RECEIVED}, True, CloseReason.HANDED_OVER),
        ({"eakte": EakteState.NONE}, True, CloseReason.ANSWERED),
        ({"eakte": EakteState.NONE}, False, CloseReason.DONE),
        (
            {"eakte": EakteState.NONE, "first_concern": Concern.KEIN_ANLIEGEN},
            False,
            CloseReason.NOTHING_TO_DO,
        ),
    ],
)
def test_the_reason_for_closing_fits_what_was_done(
    changed: dict[str, object], answered: bool, reason: CloseReason
) -> None:
    story = (Step(NOW, "Antwort beauftragt", "reply.ordered"),) if answered else ()
    assert shown(item=item(**changed), story=story).close_reason is reason


def test_an_open_payment_says_that_it_counts_as_yes() -> None:
    page = shown(item=item(payment="open"))
    assert "gilt wie ja" in page.bar.title


def test_a_page_with_the_word_of_the_last_deed_does_not_need_the_database() -> None:
    client = DoorClient(gallery())
    client.cookies.update(cookie() | {"postlotse_notice": "parked_next-01.12.2026"})
    answer = client.get("/muster/vorgang-owed")
    assert answer.status_code == 200
    shown = HTMLTree.parse(answer.text).document
    assert "Geparkt bis Di 01.12.2026." in shown.query_selector(".told .notice").text
    assert shown.query_selector("form.undo") is None
