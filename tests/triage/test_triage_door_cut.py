"""PostgreSQL stops between two commits of the door, or between a commit and its answer.

Each recipient hears what is so, the sender repeats what he heard no 250 for, nothing is doubled.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest

from ingest.smtp import desk
from store.mails import arrivals
from store.upkeep import migrate
from tests.house_fixture import ADMIN, open_house
from tests.servers.postgres import PostgresServer
from tests.triage.test_triage_door_crash import FULDA, KASSEL, Sender, kept
from triage import completeness, wiring
from triage.house import House
from triage.settings import Settings
from triage.settings.door import DoorSettings


@dataclass
class Cut:
    """What happens to the server around its `at`-th commit from now on; once."""

    server: PostgresServer
    at: int
    is_kept: bool
    is_heard: bool
    stops: bool = True
    commits: list[object] = field(default_factory=list)

    def into(self, house: House) -> None:
        dialect = house.db._writer.dialect
        real = dialect.do_commit

        def commit(connection: object) -> None:
            self.commits.append(connection)
            if len(self.commits) != self.at:
                real(connection)
                return
            if self.is_kept:
                real(connection)
            if self.stops:
                self.server.halt(signal.SIGQUIT)
            if not self.is_heard:
                raise psycopg.OperationalError("server closed the connection unexpectedly")

        dialect.do_commit = commit  # ends with the house


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        migrate.upgrade(server.create("template"))
        yield server


@pytest.fixture
def url(server) -> Iterator[str]:
    """A database that outlives the end of its server."""
    yield server.create("cut", template="template")
    server.drop("cut")


@pytest.fixture
def house(url) -> Iterator[House]:
    house = open_house(url, clock=wiring.utc_now)
    yield house
    house.db.close()


@pytest.fixture
def a_commit_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "AT_ONCE", 1)


PLACES = {
    "between two commits": ({"at": 1, "is_kept": True, "is_heard": True}, 1),
    "between commit and answer": ({"at": 1, "is_kept": True, "is_heard": False}, 1),
    "before the second commit": ({"at": 2, "is_kept": False, "is_heard": False}, 1),
    "between the second commit and its answer": (
        {"at": 2, "is_kept": True, "is_heard": False},
        2,
    ),
}


@pytest.mark.usefixtures("a_commit_each")
@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
@pytest.mark.parametrize(("where", "in_ledger"), PLACES.values(), ids=PLACES)
def test_each_recipient_hears_what_is_so_and_the_repetition_doubles_nothing(
    server, url, house, protocol, where, in_ledger
):
    door = wiring.letterbox(house, Settings(door=DoorSettings(port=0, protocol=protocol)))
    door.open()
    sender = Sender(protocol)
    try:
        Cut(server, **where).into(house)
        sender.deliver(door.port)
        heard = {KASSEL, FULDA}.difference(sender.owed)
        server.resume()
        assert heard <= kept(url).keys(), "no 250 without a commit"
        assert kept(url).total() == in_ledger
        is_heard = where["is_heard"] or where["at"] == 2
        assert heard == ({KASSEL} if is_heard and protocol == "lmtp" else set())
        sender.deliver(door.port)
    finally:
        door.close()
    assert sender.owed == []
    assert kept(url) == {KASSEL: 1, FULDA: 1}
    assert completeness.of_day(house, ADMIN).closes


def test_a_commit_whose_answer_was_lost_is_found_by_the_very_next_one(server, url, house):
    """The server goes on: both recipients of one commit are asked for again, one by one."""
    door = wiring.letterbox(house, Settings(door=DoorSettings(port=0)))
    door.open()
    sender = Sender("lmtp")
    try:
        Cut(server, 1, is_kept=True, is_heard=False, stops=False).into(house)
        sender.deliver(door.port)
    finally:
        door.close()
    assert sender.owed == []
    assert kept(url) == {KASSEL: 1, FULDA: 1}
    with house.db.read() as tx:
        assert arrivals.seen_ever(tx) == 2
