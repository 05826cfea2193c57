"""The event feed: by cursor and as a live line, in scope, without persons, content or gaps."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self

import httpx
import pytest
import sqlalchemy as sa

from api import streams
from api.serve import Server, start_in_thread
from store.tables.ledger import audit as audit_table
from store.trail import audit
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.waiting import until

FEED = "/v1/events"
LIVE = {"Accept": "text/event-stream"}


def seal(doors: Doors) -> None:
    with doors.house.db.write() as tx:
        audit.seal(tx, limit=1000)


@pytest.fixture
def server(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.02)
    server = start_in_thread(doors.app)
    yield server
    server.stop()


@dataclass
class Listener:
    """Somebody at the other end of a line, in a thread: collects blocks until told to stop."""

    url: str
    headers: dict[str, str]
    blocks: list[str] = field(default_factory=list)
    status: int = 0
    _news: threading.Condition = field(default_factory=threading.Condition)
    _socket: socket.socket = field(init=False)

    def __enter__(self) -> Self:
        self.client = httpx.Client(timeout=10)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        self.until(lambda blocks: any(block.startswith("retry:") for block in blocks))
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone wakes nobody who reads: the line would stay up for as long as it is quiet.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.client.close()

    def _listen(self) -> None:
        try:
            with self.client.stream("GET", self.url, headers=self.headers | LIVE) as answer:
                self.status = answer.status_code
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                block = ""
                for line in answer.iter_lines():
                    block += line + "\n"
                    if not line:
                        with self._news:
                            self.blocks.append(block)
                            self._news.notify_all()
                        block = ""
        except (httpx.HTTPError, RuntimeError, ValueError):
            pass

    def until(self, holds) -> None:
        with self._news:
            assert self._news.wait_for(lambda: holds(self.blocks), 10), self.blocks

    @property
    def events(self) -> list[dict[str, object]]:
        return [json.loads(b.partition("data: ")[2]) for b in self.blocks if '\ndata: {"' in b]

    @property
    def last_id(self) -> str:
        return [b for b in self.blocks if "id: " in b][-1].partition("id: ")[2].split("\n")[0]


def types(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [event["type"] for event in response.json()["events"]]


def test_the_feed_tells_in_order_what_happened_and_goes_on_by_its_cursor(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    seal(doors)
    first = doors.admin.get(FEED)
    assert types(first) == ["mail.handed_in", "mail.sorted", "item.claimed"]
    cursor = first.json()["next_cursor"]
    assert types(doors.admin.get(FEED, params={"cursor": cursor})) == []
    doors.kassel.post(f"{item}/close", json={"reason": "done"}, headers=token)
    seal(doors)
    assert types(doors.admin.get(FEED, params={"cursor": cursor})) == ["item.closed"]
    assert types(doors.admin.get(FEED, params={"cursor": "now"})) == []
    paged, cursor = [], "0"
    while page := (answer := doors.admin.get(FEED, params={"cursor": cursor, "limit": 1})).json()[
        "events"
    ]:
        paged += page
        cursor = answer.json()["next_cursor"]
    assert [event["type"] for event in paged][-1] == "item.closed"
    assert len({event["id"] for event in paged}) == len(paged) == 4


def test_a_cursor_of_before_a_restore_is_known_when_its_number_is_given_out_again(
    doors: Doors,
) -> None:
    doors.take("Termin absagen")
    seal(doors)
    cursor = doors.admin.get(FEED).json()["next_cursor"]
    with doors.house.db.write() as tx:
        tx.run(sa.delete(audit_table))
    doors.clock.forward(minutes=5)
    doors.take("Termin absagen")
    doors.take("Termin verlegen")
    seal(doors)
    lost = doors.admin.get(FEED, params={"cursor": cursor})
    assert (lost.status_code, lost.json()["code"]) == (409, "events.cursor_ahead")
    number = cursor.partition("-")[0]
    assert len(types(doors.admin.get(FEED, params={"cursor": number}))) == 3


def test_no_person_no_content_and_no_reading_is_told(doors: Doors) -> None:
    item, _ = doors.take("Termin absagen")
    doors.kassel.get(item)
    seal(doors)
    told = doors.admin.get(FEED)
    assert "item.read" not in types(told)
    assert set(told.json()["events"][-1]) == {
        "id", "type", "at", "message_id", "item_id", "agency_code", "region",
    }  # fmt: skip
    for secret in ('kassel"', "Termin absagen", "alex@"):
        assert secret not in told.text


def test_each_sees_the_events_of_her_agencies_only(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    seal(doors)
    assert "item.claimed" in types(doors.kassel.get(FEED))
    assert types(doors.hamburg.get(FEED)) == []
    reason = {"agency_code": "123", "reason": "gehört nach Hamburg"}
    doors.kassel.post(f"{item}/forward", json=reason, headers=token)
    seal(doors)
    # Who gave it away sees that it went, and nothing after.
    assert types(doors.kassel.get(FEED))[-1] == "item.forwarded"
    assert "item.forwarded" in types(doors.hamburg.get(FEED))
    assert doors.nobody.get(FEED).status_code == 401


@pytest.mark.parametrize(
    ("cursor", "status", "code"),
    [("-1", 422, "events.cursor"), ("x", 422, "events.cursor"), ("99", 409, "events.cursor_ahead")],
)
def test_a_cursor_that_was_never_given_out_is_refused(
    doors: Doors, cursor: str, status: int, code: str
) -> None:
    answer = doors.admin.get(FEED, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_line_brings_events_and_goes_on_where_it_broke(doors: Doors, server: Server) -> None:
    doors.hand_in("Termin 1")
    seal(doors)
    url = f"{server.url}{FEED}?cursor=now"
    with Listener(url, doors.admin.headers) as line:
        doors.hand_in("Termin 2")
        seal(doors)
        line.until(lambda blocks: sum("data: " in b for b in blocks) == 2)
        assert [event["type"] for event in line.events] == ["mail.handed_in", "mail.sorted"]
        broken_at = line.last_id
    doors.hand_in("Termin 3")
    seal(doors)
    with Listener(url, doors.admin.headers | {"Last-Event-ID": broken_at}) as again:
        again.until(lambda blocks: sum("data: " in b for b in blocks) == 2)
        assert [event["type"] for event in again.events] == ["mail.handed_in", "mail.sorted"]
        assert int(str(again.events[0]["id"])) > int(broken_at.partition("-")[0])


def test_a_line_tells_nothing_of_others_but_its_number_goes_on(
    doors: Doors, server: Server
) -> None:
    with Listener(f"{server.url}{FEED}", doors.hamburg.headers) as line:
        doors.hand_in("Termin")
        seal(doors)
        line.until(lambda blocks: any(b.startswith("id: ") for b in blocks))
        assert line.events == []
        assert int(line.last_id.partition("-")[0]) > 0


def test_a_quiet_line_gives_a_sign_of_life(
    doors: Doors, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "QUIET_SECONDS", 0.05)
    with Listener(f"{server.url}{FEED}", doors.admin.headers) as line:
        line.until(lambda blocks: any(b.startswith(": ") for b in blocks))


def test_lines_are_bounded_and_a_place_is_free_again(doors: Doors, server: Server) -> None:
    doors.app.state.lines.most = 2
    url = f"{server.url}{FEED}"
    with Listener(url, doors.admin.headers), Listener(url, doors.admin.headers):
        refused = httpx.get(url, headers=doors.admin.headers | LIVE)
        assert (refused.status_code, refused.json()["code"]) == (503, "events.too_many")
        assert "retry-after" in refused.headers
    until(lambda: not doors.app.state.lines.open)
    with Listener(url, doors.admin.headers) as line:
        assert line.status == 200


def test_open_lines_need_no_thread_each_and_the_house_closes_at_once(
    doors: Doors, server: Server
) -> None:
    url = f"{server.url}{FEED}"
    with httpx.Client(timeout=10) as client:
        before = {t.name for t in threading.enumerate()}
        streams_open = []
        for _ in range(30):
            request = client.build_request("GET", url, headers=doors.admin.headers | LIVE)
            answer = client.send(request, stream=True)
            streams_open.append((answer, answer.iter_raw()))
            assert next(streams_open[-1][1]).startswith(b"retry:")
        assert len({t.name for t in threading.enumerate()} - before) < 15
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 8
        for answer, _ in streams_open:
            answer.close()


def test_the_line_of_a_page_is_open_to_its_session(doors: Doors, server: Server) -> None:
    clerk = at_desk(doors.app)
    cookie = "; ".join(f"{name}={value}" for name, value in clerk.client.cookies.items())
    with Listener(f"{server.url}{FEED}?cursor=now", {"Cookie": cookie}) as line:
        assert line.status == 200


def test_after_a_database_was_set_back_the_line_says_so(doors: Doors, server: Server) -> None:
    doors.hand_in("Termin")
    seal(doors)
    headers = doors.admin.headers | {"Last-Event-ID": "999"}
    with Listener(f"{server.url}{FEED}", headers) as line:
        line.until(lambda blocks: any("feed.reset" in b for b in blocks))
        assert int(line.last_id.partition("-")[0]) < 999


class Patient(asyncio.Event):
    """Fails where somebody asks it again and again, which would hold up everybody for ever."""

    asked = 0

    async def wait(self) -> Literal[True]:
        self.asked += 1
        assert self.asked < 9, "a wait that is over at once never gives the loop back"
        return await super().wait()


def test_a_line_that_opens_after_the_last_one_left_waits_for_the_first_look(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio, "Event", Patient)
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0)
    looked = threading.Event()
    looked.set()
    monkeypatch.setattr(streams.events, "tail", lambda house: 7 if looked.wait(60) else 0)

    async def come_and_go() -> bool:
        lines = streams.Lines(doors.house)
        lines.enter()
        assert await lines.wait_beyond(6, seconds=60)
        lines.leave()
        assert lines._look is not None
        await lines._look
        lines._newest = 0
        looked.clear()
        lines.enter()
        asyncio.get_running_loop().call_later(0.01, looked.set)
        try:
            return await lines.wait_beyond(6, seconds=60)
        finally:
            lines.leave()

    assert asyncio.run(come_and_go())
