"""The eAkte over HTTPS and tasks by signed POST, from the order to the receipt."""

import json
from base64 import b64decode
from pathlib import Path

import pytest

from outbox.eakte_http import HttpOutlet
from outbox.line import Line, LineAccount
from outbox.receipt_folder import receipt_json
from outbox.task_folder import TaskFolder
from outbox.task_hook import TaskHooks, posted
from outbox.webhook import WebhookOutlet
from rules.codes import Concern
from rules.errors import TryLater
from rules.handover import Receipt
from rules.item import CloseReason, EakteState, ItemState
from rules.tasks import Receiver, TaskKind
from store.desk import items
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from tests.house_fixture import clerk, eml
from tests.servers import eakte_door
from tests.servers.authority import Authority
from tests.servers.hook_receiver import SECRET
from tests.triage.test_triage_tasks import order as order_task
from tests.triage.test_triage_tasks import relabel
from tests.triage.way import Eakte, Post, bring_in
from triage import handover, rounds, send, tasks, work
from triage.doctor import ways as doctor_ways
from triage.settings import check
from triage.wiring import ways_out

ME = clerk("435")
SCHEMA = Path(__file__).parents[2] / "docs/task.schema.json"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def door(authority):
    with eakte_door.serving(authority, authority.sign("eakte")) as found:
        yield found


@pytest.fixture
def outlets(door, authority, clock):
    pair = authority.sign("lotse")
    account = LineAccount(door.url, pair.cert, pair.key, authority.cert, 10.0)
    return send.Outlets(HttpOutlet(Line(account), clock), Post())


@pytest.fixture
def claim(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117 123A456789"))
    return work.claim_next(house, ME, "435")


def row(house, item_id):
    with house.db.read() as tx:
        return outgoing.of_item(tx, item_id)[-1]


def item(house, claim):
    with house.db.read() as tx:
        return items.get(tx, claim.item_id)


def test_a_receipt_in_the_answer_closes_what_waits_for_it(house, door, outlets, claim):
    door.at_once = True
    handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    rounds.send_round(house, outlets, "w-1")
    found = row(house, claim.item_id)
    assert (found.state, found.receipt["reference"]) == (OutgoingState.RECEIPTED, "EA-7")
    assert found.sent_at is not None
    assert item(house, claim).state is ItemState.CLOSED


def test_a_receipt_of_another_record_in_the_answer_opens_nothing(
    house, door, outlets, claim, monkeypatch
):
    door.at_once = True
    right = door.receipt_of
    monkeypatch.setattr(door, "receipt_of", lambda key: right(key, kundennummer="999A999999"))
    handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    rounds.send_round(house, outlets, "w-1")
    assert item(house, claim).eakte is EakteState.REJECTED


def test_a_worker_that_dies_behind_the_answer_delivers_the_same_once_more(
    house, door, outlets, claim, clock
):
    handover.order(house, ME, claim.item_id, claim.token)
    taken = send.claim_due(house, outlets.kinds, worker="w-1")
    outlets.eakte.deliver(handover.package(house, taken))
    clock.forward(seconds=send.CLAIM_SECONDS + 1)
    rounds.send_round(house, outlets, "w-2")
    assert (door.posts, len(door.taken)) == (2, 1)
    door.receipts = [door.receipt_of(key) for key in door.taken]
    rounds.send_round(house, outlets, "w-2")
    assert item(house, claim).eakte is EakteState.RECEIVED
    assert (door.receipts, len(door.confirmed)) == ([], 1)


@pytest.mark.parametrize("case", [("300", 300), ("5", 10), ("999999999", 21600)])
def test_who_asks_for_time_gets_it_within_bounds(house, door, outlets, claim, clock, case):
    told, seconds = case
    door.statuses = [(503, {"Retry-After": told})]
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    found = row(house, claim.item_id)
    assert (found.state, found.error_code) == (OutgoingState.NEW, "eakte.later")
    assert (found.next_try_at - clock()).total_seconds() == seconds


def test_what_is_refused_for_good_is_a_dead_letter_and_stays_open(house, door, outlets, claim):
    door.statuses = [(422, {})]
    handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    rounds.send_round(house, outlets, "w-1")
    assert row(house, claim.item_id).state is OutgoingState.DEAD
    assert item(house, claim).state is ItemState.WAITING


@pytest.fixture
def hooked(house, receiver, tmp_path, clock):
    (tmp_path / "tasks/atv").mkdir(parents=True)
    ways = {Receiver.FAMILIENKASSE: WebhookOutlet(receiver.url(), SECRET, ("127.0.0.1",))}
    folder = TaskFolder(tmp_path / "tasks", clock)
    return send.Outlets(Eakte(), Post(), tasks=TaskHooks(ways, folder, clock))


@pytest.fixture
def forward(house, claim):
    relabel(house, claim, Concern.FAMILIENKASSE)
    return order_task(house, claim, TaskKind.FAMILIENKASSE)


def test_a_signed_post_that_is_taken_is_the_receipt(house, receiver, hooked, claim, forward):
    rounds.send_round(house, hooked, "w-1")
    found = row(house, claim.item_id)
    assert (found.state, found.receipt["reference"]) == (OutgoingState.RECEIPTED, "HTTP 204")
    ((key, body),) = receiver.taken
    told = json.loads(body)
    assert key == told["key"] == found.idempotency_key
    assert b"Neues Konto" in b64decode(told["original"]["data"])
    told_of = json.loads(SCHEMA.read_text("utf-8"))["properties"]["original"]["oneOf"][1]
    assert set(told["original"]) == set(told_of["properties"])
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.PASSED_ON)


