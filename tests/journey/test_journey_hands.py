"""What hands do wrong, in a real browser: twice, back, too late; and writing from right to left."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import make_app
from api.serve import start_in_thread
from rules.item import ItemState
from store.desk import items
from store.trail import audit
from tests.api.small_door import door_settings
from tests.house_fixture import MACHINE, Clock, eml, make_house
from triage import accept
from triage.house import House

pytestmark = pytest.mark.journey

PATIENCE_MS = 120_000
ARABIC = "مرحبا، أنا مريض"
REASON = "Zieht zum Ersten um, die neue Anschrift steht im Text."


@dataclass
class Office:
    """A house with its doors on a socket."""

    house: House
    clock: Clock
    url: str

    def mail(self, subject: str, text: str = "Guten Tag.") -> None:
        accept.hand_in(self.house, MACHINE, eml(subject, text))

    def state(self, item_id: int) -> ItemState:
        with self.house.db.read() as tx:
            return items.get(tx, item_id).state

    def closings(self) -> int:
        with self.house.db.read() as tx:
            entries = audit.listing(tx, limit=500)
        return sum(entry.action == "item.closed" for entry in entries)


@pytest.fixture
def office(sqlite_url: str, page: Page) -> Iterator[Office]:
    clock = Clock()
    house = make_house(sqlite_url, clock=clock)
    server = start_in_thread(make_app(house, door_settings(demo=True)))
    yield Office(house, clock, server.url)
    # Before the server: a page that came last may still ask for its icon.
    page.close()
    server.stop()
    house.db.close()


def sign_in(page: Page) -> None:
    page.get_by_role("combobox").first.select_option("435")
    page.get_by_role("button", name="Als Eingangszone anmelden").click()


def take_next(page: Page, office: Office) -> int:
    """Signed in at the desk, with the next item open; its number."""
    # On a machine that others keep busy a page takes its time.
    page.set_default_timeout(PATIENCE_MS)
    page.goto(office.url)
    sign_in(page)
    page.wait_for_url("**/arbeitsplatz*")
    page.keyboard.press("n")
    page.wait_for_url("**/vorgang/*")
    found = re.search(r"/vorgang/(\d+)", page.url)
    assert found
    return int(found[1])


def test_a_double_click_closes_one_item_and_the_back_button_brings_no_form_back(
    page: Page, office: Office
) -> None:
    for number in (1, 2):
        office.mail(f"Termin {number}")
    item = take_next(page, office)
    page.get_by_role("button", name="Abschließen").last.dblclick()
    page.wait_for_url(lambda url: f"/vorgang/{item}" not in url)
    expect(page.get_by_text("Abgeschlossen").first).to_be_visible(timeout=PATIENCE_MS)
    assert (office.state(item), office.closings()) == (ItemState.CLOSED, 1)
    assert office.state(3 - item) is not ItemState.CLOSED

    page.go_back()
    page.wait_for_url(f"**/vorgang/{item}*")
    expect(page.get_by_text("abgeschlossen").first).to_be_visible(timeout=PATIENCE_MS)
    assert page.locator(f"form[action^='/vorgang/{item}/'] input[name=token]").count() == 0
    assert office.closings() == 1


def test_a_choice_outlives_a_sign_in_that_ended_in_the_middle_of_an_answer(
    page: Page, office: Office
) -> None:
    office.mail("Ich bin krank", "Ich bin bis Freitag krank.")
    item = take_next(page, office)
    # Not the one that is offered first, and one that has nothing to fill in.
    wanted = page.evaluate(
        "[...document.querySelectorAll('input[name=choice]')].slice(1).find("
        "radio => document.getElementById(radio.dataset.form)?.checkValidity()).value"
    )
    page.locator(f"input[name=choice][value='{wanted}']").check()
    office.clock.forward(minutes=61)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/anmelden*")
    expect(page.locator("main")).to_contain_text("gesichert")
    sign_in(page)
    page.wait_for_url(f"**/vorgang/{item}*")
    expect(page.locator("input[name=choice]:checked")).to_have_value(wanted)
    expect(page.locator(".notice.good")).to_contain_text("Ihre Auswahl ist noch da")


def test_a_mail_from_right_to_left_is_set_so_and_leaves_the_page_as_it_is(
    page: Page, office: Office
) -> None:
    office.mail(ARABIC, f"{ARABIC}\n\nGuten Tag")
    take_next(page, office)
    direction = "node => getComputedStyle(node).direction"
    assert page.locator(".mail .text").evaluate(direction) == "rtl"
    assert page.locator("h1").evaluate(direction) == "rtl"
    assert page.locator("main").evaluate(direction) == "ltr"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_item_is_corrected_and_parked_by_keys_alone(page: Page, office: Office) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    page.keyboard.press("k")
    expect(page.locator("#correct")).to_be_visible()
    page.keyboard.type("job")
    expect(page.locator("#correct input[value=jobcenter]")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.type("t")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("von Hand eingeordnet")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".verdict strong", has_text="Jobcenter")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#park-until")).to_be_focused()
    page.keyboard.type("morgen")
    page.keyboard.press("Tab")
    page.keyboard.type("Ruft noch einmal an.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Geparkt bis Di 24.11.2026.")).to_be_visible(timeout=PATIENCE_MS)
    assert office.state(item) is ItemState.PARKED


def write_a_reason(page: Page) -> None:
    """Into the dialog that sends the item to another agency."""
    page.keyboard.press("w")
    page.locator("#forward-agency").select_option("123")
    page.locator("#forward-reason").fill(REASON)


def test_a_reason_outlives_a_line_that_is_cut_and_goes_out_when_it_is_back(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    write_a_reason(page)
    # Not `set_offline`: the browser would say so on its console, which stays silent.
    page.evaluate("() => { window.kept = fetch; fetch = () => Promise.reject(new TypeError()); }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="nicht erreichbar")).to_be_focused()
    expect(page.locator("#forward-reason")).to_have_value(REASON)
    assert office.state(item) is ItemState.HELD

    page.evaluate("() => { fetch = window.kept; }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Weitergeleitet").first).to_be_visible(timeout=PATIENCE_MS)
    assert office.state(item) is ItemState.WAITING


def test_a_reason_outlives_a_sign_in_that_ended_and_goes_out_after_the_next(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    write_a_reason(page)
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE_MS)
    other.goto(f"{office.url}/arbeitsplatz")
    other.get_by_role("button", name="Abmelden").click()
    other.wait_for_url("**/anmelden*")
    page.keyboard.press("Control+Enter")
    told = page.get_by_role("alert").filter(has_text="Anmeldung ist abgelaufen")
    expect(told.get_by_role("link", name="Anmelden")).to_be_visible()

    other.get_by_role("button", name="Als Service Center").click()
    other.wait_for_url("**/arbeitsplatz*")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="jemand anderes")).to_be_visible()

    other.goto(f"{office.url}/arbeitsplatz")
    other.get_by_role("button", name="Abmelden").click()
    other.wait_for_url("**/anmelden*")  # The desk has a list to choose from as well.
    sign_in(other)
    other.wait_for_url("**/arbeitsplatz*")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Weitergeleitet").first).to_be_visible(timeout=PATIENCE_MS)
    assert office.state(item) is ItemState.WAITING


def test_a_text_is_looked_up_and_taken_by_keys_alone(page: Page, office: Office) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    page.keyboard.press("/")
    expect(page.locator("#ts")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.type("zwischennachricht")
    page.keyboard.press("Enter")
    expect(page.locator(".texts a").first).to_be_focused(timeout=PATIENCE_MS)
    wanted = page.locator(".texts a").nth(1).locator("strong").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=f"Für Vorgang {item} nehmen")).to_be_focused(
        timeout=PATIENCE_MS
    )
    page.keyboard.press("Enter")
    expect(page.locator("label:has(input[name=choice]:checked) strong")).to_have_text(
        wanted, timeout=PATIENCE_MS
    )
    page.keyboard.press("/")
    expect(page.locator("#ts")).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.type("gibt es nicht")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kein Text passt")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#ts")).to_be_focused()


def test_back_and_reload_after_a_refused_form_send_nothing_again(
    browser: Browser, office: Office
) -> None:
    page = browser.new_page()  # the browser notes each 422 on its console
    office.mail("Termin")
    item = take_next(page, office)
    page.keyboard.press("p")
    page.keyboard.type("gestern")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#park .fault")).to_be_visible(timeout=PATIENCE_MS)
    assert page.url == f"{office.url}/vorgang/{item}"
    expect(page.locator("html:not([data-fresh])")).to_be_attached(timeout=PATIENCE_MS)
    page.keyboard.press("Control+a")
    page.keyboard.type("morgen")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Geparkt bis").first).to_be_visible(timeout=PATIENCE_MS)
    page.go_back()
    expect(page.get_by_text("Nur zur Ansicht")).to_be_visible(timeout=PATIENCE_MS)
    page.reload()
    assert office.state(item) is ItemState.PARKED
    page.close()


def test_keys_whose_button_is_not_there_say_so(page: Page, office: Office) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    told = {"c": "keine Kundennummer", "e": "Nichts übergeben: Für die eAkte", "z": "Nichts zurück"}
    for key, words in told.items():
        assert page.locator(f"[data-key='{key}']").count() == 0
        page.keyboard.press(key)
        expect(page.locator("#say.seen")).to_contain_text(words, timeout=PATIENCE_MS)

    page.get_by_role("button", name="Zurücklegen").click()
    page.wait_for_url("**/arbeitsplatz*")
    page.goto(f"{office.url}/vorgang/{item}")
    for key, words in {"e": "Nichts übergeben", "a": "Nichts abgeschlossen"}.items():
        page.keyboard.press(key)
        said = expect(page.locator("#say.seen"))
        said.to_contain_text(f"{words}: Sie haben diesen Vorgang nicht", timeout=PATIENCE_MS)

    page.goto(f"{office.url}/arbeitsplatz")
    page.keyboard.press("z")
    expect(page.locator("#say.seen")).to_contain_text("Nichts zurück", timeout=PATIENCE_MS)
