"""A busy Exchange is left alone for the time it named, whatever was asked and by which driver."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ingest import login_gate
from ingest.exchange.bell import ExchangeBell
from ingest.exchange.postbox import EPOCH, ExchangePostbox
from ingest.exchange.rights import ExchangeRights
from ingest.login_gate import LoginGate
from rules.errors import HouseError, Refused, TryLater
from rules.postbox import MarkChange, Place
from rules.rights.folder_acl import account
from tests.ingest.conftest import ExchangeCase
from tests.servers.exchange import Fault

LIST = "list@dienst.example"


def mail(number: int) -> bytes:
    return b"Message-ID: <%d@post.example>\r\n\r\nNummer %d\r\n" % (number, number)


class Drivers:
    """All that asks one mailbox, by one login; a look at rights and a bell are new each time."""

    def __init__(self, case: ExchangeCase) -> None:
        self.case, self.gate = case, LoginGate()
        self.box = ExchangePostbox("nord", case.account, gate=self.gate)
        case.boxes.append(self.box)
        self.numbers = itertools.count()

    def place(self) -> Place:
        """Where the only mail of the inbox lies; asked as somebody else."""
        with self.case.server.lock:
            (item, *_) = self.case.mailbox.lying_in(self.case.mailbox.inbox)
        return Place("INBOX", EPOCH, item.search_key.hex())

    def rights(self, ask: Callable[[ExchangeRights], object]) -> None:
        rights = ExchangeRights("nord", self.case.account, gate=self.gate)
        try:
            ask(rights)
        finally:
            rights.close()

    def listen(self) -> None:
        bell = ExchangeBell("nord", self.case.account, gate=self.gate)
        heard: list[int] = []

        def hear() -> None:
            heard.append(1)
            bell.hush()

        try:
            bell.listen(hear)
        except HouseError:
            if not heard:  # else it is the line that hush has cut
                raise


def remove(drivers: Drivers) -> None:
    place = drivers.place()
    with drivers.case.server.lock:
        data = drivers.case.item("INBOX", place.uid).mime
    drivers.box.remove(place, hashlib.sha256(data).hexdigest())


CALLS: dict[str, tuple[str, Callable[[Drivers], object]]] = {
    "folders, the mailbox": ("GetFolder", lambda d: d.box.folders()),
    "folders, the list": ("FindFolder", lambda d: d.box.folders()),
    "a new folder": ("CreateFolder", lambda d: d.box.ensure_folder(f"Neu {next(d.numbers)}")),
    "a look": ("SyncFolderItems", lambda d: d.box.view("INBOX")),
    "mails": ("GetItem", lambda d: list(d.box.fetch("INBOX", EPOCH, (d.place().uid,)))),
    "one move": ("MoveItem", lambda d: d.box.move(d.place(), "Ablage")),
    "a set of moves": ("MoveItem", lambda d: d.box.move_many((d.place(),), "Ablage")),
    "marks": ("UpdateItem", lambda d: d.box.set_marks(d.place(), MarkChange((d.place().uid,)))),
    "a removal": ("DeleteItem", remove),
    "a copy of what was sent": ("CreateItem", lambda d: d.box.append("Ablage", mail(7))),
    "rules": ("GetInboxRules", lambda d: d.box.inbox_rules()),
    "rights": ("GetFolder", lambda d: d.rights(lambda r: r.read(("INBOX",)))),
    "rights, a change": (
        "UpdateFolder",
        lambda d: d.rights(lambda r: r.write("INBOX", {account("a@x.example"): frozenset()})),
    ),
    "members of a list": ("ExpandDL", lambda d: d.rights(lambda r: r.members(LIST))),
    "a subscription": ("Subscribe", Drivers.listen),
    "a stream": ("GetStreamingEvents", Drivers.listen),
}
BUSY = {
    "a fault": Fault("busy", back_off_ms=30_000),
    "503 in seconds": Fault("http", headers={"Retry-After": "30"}),
    "a fault, the work done": Fault("busy_after", back_off_ms=30_000),
    "one thing of several": Fault("item", code="ErrorServerBusy", back_off_ms=30_000),
}


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [10_000.0]
    monkeypatch.setattr(login_gate.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def drivers(exchange_case: ExchangeCase) -> Iterator[Drivers]:
    found = Drivers(exchange_case)
    found.box.ensure_folder("Ablage")
    exchange_case.server.lists.setdefault(LIST, [])
    yield found
    # What was subscribed and not heard of, or not given back, is forgotten after a while.
    exchange_case.server.events.subscriptions.clear()


@pytest.mark.parametrize("how", BUSY)
def test_no_call_is_repeated_sooner_than_a_busy_server_said(drivers, clock, how):
    """Each call in turn: told to wait, it waits, and all that asks this mailbox with it."""
    case = drivers.case
    neighbour = ExchangeCase(case.server, f"x-{case.address}").account
    other = ExchangePostbox("süd", neighbour, gate=drivers.gate)
    case.boxes.append(other)
    for name, (operation, call) in CALLS.items():
        if operation == "GetStreamingEvents" and how not in {"a fault", "503 in seconds"}:
            continue  # it has one part, and no work that could be done before
        if (operation, how) == ("Subscribe", "one thing of several"):
            continue
        case.deliver(mail(next(drivers.numbers)))
        fault = Fault(**{**vars(BUSY[how]), "operation": operation})
        # A request for a list names no mailbox.
        (case.server if operation == "ExpandDL" else case.mailbox).faults.append(fault)
        for turn in range(2):
            assert told(lambda call=call: call(drivers)) == "postbox.busy", (name, turn)
        assert fault.times == 0, name
        assert told(drivers.box.folders) == "postbox.busy", name
        assert other.view("INBOX").uids == ()
        clock[0] += 29
        assert told(lambda call=call: call(drivers)) == "postbox.busy", name
        assert case.mailbox.too_soon == [], name
        clock[0] += 2
        call(drivers)


HALF_A_DAY = 12 * 3600


@pytest.mark.parametrize(
    ("said", "obeyed"), [(7_200, 7_200), (HALF_A_DAY, login_gate.LONGEST_QUIET_SECONDS)]
)
@pytest.mark.parametrize("how", ["busy", "http"])
def test_a_wait_of_hours_is_obeyed_and_one_without_end_is_not(drivers, clock, how, said, obeyed):
    fault = Fault(how, back_off_ms=said * 1000, headers={"Retry-After": str(said)})
    drivers.case.mailbox.faults.append(fault)
    for _ in range(2):
        assert told(drivers.box.folders) == "postbox.busy"
    clock[0] += obeyed - 1
    assert told(drivers.box.folders) == "postbox.busy"
    assert told(drivers.listen) == "postbox.busy"
    assert drivers.case.mailbox.too_soon == []
    clock[0] += 2
    if said == obeyed:
        drivers.box.folders()


def told(call: Callable[[], object]) -> str:
    with pytest.raises(TryLater) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize(
    "fault",
    [
        Fault("http", status=429, headers={"Retry-After": "30"}),
        Fault("http", headers={"Retry-After": "a date"}),
        Fault("http_after", headers={"Retry-After": "30"}),
        Fault("busy", back_off_ms=30_000, more={"Policy": "MaxCost"}),
    ],
)
def test_the_time_is_heard_wherever_it_is_said(drivers, clock, fault):
    fault = replace(fault, headers=dict(fault.headers))
    if fault.headers.get("Retry-After") == "a date":
        at = datetime.now(tz=UTC) + timedelta(seconds=30)
        fault.headers["Retry-After"] = format_datetime(at, usegmt=True)
    drivers.case.mailbox.faults.append(fault)
    assert told(drivers.box.folders) == "postbox.busy"
    clock[0] += 28
    assert told(drivers.box.folders) == "postbox.busy"
    assert drivers.case.mailbox.too_soon == []
    clock[0] += 3
    assert drivers.box.folders() == ("Ablage", "INBOX")


def test_a_fault_is_a_fault_however_the_host_is_spelled(drivers):
    endpoint = drivers.case.account.endpoint.replace("localhost", "LocalHost")
    box = ExchangePostbox("nord", replace(drivers.case.account, endpoint=endpoint))
    drivers.case.mailbox.faults.append(Fault("busy", back_off_ms=1))
    assert told(box.folders) == "postbox.busy"
    box.close()


@pytest.mark.parametrize("code", ["ErrorExceededConnectionCount", "ErrorTooManyObjectsOpened"])
def test_who_names_no_time_is_asked_again_when_it_is_the_time_anyway(drivers, code):
    drivers.case.mailbox.faults.append(Fault("busy", code=code))
    asked = len(drivers.case.server.calls)
    assert told(drivers.box.folders) == "postbox.busy"
    assert len(drivers.case.server.calls) == asked + 1
    assert drivers.box.folders() == ("Ablage", "INBOX")


def test_mails_before_the_busy_one_are_there_and_none_is_asked_for_again(drivers, clock):
    """As many as came: else a server that has enough after each hundred would never give one."""
    mails = [mail(number) for number in range(5)]
    drivers.case.deliver(*mails)
    view = drivers.box.view("INBOX")
    busy = Fault("item", "GetItem", skip=2, code="ErrorServerBusy", back_off_ms=30_000)
    drivers.case.mailbox.faults.append(busy)
    found = drivers.box.fetch("INBOX", EPOCH, view.uids)
    assert [next(found).data for _ in range(2)] == mails[:2]
    assert told(lambda: next(found)) == "postbox.busy"
    assert drivers.case.mailbox.too_soon == []
    clock[0] += 31
    rest = drivers.box.fetch("INBOX", EPOCH, view.uids[2:])
    assert [one.data for one in rest] == mails[2:]


def test_a_set_that_was_moved_in_part_is_looked_at_when_the_server_may_be_asked(drivers, clock):
    drivers.case.deliver(*(mail(number) for number in range(3)))
    places = tuple(Place("INBOX", EPOCH, uid) for uid in drivers.box.view("INBOX").uids)
    busy = Fault("item", "MoveItem", skip=1, code="ErrorServerBusy", back_off_ms=30_000)
    drivers.case.mailbox.faults.append(busy)
    assert told(lambda: drivers.box.move_many(places, "Ablage")) == "postbox.busy"
    assert drivers.case.mailbox.too_soon == []
    clock[0] += 31
    assert drivers.box.view("INBOX").uids == (places[1].uid,)
    assert len(drivers.box.view("Ablage").uids) == 2


@pytest.mark.parametrize("auth", ["basic", "oauth2"])
def test_a_refused_login_that_ends_the_connection_is_no_busy_server(drivers, auth):
    """exchangelib says so, and the password would be tried until the account is locked."""
    server = drivers.case.server
    fault = Fault("http", status=401, times=9, headers={"Connection": "close"})
    drivers.case.mailbox.faults.append(fault)
    way = {"auth": auth, "token_url": server.token_url, "scope": "ews"}
    box = ExchangePostbox("nord", replace(drivers.case.account, **way))
    for _ in range(3):
        with pytest.raises(Refused) as caught:
            box.folders()
        assert caught.value.code == "postbox.login_refused"
    box.close()
    assert fault.times == 8


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [(503, {"Retry-After": "30"}, "busy"), (429, {}, "busy"), (500, {}, "away"), (502, {}, "away")],
)
def test_a_token_service_that_is_away_is_no_refused_secret(drivers, clock, status, headers, code):
    server = drivers.case.server
    server.token_faults.append(Fault("http", status=status, times=2, headers=headers))
    account = replace(drivers.case.account, auth="oauth2", token_url=server.token_url, scope="ews")
    box = ExchangePostbox("nord", account)
    assert told(box.folders) == f"postbox.{code}"
    server.token_faults.clear()
    clock[0] += 31
    assert box.folders() == ("Ablage", "INBOX")
    box.close()


def test_a_request_that_took_too_long_is_read_once_more_and_moved_never_again(drivers):
    server, box = drivers.case.server, drivers.box
    drivers.case.deliver(mail(1))
    place = drivers.place()
    box.view("INBOX")
    for operation, asked, call in (
        ("SyncFolderItems", 2, lambda: box.view("INBOX")),
        ("MoveItem", 1, lambda: box.move(place, "Ablage")),
    ):
        drivers.case.mailbox.faults.append(
            Fault("busy", operation, times=asked, code="ErrorTimeoutExpired")
        )
        server.calls.clear()
        assert told(call) == "postbox.away"
        assert server.calls.count(operation) == asked
    assert box.move(place, "Ablage") is not None
