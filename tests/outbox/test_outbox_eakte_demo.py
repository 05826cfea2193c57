import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outbox.eakte import DirectoryOutlet
from outbox.eakte_demo import answer_once
from rules.errors import TryLater
from rules.handover import Receipt
from tests.outbox.sample_package import make_package


def later() -> datetime:
    return datetime.now(tz=UTC) + timedelta(seconds=10)


def answer(drop: Path) -> Receipt:
    assert answer_once(drop, now=later(), after_seconds=5) == 1
    (receipt,) = DirectoryOutlet(drop).receipts()
    return receipt


@pytest.mark.parametrize("number", ["123A456789", None])
def test_a_whole_package_is_accepted(drop: Path, number: str | None) -> None:
    DirectoryOutlet(drop).deliver(make_package(kundennummer=number))
    receipt = answer(drop)
    assert (receipt.key, receipt.accepted, receipt.sha256, receipt.reason) == (
        "item-12-v3", True, make_package().sha256, "",
    )  # fmt: skip
    assert receipt.reference.startswith("EA-")


def test_nothing_is_answered_too_early_or_twice(drop: Path) -> None:
    outlet = DirectoryOutlet(drop)
    outlet.deliver(make_package())
    assert answer_once(drop, now=datetime.now(tz=UTC), after_seconds=60) == 0
    assert answer_once(drop, now=later(), after_seconds=5) == 1
    assert answer_once(drop, now=later(), after_seconds=5) == 0
    outlet.confirm(*outlet.receipts())
    assert answer_once(drop, now=later(), after_seconds=5) == 0


def test_a_kundennummer_out_of_form_is_turned_away(drop: Path) -> None:
    DirectoryOutlet(drop).deliver(make_package(kundennummer="12A345"))
    receipt = answer(drop)
    assert (receipt.accepted, receipt.reference) == (False, "")
    assert "Kundennummer" in receipt.reason


@pytest.mark.parametrize(
    "harm", ["byte", "missing file", "extra file", "no metadata", "no sums", "odd metadata"]
)
def test_a_package_that_is_not_whole_is_turned_away(drop: Path, harm: str) -> None:
    DirectoryOutlet(drop).deliver(make_package())
    folder = drop / "pakete" / "item-12-v3"
    (original,) = folder.glob("*.eml")
    metadata = folder / "metadaten.json"
    if harm == "byte":
        original.write_bytes(original.read_bytes().replace(b"Konto", b"Kanto"))
    elif harm == "missing file":
        original.unlink()
    elif harm == "extra file":
        (folder / "fremd.exe").touch()
    elif harm == "no metadata":
        metadata.unlink()
    elif harm == "no sums":
        (folder / "SHA256SUMS").unlink()
    else:
        metadata.write_text(json.dumps(["key"]))
    receipt = answer(drop)
    assert (receipt.key, receipt.accepted) == ("item-12-v3", False)
    assert "Prüfsumme" in receipt.reason


def test_an_empty_drop_has_nothing_to_answer(drop: Path) -> None:
    assert answer_once(drop, now=later(), after_seconds=0) == 0


def test_a_disk_that_says_no_means_later(drop: Path) -> None:
    DirectoryOutlet(drop).deliver(make_package())
    (drop / "quittungen").write_bytes(b"a file where the folder should be")
    with pytest.raises(TryLater) as caught:
        answer_once(drop, now=later(), after_seconds=0)
    assert caught.value.code == "eakte.disk"
