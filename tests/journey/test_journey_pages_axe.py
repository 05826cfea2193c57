"""Each page of the desk in each state before axe, in a real browser: wide, zoomed, narrow, dark.

Axe sees about a third of what matters (BITV 2.0); the rest is for people.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from api.serve import start_in_thread
from tests.api.desk_samples import FOR_ADMINS, PAGES, cookie, gallery
from tests.api.item_samples import ADMIN, CLERK

pytestmark = pytest.mark.journey

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWS = {"wide": (1440, 900, "light"), "zoomed": (720, 450, "dark")}
"""720 px wide is a 1440 px screen at 200 %."""
TWICE = """[...document.querySelectorAll("[id]")].map(one => one.id)
    .filter((id, at, all) => all.indexOf(id) !== at)"""
NARROW = {"width": 320, "height": 640}
"""Where nothing may need scrolling in two directions. Source: WCAG 2.2, 1.4.10 Reflow."""

AIRY = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
"""How far people may set their text apart. Source: WCAG 2.2, 1.4.12 Text Spacing."""

IN_SIGHT = """() => {
    const one = document.activeElement.closest('.choice') ?? document.activeElement;
    const box = one.getBoundingClientRect();
    return [.1, .5, .9].some((part) => {
        const there = document.elementFromPoint(box.left + 4, box.top + box.height * part);
        return one.contains(there) || there?.contains(one);
    });
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = start_in_thread(gallery(), host="127.0.0.1", port=0)
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


@pytest.fixture(params=list(VIEWS))
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    width, height, scheme = VIEWS[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, base_url=address
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page, address: str, name: str) -> None:
    if not name.startswith(("anmeld", "abgemeldet", "kein-recht")):
        caller = ADMIN if name in FOR_ADMINS else CLERK
        session = [{"name": k, "value": v, "url": address} for k, v in cookie(caller).items()]
        page.context.add_cookies(session)


@pytest.mark.parametrize("name", list(PAGES))
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    page: Page, address: str, name: str
) -> None:
    sign_in(page, address, name)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    answer = page.goto(f"/muster/{name}")
    assert answer
    assert answer.status != 500, "the page, not its failure"
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(TWICE) == [], "a jump or a label would end at the first of them"
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(AIRY)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [text for text in complaints if "Failed to load resource" not in text] == []


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1024, 768)])
def test_what_has_the_focus_is_never_wholly_under_the_bar_of_buttons(
    page: Page, address: str, width: int, height: int
) -> None:
    """Source: WCAG 2.2, 2.4.11 Focus Not Obscured."""
    sign_in(page, address, "vorgang-owed")
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/muster/vorgang-owed")
    seen: list[bool] = []
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.tabIndex") >= 0:
        seen.append(page.evaluate(IN_SIGHT))
        page.keyboard.press("Tab")
    assert len(seen) > 30
    assert all(seen)


@pytest.mark.parametrize("dialog", ["park", "return", "forward", "waive", "correct", "keys"])
def test_axe_finds_nothing_in_an_open_dialog(page: Page, address: str, dialog: str) -> None:
    sign_in(page, address, "vorgang-owed")
    page.goto("/muster/vorgang-owed")
    page.evaluate("id => document.getElementById(id).showModal()", dialog)
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_a_named_place_opens_the_form_chooses_its_agency_and_asks_why(
    page: Page, address: str
) -> None:
    sign_in(page, address, "vorgang-clearing")
    page.goto("/muster/vorgang-clearing")
    page.keyboard.press("w")
    assert page.input_value("#forward-agency") == "", "nothing is chosen before somebody chooses"
    page.click("#forward [data-agency='041']")
    assert page.input_value("#forward-agency") == "041"
    assert page.evaluate("document.activeElement.id") == "forward-reason"
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    page.keyboard.press("Escape")
    page.focus("#genannt [data-agency='023']")
    page.keyboard.press("Enter")
    assert page.input_value("#forward-agency") == "023"
    assert page.evaluate("document.activeElement.id") == "forward-reason"


def test_on_a_laptop_the_letter_and_the_next_steps_are_seen_without_scrolling(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=address)
    page = context.new_page()
    sign_in(page, address, "vorgang-plain")
    page.goto("/muster/vorgang-plain")
    fold = page.evaluate("document.querySelector('.actions').getBoundingClientRect().top")
    bottom = "what => document.querySelector(what).getBoundingClientRect().bottom"
    assert page.evaluate(bottom, "[data-letter]:not([hidden]) .keep") < fold
    assert page.evaluate(bottom, ".todo li:first-child") < fold
    context.close()


@pytest.mark.parametrize("name", ["attachments", "sender", "long"])
def test_the_desk_of_a_laptop_is_no_longer_than_its_window(
    browser: Browser, address: str, name: str
) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=address)
    page = context.new_page()
    sign_in(page, address, f"vorgang-{name}")
    page.goto(f"/muster/vorgang-{name}")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    names = page.locator(".files .name")
    assert all(one.bounding_box()["width"] > 150 for one in names.all()[:3]), "readable names"
    context.close()