def test_a_post_that_failed_is_tried_again_and_keeps_the_item(
    house, receiver, hooked, claim, forward
):
    receiver.statuses = [503]
    rounds.send_round(house, hooked, "w-1")
    assert row(house, claim.item_id).state is OutgoingState.NEW
    assert receiver.taken == []


def test_receivers_without_a_hook_have_their_folder(house, hooked, claim, tmp_path):
    relabel(house, claim, Concern.ARBEITSUCHEND)
    order_task(house, claim)
    rounds.send_round(house, hooked, "w-1")
    (file,) = (tmp_path / "tasks/atv/auftraege").iterdir()
    assert hooked.tasks.holds(file.stem)
    assert hooked.tasks.discard(file.stem)
    assert not file.exists()
    assert not hooked.tasks.holds(file.stem)


@pytest.mark.parametrize("known", [True, False])
def test_a_folder_beside_hooks_is_read_and_each_receipt_put_away(
    house, hooked, claim, tmp_path, known
):
    relabel(house, claim, Concern.ARBEITSUCHEND)
    order_task(house, claim)
    rounds.send_round(house, hooked, "w-1")
    key = row(house, claim.item_id).idempotency_key
    other = key[:-1] + ("1" if key.endswith("0") else "0")
    told = Receipt(key if known else other, True, "T-1", "", "2026-11-24T08:00:00+00:00")
    papers = tmp_path / "tasks/atv/quittungen"
    papers.mkdir(exist_ok=True)
    (papers / f"{told.key}.json").write_bytes(receipt_json(told))
    rounds.send_round(house, hooked, "w-1")
    state = OutgoingState.RECEIPTED if known else OutgoingState.SENT
    assert row(house, claim.item_id).state is state
    (away,) = (papers / ("erledigt" if known else "unbekannt")).iterdir()
    assert away.name.startswith(told.key)
    assert not list(papers.glob("*.json"))


def test_a_receiver_with_neither_waits(house, claim, forward):
    bare = TaskHooks({})
    with pytest.raises(TryLater) as later:
        bare.deliver(tasks.build(house, row(house, claim.item_id)))
    assert later.value.code == "task.no_way"
    assert (list(bare.receipts()), bare.holds("x"), bare.discard("x")) == ([], False, False)


def test_a_task_without_mail_is_posted_as_its_file_is_written(house, claim):
    relabel(house, claim, Concern.ARBEITSUCHEND)
    order_task(house, claim)
    task = tasks.build(house, row(house, claim.item_id))
    assert json.loads(posted(task))["original"] is None


def test_the_configuration_chooses_the_ways(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTLOTSE_FK", SECRET)
    line = {"url": "https://e.example/drop", "client_cert": "c.pem", "client_key": "k.pem"}
    hook = {
        "receiver": "familienkasse",
        "url": "https://fk.example/h",
        "secret_env": "POSTLOTSE_FK",
    }
    kinds = []
    for outlet in ("folder", "http", "webdav"):
        raw = {"eakte": line | {"outlet": outlet}, "events": {"allowed_hosts": ["fk.example"]}}
        settings = check(raw | {"tasks": {"hooks": [hook]}}, base=tmp_path)
        assert settings.eakte.client_cert == tmp_path / "c.pem"
        kinds.append(type(ways_out.eakte_outlet(settings.eakte)).__name__)
        assert isinstance(ways_out.task_outlet(settings), TaskHooks)
    assert kinds == ["DirectoryOutlet", "HttpOutlet", "WebdavOutlet"]
    assert ways_out.task_outlet(check({}, base=tmp_path)) is None
    only = check({"tasks": {"drop": "t"}}, base=tmp_path)
    assert isinstance(ways_out.task_outlet(only), TaskFolder)


def test_the_doctor_tries_the_line_and_names_the_end_of_our_certificate(door, authority, tmp_path):
    pair = authority.sign("lotse")
    line = {"outlet": "http", "url": door.url, "client_cert": str(pair.cert)}
    line |= {"client_key": str(pair.key), "ca_file": str(authority.cert)}

    def told(eakte):
        found = doctor_ways.outlets(check({"eakte": eakte}, base=tmp_path))
        return {one.name: one.grade for one in found}

    whole = told(line)
    assert (whole["outlets:eakte"], whole["outlets:eakte:certificate"]) == ("good", "warn")
    alone = told(line | {"ca_file": str(pair.cert)})
    assert alone["outlets:eakte"] == "bad"
