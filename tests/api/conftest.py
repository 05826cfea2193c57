"""The real doors before a real house on SQLite, and one client for each kind of caller."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request

from api import auth, idempotency
from api.app import make_app
from api.doors import ApiKey
from rules.access import Caller
from rules.codes import Role
from store.database.engine import Tx
from store.upkeep import migrate
from tests import house_fixture
from tests.api.door_client import DoorClient, of_person
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import eml
from tests.quick_key import quick_key
from triage.house import House

_ROLES = {
    "kassel": (Role.CLERK, ("435",)),
    "kassel2": (Role.CLERK, ("435",)),
    "hamburg": (Role.CLERK, ("123",)),
    "machine": (Role.AUTOMATION, None),
    "admin": (Role.ADMIN, None),
}
_KEYS = {name: quick_key(name) for name in _ROLES}


@pytest.fixture(autouse=True, scope="session")
def a_post_commits_once() -> Iterator[None]:
    """Or it is named in `GOES_ON`: a key keeps with the first commit that all is done."""

    def house_of(request: Request) -> House:
        house = own(request)
        scope = request.scope
        if scope["type"] != "http" or scope["method"] != "POST" or not _commits_once(scope["path"]):
            return house
        commits = scope.setdefault("tests.commits", [])

        def say(_tx: Tx) -> None:
            commits.append(scope["path"])
            assert len(commits) == 1, f"{scope['path']} commits twice; name it in GOES_ON, or mend"

        return replace(house, db=house.db.with_last_word(say))

    own = auth.house_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "house_of", house_of)
        yield


def _commits_once(path: str) -> bool:
    return path.startswith("/v1/") and not idempotency.GOES_ON.fullmatch(path)


@dataclass(frozen=True, slots=True)
class Doors:
    """An app, its house and clock, and the callers that knock."""

    app: FastAPI
    house: House
    clock: house_fixture.Clock
    kassel: DoorClient
    kassel2: DoorClient
    hamburg: DoorClient
    machine: DoorClient
    admin: DoorClient
    nobody: DoorClient

    def hand_in(self, subject: str, text: str = "Guten Tag.", **headers: str) -> dict[str, Any]:
        """A mail for Kassel, kept and sorted; the answer of the door."""
        response = self.machine.post(
            "/v1/mails",
            content=eml(subject, text, **headers),
            headers={"Content-Type": "message/rfc822"},
        )
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    def person(self, name: str = "admin") -> DoorClient:
        """An admin who has signed in; `admin` has come with a machine's key."""
        return of_person(self.app, Caller(name, Role.ADMIN, agencies=None))

    def take(self, subject: str) -> tuple[str, dict[str, str]]:
        """A mail in Kassel's line, taken by its clerk: the item's path, and the token's header."""
        self.hand_in(subject)
        claim = self.kassel.post("/v1/agencies/435/items/next").json()
        return f"/v1/items/{claim['item_id']}", {"X-Lease-Token": claim["lease_token"]}


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without rows, to be copied: migrating takes longer than most tests."""
    folder = tmp_path_factory.mktemp("fresh")
    url = house_fixture.sqlite_url(folder)
    migrate.upgrade(url)
    return folder / url.rpartition("/")[2]


@pytest.fixture
def doors(tmp_path: Path, fresh_database: Path) -> Iterator[Doors]:
    shutil.copy(fresh_database, tmp_path)
    clock = house_fixture.Clock()
    house = house_fixture.make_house(house_fixture.sqlite_url(tmp_path), clock=clock)
    keys = tuple(
        ApiKey(name, _KEYS[name][1], role, agencies) for name, (role, agencies) in _ROLES.items()
    )
    app = make_app(house, door_settings(keys=keys, demo=True))
    clients = {name: DoorClient(app, bearer(_KEYS[name][0])) for name in _ROLES}
    yield Doors(app, house, clock, **clients, nobody=DoorClient(app))
    house.db.close()
