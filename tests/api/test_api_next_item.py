"""The next item at a door where many knock at once: real app, real house, both engines."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from api.app import make_app
from rules.access import Caller
from rules.codes import Role
from store.desk import items
from store.mails import keeping
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import ADMIN, Clock, open_house
from tests.quick_key import quick_key
from tests.store.samples import NOW, arrival, new_item
from triage import keys
from triage.desk import holding
from triage.house import House

CLIENTS = 200
LINE = "/v1/agencies/435/items/next"
KEY, HASH = quick_key("many")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(url: str, clock: Clock) -> Iterator[House]:
    house = open_house(url, clock=clock)
    keys.create(house, ADMIN, Caller("many", Role.CLERK, frozenset({"435"})), hashed=HASH, days=9)
    yield house
    house.db.close()


@pytest.fixture
def app(house: House) -> FastAPI:
    return make_app(house, door_settings())


def fill(house: House, count: int) -> set[int]:
    with house.db.write() as tx:
        kept = keeping.keep_many(tx, [arrival(str(n)) for n in range(count)], now=NOW)
        return set(
            items.create_many(tx, [new_item(one.message_id) for one in kept], now=NOW).values()
        )


async def post_all(app: FastAPI, asked: list[tuple[str, dict[str, str]]]) -> list[httpx.Response]:
    """All at once, by one connection each."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", headers=bearer(KEY), timeout=120
    ) as client:
        return list(
            await asyncio.gather(*(client.post(path, headers=more) for path, more in asked))
        )


def press(app: FastAPI, *asked: tuple[str, dict[str, str]]) -> list[httpx.Response]:
    return asyncio.run(post_all(app, list(asked)))


def test_200_calls_at_once_get_each_item_once_and_repeated_the_same(
    app: FastAPI, house: House
) -> None:
    ids = fill(house, CLIENTS - 20)
    asked = [(LINE, {"Idempotency-Key": f"n-{n}"}) for n in range(CLIENTS)]
    first, again = press(app, *asked), press(app, *asked)
    taken = [one.json()["item_id"] for one in first if one.status_code == 200]
    assert len(taken) == len(ids)
    assert set(taken) == ids
    assert [one.status_code for one in first].count(204) == CLIENTS - len(ids)
    assert [one.content for one in again] == [one.content for one in first]
    assert {one.headers.get("idempotency-replayed") for one in again} == {"true"}
    assert not any("idempotency-replayed" in one.headers for one in first)


def test_each_at_the_same_moment_hears_his_own_answer(app: FastAPI, house: House) -> None:
    [item_id] = fill(house, 1)
    said = press(
        app,
        ("/v1/agencies/123/items/next", {}),
        ("/v1/agencies/nowhere/items/next", {}),
        (f"{LINE}?concern=nonsense", {}),
        (LINE, {}),
        (LINE, {"Idempotency-Key": "a\tb"}),
        (LINE, {"Authorization": bearer("nobody.x")["Authorization"]}),
    )
    assert [one.status_code for one in said] == [403, 404, 422, 200, 422, 401]
    assert said[3].json()["item_id"] == item_id
    assert said[3].headers["content-type"] == "application/json"
    codes = [one.json().get("code") for one in said]
    assert codes[:3] == ["access.denied", "agency.unknown", "request.invalid"]
    assert codes[4:] == ["idempotency.key", "auth.key_wrong"]


def test_a_key_stays_with_what_it_was_first_sent_for(app: FastAPI, house: House) -> None:
    """Also where the first was refused before any clerk was looked at."""
    fill(house, 2)
    key = {"Idempotency-Key": "k"}
    [wrong] = press(app, (f"{LINE}?concern=nonsense", key))
    [again] = press(app, (f"{LINE}?concern=nonsense", key))
    [other] = press(app, (LINE, key))
    assert (wrong.status_code, again.content) == (422, wrong.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.reused")
    [denied] = press(app, ("/v1/agencies/123/items/next", {"Idempotency-Key": "d"}))
    [free] = press(app, (LINE, {"Idempotency-Key": "d"}))
    assert (denied.status_code, free.status_code) == (403, 200)


def test_the_refusal_of_a_key_is_repeated_byte_for_byte(house: House) -> None:
    limited = replace(house, policy=replace(house.policy, open_claims=1))
    app = make_app(limited, door_settings())
    fill(house, 2)
    press(app, (LINE, {}))
    first, again = (press(app, (LINE, {"Idempotency-Key": "k"}))[0] for _ in range(2))
    assert (first.status_code, first.json()["code"]) == (409, "item.open_claim")
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]


def test_a_key_revoked_opens_nothing_from_the_next_call_on(app: FastAPI, house: House) -> None:
    fill(house, 9)
    for _ in range(2):
        assert {one.status_code for one in press(app, (LINE, {}), (LINE, {}))} == {200}
    keys.revoke(house, ADMIN, "many")
    assert {one.status_code for one in press(app, (LINE, {}), (LINE, {}))} == {401}


def test_a_key_is_over_on_the_day_after_its_last(app: FastAPI, house: House, clock: Clock) -> None:
    fill(house, 9)
    for _ in range(2):
        assert press(app, (LINE, {}))[0].status_code == 200
    clock.forward(days=9)
    assert press(app, (LINE, {}))[0].status_code == 200
    clock.forward(days=1)
    assert press(app, (LINE, {}))[0].status_code == 401


def test_an_item_whose_client_went_away_is_back_when_its_lease_is_over(
    app: FastAPI, house: House, clock: Clock
) -> None:
    """Cancelled while the claim runs; nobody hears of its token."""
    [item_id] = fill(house, 1)

    async def leave() -> None:
        async with asyncio.timeout(120):
            calls = asyncio.create_task(post_all(app, [(LINE, {})]))
            while not await asyncio.to_thread(is_held, house, item_id):
                assert not calls.done() or calls.result()
            calls.cancel()
            await asyncio.wait([calls])

    asyncio.run(leave())
    assert press(app, (LINE, {}))[0].status_code == 204
    clock.forward(minutes=60)
    with house.db.write() as tx:
        assert holding.back_to_the_line(house, tx, now=clock.now) == 1
    assert press(app, (LINE, {}))[0].json()["item_id"] == item_id


def is_held(house: House, item_id: int) -> bool:
    with house.db.read() as tx:
        return items.get(tx, item_id).holder == "many"
