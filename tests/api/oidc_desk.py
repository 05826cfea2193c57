"""A house that signs people in by the sign-in service, and a browser in front of both."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import furnish, make_app
from api.oidc.plan import OidcPlan
from api.session import COOKIE
from rules.access import Permission
from rules.codes import Role
from rules.groups import GroupRule
from tests.api.conftest import Doors
from tests.api.desk_person import Person as Browser
from tests.api.door_client import DoorClient
from tests.api.small_door import ClockHouse, door_settings
from tests.servers.oidc import CLIENT, SECRET, OidcServer, Person

HERE = "https://localhost"
PSEUDONYM_KEY = b"a key of thirty-two bytes or more"
AUDIENCE = "postlotse-api"

GROUPS = (
    GroupRule("pl-ez-{agency}", Role.CLERK),
    GroupRule("pl-sc-{region}", Role.CLERK),
    GroupRule(
        "pl-leitung", Role.CLERK, frozenset({"435"}), None, frozenset({Permission.FREE_ITEM})
    ),
    GroupRule("pl-admin", Role.ADMIN),
    GroupRule("pl-admin-{region}", Role.ADMIN),
    GroupRule("pl-maschinen", Role.AUTOMATION),
)
PEOPLE = {
    "kassel": Person("s-1001", ["everybody", "pl-ez-435"], "anna@x.example"),
    "hamburg": Person("s-1002", ["pl-ez-123"]),
    "admin": Person("s-1003", ["pl-admin"]),
    "stranger": Person("s-1004", ["everybody"]),
    "both": Person("s-1005", ["pl-ez-435", "pl-admin"]),
    "machine": Person("s-1006", ["pl-maschinen"]),
}


def plan(server: OidcServer, **changed: Any) -> OidcPlan:
    values: dict[str, Any] = {
        "issuer": server.issuer, "client_id": CLIENT, "client_secret": SECRET,
        "public_url": HERE, "pseudonym_key": PSEUDONYM_KEY, "groups": GROUPS,
        "ca_file": server.ca_file, "account_claim": "email", "api_audience": AUDIENCE,
    }  # fmt: skip
    return OidcPlan(**values | changed)


@dataclass
class OidcBrowser:
    """Pages of the house over https, and the way to the service and back."""

    app: FastAPI
    server: OidcServer
    desk: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Browser(self.app)
        self.desk.client = DoorClient(self.app, base_url=HERE)

    @property
    def client(self) -> DoorClient:
        return self.desk.client

    def leave(self, onward: str = "") -> str:
        """To the service: the address that the house sends the browser to."""
        query = f"?weiter={onward}" if onward else ""
        answer = self.client.get(f"/anmelden/dienstkennung{query}")
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def back(self, url: str) -> httpx.Response:
        """Back from the service, not following where the house leads then."""
        return self.client.get(url.removeprefix(HERE))

    def sign_in(self, person: str, onward: str = "") -> httpx.Response:
        return self.back(self.server.consent(self.leave(onward), person))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcServer]:
    server = OidcServer(tmp_path_factory.mktemp("oidc"), now=lambda: None)
    yield server.start()
    server.stop()


@pytest.fixture
def server(service: OidcServer, doors: Doors) -> Iterator[OidcServer]:
    """The service with the clock of this test's house, careful as long as no test twists it."""
    service.now = doors.clock
    service.people = dict(PEOPLE)
    yield service
    service.twist, service.issuer_said, service.is_up = (lambda claims: claims), "", True
    service.names_itself, service.auth_methods = True, ("client_secret_basic",)
    service.answer = lambda said: (200, said)
    del service.keys[1:]
    service.codes.clear()


@pytest.fixture(scope="module")
def one_app() -> FastAPI:
    """Making an app's routes takes longer than any of these tests; what is behind them is fresh."""
    return make_app(ClockHouse(), door_settings())


@pytest.fixture
def anna(one_app: FastAPI, doors: Doors, server: OidcServer) -> OidcBrowser:
    furnish(one_app, doors.house, door_settings(oidc=plan(server)))
    return OidcBrowser(one_app, server)


def who(browser: OidcBrowser) -> str:
    """The pseudonym of who is signed in, or nothing."""
    found = browser.app.state.sessions.find(browser.client.cookies.get(COOKIE, ""), is_deed=False)
    return found.caller.name if found else ""


def refused(browser: OidcBrowser, answer: Any) -> str:
    """The code on the page of an attempt that let nobody in."""
    assert answer.status_code >= 400
    assert COOKIE not in browser.client.cookies
    text: str = answer.text
    return text.partition('class="mono">')[2].partition("<")[0]
