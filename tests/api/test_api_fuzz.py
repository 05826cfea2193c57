"""Whatever comes over /v1, known or not: the answer is a problem that is documented, never a 500.

Requests are made by schemathesis from the house's own OpenAPI, those that fit it and those that
don't; the numbers of things that exist are mixed in, so that more than "unknown" comes out.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.app import make_app
from api.doors import ApiKey
from api.errors import PROBLEM_JSON
from rules.codes import Role
from store.upkeep import migrate
from tests import house_fixture
from tests.api.door_client import DoorClient
from tests.api.small_door import ClockHouse, bearer, door_settings
from tests.api.test_api_aside import keep
from tests.house_fixture import eml
from tests.quick_key import quick_key

with warnings.catch_warnings():
    # Its own use of what others have deprecated is not ours.
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode

EXAMPLES = 5
"""Requests an operation and kind; all of them together take less than a minute of one core."""

REAL = st.sampled_from(["1", "2", "435", "au.eingang", "regeln", "0", "-1", str(2**63), "ü", "%00"])


@pytest.fixture(scope="module")
def knock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Send a request as an admin, a clerk and a machine in turn; the answer."""
    url = house_fixture.sqlite_url(tmp_path_factory.mktemp("fuzz"))
    migrate.upgrade(url)
    house = house_fixture.open_house(url)
    keep(house, "Südwest", eml("Ich bin krank"))
    keep(house, "Südwest", eml("Rundbrief", Auto_Submitted="auto-generated"))
    made = {role: quick_key(f"fuzz-{role.value}") for role in Role}
    keys = tuple(ApiKey(f"fuzz-{role.value}", digest, role) for role, (_, digest) in made.items())
    app = make_app(house, door_settings(keys=keys))
    clients = [DoorClient(app, bearer(key)) for key, _ in made.values()]
    count = iter(range(10**9))

    def send(**sent: Any) -> httpx.Response:
        return clients[next(count) % len(clients)].request(**sent)

    yield send
    house.db.close()


def operations() -> list[Any]:
    raw = make_app(ClockHouse(), door_settings()).openapi()
    schema = schemathesis.openapi.from_dict(raw)
    found = [result.ok() for result in schema.get_all_operations()]
    return [one for one in found if one.path.startswith("/v1/")]


OPERATIONS = operations()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda op: f"{op.method.upper()} {op.path}")
def test_nothing_breaks_the_door(knock: Any, operation: Any, mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), real=REAL, use=st.booleans())
    def one(case: Any, real: str, use: bool) -> None:
        if use and case.path_parameters:
            case.path_parameters = dict.fromkeys(case.path_parameters, real)
        answer = knock(**request_of(case))
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        told = operation.definition.raw["responses"]
        assert str(answer.status_code) in told, f"{answer.status_code} stands nowhere"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == PROBLEM_JSON
            assert answer.json()["code"]

    one()


def request_of(case: Any) -> dict[str, Any]:
    """For httpx, what schemathesis would give to requests."""
    sent = case.as_transport_kwargs(base_url="http://localhost")
    headers = {
        k: v for k, v in dict(sent.get("headers") or {}).items() if k.lower() != "user-agent"
    }
    made: dict[str, Any] = {"method": sent["method"], "path": sent["url"]}
    made["headers"] = {
        k.encode("latin-1", "replace"): v.encode("latin-1", "replace")
        for k, v in headers.items()
        if k.lower() != "authorization"
    }
    for name in ("params", "json"):
        if sent.get(name) is not None:
            made[name] = sent[name]
    if sent.get("data") is not None:
        data = sent["data"]
        made["content" if isinstance(data, (bytes, str)) else "data"] = data
    return made
