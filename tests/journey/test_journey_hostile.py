"""A hostile mail in a real browser: it runs nothing, loads nothing, leads nowhere, sees no session.

Three things hold it: the markup is cleaned, the answer has a policy, the frame has a sandbox. The
whole is tried at the desk; then policy and sandbox each alone, on the mail as it came, so that a
hole in one of them is not hidden by another. The same mail without them acts, so this can fail.
"""

import re
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, BrowserContext, Page

from api.app import make_app
from api.serve import start_in_thread
from api.session import DEMO_COOKIE
from api.web.item import MAIL_HTML_POLICY
from tests.api.small_door import door_settings
from tests.house_fixture import MACHINE, clerk, make_house
from triage import accept

pytestmark = pytest.mark.journey

ITEM_TEMPLATE = Path(__file__).parents[2] / "api/web/templates/vorgang_mail.html"

HOSTILE = """
<p id="there">Guten Tag</p>
<script>window.top.ran = true; fetch("SPY/fetch"); document.title = "ran"</script>
<img src="SPY/img" onerror="window.top.ran = true"><img src="x" srcset="SPY/srcset 2x">
<svg onload="window.top.ran = true"><image href="SPY/svg"/><use href="SPY/use#a"/></svg>
<link rel="stylesheet" href="SPY/css"><link rel="preload" as="image" href="SPY/preload">
<style>@import url("SPY/import"); body { background: url("SPY/background") }</style>
<div style="background: url('SPY/style')">x</div><table background="SPY/table"><tr><td>y</table>
<iframe src="SPY/iframe"></iframe><iframe srcdoc="<script>top.ran=1</script>"></iframe>
<object data="SPY/object"></object><embed src="SPY/embed"><video src="SPY/video" autoplay></video>
<audio src="SPY/audio" autoplay></audio><input type="image" src="SPY/input">
<form id="f" action="SPY/form"><button autofocus onfocus="this.form.submit()">z</button></form>
<meta http-equiv="refresh" content="0; url=SPY/refresh"><base href="SPY/base/">
<a id="link" href="SPY/link" target="_top" ping="SPY/ping">Bescheid ansehen</a>
"""


class Spy:
    """A stranger's server that hangs up on everybody, and counts who came."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            with line:
                line.settimeout(5)
                try:
                    asked = line.recv(4096).split(b"\r\n", 1)[0]
                except OSError:
                    asked = b""
                self.visits.append(asked.decode("latin-1"))

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)


@pytest.fixture
def spy() -> Iterator[Spy]:
    found = Spy()
    yield found
    found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="de-DE")
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def item_page(sqlite_url: str, spy: Spy, context: BrowserContext) -> Iterator[tuple[Page, str]]:
    """The desk's page of an item with that mail, open in the browser, and the house's address."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "wer@post.example", "Kassel@arbeitsagentur.de"
    mail["Subject"] = "Termin verschieben"
    mail.set_content("Guten Tag, 34117 Kassel")
    mail.add_alternative(HOSTILE.replace("SPY", spy.url), subtype="html")
    house = make_house(sqlite_url)
    accept.hand_in(house, MACHINE, mail.as_bytes())
    app = make_app(house, door_settings(demo=True))
    number = app.state.sessions.begin(clerk(), account="", provider_session="")
    server = start_in_thread(app)
    context.add_cookies([{"name": DEMO_COOKIE, "value": number, "url": server.url}])
    page = context.new_page()
    open_mail(page, server.url)
    yield page, server.url
    page.close()
    server.stop()
    house.db.close()


def open_mail(page: Page, here: str) -> None:
    page.goto(f"{here}/vorgang/1")
    page.get_by_text("So sah die Mail aus").click()
    page.frame_locator("iframe[sandbox]").get_by_text("Bescheid ansehen").wait_for()


def ran(page: Page) -> bool:
    return bool(page.evaluate("window.ran || document.title === 'ran'"))


def test_at_the_desk_it_runs_nothing_loads_nothing_and_leads_nowhere(
    item_page: tuple[Page, str], spy: Spy, context: BrowserContext
) -> None:
    page, here = item_page
    for keys in ([], ["Control"], ["Shift"]):  # the last two leave any sandbox
        open_mail(page, here)
        link = page.frame_locator("iframe[sandbox]").get_by_text("Bescheid ansehen")
        link.click(modifiers=keys, no_wait_after=True)
        page.wait_for_load_state("networkidle")
        assert not ran(page)
    assert [one.url for one in context.pages] == [page.url]
    assert page.url.startswith(here)
    assert spy.visits == []


def test_the_frame_has_no_origin_so_that_it_sees_neither_page_nor_session(
    item_page: tuple[Page, str],
) -> None:
    page, _ = item_page
    (frame,) = [one for one in page.frames if one.parent_frame]
    # The test's own words run there, as no mail's can: even they reach nothing.
    assert frame.evaluate("window.origin") == "null"
    tried = (
        "(() => { try { return String(window.parent.document.title) } catch { return 'no' } })()"
    )
    assert frame.evaluate(tried) == "no"
    tried = "(() => { try { return document.cookie } catch { return 'no' } })()"
    assert frame.evaluate(tried) in {"no", ""}


def raw_pages(spy: Spy) -> FastAPI:
    """The mail as it came: bare, under the policy alone, in the desk's frame alone."""
    app = FastAPI()
    mail = HOSTILE.replace("SPY", spy.url)
    (tag,) = re.findall(r"<iframe [^>]+>", ITEM_TEMPLATE.read_text("utf-8"))
    frame = re.sub(r'src="[^"]*"', 'src="/bare"', tag.replace('loading="lazy"', ""))

    @app.get("/bare")
    def bare() -> HTMLResponse:
        return HTMLResponse(mail)

    @app.get("/policy")
    def policy() -> HTMLResponse:
        return HTMLResponse(mail, headers={"Content-Security-Policy": MAIL_HTML_POLICY})

    @app.get("/frame")
    def framed() -> HTMLResponse:
        return HTMLResponse(f"{frame}</iframe>")

    return app


@pytest.mark.parametrize(
    ("path", "runs", "loads"),
    [("/bare", True, True), ("/policy", False, False), ("/frame", False, True)],
)
def test_policy_and_sandbox_hold_each_alone_on_the_mail_as_it_came(
    context: BrowserContext, spy: Spy, path: str, runs: bool, loads: bool
) -> None:
    """The sandbox alone lets pictures through: for these there are policy and cleaning."""
    server = start_in_thread(raw_pages(spy))
    page = context.new_page()
    # The bare mail leads away by itself; where it got to is no matter.
    page.goto(f"{server.url}{path}", wait_until="commit")
    page.wait_for_load_state("networkidle")
    asked = {visit.split(" ")[1].strip("/").split("/")[0] for visit in spy.visits if " " in visit}
    if path == "/bare":
        assert {"img", "css", "iframe"} <= asked
    else:
        assert page.url == f"{server.url}{path}"
        assert not ran(page)
        assert bool(asked) is loads
    assert ("fetch" in asked) is runs
    assert asked.isdisjoint({"form", "refresh"}) or runs
    page.close()
    server.stop()
