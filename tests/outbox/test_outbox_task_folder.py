"""Tasks as files: complete when they appear, by the schema, and answered by their receiver only."""

import errno
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from outbox import durable
from outbox.receipt_folder import receipt_json
from outbox.task_folder import TaskFolder, task_json
from rules.errors import TryLater, Unreadable
from rules.handover import Receipt
from rules.tasks import Carried, Receiver, Task, TaskKind, key

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
MAIL = b"Subject: Kindergeld\r\n\r\nGuten Tag \xe4\r\n"
SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/task.schema.json").read_text(encoding="utf-8")
)
FORWARD = Task(
    key=key(TaskKind.FAMILIENKASSE, "0a" * 10),
    kind=TaskKind.FAMILIENKASSE,
    receiver=Receiver.FAMILIENKASSE,
    source="§ 16 Abs. 2 SGB I",
    ordered_at="2026-11-24T07:59:00+00:00",
    fields={"agency": "435 Kassel", "received_on": "2026-11-23"},
    original=MAIL,
)
TICKET = replace(
    FORWARD,
    key=key(TaskKind.OS_ALGPLUS, "0b" * 10),
    kind=TaskKind.OS_ALGPLUS,
    receiver=Receiver.OS_ALGPLUS,
    original=None,
)


@pytest.fixture
def drop(tmp_path):
    for receiver in Receiver:
        (tmp_path / receiver.value).mkdir()
    return tmp_path


@pytest.fixture
def outlet(drop):
    return TaskFolder(drop, lambda: NOW)


def answer(drop, task, *, at=None, accepted=True):
    folder = drop / (at or task.receiver).value / "quittungen"
    folder.mkdir(exist_ok=True)
    told = Receipt(task.key, accepted, "T-1", "", "2026-11-24T08:00:00+00:00", "")
    (folder / f"{task.key}.json").write_bytes(receipt_json(told))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_forward_lies_there_with_its_mail(drop, outlet):
    outlet.deliver(FORWARD)
    folder = drop / "familienkasse/auftraege"
    assert names(folder) == [f"{FORWARD.key}.eml", f"{FORWARD.key}.json"]
    told = json.loads((folder / f"{FORWARD.key}.json").read_bytes())
    assert (folder / told["original"]["name"]).read_bytes() == MAIL
    assert told["original"]["sha256"] == sha256(MAIL).hexdigest()
    assert told["fields"] == FORWARD.fields


def test_a_ticket_carries_no_mail(drop, outlet):
    outlet.deliver(TICKET)
    assert names(drop / "os-algplus/auftraege") == [f"{TICKET.key}.json"]
    assert json.loads(task_json(TICKET))["original"] is None


def test_the_file_is_as_the_schema_says():
    told = json.loads(task_json(FORWARD))
    parts = SCHEMA["properties"]
    assert list(told) == SCHEMA["required"] == list(parts)
    assert re.search(parts["key"]["pattern"], told["key"])
    assert parts["task"]["enum"] == [kind.value for kind in TaskKind]
    assert set(parts["receiver"]["enum"]) == {receiver.value for receiver in Receiver}
    assert set(parts["fields"]["properties"]) == {name.value for name in Carried}
    assert list(told["original"]) == parts["original"]["oneOf"][1]["required"]


def test_the_same_key_twice_is_one_file_also_after_the_receipt(drop, outlet):
    outlet.deliver(TICKET)
    file = drop / "os-algplus/auftraege" / f"{TICKET.key}.json"
    file.write_text("taken")
    outlet.deliver(TICKET)
    assert file.read_text() == "taken"
    file.unlink()
    answer(drop, TICKET)
    outlet.deliver(TICKET)
    assert not file.exists()


def test_after_a_rejection_it_is_laid_anew(drop, outlet):
    outlet.deliver(TICKET)
    answer(drop, TICKET, accepted=False)
    (rejection,) = outlet.receipts()
    assert not rejection.accepted
    outlet.confirm(rejection)
    file = drop / "os-algplus/auftraege" / f"{TICKET.key}.json"
    file.unlink()
    outlet.deliver(TICKET)
    assert file.exists()
    heard = drop / "os-algplus/quittungen/erledigt/abgelehnt"
    assert names(heard) == [f"{TICKET.key}.json"]
    answer(drop, TICKET)
    assert [one.accepted for one in outlet.receipts()] == [True]


def test_a_worker_that_stood_still_never_publishes_what_the_next_one_writes(
    drop, outlet, monkeypatch
):
    """Its claim ran out before its last step, and the next worker is in the middle of the mail."""
    first, replace_file, write = iter([True]), Path.replace, durable.write_synced

    class Killed(BaseException):
        pass

    def half(path, data):
        write(path, data[:9])
        raise Killed

    def paused(path, target):
        if next(first, False):
            with monkeypatch.context() as inner:
                inner.setattr(durable, "write_synced", half)
                with pytest.raises(Killed):
                    outlet.deliver(FORWARD)
        return replace_file(path, target)

    monkeypatch.setattr(Path, "replace", paused)
    outlet.deliver(FORWARD)
    folder = drop / "familienkasse/auftraege"
    assert (folder / f"{FORWARD.key}.eml").read_bytes() == MAIL
    assert names(folder) == [f"{FORWARD.key}.eml", f"{FORWARD.key}.json"]


