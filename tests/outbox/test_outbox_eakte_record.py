"""Before a hand-over the eAkte is asked for the record: by GET, by PROPFIND, or in a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from outbox.eakte_record import FolderRecords, LineRecords, cut_url, require_folder
from outbox.line import Line, LineAccount
from rules.errors import HouseError, Refused, TryLater
from tests.servers import eakte_door, webdav
from tests.servers.authority import Authority, Pair

NUMBER = "123A456789"


def code_of(call: Callable[[], object], kind: type[HouseError]) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value.code)


@pytest.fixture(scope="module")
def door(authority: Authority, server_pair: Pair):
    with eakte_door.serving(authority, server_pair) as found:
        yield found


@pytest.fixture
def records(door, authority: Authority, client_pair: Pair) -> LineRecords:
    base, path = cut_url(f"{door.url}/akten/{{kundennummer}}")
    door.records = {}
    account = LineAccount(base, client_pair.cert, client_pair.key, authority.cert, 5.0)
    return LineRecords(Line(account), path, is_folder=False)


def test_a_record_of_that_person_passes_and_one_that_is_not_there_does_not(door, records) -> None:
    assert code_of(lambda: records.require(NUMBER), Refused) == "eakte.record_missing"
    door.records = {NUMBER: '{"kundennummer": "123a 456789", "aktenzeichen": "EA-7"}'}
    records.require(NUMBER)
    assert door.paths[-1] == f"/eakte/akten/{NUMBER}"
    assert (door.people[-1], door.posts) == ("lotse", 0)
    records.probe()


def test_a_record_of_another_person_is_refused(door, records) -> None:
    door.records = {NUMBER: '{"kundennummer": "999A999999"}'}
    assert code_of(lambda: records.require(NUMBER), Refused) == "eakte.record_other"


@pytest.mark.parametrize("told", ["", "<html>", "[]", "{}", '{"kundennummer": 7}', "[" * 9999])
def test_an_answer_that_says_nothing_is_asked_for_again(door, records, told: str) -> None:
    door.records = {NUMBER: told}
    assert code_of(lambda: records.require(NUMBER), TryLater) == "eakte.record_unreadable"


@pytest.mark.parametrize(
    ("status", "code"), [(503, "eakte.later"), (403, "eakte.door"), (302, "eakte.redirect")]
)
def test_an_eakte_that_cannot_tell_now_is_asked_again(door, records, status, code) -> None:
    door.records = {NUMBER: "{}"}
    door.statuses = [(status, {})]
    assert code_of(lambda: records.require(NUMBER), TryLater) == code


def test_a_number_with_odd_signs_stays_one_part_of_the_address(door, records) -> None:
    assert code_of(lambda: records.require("../x?y"), Refused) == "eakte.record_missing"
    assert door.paths[-1] == "/eakte/akten/..%2Fx%3Fy"


def test_over_webdav_the_folder_of_the_record_is_looked_for(
    tmp_path: Path, authority: Authority, server_pair: Pair, client_pair: Pair
) -> None:
    (tmp_path / "akten" / NUMBER).mkdir(parents=True)
    with webdav.serving(tmp_path, authority, server_pair) as url:
        base, path = cut_url(f"{url}/akten/{{kundennummer}}/")
        account = LineAccount(base, client_pair.cert, client_pair.key, authority.cert, 5.0)
        records = LineRecords(Line(account), path, is_folder=True)
        records.require(NUMBER)
        assert code_of(lambda: records.require("999A999999"), Refused) == "eakte.record_missing"
        records.probe()
    assert code_of(lambda: records.require(NUMBER), TryLater) == "eakte.away"
    assert sorted(one.name for one in tmp_path.rglob("*")) == [NUMBER, "akten"], "nothing is made"


def test_in_a_folder_the_record_is_a_folder_and_a_missing_mount_is_no_missing_record(
    tmp_path: Path,
) -> None:
    records = FolderRecords(tmp_path / "akten" / "K-{kundennummer}" / "post")
    assert code_of(lambda: records.require(NUMBER), TryLater) == "eakte.drop_missing"
    assert code_of(records.probe, TryLater) == "eakte.drop_missing"
    (tmp_path / "akten" / f"K-{NUMBER}" / "post").mkdir(parents=True)
    records.require(NUMBER)
    records.probe()
    for other in ("999A999999", "..", "x/../K-" + NUMBER, ""):
        assert code_of(lambda n=other: records.require(n), Refused) == "eakte.record_missing"
    bare = FolderRecords(tmp_path / "akten" / "{kundennummer}")
    for other in ("..", ".", f"K-{NUMBER}/post", ""):
        assert code_of(lambda n=other: bare.require(n), Refused) == "eakte.record_missing"


def test_an_address_has_the_number_once_and_no_login() -> None:
    assert cut_url("https://a.example:8443/akte?nr={kundennummer}") == (
        "https://a.example:8443",
        "akte?nr={kundennummer}",
    )
    for url in (
        "https://a.example/akten", "https://{kundennummer}.example/x",
        "https://a.example/{kundennummer}/{kundennummer}", "http://a.example/{kundennummer}",
        "https://me:pw@a.example/{kundennummer}", "https://a.example/{kundennummer}#x",
    ):  # fmt: skip
        assert code_of(lambda one=url: cut_url(one), Refused) in {"eakte.record_url", "eakte.url"}
    require_folder(Path("/akten/{kundennummer}"))
    for folder in ("/akten", "{kundennummer}/x", "/{kundennummer}/{kundennummer}"):
        code = code_of(lambda one=folder: require_folder(Path(one)), Refused)
        assert code == "eakte.record_folder"
