"""Plots of the desk in a real browser, on a phone and on a screen: each sign can be read."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from api.web import plots

pytestmark = pytest.mark.journey

STYLE = Path(plots.__file__).with_name("static") / "desk.css"
LABELS = {
    "days": [f"{day:02d}.11." for day in range(1, 31)],
    "months": [f"{month:02d}/2026" for month in range(1, 13)],
    "hours": [f"{hour}" for hour in range(24)],
    "a week": [f"{day:02d}.11." for day in range(1, 8)],
    "six": [f"{day:02d}.11." for day in range(1, 7)],
}
BOXES = """() => [...document.querySelectorAll('.plot text')].map((one) => {
    const box = one.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a;
    return { text: one.textContent, size, left: box.left, right: box.right, top: box.top,
             bottom: box.bottom };
}).filter((one) => one.right > one.left)"""


@pytest.mark.parametrize("width", [320, 390, 576, 577, 1280])
@pytest.mark.parametrize("kind", list(LABELS))
def test_no_sign_of_a_plot_lies_over_another_or_is_too_small(
    browser: Browser, width: int, kind: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 700})
    labels = LABELS[kind]
    plot = plots.curve(labels, [("x", [2_000.0] * len(labels))], told="x")
    style = STYLE.read_text(encoding="utf-8")
    page.set_content(f"<style>{style}</style><main><div class=in>{plot}</div></main>")
    boxes = page.evaluate(BOXES)
    page.close()
    assert len(boxes) >= 7
    for number, one in enumerate(boxes):
        assert one["size"] >= 9, one
        assert one["left"] >= 0, one
        assert one["right"] <= width, one
        for other in boxes[number + 1 :]:
            apart = one["right"] < other["left"] or other["right"] < one["left"]
            above = one["bottom"] < other["top"] or other["bottom"] < one["top"]
            assert apart or above, (one, other)
