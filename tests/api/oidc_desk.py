"""A house that signs people in by the sign-in service, and a browser in front of both."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from api.oidc.plan import OidcPlan
from rules.access import Permission
from rules.codes import Role
from rules.groups import GroupRule
from tests.api.desk_person import Person as Browser
from tests.api.door_client import DoorClient
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
