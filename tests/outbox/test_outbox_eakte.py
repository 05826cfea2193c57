import errno
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox import durable
from outbox.durable import write_synced
from outbox.eakte import DirectoryOutlet
from outbox.receipt_folder import folder_name, receipt_json
from rules.errors import Refused, TryLater, Unreadable
from rules.handover import Paper, Receipt
from tests.outbox.sample_package import ORIGINAL, make_package

RECEIPT = Receipt("item-12-v3", True, "EA-1", "a" * 64, "2026-11-24T08:00:00+00:00")


def files_below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def put(drop: Path, name: str, data: bytes, *, age: timedelta = timedelta(hours=1)) -> None:
    """Write a receipt file as the eAkte would, some time ago."""
    path = drop / "quittungen" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    written = (datetime.now(tz=UTC) - age).timestamp()
    os.utime(path, (written, written))


def test_a_package_lies_there_complete_and_its_sums_are_right(drop: Path) -> None:
    DirectoryOutlet(drop).deliver(make_package())
    folder = drop / "pakete" / "item-12-v3"
    names = files_below(folder)
    assert [name.partition("_")[2] or name for name in names] == [
        "original.eml", "SHA256SUMS", "metadaten.json", "xdomea.xml",
    ]  # fmt: skip
    assert (folder / names[0]).read_bytes() == ORIGINAL
    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout.count(b": OK")) == (0, 3)


def test_a_package_is_handed_over_only_when_a_cut_of_the_power_leaves_all_of_it(
    drop: Path, synced: list[Path]
) -> None:
    DirectoryOutlet(drop).deliver(make_package())
    *files, draft, packages = synced[1:]
    assert (synced[0], packages) == (drop, drop / "pakete")
    assert {file.parent for file in files} == {draft}
    assert sorted(file.name for file in files) == files_below(drop / "pakete" / "item-12-v3")


def test_what_is_discarded_is_gone_also_after_a_cut_of_the_power(
    drop: Path, synced: list[Path]
) -> None:
    outlet = DirectoryOutlet(drop)
    outlet.deliver(make_package())
    put(drop, "1.json", receipt_json(RECEIPT))
    (receipt,) = outlet.receipts()
    outlet.confirm(receipt)
    synced.clear()
    assert outlet.discard("item-12-v3")
    assert synced == [drop / "quittungen" / "erledigt", drop / "pakete"]
    assert not outlet.discard("item-12-v3")


def test_the_metadata_name_everything_and_repeat_no_text(drop: Path) -> None:
    DirectoryOutlet(drop).deliver(make_package())
    raw = (drop / "pakete" / "item-12-v3" / "metadaten.json").read_bytes()
    told = json.loads(raw)
    assert told["original"]["sha256"] == make_package().sha256
    assert (drop / "pakete" / "item-12-v3" / told["original"]["name"]).read_bytes() == ORIGINAL
    assert told["agency"] == {"code": "435", "name": "Kassel"}
    assert told["attachments"][0]["name"] == "AU <Müller>.pdf"
    assert told["metadata"] == {"because": ["au: announced"], "verdict": 7}
    assert b"Neues Konto" not in raw


def test_the_same_key_twice_is_one_package_left_as_it_was(drop: Path) -> None:
    outlet = DirectoryOutlet(drop)
    outlet.deliver(make_package())
    before = {path: path.stat().st_mtime_ns for path in drop.rglob("*")}
    outlet.deliver(make_package(concerns=("termin",)))
    assert {path: path.stat().st_mtime_ns for path in drop.rglob("*")} == before


@pytest.mark.parametrize("place", ["quittungen", "quittungen/erledigt"])
def test_a_package_that_was_taken_away_and_answered_is_not_delivered_again(
    drop: Path, place: str
) -> None:
    (drop / place).mkdir(parents=True)
    (drop / place / "item-12-v3.json").write_bytes(receipt_json(RECEIPT))
    DirectoryOutlet(drop).deliver(make_package())
    assert not (drop / "pakete").exists()


def test_what_a_crash_left_half_built_is_built_anew(drop: Path) -> None:
    left = drop / ".neu" / "item-12-v3"
    left.mkdir(parents=True)
    (left / "metadaten.json").write_bytes(b"{")
    DirectoryOutlet(drop).deliver(make_package())
    assert len(files_below(drop / "pakete" / "item-12-v3")) == 4
    assert list((drop / ".neu").iterdir()) == []


