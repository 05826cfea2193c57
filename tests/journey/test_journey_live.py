"""The overview goes along by itself in a real browser, says when its line is lost, and recovers."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from api.app import make_app
from api.serve import start_in_thread
from api.session import DEMO_COOKIE
from store.trail import audit
from tests.api.small_door import door_settings
from tests.house_fixture import MACHINE, clerk, eml, make_house
from triage import accept
from triage.house import House

pytestmark = pytest.mark.journey


@dataclass
class Office:
    """A house with its doors on a socket, and mail that comes in."""

    house: House
    url: str
    session: str

    def mail(self, subject: str) -> None:
        accept.hand_in(self.house, MACHINE, eml(subject))
        with self.house.db.write() as tx:
            audit.seal(tx, limit=1000)


@pytest.fixture
def office(sqlite_url: str, page: Page) -> Iterator[Office]:
    house = make_house(sqlite_url)
    app = make_app(house, door_settings(demo=True))
    session = app.state.sessions.begin(clerk("435"), account="", provider_session="")
    server = start_in_thread(app)
    yield Office(house, server.url, session)
    page.close()
    server.stop()
    house.db.close()


def test_the_overview_goes_along_and_says_when_its_line_is_lost(page: Page, office: Office) -> None:
    cookie = {"name": DEMO_COOKIE, "value": office.session, "url": office.url}
    page.context.add_cookies([cookie])
    waiting = page.locator(".figs dd").first
    # Answered so that the browser gives up, and comes back when the page asks it to.
    page.route("**/v1/events*", lambda route: route.fulfill(status=204))
    page.goto(f"{office.url}/lage?agentur=435")
    expect(page.locator("#stand")).to_contain_text("läuft nicht mit seit", timeout=30_000)
    expect(page.locator("#line")).to_have_class("tag lost bad")
    expect(waiting).to_have_text("0")
    office.mail("Termin verschieben")
    page.unroute("**/v1/events*")
    expect(waiting).to_have_text("1", timeout=30_000)
    expect(page.locator("#stand")).to_contain_text("läuft mit", timeout=30_000)

    office.mail("Termin absagen")
    expect(waiting).to_have_text("2", timeout=30_000)
    page.get_by_role("button", name="Anhalten").click()
    expect(page.locator("#stand")).to_contain_text("angehalten")
