"""The eAkte over HTTPS with certificates on both sides."""

import io
import socket
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import pytest

from outbox import package_zip, xdomea
from outbox.eakte_http import HttpOutlet
from outbox.line import Answer, Line, LineAccount, failure
from rules.errors import Refused, TryLater, Unreadable
from rules.handover import Arrival, Receipt
from tests.outbox.sample_package import ORIGINAL, make_package
from tests.servers import eakte_door, xdomea_dms

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
KEY = "item-12-v3"
XDOMEA_KEY = "eakte-12-40-0123456789ab"
"""Of the form that a ProzessID leads back to."""


@pytest.fixture
def door(authority, server_pair):
    with eakte_door.serving(authority, server_pair) as found:
        yield found


@pytest.fixture
def account(door, authority, client_pair):
    return LineAccount(door.url, client_pair.cert, client_pair.key, authority.cert, 5.0)


@pytest.fixture
def outlet(account):
    return HttpOutlet(Line(account), lambda: NOW)


def code_of(call, kind=TryLater):
    with pytest.raises(kind) as caught:
        call()
    return caught.value.code


def test_the_package_arrives_whole_under_its_key_and_our_certificate(door, outlet):
    assert outlet.deliver(make_package()) is None
    data = door.taken[KEY]
    assert package_zip.is_whole(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".eml")]
        assert archive.read(name) == ORIGINAL
    assert door.people == ["lotse"]


def test_an_eakte_that_sends_a_byte_now_and_then_holds_up_no_answer(door, account):
    door.drips = True
    began = monotonic()
    outlet = HttpOutlet(Line(replace(account, timeout_seconds=1.0, whole_seconds=0.4)), lambda: NOW)
    assert code_of(lambda: outlet.deliver(make_package())) == "eakte.away"
    assert monotonic() - began < 3


def test_delivered_twice_it_is_the_same_bytes(door, outlet):
    for _ in range(2):
        outlet.deliver(make_package())
    assert (door.posts, len(door.taken)) == (2, 1)


def test_a_receipt_in_the_answer_comes_back_with_it(door, outlet):
    door.at_once = True
    told = outlet.deliver(make_package())
    assert (told.key, told.accepted, told.sha256) == (KEY, True, make_package().sha256)


def test_an_answer_about_another_key_is_no_receipt(door, outlet, monkeypatch):
    door.at_once = True
    monkeypatch.setattr(door, "receipt_of", lambda key: {"key": "other", "accepted": True,
        "reference": "", "sha256": "", "received_at": ""})  # fmt: skip
    assert outlet.deliver(make_package()) is None


def test_later_receipts_are_asked_for_until_they_are_confirmed(door, outlet):
    outlet.deliver(make_package())
    door.receipts = [door.receipt_of(KEY), door.receipt_of(KEY, key="stranger")]
    first, second = outlet.receipts()
    assert isinstance(first, Receipt)
    outlet.confirm(first)
    outlet.set_aside(second)
    assert list(outlet.receipts()) == []
    assert ([one["key"] for one in door.confirmed], [one["key"] for one in door.unknown]) == (
        [KEY], ["stranger"],
    )  # fmt: skip


def process() -> str:
    made = xdomea.message(make_package(key=XDOMEA_KEY), folder="f", created_at=NOW)
    return xdomea_dms.process_of(made)


def test_xdomea_answers_come_as_elements_of_the_list_and_are_given_back(door, outlet):
    outlet.deliver(make_package(key=XDOMEA_KEY))
    words = [xdomea_dms.arrival(process()), xdomea_dms.imported(process())]
    door.receipts = [word.decode() for word in words]
    arrived, filed = outlet.receipts()
    assert (arrived.key, type(arrived)) == (XDOMEA_KEY, Arrival)
    assert (filed.key, filed.accepted, filed.reference) == (XDOMEA_KEY, True, "EA-2026-0815")
    outlet.confirm(arrived)
    outlet.confirm(filed)
    assert sorted(door.confirmed[0]) == ["arrived_at", "key"]
    assert [one["key"] for one in door.confirmed] == [XDOMEA_KEY] * 2
    assert [one.key for one in outlet.received_between(NOW, NOW)] == [XDOMEA_KEY]


@pytest.mark.parametrize("as_answer_to", ["a question", "the package"])
def test_one_xdomea_answer_may_be_the_whole_body(outlet, monkeypatch, as_answer_to):
    body = b"\xef\xbb\xbf" + xdomea_dms.imported(process())
    monkeypatch.setattr(Line, "ask_begin", lambda *_, **__: Answer(200, {}, body))
    if as_answer_to == "the package":
        assert outlet.deliver(make_package(key=XDOMEA_KEY)).reference == "EA-2026-0815"
    else:
        (found,) = outlet.receipts()
        assert found.reference == "EA-2026-0815"


def test_hostile_xml_in_the_list_stops_no_other(door, outlet):
    outlet.deliver(make_package())
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    door.receipts = [bomb, door.receipt_of(KEY)]
    found = []
    with pytest.raises(Unreadable) as caught:
        found.extend(outlet.receipts())
    assert caught.value.code == "eakte.receipt"
    assert [one.key for one in found] == [KEY]