@pytest.mark.parametrize("left", ["half a draft", "no folder for drafts"])
def test_a_second_delivery_after_a_rejection_gets_through_whatever_a_crash_left(
    drop: Path, left: str
) -> None:
    outlet = DirectoryOutlet(drop)
    outlet.deliver(make_package())
    rejected = Receipt("item-12-v3", False, "", "a" * 64, RECEIPT.received_at, "Andere Person.")
    put(drop, "item-12-v3.json", receipt_json(rejected))
    outlet.confirm(rejected)
    building = drop / ".neu"
    if left == "half a draft":
        (building / "item-12-v3").mkdir(parents=True)
        (building / "item-12-v3" / "metadaten.json").write_bytes(b"{")
    else:
        building.rmdir()
    package = drop / "pakete" / "item-12-v3"
    before = package.stat().st_ino
    outlet.deliver(make_package(was_rejected=True))
    assert package.stat().st_ino != before
    assert len(files_below(package)) == 4
    assert list(building.iterdir()) == []


def test_after_an_acceptance_that_the_house_did_not_take_it_appears_anew_and_once(
    drop: Path,
) -> None:
    """As where the record was another than the one named; unless a newer answer lies there."""
    outlet, package = DirectoryOutlet(drop), drop / "pakete" / "item-12-v3"
    put(drop, "item-12-v3.json", receipt_json(RECEIPT))
    outlet.confirm(RECEIPT)
    outlet.deliver(make_package())
    assert not package.exists()
    outlet.deliver(make_package(was_rejected=True))
    assert len(files_below(package)) == 4
    for put_away in (outlet.confirm, lambda _: None):
        put(drop, "item-12-v3.json", receipt_json(RECEIPT))
        put_away(RECEIPT)
    before = package.stat().st_ino
    outlet.deliver(make_package(was_rejected=True))
    assert package.stat().st_ino == before
    assert list(outlet.receipts()) == [RECEIPT]


@pytest.mark.parametrize("left", ["package", "draft", "receipt"])
def test_whatever_lies_there_of_a_hand_over_is_held_and_goes_and_nothing_of_another(
    drop: Path, left: str
) -> None:
    outlet, other = DirectoryOutlet(drop), replace(RECEIPT, key="item-12-v30")
    outlet.deliver(make_package(key=other.key))
    put(drop, f"{other.key}.json", receipt_json(other))
    outlet.confirm(other)
    kept = files_below(drop)
    assert not outlet.holds(RECEIPT.key)
    if left == "package":
        outlet.deliver(make_package())
    elif left == "draft":
        (drop / ".neu" / "item-12-v3.0123abcd").mkdir(parents=True)
        (drop / ".neu" / "item-12-v3.0123abcd" / "metadaten.json").write_bytes(b"{")
    else:
        put(drop, "item-12-v3.json", receipt_json(RECEIPT))
        outlet.confirm(RECEIPT)
    assert outlet.holds(RECEIPT.key)
    assert outlet.discard(RECEIPT.key)
    assert files_below(drop) == kept
    assert not outlet.discard(RECEIPT.key)


def test_an_altered_original_is_never_handed_over(drop: Path) -> None:
    with pytest.raises(Refused) as caught:
        DirectoryOutlet(drop).deliver(make_package(original=ORIGINAL + b" "))
    assert caught.value.code == "eakte.checksum"
    assert files_below(drop) == []


def test_without_the_drop_nothing_is_made_in_its_place(tmp_path: Path) -> None:
    outlet = DirectoryOutlet(tmp_path / "not_mounted")
    for call in (
        lambda: outlet.deliver(make_package()),
        lambda: list(outlet.receipts()),
        lambda: outlet.confirm(RECEIPT),
    ):
        with pytest.raises(TryLater) as caught:
            call()
        assert caught.value.code == "eakte.drop_missing"
    assert not (tmp_path / "not_mounted").exists()


def test_a_disk_that_says_no_means_later(drop: Path) -> None:
    (drop / "pakete").write_bytes(b"a file where the folder should be")
    with pytest.raises(TryLater) as caught:
        DirectoryOutlet(drop).deliver(make_package())
    assert caught.value.code == "eakte.disk"


@pytest.mark.parametrize("key", ["item-12-v3", "0123456789abcdef" * 3, "abcde"])
def test_a_plain_key_is_its_own_folder_name(key: str) -> None:
    assert folder_name(key) == key


@given(st.text(max_size=80))
def test_any_key_becomes_a_name_that_is_safe_on_every_disk(key: str) -> None:
    name = folder_name(key)
    assert 5 <= len(name) <= 63
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    assert name == key or name.startswith("key-")


@pytest.mark.parametrize("key", ["../../etc", "CON", "Item:7", "a/b", ""])
def test_a_key_with_odd_signs_stays_inside_the_drop(drop: Path, key: str) -> None:
    outlet = DirectoryOutlet(drop)
    outlet.deliver(make_package(key=key))
    outlet.deliver(make_package(key=key))
    (folder,) = (drop / "pakete").iterdir()
    assert json.loads((folder / "metadaten.json").read_bytes())["key"] == key


