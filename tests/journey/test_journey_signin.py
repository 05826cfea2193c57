"""People sign in by the sign-in service in a real browser: cookies, redirects and CSP hold."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.app import make_app
from tests import house_fixture
from tests.api.oidc_desk import PEOPLE, plan
from tests.api.small_door import door_settings
from tests.house_fixture import Clock
from tests.journey.conftest import wait_until
from tests.servers.dovecot import make_certificate
from tests.servers.oidc import OidcServer
from tests.servers.postgres import free_port

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A house behind TLS that knows the service, which keeps the same time; its address."""
    folder, clock, port = tmp_path_factory.mktemp("signin"), Clock(), free_port()
    (folder / "service").mkdir()
    service = OidcServer(folder / "service", now=clock, people=dict(PEOPLE)).start()
    here = f"https://localhost:{port}"
    house = house_fixture.make_house(house_fixture.sqlite_url(folder), clock=clock)
    app = make_app(house, door_settings(oidc=plan(service, public_url=here)))
    engine = _over_tls(app, folder, port)
    thread = threading.Thread(target=engine.run, daemon=True)
    thread.start()

    def up() -> bool:
        return engine.started

    wait_until(up)
    yield here
    engine.should_exit = True
    thread.join(30)
    service.stop()
    house.db.close()


def _over_tls(app: object, folder: Path, port: int) -> uvicorn.Server:
    make_certificate(folder)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            ssl_certfile=folder / "cert.pem",
            ssl_keyfile=folder / "key.pem",
            log_config=None,
            access_log=False,
        )
    )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(ignore_https_errors=True, locale="de-DE")
    made.set_default_timeout(120_000)  # a machine under load answers late
    yield made
    made.close()


def sign_in(page: Page, person: str) -> None:
    """From the page that asks for it, over the service, back."""
    page.get_by_role("link", name="Mit Dienstkennung anmelden").click()
    page.get_by_label("Kennung").fill(person)
    page.get_by_role("button", name="Anmelden").click()


def test_a_clerk_signs_in_comes_to_where_she_wanted_and_signs_off(
    context: BrowserContext, address: str
) -> None:
    page = context.new_page()
    page.goto(f"{address}/lage")
    page.wait_for_url("**/anmelden*")
    sign_in(page, "kassel")
    page.wait_for_url(f"{address}/lage")
    page.goto(f"{address}/arbeitsplatz")
    expect(page.locator("body")).to_contain_text("Kassel")

    held = [one for one in context.cookies() if one["name"].startswith("__Host-postlotse_")]
    assert held
    assert all(one["secure"] and one["httpOnly"] and one["sameSite"] == "Lax" for one in held)
    assert "__Host-" not in page.evaluate("document.cookie")
    assert page.goto(f"{address}/regeln").status == 403

    page.goto(f"{address}/lage")
    page.get_by_role("button", name="Abmelden").click()
    page.wait_for_url("**/abgemeldet*")
    page.goto(f"{address}/lage")
    page.wait_for_url("**/anmelden*")


def test_who_is_in_no_group_stays_outside_and_is_told_why(
    context: BrowserContext, address: str
) -> None:
    page = context.new_page()
    page.goto(f"{address}/anmelden")
    sign_in(page, "stranger")
    page.wait_for_url("**/anmelden/zurueck*")
    expect(page.locator("main")).to_contain_text("Gruppe")
    page.goto(f"{address}/lage")
    page.wait_for_url("**/anmelden*")