def test_the_day_is_asked_for_with_its_bounds(door, outlet):
    outlet.deliver(make_package())
    door.receipts = [door.receipt_of(KEY)]
    assert [one.key for one in outlet.received_between(NOW, NOW)] == [KEY]
    assert door.paths[-1].startswith("/eakte/quittungen?von=2026-11-24T08%3A00%3A00%2B00%3A00")


def test_what_was_posted_lies_with_the_eakte(outlet):
    assert (outlet.holds(KEY), outlet.discard(KEY)) == (False, False)
    outlet.probe()


@pytest.mark.parametrize(("bad", "code"), [([7], "eakte.receipt"), ([{"key": 1}], "eakte.receipt")])
def test_an_unreadable_receipt_stops_no_other(door, outlet, bad, code):
    outlet.deliver(make_package())
    door.receipts = [*bad, door.receipt_of(KEY)]
    found = []
    assert code_of(lambda: found.extend(outlet.receipts()), Unreadable) == code
    assert [one.key for one in found] == [KEY]


@pytest.mark.parametrize("body", [b"<html>", b'{"key": 1}', b"[" * 100_000])
def test_a_list_that_is_none_is_told(outlet, monkeypatch, body):
    monkeypatch.setattr(Line, "ask_begin", lambda *_, **__: Answer(200, {}, body))
    assert code_of(lambda: list(outlet.receipts()), Unreadable) == "eakte.answer"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, TryLater, "eakte.redirect"),
        (307, TryLater, "eakte.redirect"),
        (401, TryLater, "eakte.door"),
        (404, TryLater, "eakte.door"),
        (409, Refused, "eakte.refused"),
        (413, Refused, "eakte.refused"),
        (422, Refused, "eakte.refused"),
        (429, TryLater, "eakte.later"),
        (500, TryLater, "eakte.later"),
        (503, TryLater, "eakte.later"),
    ],
)
def test_what_is_no_success_is_told_apart_and_nobody_is_followed(door, outlet, status, kind, code):
    door.statuses = [(status, {"Location": f"{door.url}/elsewhere"})]
    assert code_of(lambda: outlet.deliver(make_package()), kind) == code
    assert (door.paths, door.taken) == (["/eakte/pakete"], {})


def test_an_eakte_that_tells_no_receipts_now_has_not_told_that_there_are_none(door, outlet):
    later = (503, {"Retry-After": "60"})
    asks = (
        lambda: list(outlet.receipts()),
        lambda: outlet.received_between(NOW, NOW + timedelta(days=1)),
        outlet.probe,
    )
    for ask in asks:
        door.statuses = [later]
        with pytest.raises(TryLater) as caught:
            ask()
        assert (caught.value.code, caught.value.details["after_seconds"]) == ("eakte.later", 60.0)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(NOW.replace(minute=5), usegmt=True), 300.0),
        ("Tue, 24 Nov 2026 08:01:00 -0000", 60.0),
        (format_datetime(NOW.replace(hour=7), usegmt=True), 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("9" * 30, 0.0),
    ],
)
def test_a_time_to_come_back_is_read_in_both_forms(told, seconds):
    found = failure(Answer(503, {"retry-after": told}), now=NOW)
    assert found.details["after_seconds"] == seconds


def test_without_a_certificate_of_its_authority_the_eakte_lets_nobody_in(
    door, account, other_authority
):
    stranger = other_authority.sign("stranger")
    own = replace(account, client_cert=stranger.cert, client_key=stranger.key)
    assert code_of(lambda: HttpOutlet(Line(own)).deliver(make_package())) in {
        "eakte.tls", "eakte.away",
    }  # fmt: skip
    assert door.taken == {}


def test_a_server_of_another_authority_is_told_nothing(door, account, other_authority):
    own = replace(account, ca_file=other_authority.cert)
    with pytest.raises(TryLater) as caught:
        HttpOutlet(Line(own)).deliver(make_package())
    assert caught.value.code == "eakte.tls"
    assert "certificate" in caught.value.message  # what OpenSSL says of it
    assert door.paths == []


def test_a_certificate_file_that_is_missing_means_later(account, tmp_path):
    own = replace(account, client_cert=tmp_path / "none.pem")
    assert code_of(lambda: HttpOutlet(Line(own)).probe()) == "eakte.away"


def test_nobody_there_means_later(account):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        own = replace(account, url=f"https://localhost:{nobody.getsockname()[1]}")
        assert code_of(lambda: HttpOutlet(Line(own)).probe()) == "eakte.away"


def test_an_answer_over_the_limit_is_not_read(account, outlet, door):
    outlet.deliver(make_package())
    door.receipts = [door.receipt_of(KEY, reason="x" * 100)]
    ask = Line(account).ask
    assert code_of(lambda: ask("GET", "quittungen", limit_bytes=50), Unreadable) == "eakte.answer"