def test_receipts_come_back_until_they_are_confirmed(drop: Path) -> None:
    rejected = Receipt("item-13-v1", False, "", "b" * 64, RECEIPT.received_at, "Andere Person.")
    put(drop, "item-12-v3.json", receipt_json(RECEIPT))
    put(drop, "some-other-name.json", receipt_json(rejected))
    put(drop, "item-14.tmp", b"{")
    outlet = DirectoryOutlet(drop)
    assert list(outlet.receipts()) == [RECEIPT, rejected]
    assert list(outlet.receipts()) == [RECEIPT, rejected]
    for _ in range(2):
        outlet.confirm(RECEIPT)
        outlet.confirm(rejected)
    assert list(outlet.receipts()) == []
    assert sorted(p.name for p in (drop / "quittungen" / "erledigt").iterdir()) == [
        "item-12-v3.json",
        "item-13-v1.json",
    ]


def test_a_receipt_that_was_written_over_the_one_in_hand_is_not_put_away_with_it(
    drop: Path,
) -> None:
    rejected = Receipt("item-12-v3", False, "", "a" * 64, RECEIPT.received_at, "Andere Person.")
    put(drop, "item-12-v3.json", receipt_json(rejected))
    outlet = DirectoryOutlet(drop)
    assert list(outlet.receipts()) == [rejected]
    put(drop, "item-12-v3.json", receipt_json(RECEIPT))
    outlet.confirm(rejected)
    assert list(outlet.receipts()) == [RECEIPT]


def test_a_second_receipt_for_a_key_is_kept_beside_the_first(drop: Path) -> None:
    outlet = DirectoryOutlet(drop)
    for _ in range(2):
        put(drop, "item-12-v3.json", receipt_json(RECEIPT))
        outlet.confirm(RECEIPT)
    assert files_below(drop / "quittungen") == [
        "erledigt/item-12-v3.2.json",
        "erledigt/item-12-v3.json",
    ]


def receipt(**changes: object) -> bytes:
    whole: dict[str, Any] = json.loads(receipt_json(RECEIPT))
    return json.dumps({k: v for k, v in (whole | changes).items() if v is not None}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"[" * 40_000,
        receipt(accepted="yes"),
        receipt(accepted=None),
        receipt(key=""),
        receipt(key=7),
        receipt(sha256=None),
        receipt(reason=["x"]),
        receipt(reason="x" * 70_000),
    ],
)
def test_an_unreadable_receipt_is_set_aside_and_stops_no_other(drop: Path, data: bytes) -> None:
    put(drop, "a-bad.json", data)
    put(drop, "item-12-v3.json", receipt_json(RECEIPT))
    seen: list[Receipt] = []
    with pytest.raises(Unreadable) as caught:
        seen.extend(DirectoryOutlet(drop).receipts())
    assert (caught.value.code, caught.value.details["files"]) == ("eakte.receipt", ("a-bad.json",))
    assert seen == [RECEIPT]
    assert (drop / "quittungen" / "unlesbar" / "a-bad.json").read_bytes() == data
    assert list(DirectoryOutlet(drop).receipts()) == [RECEIPT]


def test_a_receipt_still_in_the_writing_is_left_alone(drop: Path) -> None:
    put(drop, "item-12-v3.json", receipt_json(RECEIPT)[:20], age=timedelta(seconds=1))
    assert list(DirectoryOutlet(drop).receipts()) == []
    assert files_below(drop) == ["quittungen/item-12-v3.json"]


@contextmanager
def without_roots_rights() -> Iterator[None]:
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_receipt_that_nobody_may_read_is_named_and_stops_no_other() -> None:
    with TemporaryDirectory() as folder:
        drop = Path(folder)
        drop.chmod(0o755)
        put(drop, "a-closed.json", receipt_json(RECEIPT))
        put(drop, "item-12-v3.json", receipt_json(RECEIPT))
        (drop / "quittungen").chmod(0o755)
        (drop / "quittungen" / "a-closed.json").chmod(0)
        seen: list[Paper] = []
        with without_roots_rights(), pytest.raises(TryLater) as caught:
            seen.extend(DirectoryOutlet(drop).receipts())
    assert seen == [RECEIPT]
    assert caught.value.code == "eakte.disk"
    assert "a-closed.json" in caught.value.message


