"""Nobody gets more of the doors than a fair share, and nobody can spend what is another's."""

from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI, Request, Response

from api import auth
from api.auth import AnyCaller
from api.buckets import Buckets, Limits, Rate
from api.serve import start_in_thread
from api.throttle import Throttle, network_of
from api.web import pages
from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused
from tests.api.door_client import DoorClient
from tests.api.small_door import ADMIN_KEY, CLERK_KEY, bearer, small_app

PLENTY = Rate(per_second=1000, burst=1000)
CLERK = Caller(name="person-7", role=Role.CLERK)


class Time:
    """Seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def doors(time: Time | None = None, **rates: Rate) -> FastAPI:
    """Doors with those limits, and plenty of all else."""
    limits = Limits(**({"caller": PLENTY, "address": PLENTY, "attempts": PLENTY} | rates))
    app = small_app(limits=limits, demo=True)
    for one in app.user_middleware:
        if one.cls is Throttle:
            one.kwargs["now"] = time or Time()

    @app.get("/v1/who")
    def who(caller: AnyCaller) -> str:
        return caller.name

    @app.get("/seite")
    @app.post("/seite")
    @app.get("/health/live")
    @app.get("/health/ready")
    def nothing() -> None: ...

    @app.get("/anmelden/zurueck")
    def come_back(code: str = "") -> None:
        if not code:
            raise Refused("signin.state", "this sign-in did not begin in this browser")

    @app.get("/v1/mine")
    def mine(request: Request) -> bool:
        return auth.session_of(request) is not None

    @app.post("/anmelden")
    def sign_in(request: Request, response: Response) -> None:
        auth.sign_in(request, response, CLERK)

    return app


def statuses(client: DoorClient, path: str, times: int, **sent: Any) -> list[int]:
    return [client.get(path, **sent).status_code for _ in range(times)]


def test_a_bucket_gives_its_burst_and_then_its_rate(time: Time) -> None:
    buckets = Buckets(Rate(per_second=0.5, burst=2), time)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2]
    time.now += 1
    assert buckets.take("a") == 1
    time.now += 1
    assert [buckets.take("a"), buckets.take("a")] == [0, 2]
    time.now += 1000
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2]


def test_what_is_given_back_can_be_taken_and_is_never_more_than_the_burst(time: Time) -> None:
    buckets = Buckets(Rate(per_second=0.001, burst=1), time)
    buckets.give_back("a")
    assert [buckets.take("a"), buckets.take("a") > 0] == [0, True]
    buckets.give_back("a")
    assert buckets.take("a") == 0


def test_buckets_are_of_bounded_number_and_busy_ones_stay(time: Time) -> None:
    buckets = Buckets(Rate(per_second=0.001, burst=1), time, names_max=10)
    for stranger in range(100):
        buckets.take("busy")
        buckets.take(stranger)
    assert len(buckets) == 10
    assert buckets.take("busy") > 0


def test_a_rate_of_nought_sets_no_limit_and_remembers_nobody(time: Time) -> None:
    buckets = Buckets(Rate(per_second=0, burst=1), time)
    assert [buckets.take("a") for _ in range(5)] == [0] * 5
    buckets.give_back("a")
    assert len(buckets) == 0


def test_a_caller_over_the_limit_is_told_when_to_come_again(time: Time) -> None:
    client = DoorClient(doors(time, caller=Rate(0.5, 2)), bearer(CLERK_KEY))
    first, *known = statuses(client, "/v1/who", 3)
    assert (first, known) == (200, [200, 200]), "the first was a stranger's"
    told = client.get("/v1/who")
    assert (told.status_code, told.json()["code"]) == (429, "request.too_many")
    assert told.headers["content-type"] == "application/problem+json"
    assert (told.headers["retry-after"], told.json()["details"]["retry_after_seconds"]) == ("2", 2)
    assert told.headers["x-content-type-options"] == "nosniff"
    time.now += 2
    assert client.get("/v1/who").status_code == 200


def test_one_caller_uses_up_nothing_of_another_behind_the_same_address() -> None:
    app = doors(caller=Rate(0.001, 1))
    statuses(DoorClient(app, bearer(CLERK_KEY)), "/v1/who", 5)
    assert statuses(DoorClient(app, bearer(ADMIN_KEY)), "/v1/who", 2) == [200, 200]


def test_a_wrong_key_of_a_known_name_spends_nothing_of_the_right_one() -> None:
    app = doors(caller=Rate(0.001, 3), attempts=Rate(0.001, 5))
    machine = DoorClient(app, bearer(CLERK_KEY))
    assert machine.get("/v1/who").status_code == 200
    name = CLERK_KEY.partition(".")[0]
    thief = DoorClient(app, bearer(f"{name}.wrong"))
    assert statuses(thief, "/v1/who", 7) == [401] * 5 + [429] * 2
    assert statuses(machine, "/v1/who", 3) == [200] * 3


def test_each_new_key_is_a_try_that_is_given_back_when_it_was_right() -> None:
    app = doors(attempts=Rate(0.001, 1))
    assert DoorClient(app, bearer(CLERK_KEY)).get("/v1/who").status_code == 200
    assert DoorClient(app, bearer(ADMIN_KEY)).get("/v1/who").status_code == 200
    made_up = [DoorClient(app, bearer(f"x.{n}")).get("/v1/who").status_code for n in range(2)]
    assert made_up == [401, 429]


def test_a_page_that_is_open_to_all_gives_no_try_back() -> None:
    app = doors(attempts=Rate(0.001, 2))
    thief = DoorClient(app)
    seen = []
    for n in range(4):
        seen += statuses(thief, "/v1/who", 1, headers=bearer(f"x.{n}"))
        statuses(thief, "/seite", 3)
    assert seen == [401, 401, 429, 429]


def test_a_key_is_not_known_by_a_path_that_lets_everybody_in() -> None:
    app = doors(address=Rate(0.001, 3))
    seen = [
        DoorClient(app, bearer(f"made.up-{n}")).get(path).status_code
        for n in range(2)
        for path in ("/seite", "/health/ready")
    ]
    assert seen[3] == 429


def test_strangers_of_one_address_count_together_and_those_who_are_in_do_not() -> None:
    app = doors(address=Rate(0.001, 4))
    person = DoorClient(app)
    person.post("/anmelden")
    assert person.get("/v1/mine").json() is True
    assert statuses(DoorClient(app), "/seite", 3) == [200, 200, 429]
    assert statuses(person, "/seite", 3) == [200] * 3


def test_a_person_has_one_bucket_however_often_she_signs_in() -> None:
    app = doors(caller=Rate(0.001, 2))
    first, second = DoorClient(app), DoorClient(app)
    for one in (first, second):
        one.post("/anmelden")
        one.get("/v1/mine")
    assert [first.get("/v1/mine").status_code, second.get("/v1/mine").status_code] == [200, 200]
    assert second.get("/v1/mine").status_code == 429


def test_a_made_up_session_is_a_strangers() -> None:
    app = doors(address=Rate(0.001, 2))
    seen = [
        DoorClient(app, {"Cookie": f"postlotse_session=made-up-{n}"}).get("/v1/mine").status_code
        for n in range(3)
    ]
    assert seen == [200, 200, 429]


def test_failed_ways_back_from_the_sign_in_service_are_tries() -> None:
    client = DoorClient(doors(attempts=Rate(0.001, 2)))
    assert statuses(client, "/anmelden/zurueck?code=x", 5) == [200] * 5
    assert statuses(client, "/anmelden/zurueck", 3) == [400, 400, 429]


def test_people_get_a_page_and_supervisors_are_never_refused() -> None:
    app = doors(address=Rate(0.001, 1))
    pages.install(app)
    client = DoorClient(app)
    assert statuses(client, "/health/live", 5) == [200] * 5
    client.get("/seite")
    read, sent = client.get("/seite"), client.post("/seite")
    for told in (read, sent):
        assert (told.status_code, told.headers["retry-after"]) == (429, "1000")
        assert told.headers["content-type"] == "text/html; charset=utf-8"
        assert "Warten Sie 1000 Sekunden" in told.text
        assert "wurde nicht ausgeführt" in told.text
    assert "noch einmal senden" in sent.text
    assert 'href=""' in read.text, "a link on the answer to a form would lose what it sent"
    assert 'href=""' not in sent.text


def test_without_pages_people_get_the_bare_status() -> None:
    client = DoorClient(doors(address=Rate(0.001, 1)))
    client.get("/seite")
    told = client.get("/seite")
    assert (told.status_code, told.headers["retry-after"]) == (429, "1000")


def test_it_is_logged_once_a_minute_without_address_or_person(time: Time) -> None:
    client = DoorClient(doors(time, address=Rate(0.001, 1)))
    with structlog.testing.capture_logs() as lines:
        statuses(client, "/seite", 10)
        time.now += 60
        statuses(client, "/seite", 10)
    assert lines == [{"event": "http.throttled", "kind": "address", "log_level": "warning"}] * 2


def test_a_body_that_is_too_much_is_not_read() -> None:
    client = DoorClient(doors(address=Rate(0.001, 1)))
    client.get("/seite")

    async def never() -> Any:
        raise AssertionError("nobody reads this")
        yield b""

    assert client.post("/seite", content=never()).status_code == 429


@pytest.mark.parametrize(
    ("left", "right", "together"),
    [
        ("192.0.2.7", "192.0.2.8", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::no", "::nono", False),
    ],
)
def test_a_household_of_ipv6_is_one_address(left: str, right: str, together: bool) -> None:
    one, other = (network_of({"client": (address, 1)}) for address in (left, right))
    assert (one == other) is together


def test_without_limits_nothing_is_counted() -> None:
    client = DoorClient(small_app(), bearer("made.up"))
    assert {client.get("/v1/nowhere").status_code for _ in range(200)} == {404}


def test_behind_a_proxy_on_this_machine_clients_count_by_their_own_addresses() -> None:
    """As docs/operations.md says of FORWARDED_ALLOW_IPS, whose default is 127.0.0.1."""
    server = start_in_thread(doors(address=Rate(0.001, 1)))
    try:
        seen = [
            httpx.get(f"{server.url}/seite", headers={"X-Forwarded-For": client}).status_code
            for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.9, 192.0.2.1")
        ]
    finally:
        server.stop()
    # Of several, the last is what the proxy itself saw; what stands before it anybody can write.
    assert seen == [200, 429, 200, 429]
