"""Lists laid into a folder are taken in once; what is wrong with one is told beside it."""

import os
from pathlib import Path

import pytest

from rules.access import Caller
from rules.codes import Role
from rules.errors import TryLater
from store.rights import lists as rights_lists
from tests.house_fixture import open_house
from triage.house import House
from triage.rights import drop as rights_drop
from triage.rights import reporting as rights_reporting

ADMIN = Caller("admin-1", Role.ADMIN, agencies=None)
LIST = "ez-435@x.example"
WITH_MEMBERS = f"verteiler;agentur;mitglied;art\n{LIST};435;here@x.example;person\n"
GOOD = "verteiler;agentur\nez-435@x.example;435\n"


@pytest.fixture
def quiet_house(sqlite_url, clock) -> House:
    return open_house(sqlite_url, clock=clock)


def drop(house: House, folder: Path, name: str, text: str, *, age_seconds: int = 60) -> None:
    file = folder / name
    file.write_text(text, encoding="cp1252")
    at = house.clock().timestamp() - age_seconds
    os.utime(file, (at, at))


def test_files_are_taken_or_refused_once(quiet_house: House, tmp_path: Path) -> None:
    drop(quiet_house, tmp_path, "Südwest_2026-12.csv", GOOD)
    drop(quiet_house, tmp_path, "Nord.csv", "verteiler;agentur\nfalsch;123\n")
    drop(quiet_house, tmp_path, "Atlantis.csv", GOOD)
    drop(quiet_house, tmp_path, "West.csv", GOOD, age_seconds=1)
    assert rights_drop.take_in(quiet_house, tmp_path) == 3
    assert rights_drop.take_in(quiet_house, tmp_path) == 0
    assert [file.name for file in tmp_path.glob("*.csv")] == ["West.csv"]
    taken = [file.name for file in (tmp_path / "eingelesen").iterdir()]
    assert [name.partition("-")[2] for name in taken] == ["Südwest_2026-12.csv"]
    told = {file.name.partition("-")[2]: file for file in (tmp_path / "fehler").glob("*.txt")}
    assert "Zeile 2" in told["Nord.txt"].read_text(encoding="utf-8")
    assert "Südwest" in told["Atlantis.txt"].read_text(encoding="utf-8")
    found = rights_reporting.reported(quiet_house, ADMIN, "Südwest")
    assert found is not None
    assert found.source == "Südwest_2026-12.csv"


def test_a_missing_folder_is_told_and_holds_up_nothing(quiet_house: House, tmp_path: Path) -> None:
    with pytest.raises(TryLater) as caught:
        rights_drop.take_in(quiet_house, tmp_path / "weg")
    assert caught.value.code == "rights.drop_missing"
    assert rights_drop.quietly(quiet_house, tmp_path / "weg") == 0
    assert rights_drop.quietly(quiet_house, None) == 0


def test_what_cannot_be_put_away_is_not_taken_in_again_and_again(
    quiet_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(quiet_house, tmp_path, "Südwest_2026-12.csv", GOOD)
    monkeypatch.setattr(os, "access", lambda *_: False)  # mounted read-only
    with pytest.raises(TryLater) as caught:
        rights_drop.take_in(quiet_house, tmp_path)
    assert caught.value.code == "rights.drop_missing"
    assert rights_reporting.reported(quiet_house, ADMIN, "Südwest") is None
    monkeypatch.undo()
    assert rights_drop.take_in(quiet_house, tmp_path) == 1


def test_a_file_taken_in_and_not_put_away_makes_nobody_forgotten(
    quiet_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two, it lies there for the next worker, who takes it in once more."""
    left = "left@dienst.example"
    drop(quiet_house, tmp_path, "Südwest_1.csv", f"{WITH_MEMBERS}{LIST};435;{left};person\n")
    rights_drop.take_in(quiet_house, tmp_path)
    drop(quiet_house, tmp_path, "Südwest_2.csv", WITH_MEMBERS)
    with monkeypatch.context() as killed:
        killed.setattr(rights_drop, "_put_away", lambda *_: (_ for _ in ()).throw(SystemExit()))
        with pytest.raises(SystemExit):
            rights_drop.take_in(quiet_house, tmp_path)
    assert left in former(quiet_house)
    assert rights_drop.take_in(quiet_house, tmp_path) == 1
    assert left in former(quiet_house)


def former(house: House) -> frozenset[str]:
    with house.db.read() as tx:
        _, book = rights_lists.book(tx, "Südwest")
    return book.former[LIST]
