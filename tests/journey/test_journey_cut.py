"""The line is cut, or the house dies, while a form is on its way: what was written stays."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from rules.item import ItemState
from tests.journey.test_journey_hands import (
    PATIENCE_MS,
    REASON,
    Office,
    office,
    take_next,
    write_a_reason,
)

pytestmark = pytest.mark.journey

__all__ = ["office"]


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_page()  # The browser notes each cut on its console.


def test_a_reason_outlives_a_house_that_dies_after_the_question_and_before_the_form(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    write_a_reason(page)
    page.route("**/weiterleiten", lambda route: route.abort("connectionreset"))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="brach beim Senden ab")).to_be_focused()
    expect(page.locator("#forward-reason")).to_have_value(REASON)
    assert office.state(item) is ItemState.HELD

    page.unroute("**/weiterleiten")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Weitergeleitet").first).to_be_visible(timeout=PATIENCE_MS)
    assert office.state(item) is ItemState.WAITING


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_reason_outlives_a_proxy_that_speaks_for_a_house_that_is_away(
    page: Page, office: Office, status: int
) -> None:
    office.mail("Termin")
    take_next(page, office)
    write_a_reason(page)
    page.route("**/weiterleiten", lambda route: route.fulfill(status=status, body="Bad Gateway"))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="brach beim Senden ab")).to_be_focused()
    expect(page.locator("#forward-reason")).to_have_value(REASON)


def test_who_sends_again_what_had_arrived_is_refused_with_what_was_written(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    write_a_reason(page)

    def lose_the_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    page.route("**/weiterleiten", lose_the_answer)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="brach beim Senden ab")).to_be_focused()
    assert office.state(item) is ItemState.WAITING

    page.unroute("**/weiterleiten")
    page.keyboard.press("Control+Enter")
    # It is another agency's now.
    expect(page.locator("h1")).to_have_text("Nicht gefunden", timeout=PATIENCE_MS)
    expect(page.locator("main textarea")).to_have_value(REASON)
    assert office.state(item) is ItemState.WAITING
