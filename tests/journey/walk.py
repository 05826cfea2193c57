"""The recorded walk: a clerk's ten minutes, a lead's and an admin's morning, for docs/walk.md.

    python -m tests.journey.walk             # or `make walk`; needs Chromium

Drives the demo through a real browser and writes docs/walk/*.png, eight bits a pixel. What is
shown is invented mail; nothing is staged but the order of the steps.
"""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from ingest.maildir.postbox import MaildirPostbox
from tests.api.attachment_samples import mail_with
from tests.house_fixture import eml
from tests.journey.conftest import (
    CHROMIUM,
    CHROMIUM_ARGS,
    Running,
    is_ready,
    start_demo,
    wait_until,
)
from triage.demo.run import SETTINGS_FILE, DemoPlan, prepare

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "walk"
SIZE = {"width": 1366, "height": 768}
"""The screen of an office laptop."""
COLOURS = 64


def main() -> None:
    """Record both ways and write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        gives_up_at_once(Path(place) / "demo")
        demo = start_demo(Path(place))
        try:
            wait_until(lambda: is_ready(demo.url), seconds=300)
            deliver(demo)
            deliver_in_vain(demo)
            with sync_playwright() as play:
                chromium = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
                for way in (clerk, lead, admin):
                    context = chromium.new_context(viewport=SIZE, locale="de-DE")
                    way(context.new_page(), demo.url)
                    context.close()
                chromium.close()
        finally:
            demo.stop()


def sheet() -> bytes:
    """A scanned sheet, invented."""
    paper = Image.new("L", (1240, 874), "white")
    pen = ImageDraw.Draw(paper)
    pen.rectangle((40, 40, 1200, 834), outline="black", width=4)
    for row, line in enumerate(("Bescheinigung (erfunden)", "krank seit 23.11.2026",
                                "voraussichtlich bis 04.12.2026")):  # fmt: skip
        pen.text((90, 100 + 120 * row), line, fill="black", font_size=52)
    out = io.BytesIO()
    paper.save(out, "PNG")
    return out.getvalue()


def deliver(demo: Running) -> None:
    """A sick note with a photo, into the postbox; then wait until all is sorted."""
    box = MaildirPostbox("SC-Südwest", demo.folder / "demo/postboxes/Südwest")
    photo = ("AU_Bescheinigung.png", "image/png", sheet())
    box.append("INBOX", mail_with("Krankmeldung mit Bescheinigung", photo))
    wait_until(lambda: box.view("INBOX").uids == (), seconds=300, every=1)


def gives_up_at_once(folder: Path) -> None:
    """The demo's configuration, by which a refused move is given up after one try, not after 20."""
    prepare(DemoPlan(folder))
    file = folder / SETTINGS_FILE
    text = file.read_text("utf-8").replace("[eakte]\n", "[eakte]\nmax_tries = 1\n")
    file.write_text(text, "utf-8")


def deliver_in_vain(demo: Running) -> None:
    """A mail whose folder can't be made: something else lies in its place."""
    root = demo.folder / "demo/postboxes/West"
    (top,) = root.glob("* Essen")
    (top / "Termin").write_text("kein Ordner\n", "utf-8")
    MaildirPostbox("SC-West", root).append(
        "INBOX", eml("Termin absagen", to="Essen@arbeitsagentur.de")
    )


def sign_in(page: Page, url: str, seat: str) -> None:
    page.goto(url)
    page.get_by_role("combobox").first.select_option("435")
    with page.expect_navigation():
        page.get_by_role("button", name=seat, exact=True).click()


def clerk(page: Page, url: str) -> None:
    """Ten minutes: fetch, read, correct, park, look at the file, answer, hand over or close."""
    shot = shots(page)
    page.goto(url)
    shot("01-anmelden")
    sign_in(page, url, "Als Eingangszone anmelden")
    shot("02-arbeitsplatz")
    page.keyboard.press("n")
    page.wait_for_url("**/vorgang/*")
    shot("03-vorgang")
    page.keyboard.press("k")
    page.wait_for_selector("dialog[open]")
    shot("04-korrigieren")
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.wait_for_selector("dialog[open]")
    shot("05-parken")
    page.keyboard.press("Escape")
    item = page.url
    if page.locator(".files a", has_text="Ansehen").count():
        page.goto(url + str(page.locator(".files a").first.get_attribute("href")))
    else:
        page.goto(f"{url}/lage?agentur=435&reihe=eingang")
    page.wait_for_load_state()
    shot("06-nachsehen")
    page.goto(item)
    page.keyboard.press("?")
    shot("07-tasten")
    page.goto(f"{url}/hilfe")
    shot("08-hilfe")
    page.goto(item)
    finish(page, shot)


def finish(page: Page, shot: Callable[[str], None]) -> None:
    """Answer, and hand over where money moves; else close, with the undo beside the next item."""
    if page.locator("#send:not([aria-disabled])").count():
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("p.answered")
    shot("09-beantwortet")
    with page.expect_navigation():
        page.keyboard.press("e" if page.locator("[data-key=e]").count() else "a")
    page.wait_for_selector(".notice")
    shot("10-weiter")


def lead(page: Page, url: str) -> None:
    """A lead of the Service Center: what waits where, what is stuck, what no agency has yet."""
    shot = shots(page)
    sign_in(page, url, "Als Service Center")
    page.goto(f"{url}/lage")
    shot("11-lage")
    page.goto(f"{url}/lage?agentur=435")
    shot("12-warteliste")
    page.goto(f"{url}/lage?agentur=klaerung")
    shot("13-klaerung")


def admin(page: Page, url: str) -> None:
    """A morning: aside, postboxes, completeness, figures, texts, rules, deletion, not filed."""
    shot = shots(page)
    sign_in(page, url, "Als Admin")
    for number, name in enumerate(
        ("beiseite", "postfaecher", "vollzaehligkeit", "zahlen", "texte", "regeln", "loeschung"),
        start=21,
    ):
        page.goto(f"{url}/{name}")
        shot(f"{number}-{name}")

    def is_given_up() -> bool:
        page.goto(f"{url}/nicht-abgelegt")
        return page.get_by_text("postbox.name_taken").count() > 0

    wait_until(is_given_up, seconds=300, every=1)
    shot("28-nicht-abgelegt")


def shots(page: Page) -> Callable[[str], None]:
    """Takes the window as it stands, in a palette: a tenth of the bytes."""

    def shot(name: str) -> None:
        taken = Image.open(io.BytesIO(page.screenshot(animations="disabled")), formats=["PNG"])
        small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        small.save(FOLDER / f"{name}.png", optimize=True)

    return shot


if __name__ == "__main__":
    main()
