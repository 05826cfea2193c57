"""Pressed twice, or while something new arrives: nothing unread is done, nothing is lost."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, Route, expect

from rules.item import HandoverRejected, ItemState
from store.sending import outgoing
from tests.house_fixture import ADMIN
from tests.journey.test_journey_hands import (
    PATIENCE_MS,
    REASON,
    Office,
    office,
    take_next,
    write_a_reason,
)
from triage import halting, handover

pytestmark = pytest.mark.journey

__all__ = ["office"]
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NEXT = "Das ist der nächste Vorgang."


def stop_the_clock(page: Page) -> None:
    """The browser's: what ends by itself ends when the test says so, on busy machines too."""
    page.clock.install(time=MORNING)
    page.clock.pause_at(MORNING.replace(minute=1))


def answers(office: Office) -> int:
    with office.house.db.read() as tx:
        return len(outgoing.of_item(tx, 1)) + len(outgoing.of_item(tx, 2))


def told(page: Page) -> None:
    """The page has said that nothing was done."""
    page.clock.run_for(100)
    expect(page.locator("#say")).to_contain_text("Nichts ausgeführt", timeout=20_000)


def test_a_key_pressed_twice_does_not_close_the_next_item_unread(
    page: Page, office: Office
) -> None:
    for number in (1, 2, 3):
        office.mail(f"Termin {number}")
    item = take_next(page, office)
    stop_the_clock(page)
    page.keyboard.press("a")
    page.wait_for_url(lambda url: f"/vorgang/{item}" not in url)
    expect(page.locator(".notice", has_text=NEXT)).to_be_focused(timeout=PATIENCE_MS)
    page.keyboard.press("a")
    told(page)
    assert office.closings() == 1

    second = page.url
    page.clock.run_for(1100)
    page.keyboard.press("a")
    page.wait_for_url(lambda url: url != second)
    assert office.closings() == 2


def test_confirming_twice_in_a_dialog_sends_no_answer_to_the_next_customer(
    page: Page, office: Office
) -> None:
    for number in (1, 2):
        office.mail(f"Krank {number}")
    item = take_next(page, office)
    stop_the_clock(page)
    page.keyboard.press("p")
    page.keyboard.type("+3")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: f"/vorgang/{item}" not in url)
    expect(page.locator(".notice", has_text=NEXT)).to_be_focused(timeout=PATIENCE_MS)
    expect(page.locator("#send:not([aria-disabled])")).to_be_visible()
    page.keyboard.press("Control+Enter")
    told(page)
    assert answers(office) == 0


def test_what_comes_after_on_the_same_item_need_not_wait(page: Page, office: Office) -> None:
    office.mail("Termin")
    take_next(page, office)
    stop_the_clock(page)
    page.locator("input[name=choice]").first.check()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice", has_text="Antwort beauftragt.")).to_be_focused(
        timeout=PATIENCE_MS
    )
    page.keyboard.press("a")
    page.wait_for_url("**/arbeitsplatz*")
    assert (answers(office), office.closings()) == (1, 1)


def test_the_line_that_tells_of_the_kill_switch_is_whole_above_an_item(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    halting.stop_writing(office.house.db, ADMIN, reason="Falsche Ordner.", now=office.clock())
    take_next(page, office)
    line = page.locator(".above .note")
    assert line.evaluate("node => node.scrollHeight <= node.clientHeight")
    top = page.locator("main").bounding_box()
    box = line.bounding_box()
    assert box
    assert top
    assert box["y"] + box["height"] <= top["y"] + 1


def test_a_receipt_takes_nothing_away_that_somebody_is_filling_in(
    page: Page, office: Office
) -> None:
    office.mail("Krank")
    take_next(page, office)
    page.locator("[name=close_when_received]").uncheck()
    page.keyboard.press("e")
    expect(page.locator("[data-eakte=sent]").first).to_be_attached(timeout=PATIENCE_MS)
    ticked = page.locator("input[name=choice]").last
    ticked.check()
    with office.house.db.write() as tx:
        (row,) = outgoing.of_item(tx, 1)
        handover.settle(tx, row, HandoverRejected(), now=office.clock())
    expect(page.locator("#news")).to_be_visible(timeout=PATIENCE_MS)
    expect(ticked).to_be_checked()


def test_what_was_written_stays_where_too_many_requests_are_refused(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    take_next(page, office)
    write_a_reason(page)
    # The door's own refusal, as api/throttle.py answers it; the limit itself is tested there.
    page.evaluate("() => { fetch = async () => new Response('', { status: 429 }); }")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="zu viele Anfragen")).to_be_focused()
    expect(page.locator("#forward-reason")).to_have_value(REASON)


def hold_back(page: Page, where: str) -> list[Route]:
    """A slow line: requests to there wait until the test lets them go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(where, hold)
    return held


def until(page: Page, held: list[Route]) -> Route:
    for _ in range(PATIENCE_MS // 50):
        if held:
            return held[0]
        page.wait_for_timeout(50)
    raise AssertionError("nothing was sent")


def test_a_second_deed_waits_for_the_first_so_that_its_fault_is_seen(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    take_next(page, office)
    held = hold_back(page, "**/anmelden/gilt")
    page.keyboard.press("Control+Enter")
    question = until(page, held)
    expect(page.locator("#say.seen")).to_have_text("Wird gesendet …")
    page.keyboard.press("a")
    expect(page.locator("#say.seen")).to_contain_text("Der vorige Schritt wird noch gesendet")
    page.keyboard.press("p")
    expect(page.locator("#park")).to_be_hidden()
    question.continue_()
    expect(page.locator(".notice", has_text="Antwort beauftragt.")).to_be_focused(
        timeout=PATIENCE_MS
    )
    assert (answers(office), office.closings()) == (1, 0)


def test_who_closes_the_form_on_a_slow_line_sends_nothing(page: Page, office: Office) -> None:
    office.mail("Termin")
    item = take_next(page, office)
    write_a_reason(page)
    held = hold_back(page, "**/anmelden/gilt")
    page.keyboard.press("Control+Enter")
    question = until(page, held)
    page.keyboard.press("Escape")
    question.continue_()
    expect(page.locator("#say.seen")).to_have_text("Abgebrochen. Nichts gesendet.")
    assert office.state(item) is ItemState.HELD


def test_what_is_said_in_an_open_form_is_inside_it_where_readers_hear_it(
    page: Page, office: Office
) -> None:
    office.mail("Termin")
    take_next(page, office)
    write_a_reason(page)
    held = hold_back(page, "**/anmelden/gilt")
    page.keyboard.press("Control+Enter")
    until(page, held)
    expect(page.locator("#forward #say")).to_have_text("Wird gesendet …")
    held[0].continue_()
    expect(page.get_by_text("Weitergeleitet").first).to_be_visible(timeout=PATIENCE_MS)
