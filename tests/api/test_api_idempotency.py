"""A POST that is repeated with its key does nothing twice."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import cast

import httpx
import pytest
from fastapi import FastAPI, Response

from api.auth import AnyCaller, MayHandIn, MayReadFigures
from rules.access import Caller
from rules.codes import Role
from rules.errors import Conflict, Refused, TryLater
from store.database.engine import Database
from store.doors import idempotency
from tests.api.door_client import DoorClient
from tests.api.small_door import ADMIN_KEY, CLERK_KEY, SC_KEY, Clock, bearer, small_app
from triage import idempotency as triage_idempotency
from triage.house import House
from triage.idempotency import KEPT_HOURS, RUN_SECONDS

KEY = "5f0c9a3e-4b7d-4c1e-9a52-0d2f6a1b8c77"


@dataclass(slots=True)
class MemoryHouse:
    """Of a house the memory and the clock."""

    db: Database
    clock: Clock = field(default_factory=Clock)


@dataclass(slots=True)
class Deeds:
    """What the endpoints did, in order; a test may hold one up or let it fail."""

    done: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    fails: list[Exception] = field(default_factory=list)

    def do(self, name: str) -> int:
        self.begun.set()
        self.go_on.wait(10)
        if self.fails:
            raise self.fails.pop()
        self.done.append(name)
        return len(self.done)


@pytest.fixture
def house(tmp_path: Path, fresh_database: Path) -> Iterator[MemoryHouse]:
    file = shutil.copy(fresh_database, tmp_path)
    db = Database.open(f"sqlite:///{file}")
    yield MemoryHouse(db)
    db.close()


@pytest.fixture
def deeds() -> Deeds:
    deeds = Deeds()
    deeds.go_on.set()
    return deeds


@pytest.fixture
def app(house: MemoryHouse, deeds: Deeds) -> FastAPI:
    app = small_app(house)

    @app.post("/v1/mails", status_code=201)
    def hand_in(_caller: MayHandIn, response: Response) -> dict[str, object]:
        number = deeds.do("mail")
        response.headers["Location"] = f"/v1/mails/{number}"
        return {"number": number, "wörtlich": "ä"}

    @app.post("/v1/items/{item_id}/park", status_code=204)
    def park(_caller: AnyCaller, item_id: int) -> None:
        deeds.do(f"park {item_id}")

    @app.post("/v1/figures")
    def figures(_caller: MayReadFigures) -> int:
        return deeds.do("figures")

    @app.post("/v1/verdicts")
    @app.post("/v1/texts/{text_id}/preview")
    def keeps_nothing(_caller: AnyCaller) -> int:
        return deeds.do("looked")

    @app.put("/v1/items/{item_id}/lease")
    def renew(_caller: AnyCaller, item_id: int) -> int:
        return deeds.do(f"renew {item_id}")

    @app.post("/anderswo")
    def elsewhere(_caller: AnyCaller) -> int:
        return deeds.do("elsewhere")

    return app


Post = Callable[..., httpx.Response]


@pytest.fixture
def post(app: FastAPI) -> Post:
    """POST with the key; each call by a client of its own, as from another machine."""

    def send(path: str, body: bytes = b"a", *, key: str = KEY, by: str = SC_KEY) -> httpx.Response:
        headers = {**bearer(by), "Idempotency-Key": key, "Content-Type": "message/rfc822"}
        return DoorClient(app).post(path, content=body, headers=headers)

    return send


def test_a_repetition_gets_the_first_answer_byte_for_byte(post: Post, deeds: Deeds) -> None:
    first, again = post("/v1/mails"), post("/v1/mails")
    assert deeds.done == ["mail"]
    assert (
        (again.status_code, again.content)
        == (first.status_code, first.content)
        == (201, first.content)
    )
    for name in ("location", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


def test_an_answer_without_body_is_repeated_too(post: Post, deeds: Deeds) -> None:
    answers = [post("/v1/items/7/park") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert deeds.done == ["park 7"]


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/mails", b"b"), ("/v1/items/7/park", b"a"), ("/v1/mails?x=1", b"a")]
)
def test_the_key_of_another_request_is_refused(
    post: Post, deeds: Deeds, path: str, body: bytes
) -> None:
    post("/v1/mails")
    other = post(path, body)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.reused")
    assert deeds.done == ["mail"]


def test_the_same_key_of_two_callers_is_two_keys(post: Post, deeds: Deeds) -> None:
    post("/v1/items/7/park", by=SC_KEY)
    post("/v1/items/7/park", by=CLERK_KEY)
    assert deeds.done == ["park 7", "park 7"]


@pytest.mark.parametrize("error", [Conflict("item.lease_stale", "x"), Refused("item.state", "x")])
def test_what_was_refused_for_good_stays_refused(
    post: Post, deeds: Deeds, error: Exception
) -> None:
    deeds.fails.append(error)
    first, again = post("/v1/mails"), post("/v1/mails")
    assert first.content == again.content
    assert again.headers["content-type"] == "application/problem+json"
    assert deeds.done == []


@pytest.mark.parametrize("error", [TryLater("store.away", "x"), ValueError("a bug")])
def test_what_failed_by_the_way_may_be_tried_again(
    post: Post, deeds: Deeds, error: Exception
) -> None:
    deeds.fails.append(error)
    assert post("/v1/mails").status_code >= 500
    assert post("/v1/mails").status_code == 201
    assert deeds.done == ["mail"]


def test_who_was_not_allowed_yet_gets_no_old_refusal(post: Post, house: MemoryHouse) -> None:
    assert post("/v1/figures", by=CLERK_KEY).status_code == 403
    assert post("/v1/figures", by="nobody.x").status_code == 401
    assert kept(house) == 0
    assert post("/v1/figures", by=ADMIN_KEY).status_code == 200


def test_a_twin_is_turned_away_while_the_first_runs(post: Post, deeds: Deeds) -> None:
    deeds.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, "/v1/mails")
        assert deeds.begun.wait(10)
        twin = post("/v1/mails")
        deeds.go_on.set()
    assert (twin.status_code, twin.json()["code"]) == (409, "idempotency.in_progress")
    assert first.result().status_code == 201
    assert post("/v1/mails").content == first.result().content
    assert deeds.done == ["mail"]


def test_eight_at_once_do_it_once(post: Post, deeds: Deeds) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post("/v1/mails"), range(8)))
    assert deeds.done == ["mail"]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1


def begun_elsewhere(house: MemoryHouse) -> triage_idempotency.Turn:
    """The turn of a process that took it and says nothing more."""
    caller = Caller("sc-west", Role.AUTOMATION)
    request = triage_idempotency.request_of(caller, KEY, method="POST", target="/v1", body=b"")
    turn = triage_idempotency.begin(cast("House", house), request)
    assert isinstance(turn, triage_idempotency.Turn)
    return turn


def test_the_key_of_a_process_that_died_is_free_after_a_while(
    post: Post, deeds: Deeds, house: MemoryHouse
) -> None:
    begun_elsewhere(house)
    assert post("/v1/mails").json()["code"] == "idempotency.in_progress"
    house.clock.now += timedelta(seconds=RUN_SECONDS)
    assert post("/v1/mails").status_code == 201
    assert deeds.done == ["mail"]


def test_who_comes_too_late_with_his_answer_does_not_replace_the_first(
    post: Post, house: MemoryHouse
) -> None:
    turn = begun_elsewhere(house)
    house.clock.now += timedelta(seconds=RUN_SECONDS)
    first = post("/v1/mails")
    with pytest.raises(Conflict) as late:
        triage_idempotency.finish(
            cast("House", house), turn, triage_idempotency.Answer(500, {}, "late")
        )
    assert late.value.code == "idempotency.in_use"
    assert post("/v1/mails").content == first.content


@pytest.mark.parametrize("path", ["/v1/verdicts", "/v1/texts/au.eingang/preview"])
def test_what_keeps_nothing_keeps_no_answer(
    post: Post, deeds: Deeds, house: MemoryHouse, path: str
) -> None:
    post(path)
    post(path, b"b")
    assert deeds.done == ["looked", "looked"]
    assert kept(house) == 0


def test_an_answer_is_forgotten_after_a_day(post: Post, deeds: Deeds, house: MemoryHouse) -> None:
    post("/v1/mails")
    house.clock.now += timedelta(hours=KEPT_HOURS)
    assert triage_idempotency.forget(cast("House", house)) == 0
    house.clock.now += timedelta(seconds=1)
    assert triage_idempotency.forget(cast("House", house)) == 1
    post("/v1/mails", b"b")
    assert deeds.done == ["mail", "mail"]


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(post: Post, deeds: Deeds, key: str) -> None:
    answer = post("/v1/mails", key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key")
    assert deeds.done == []


def test_the_key_means_nothing_but_for_posts_of_the_api(
    app: FastAPI, post: Post, deeds: Deeds
) -> None:
    headers = {**bearer(SC_KEY), "Idempotency-Key": KEY}
    for _ in range(2):
        DoorClient(app).put("/v1/items/7/lease", headers=headers)
        post("/anderswo")
    assert deeds.done == ["renew 7", "elsewhere"] * 2


def kept(house: MemoryHouse) -> int:
    """How many answers the house remembers; it forgets them by this."""
    with house.db.write() as tx:
        return idempotency.forget(tx, before=house.clock.now + timedelta(days=1))