def test_a_receipt_is_read_until_it_is_confirmed(drop, outlet):
    answer(drop, TICKET)
    assert [one.key for one in outlet.receipts()] == [TICKET.key]
    assert [one.key for one in outlet.receipts()] == [TICKET.key]
    (receipt,) = outlet.receipts()
    outlet.confirm(receipt)
    outlet.confirm(replace(receipt, key="eakte-1-2-abc"))
    assert list(outlet.receipts()) == []


@pytest.mark.parametrize("strange", ["eakte-12-40-0123456789ab", FORWARD.key])
def test_a_receiver_answers_for_its_own_tasks_only(drop, outlet, strange):
    answer(drop, replace(TICKET, key=strange))
    answer(drop, TICKET)
    found = []
    with pytest.raises(Unreadable) as bad:
        found.extend(outlet.receipts())
    assert bad.value.code == "task.receipt"
    assert names(drop / "os-algplus/quittungen/unlesbar") == [f"{strange}.json"]
    assert [one.key for one in outlet.receipts()] == [TICKET.key]


def test_a_missing_receiver_is_said_when_something_is_for_it(drop, outlet):
    (drop / "os-algplus").rmdir()
    with pytest.raises(TryLater) as away:
        outlet.deliver(TICKET)
    assert away.value.code == "task.drop_missing"
    outlet.deliver(FORWARD)
    assert list(outlet.receipts()) == []


def test_receipts_are_read_where_the_house_lacks_an_earlier_receiver(drop, outlet):
    (drop / next(iter(Receiver))).rmdir()
    answer(drop, TICKET)
    assert [one.key for one in outlet.receipts()] == [TICKET.key]


def test_a_receiver_whose_folder_is_a_file_is_told_and_stops_no_other(drop, outlet):
    outlet.deliver(TICKET)
    answer(drop, TICKET)
    place = drop / Receiver.FAMILIENKASSE.value
    place.rmdir()
    place.write_bytes(b"")
    seen = []
    with pytest.raises(TryLater) as caught:
        seen.extend(outlet.receipts())
    assert caught.value.code == "task.drop_missing"
    assert str(place) in caught.value.message
    assert [one.key for one in seen] == [TICKET.key]


def test_a_task_is_laid_down_and_taken_back_only_when_the_disk_has_it(drop, outlet, synced):
    outlet.deliver(FORWARD)
    at = drop / "familienkasse"
    parts = [path.name.split(".")[1] for path in synced if path.name.endswith(".neu")]
    assert parts == [FORWARD.key] * 2
    folders = [path for path in synced if not path.name.endswith(".neu")]
    assert folders == [at, at / "auftraege", at / "auftraege"]
    synced.clear()
    assert outlet.discard(FORWARD.key)
    assert synced == [at / "auftraege"] * 2
    assert not outlet.discard(FORWARD.key)


def test_what_is_discarded_takes_its_receipts_along_and_no_other_task(drop, outlet):
    other = replace(FORWARD, key=key(TaskKind.FAMILIENKASSE, "0c" * 10))
    for task in (FORWARD, other):
        outlet.deliver(task)
        answer(drop, task, accepted=False)
        outlet.confirm(next(outlet.receipts()))
    folder = drop / "familienkasse"
    for name in (f"{FORWARD.key}.json", f"{FORWARD.key}.eml"):
        (folder / "auftraege" / name).unlink()
    assert outlet.holds(FORWARD.key), "its receipt lies there"
    assert outlet.discard(FORWARD.key)
    assert not outlet.holds(FORWARD.key)
    assert names(folder / "quittungen/erledigt") == [f"{other.key}.json"]
    assert names(folder / "auftraege") == [f"{other.key}.eml", f"{other.key}.json"]


def test_of_an_order_that_is_no_task_nothing_lies_there(outlet):
    """The eAkte's packages and events have keys of their own."""
    assert (outlet.holds("handover-7"), outlet.discard("handover-7")) == (False, False)


def test_a_full_disk_keeps_no_part_of_a_task(drop, outlet, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    def no_folder(_folder):
        pass

    monkeypatch.setattr(durable.os, "fsync", full)
    monkeypatch.setattr("outbox.task_folder.sync_folder", no_folder)
    for _ in range(2):
        with pytest.raises(TryLater) as caught:
            outlet.deliver(FORWARD)
        assert caught.value.code == "task.disk"
    assert [path for path in drop.rglob("*") if path.is_file()] == []
