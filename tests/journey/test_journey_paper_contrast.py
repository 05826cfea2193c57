"""What a stylesheet loses without being asked: high contrast takes surfaces, paper the window."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journey.test_journey_pages_axe import address, sign_in

pytestmark = pytest.mark.journey

__all__ = ["address"]
EDGES = """[...document.querySelectorAll('.top nav a, .areas summary')]
    .map(one => [one.ariaCurrent, getComputedStyle(one).borderBottomColor])"""
HOLE = """() => {
    const [mail, next] = document.querySelectorAll('.pane');
    return next.getBoundingClientRect().top - mail.lastElementChild.getBoundingClientRect().bottom;
}"""


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=address)
    yield context.new_page()
    context.close()


def test_in_high_contrast_one_area_is_marked_and_the_next_step_stands_out(
    page: Page,
    address: str,
) -> None:
    page.emulate_media(forced_colors="active")
    sign_in(page, address, "zahlen")
    page.goto("/muster/zahlen")
    page.evaluate("document.querySelector('.top nav a').ariaCurrent = 'page'")
    (_, here), *others = page.evaluate(EDGES)
    assert here not in {edge for _, edge in others}
    assert len({edge for _, edge in others}) == 1
    sign_in(page, address, "vorgang-plain")
    page.goto("/muster/vorgang-plain")
    ground = "node => getComputedStyle(node).backgroundColor"
    plain = page.locator(".actions .btn:not(.main)").first.evaluate(ground)
    assert page.locator(".actions .btn.main").evaluate(ground) != plain


def test_a_printed_item_has_no_hole_and_no_buttons(
    page: Page,
    address: str,
) -> None:
    sign_in(page, address, "vorgang-plain")
    page.goto("/muster/vorgang-plain")
    page.emulate_media(media="print")
    assert page.evaluate(HOLE) < 60
    for screen_only in (".link", ".btn", "#close-reason"):
        assert not any(one.is_visible() for one in page.locator(screen_only).all()), screen_only


def test_an_answer_that_nobody_sent_is_not_printed_as_if_somebody_had(
    page: Page,
    address: str,
) -> None:
    sign_in(page, address, "vorgang-owed")
    page.goto("/muster/vorgang-owed")
    page.emulate_media(media="print")
    printed = page.locator("body").inner_text()
    assert "Es ist keine Antwort beauftragt." in printed
    assert "Mit freundlichen Grüßen" not in printed
    assert "Vorgang 4711" in printed, "a sheet of paper has no title"
