"""Who comes in by which door, and who does not."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from fastapi import FastAPI, Response
from starlette.requests import Request

from api import auth
from api.auth import AnyCaller, MayHandIn, MayReadFigures, MayWorkItems
from api.doors import ApiKey
from api.keyring import KeyRing
from api.session import DEMO_COOKIE
from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused
from tests.api.answers import code_of
from tests.api.door_client import DoorClient
from tests.api.small_door import (
    ADMIN_KEY,
    CLERK_KEY,
    KEYS,
    SC_KEY,
    ClockHouse,
    bearer,
    small_app,
)

CLERK = Caller("k-4711", Role.CLERK, agencies=frozenset({"435"}))


def app_with_doors(house: ClockHouse | None = None, **changes: object) -> FastAPI:
    app = small_app(house, **changes)

    @app.get("/v1/who")
    def who(caller: AnyCaller) -> dict[str, str]:
        return {"name": caller.name, "role": caller.role}

    @app.post("/v1/who")
    def change(caller: AnyCaller) -> str:
        return caller.name

    @app.get("/v1/work")
    def work(_caller: MayWorkItems) -> None: ...

    @app.get("/v1/hand_in")
    def hand_in(_caller: MayHandIn) -> None: ...

    @app.get("/v1/figures")
    def figures(_caller: MayReadFigures) -> None: ...

    @app.post("/anmelden")
    def sign_in(request: Request, response: Response) -> str:
        return auth.sign_in(request, response, CLERK).csrf

    @app.post("/abmelden")
    def sign_out(request: Request, response: Response) -> None:
        auth.sign_out(request, response)

    return app


@pytest.fixture
def client() -> DoorClient:
    return DoorClient(app_with_doors(demo=True))


def test_a_key_tells_who_calls(client: DoorClient) -> None:
    assert client.get("/v1/who", headers=bearer(SC_KEY)).json() == {
        "name": "sc-west", "role": "automation",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "auth.missing"),
        ({"Authorization": "Basic abc"}, "auth.missing"),
        (bearer(""), "auth.key_wrong"),
        (bearer("sc-west"), "auth.key_wrong"),
        (bearer("sc-west.guessed"), "auth.key_wrong"),
        (bearer("nobody." + SC_KEY.partition(".")[2]), "auth.key_wrong"),
        (bearer("admin-1." + SC_KEY.partition(".")[2]), "auth.key_wrong"),
        ({"Cookie": f"{DEMO_COOKIE}=made.up"}, "auth.missing"),
    ],
)
def test_who_is_not_known_gets_401_and_is_told_how(
    client: DoorClient, headers: dict[str, str], code: str
) -> None:
    response = client.get("/v1/who", headers=headers)
    assert code_of(response) == (401, code)
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/v1/work", "clerk", 200),
        ("/v1/work", "sc", 403),
        ("/v1/work", "admin", 403),
        ("/v1/hand_in", "sc", 200),
        ("/v1/hand_in", "clerk", 403),
        ("/v1/figures", "admin", 200),
        ("/v1/figures", "clerk", 403),
    ],
)
def test_each_door_is_for_whom_its_signature_says(
    client: DoorClient, path: str, role: str, status: int
) -> None:
    key = {"clerk": CLERK_KEY, "sc": SC_KEY, "admin": ADMIN_KEY}[role]
    assert client.get(path, headers=bearer(key)).status_code == status


def test_a_key_without_list_of_agencies_is_not_bound_to_any() -> None:
    ring = KeyRing(KEYS)
    assert ring.caller(CLERK_KEY).agencies == {"435"}
    assert ring.caller(SC_KEY).agencies is None
    assert ring.caller(SC_KEY).regions == {"West"}


def test_argon2_is_paid_once_a_key_and_never_again() -> None:
    class Hasher:
        tries = 0

        def verify(self, _hash: str, _key: str) -> bool:
            self.tries += 1
            return True

    ring, hasher = KeyRing(KEYS), Hasher()
    ring._hasher = hasher
    ring.caller(SC_KEY)
    ring.caller(SC_KEY)
    assert hasher.tries == 1


def test_argon2_is_paid_once_by_many_who_come_at_the_same_moment() -> None:
    start, tries = threading.Barrier(8), []

    class Hasher:
        def verify(self, _hash: str, _key: str) -> bool:
            tries.append(1)
            # Time for the others to queue behind this one.
            threading.Event().wait(0.05)
            return True

    ring = KeyRing(KEYS)
    ring._hasher = Hasher()

    def knock(_number: int) -> str:
        start.wait()
        return ring.caller(SC_KEY).name

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(knock, range(8))) == {"sc-west"}
    assert len(tries) == 1


def test_a_key_that_was_accepted_opens_nothing_for_a_wrong_one() -> None:
    ring = KeyRing(KEYS)
    ring.caller(SC_KEY)
    with pytest.raises(Refused):
        ring.caller(SC_KEY + "x")


def test_a_hash_that_is_none_lets_nobody_in() -> None:
    broken = KeyRing((ApiKey("sc-west", "not a hash", Role.AUTOMATION),))
    with pytest.raises(Refused):
        broken.caller(SC_KEY)


def test_a_session_reads_without_more_and_writes_with_its_token(client: DoorClient) -> None:
    csrf = client.post("/anmelden").json()
    assert client.get("/v1/who").json()["name"] == "k-4711"
    assert code_of(client.post("/v1/who")) == (403, "access.csrf")
    wrong = client.post("/v1/who", headers={"X-CSRF-Token": f"ü{csrf[1:]}".encode()})
    assert code_of(wrong) == (403, "access.csrf")
    assert client.post("/v1/who", headers={"X-CSRF-Token": csrf}).json() == "k-4711"


def test_a_key_needs_no_token_and_goes_before_the_session(client: DoorClient) -> None:
    client.post("/anmelden")
    assert client.post("/v1/who", headers=bearer(SC_KEY)).json() == "sc-west"


def test_after_sign_out_nobody_is_known(client: DoorClient) -> None:
    client.post("/anmelden")
    client.post("/abmelden")
    assert client.get("/v1/who").status_code == 401


@pytest.mark.parametrize("holds", [True, False])
def test_a_key_of_the_configuration_holds_up_to_its_last_day(holds: bool) -> None:
    day = date(2026, 11, 25 if holds else 26)
    key = ApiKey("sc-west", KEYS[1].hash, Role.AUTOMATION, expires=date(2026, 11, 25))
    ring = KeyRing((key,), today=lambda: day)
    if holds:
        assert ring.caller(SC_KEY).name == "sc-west"
        return
    with pytest.raises(Refused) as refused:
        ring.caller(SC_KEY)
    assert refused.value.code == "auth.key_wrong"


def test_a_key_of_the_configuration_ends_in_a_process_that_has_accepted_it_before() -> None:
    days = [date(2026, 11, 25)]
    key = ApiKey("sc-west", KEYS[1].hash, Role.AUTOMATION, expires=days[0])
    ring = KeyRing((key,), today=lambda: days[-1])
    assert asyncio.run(ring.known(SC_KEY)) is None
    assert ring.caller(SC_KEY) == asyncio.run(ring.known(SC_KEY))
    assert asyncio.run(ring.known(SC_KEY + "x")) is None
    days.append(date(2026, 11, 26))
    assert asyncio.run(ring.known(SC_KEY)) is None


def test_a_very_long_key_costs_no_argon2() -> None:
    ring = KeyRing(KEYS)
    ring._hasher = None  # it would break
    with pytest.raises(Refused) as refused:
        ring.caller("sc-west." + "x" * 100_000)
    assert refused.value.code == "auth.key_wrong"


@pytest.mark.parametrize(("demo", "secure"), [(True, False), (False, True)])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(demo: bool, secure: bool) -> None:
    response = DoorClient(app_with_doors(demo=demo)).post("/anmelden")
    words = {word.strip().lower() for word in response.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= words
    assert ("secure" in words) is secure
