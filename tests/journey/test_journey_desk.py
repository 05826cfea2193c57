"""A clerk's way through the desk, in a real browser, with the demo's eAkte and sent folder."""

import hashlib
import json
import os
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ingest.maildir.postbox import MaildirPostbox
from tests.house_fixture import eml
from tests.journey.conftest import Running, wait_until

pytestmark = pytest.mark.journey


KONTO = """Guten Tag,

ich habe die Bank gewechselt. Bitte zahlen Sie ab sofort auf mein neues Konto:
DE37 7112 7623 0487 3792 24

Meine Kundennummer lautet 435A384512.

Viele Grüße
Kim Musterfeld
34117 Kassel
"""


def deliver(demo: Running, *mails: bytes) -> None:
    """As a mail server would, into the regional postbox; then wait until it is sorted."""
    box = MaildirPostbox("SC-Südwest", demo.folder / "demo/postboxes/Südwest")
    for mail in mails:
        box.append("INBOX", mail)

    def sorted_in() -> bool:
        return box.view("INBOX").uids == ()

    wait_until(sorted_in)


def sign_in(page: Page, demo: Running, agency: str = "435") -> None:
    page.goto(demo.url)
    page.get_by_role("combobox").first.select_option(agency)
    page.get_by_role("button", name="Als Eingangszone anmelden").click()
    page.wait_for_url("**/arbeitsplatz*")


def take_payment_item(page: Page) -> int:
    """Take items until one moves money; close the others."""
    for _ in range(20):
        if "/vorgang/" not in page.url:
            page.keyboard.press("n")
            page.wait_for_url("**/vorgang/*")
        if page.get_by_text("eAkte-Quittung steht aus.").first.is_visible():
            return int(page.url.split("/")[-1].split("?")[0])
        before = page.url
        # For a second the page takes no deed on an item that nobody can have read.
        page.wait_for_selector("html:not([data-fresh])")
        page.keyboard.press("a")
        page.wait_for_url(lambda url, before=before: url != before)
    raise AssertionError("no payment-relevant item among 20")


def test_a_clerk_reads_answers_hands_over_and_closes(page: Page, demo: Running):
    deliver(demo, eml("Neue Bankverbindung", KONTO))
    sign_in(page, demo)
    item = take_payment_item(page)
    folder = demo.folder / "demo"
    shot = os.environ.get("POSTLOTSE_DESK_PICTURE")
    if shot:
        page.screenshot(path=shot)

    closing = page.get_by_role("button", name="Abschließen").last
    expect(closing).to_have_attribute("aria-disabled", "true")
    assert "postlotse" in page.title().lower()
    assert page.locator("h1").inner_text() not in page.title()

    sent_before = len(list((folder / "sent").rglob("*.*")))
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/vorgang/{item}*")

    def answered() -> bool:
        return len(list((folder / "sent").rglob("new/*"))) > sent_before

    wait_until(answered)
    # Its address is the old page's: a key on that one would be lost.
    expect(page.get_by_role("status").get_by_text("Antwort beauftragt.")).to_be_visible()
    page.wait_for_load_state()
    letter = message_from_bytes(
        max((folder / "sent").rglob("new/*"), key=lambda p: p.stat().st_mtime).read_bytes(),
        policy=policy.default,
    )
    assert letter["Subject"].startswith("Ihre Nachricht vom ")
    assert letter["X-Postlotse-Loop"]

    # Ticked beforehand; here the clerk stays, to see the receipt come.
    stays = page.locator("[name=close_when_received]")
    expect(stays).to_be_checked()
    stays.evaluate("box => { box.checked = false; }")
    page.keyboard.press("e")
    page.wait_for_url(f"**/vorgang/{item}*")

    # The page looks for the receipt by itself.
    expect(page.get_by_text("eAkte-Quittung erhalten").first).to_be_visible(timeout=60_000)
    check_package(folder / "eakte")
    page.keyboard.press("a")
    page.wait_for_url(lambda url: not url.endswith(f"/vorgang/{item}"))
    page.goto(f"{demo.url}/vorgang/{item}")
    expect(page.get_by_text("abgeschlossen").first).to_be_visible()


def check_package(drop: Path) -> None:
    """The package is complete, and its checksums are those of its files."""
    package = next(iter((drop / "pakete").iterdir()))
    sums = dict(
        reversed(line.split("  ", 1)) for line in (package / "SHA256SUMS").read_text().splitlines()
    )
    assert {"metadaten.json", "xdomea.xml"} <= sums.keys()
    for name, digest in sums.items():
        assert hashlib.sha256((package / name).read_bytes()).hexdigest() == digest
    metadata = json.loads((package / "metadaten.json").read_text())
    assert metadata["original"]["sha256"] in sums.values()


def test_two_tabs_of_one_item_cannot_both_write(page: Page, demo: Running):
    deliver(demo, eml("Neue Bankverbindung", KONTO, to="Hanau@arbeitsagentur.de"))
    sign_in(page, demo)
    page.keyboard.press("n")
    page.wait_for_url("**/vorgang/*")
    if page.get_by_role("button", name="Hier weiterarbeiten").is_visible():
        page.keyboard.press("n")
    expect(page.get_by_role("button", name="Zurücklegen").first).to_be_visible()
    first = page.url
    second = page.context.new_page()
    second.goto(first)
    page.get_by_role("link", name="Zurücklegen").or_(
        page.get_by_role("button", name="Zurücklegen")
    ).first.click()
    page.wait_for_url("**/arbeitsplatz*")
    # A deed that every item has: another test may have left an older one in this clerk's hands.
    second.get_by_role("button", name="Zurücklegen").first.click()
    second.wait_for_load_state()
    expect(second.get_by_text("gehört Ihnen nicht mehr").first).to_be_visible()
