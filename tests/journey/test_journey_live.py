"""The overview goes along by itself in a real browser, says when its line is lost, and recovers."""

import pytest
from playwright.sync_api import Page, expect

from tests.house_fixture import eml
from tests.journey.conftest import Running
from tests.journey.test_journey_desk import deliver, sign_in

pytestmark = pytest.mark.journey


def waiting(page: Page) -> int:
    return int(page.locator(".figs dd").first.inner_text().replace(".", ""))


def more_than(page: Page, before: int) -> None:
    """Other mail of the demo may come in beside ours."""
    script = "n => Number(document.querySelector('.figs dd').textContent.replace('.', '')) > n"
    page.wait_for_function(script, arg=before, timeout=30_000)


def test_the_overview_goes_along_and_says_when_its_line_is_lost(page: Page, demo: Running) -> None:
    sign_in(page, demo, agency="435")
    page.route("**/v1/events*", lambda route: route.fulfill(status=204))
    page.goto(f"{demo.url}/lage?agentur=435")
    expect(page.locator("#stand")).to_contain_text("läuft nicht mit seit", timeout=30_000)
    expect(page.locator("#line")).to_have_class("tag lost bad")
    before = waiting(page)
    deliver(demo, eml("Termin verschieben"))
    page.unroute("**/v1/events*")
    more_than(page, before)
    expect(page.locator("#stand")).to_contain_text("läuft mit", timeout=30_000)

    before = waiting(page)
    deliver(demo, eml("Termin absagen"))
    more_than(page, before)
    page.get_by_role("button", name="Anhalten").click()
    expect(page.locator("#stand")).to_contain_text("angehalten")