def test_folders_on_two_disks_are_named_as_what_is_wrong(
    drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where `pakete` is a mount of its own; to mount one takes more rights than tests have."""

    def apart(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "rename", apart)
    with pytest.raises(TryLater) as caught:
        DirectoryOutlet(drop).deliver(make_package())
    assert "must lie on one disk" in caught.value.message


def test_confirming_where_the_disk_says_no_means_later(drop: Path) -> None:
    put(drop, "item-12-v3.json", receipt_json(RECEIPT))
    (drop / "quittungen" / "erledigt").write_bytes(b"a file where the folder should be")
    with pytest.raises(TryLater) as caught:
        DirectoryOutlet(drop).confirm(RECEIPT)
    assert caught.value.code == "eakte.disk"


@pytest.mark.parametrize("is_link", [False, True], ids=["file", "link to nowhere"])
def test_receipts_that_lie_in_no_folder_are_an_error_and_not_none(
    drop: Path, *, is_link: bool
) -> None:
    place = drop / "quittungen"
    place.symlink_to(drop / "away") if is_link else place.write_bytes(b"")
    until = datetime.now(tz=UTC)
    day = (until - timedelta(days=1), until)
    for ask in (
        lambda eakte: list(eakte.receipts()),
        lambda eakte: eakte.received_between(*day),
        lambda eakte: eakte.holds("item-12-v3"),
        lambda eakte: eakte.confirm(RECEIPT),
    ):
        with pytest.raises(TryLater) as caught:
            ask(DirectoryOutlet(drop))
        assert caught.value.code == "eakte.disk"
        assert str(place) in caught.value.message


def test_a_worker_that_stood_still_never_publishes_what_the_next_one_builds(
    drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim ran out before its last step, and the next worker is in the middle of its files."""
    first = iter([True])

    class Killed(BaseException):
        pass

    def cut(path: Path, data: bytes) -> None:
        if path.name == "metadaten.json":
            raise Killed
        write_synced(path, data)

    def paused(path: Path, target: Path) -> Path:
        if next(first, False):
            with monkeypatch.context() as inner:
                inner.setattr(durable, "write_synced", cut)
                with pytest.raises(Killed):
                    DirectoryOutlet(drop).deliver(make_package())
        return rename(path, target)

    rename = Path.rename
    monkeypatch.setattr(Path, "rename", paused)
    DirectoryOutlet(drop).deliver(make_package())
    assert len(files_below(drop / "pakete" / "item-12-v3")) == 4


def test_a_worker_that_stood_still_hands_nothing_over_that_was_taken_and_answered(
    drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(path: Path, data: bytes) -> None:
        write_synced(path, data)
        if path.name == "SHA256SUMS":
            (drop / "quittungen").mkdir()
            (drop / "quittungen/item-12-v3.json").write_bytes(receipt_json(RECEIPT))

    monkeypatch.setattr(durable, "write_synced", slow)
    DirectoryOutlet(drop).deliver(make_package())
    assert files_below(drop) == ["quittungen/item-12-v3.json"]


def test_a_full_disk_keeps_no_half_package_that_takes_the_room_of_the_next_try(
    drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []

    def full(handle: int) -> None:
        synced.append(handle)
        if len(synced) % 3 == 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", full)
    for _ in range(2):
        with pytest.raises(TryLater) as caught:
            DirectoryOutlet(drop).deliver(make_package())
        assert caught.value.code == "eakte.disk"
        assert files_below(drop) == []
    monkeypatch.undo()
    DirectoryOutlet(drop).deliver(make_package())
    assert len(files_below(drop)) == 4


def test_what_was_said_is_found_where_it_was_put_away(drop: Path) -> None:
    outlet, no = DirectoryOutlet(drop), replace(RECEIPT, accepted=False, reference="")
    stranger = replace(RECEIPT, key="item-13-v1")
    for name, receipt, put_away in (
        ("a.json", no, outlet.confirm),
        ("b.json", stranger, outlet.set_aside),
    ):
        put(drop, name, receipt_json(receipt))
        put_away(receipt)
    keys, day = [RECEIPT.key, stranger.key, "item-99-v1"], datetime.now(tz=UTC)
    assert outlet.told(keys, since=day) == (no, stranger)
    outlet.deliver(replace(make_package(), was_rejected=True))
    assert outlet.told(keys, since=day) == (stranger,), "that rejection was heard"
    put(drop, "c.json", receipt_json(RECEIPT))
    outlet.confirm(RECEIPT)
    assert outlet.told(keys, since=day) == (RECEIPT, stranger)


def test_a_receipt_that_another_worker_takes_meanwhile_is_no_fault_of_the_disk(drop: Path) -> None:
    outlet, other = DirectoryOutlet(drop), replace(RECEIPT, key="item-13-v1")
    for receipt in (RECEIPT, other):
        put(drop, f"{receipt.key}.json", receipt_json(receipt))
    listed = outlet.receipts()
    assert next(listed) == RECEIPT
    for receipt in (RECEIPT, other):
        DirectoryOutlet(drop).confirm(receipt)
    assert list(listed) == []
    outlet.confirm(RECEIPT)
    assert files_below(drop / "quittungen") == [
        "erledigt/item-12-v3.json",
        "erledigt/item-13-v1.json",
    ]
