"""What axe says of every page of the desk in every state, written down for docs/accessibility.md.

    python -m tests.journey.axe_report       # or `make axe`; needs Chromium, about two minutes

The same pages, rules and views as tests/journey/test_journey_pages_axe.py, which refuses any
finding; here the counts are kept, with what axe could not decide by itself.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from api.serve import start_in_thread
from tests.api.desk_samples import PAGES, gallery
from tests.journey.conftest import CHROMIUM, CHROMIUM_ARGS
from tests.journey.test_journey_pages_axe import RULES, VIEWS, sign_in

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accessibility.md"
BEGIN, END = "<!-- axe -->", "<!-- /axe -->"


def main() -> None:
    """Measure, and write the table between the marks of the page."""
    server = start_in_thread(gallery(), host="127.0.0.1", port=0)
    try:
        with sync_playwright() as play:
            chromium = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            lines = table(chromium, f"http://127.0.0.1:{server.port}")
            chromium.close()
    finally:
        server.stop()
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{lines}{END}{after}", encoding="utf-8")


def table(browser: Browser, address: str) -> str:
    """One line a kind of page: its states, findings, and the rules that applied."""
    found: dict[str, Counter[str]] = {}
    undecided: Counter[str] = Counter()
    version = ""
    for width, height, scheme in VIEWS.values():
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, base_url=address
        )
        page = context.new_page()
        for name in PAGES:
            context.clear_cookies()
            sign_in(page, address, name)
            page.goto(f"/muster/{name}")
            told: dict[str, Any] = Axe().run(page, options={"runOnly": RULES}).response
            version = told["testEngine"]["version"]
            line = found.setdefault(name.partition("-")[0], Counter())
            line["states"] += 1
            line["violations"] += len(told["violations"])
            line["passes"] = max(line["passes"], len(told["passes"]))
            undecided.update(rule["id"] for rule in told["incomplete"])
        context.close()
    return _written(found, undecided, version)


def _written(found: dict[str, Counter[str]], undecided: Counter[str], version: str) -> str:
    views = len(VIEWS)
    rows = [
        f"| {name} | {line['states'] // views} | {line['violations']} | {line['passes']} |"
        for name, line in sorted(found.items())
    ]
    states = sum(line["states"] for line in found.values()) // views
    bad = sum(line["violations"] for line in found.values())
    left = ", ".join(f"`{rule}` ({number})" for rule, number in sorted(undecided.items()))
    return (
        f"axe-core {version}, rules {', '.join(RULES)}: {states} states in {views} views,"
        f" {bad} findings. Left to a person: {left or 'nothing'}.\n\n"
        "| page | states | findings | rules that applied |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


if __name__ == "__main__":
    main()
