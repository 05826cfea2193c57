"""The matrix of rights with the keyboard alone: search, a red cell's reason, keep it, a plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.app import make_app
from api.serve import start_in_thread
from ingest.maildir.postbox import create_tree
from ingest.maildir.rights import MaildirRights
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_acl import Naming
from rules.rights.folder_findings import Code
from tests.api.small_door import door_settings
from tests.house_fixture import ADMIN, make_house
from tests.rights_peers import into_maildir
from tests.rights_world import REGION, build, directory
from triage.house import House, PostboxPlan
from triage.rights import decisions as rights
from triage.rights import reporting as rights_reporting
from triage.rights import work as rights_work

pytestmark = pytest.mark.journey

PATIENCE_MS = 120_000
BOX = "SC-Südwest"
FOCUSED = """() => document.activeElement.matches("a, button, summary")
    ? document.activeElement.innerText : "" """
REASON = "Vertretung bis Jahresende"
DEFECTS = {(Code.SURPLUS, "101", False), (Code.MISSING, "102", True)}


@dataclass
class Office:
    """A house whose folder permissions were looked at, with its doors on a socket."""

    house: House
    url: str

    def standing(self) -> rights.Standing:
        return rights.standing(self.house, ADMIN, BOX)


@pytest.fixture
def office(sqlite_url: str, tmp_path: Path) -> Iterator[Office]:
    plain, root, world = make_house(sqlite_url), tmp_path / "box", build(Naming.IMAP, DEFECTS)
    create_tree(root)
    into_maildir(world, root)
    plans = (PostboxPlan(BOX, REGION, is_observed=False),)
    judging = replace(plain.judging, directory=directory())
    house = replace(plain, policy=replace(plain.policy, postboxes=plans), judging=judging)
    lists = write_lists(world.lists.values()).encode()
    rights_reporting.import_lists(house, ADMIN, REGION, data=lists, source="nord.csv")
    rights_work.look(house, "w", MaildirRights(BOX, root))
    server = start_in_thread(make_app(house, door_settings(demo=True)))
    yield Office(house, server.url)
    server.stop()
    plain.db.close()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until the focus is on what bears these words; a person would, too."""
    for _ in range(120):
        page.keyboard.press("Tab")
        told = page.evaluate(FOCUSED)
        if words in told:
            return
    raise AssertionError(f"no key leads to {words!r}")


def test_the_matrix_is_worked_with_the_keyboard_alone(page: Page, office: Office) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.goto(office.url)
    tab_to(page, "Als Admin")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/anmelden" not in url)
    page.goto(f"{office.url}/rechte")
    page.keyboard.press("/")
    page.keyboard.type("101")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rechte?*suche=101*")
    tab_to(page, "101 Ort101")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("#befund"))
    expect(page.locator("#befund")).to_contain_text("Zu viel")
    assert page.evaluate("document.activeElement.id") == "befund"
    tab_to(page, "Belassen, mit Begründung")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(REASON)
    tab_to(page, "Belassen")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_be_visible()
    assert [one.reason for one in office.standing().keeps.values()] == [REASON]
    tab_to(page, "Plan vorschlagen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rechte/plan/*")
    plan = office.standing().plan
    assert plan is not None
    assert [change.folder for change in plan.plan.changes] == ["102 Ort102/AU"]