@pytest.mark.parametrize(
    "url",
    ["http://eakte.example/", "https://user:word@eakte.example/", "https:///pakete", "",
     "https://eakte.example:99999/", "https://eakte.example/?a=b"],
)  # fmt: skip
def test_an_address_that_protects_nothing_is_refused(account, url):
    assert code_of(lambda: Line(replace(account, url=url)), Refused) == "eakte.url"


def test_an_altered_original_is_never_posted(door, outlet):
    bad = make_package(original=ORIGINAL + b" ")
    assert code_of(lambda: outlet.deliver(bad), Refused) == "eakte.checksum"
    assert door.posts == 0


@pytest.mark.parametrize("harm", ["cut", "byte", "extra", "bare", "none"])
def test_a_zip_that_is_not_whole_is_known(harm):
    files = {"a": b"one", "SHA256SUMS": b"0" * 64 + b"  a\n"}
    data = package_zip.packed(files)
    good = {"a": b"one", "SHA256SUMS": (
        b"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a\n"
    )}  # fmt: skip
    assert package_zip.is_whole(package_zip.packed(good))
    whole = package_zip.packed(good)
    bad = {
        "cut": whole[:-10],
        "byte": data,
        "extra": package_zip.packed(good | {"b": b""}),
        "bare": package_zip.packed({"a": b"one"}),
        "none": b"",
    }[harm]
    assert not package_zip.is_whole(bad)


def many(number: int, **changes: object) -> list[object]:
    told = {"accepted": True, "reference": "EA-7", "sha256": "0" * 64, "reason": "x" * 700}
    told |= {"received_at": "2026-11-23T09:00:00+00:00"} | changes
    return [told | {"key": f"item-{one}-v3"} for one in range(number)]


def test_a_list_that_is_too_long_is_read_from_its_beginning_to_its_end(door, outlet):
    door.receipts = many(6_000)
    first = [one.key for one in outlet.receipts()]
    assert 4_000 < len(first) < 6_000
    assert first == [f"item-{one}-v3" for one in range(len(first))]
    door.receipts = door.receipts[len(first) :]
    assert len(list(outlet.receipts())) == 6_000 - len(first)


def test_a_list_that_begins_with_no_receipt_says_so(door, outlet):
    door.receipts = ["x" * 4_100_000]
    assert code_of(lambda: list(outlet.receipts()), Unreadable) == "eakte.answer"


def test_pages_are_followed_below_the_base_and_nowhere_else(door, outlet):
    door.listed = {"?seite=2": many(3)[1:], "/quittungen": many(1)}
    door.links = {"/quittungen": '<?seite=1>; rel="prev", <quittungen?seite=2>; rel="next"'}
    assert [one.key for one in outlet.receipts()] == [f"item-{one}-v3" for one in range(3)]
    for elsewhere in (
        "https://other.example/eakte/x",
        "/other",
        "../eakte2/x",
        "http://localhost/",
        f"{door.url}/../other",
    ):
        door.links = {"/quittungen": f'<{elsewhere}>; rel="next"'}
        assert code_of(lambda: list(outlet.receipts()), Unreadable) == "eakte.answer"
    assert {path.partition("?")[0] for path in door.paths} == {"/eakte/quittungen"}


def test_pages_that_lead_to_each_other_end(door, outlet):
    door.receipts, door.links = many(4_000), {"": '<quittungen?x>; rel="next"'}
    assert len(list(outlet.receipts())) <= 8_000


def test_a_day_is_whole_in_pages_and_in_halves(door, outlet):
    day = (datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))
    noon = "2026-11-23T12%3A00%3A00%2B00%3A00"
    door.listed = {
        f"von={noon}&bis=2026-11-24T00%3A00%3A00%2B00%3A00": many(3),
        f"bis={noon}": many(1),
        "seite=2": many(5)[3:],
        "bis=2026-11-24T00%3A00%3A00%2B00%3A00": many(6_000),
    }
    door.links = {f"bis={noon}": '<quittungen?seite=2>; rel="next"'}
    found = outlet.received_between(*day)
    assert [one.key for one in found] == [f"item-{one}-v3" for one in range(5)]


def test_an_eakte_that_tells_all_whatever_is_asked_for_is_no_match(door, outlet):
    door.receipts = many(6_000)
    told = lambda: outlet.received_between(NOW, NOW + timedelta(days=1))  # noqa: E731
    assert code_of(told, Unreadable) == "eakte.answer"
    assert len(door.paths) <= 64


def test_what_was_said_is_asked_for_by_time_and_an_acceptance_counts(door, outlet):
    since = "von=2026-11-22T08%3A00%3A00%2B00%3A00&bis=2026-11-24T08%3A00%3A00%2B00%3A00"
    door.listed = {since: [*many(1, accepted=False), *many(2)]}
    told = outlet.told(["item-0-v3", "item-99-v1"], since=NOW - timedelta(days=2))
    assert [(one.key, one.accepted) for one in told] == [("item-0-v3", True)]
