"""The eAkte's folder on a real WebDAV server, cut off behind each write."""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outbox import dav, package_zip
from outbox.eakte_webdav import WebdavOutlet
from outbox.line import ANSWER_BYTES, Answer, Line, LineAccount
from outbox.receipt_folder import receipt_json
from rules.errors import Refused, TryLater, Unreadable
from rules.handover import Arrival, Receipt
from tests.outbox.sample_package import ORIGINAL, make_package
from tests.servers import webdav, xdomea_dms

KEY = "eakte-12-40-0123456789ab"
PROCESS = "01234567-89ab-8000-8000-018000000028"
PACKAGE = make_package(key=KEY)
RECEIPT = Receipt(KEY, True, "EA-1", PACKAGE.sha256, "2026-11-24T08:00:00+00:00", "", "123A456789")
REJECTED = replace(RECEIPT, accepted=False, reason="Andere Person.")


@pytest.fixture(scope="module")
def server(tmp_path_factory, authority, server_pair):
    """One server for all tests of this file; each test has a folder of its own below it."""
    root = tmp_path_factory.mktemp("dav")
    with webdav.serving(root, authority, server_pair) as url:
        yield root, url


@pytest.fixture
def there(server, tmp_path):
    folder = server[0] / tmp_path.name
    folder.mkdir()
    return folder


@pytest.fixture
def account(server, there, authority, client_pair):
    url = f"{server[1]}/{there.name}"
    return LineAccount(url, client_pair.cert, client_pair.key, authority.cert, 5.0)


@pytest.fixture
def outlet(account):
    return WebdavOutlet(Line(account))


WRITES = {"PUT", "MKCOL", "MOVE", "DELETE"}


class Cut:
    """A line that is cut behind its n-th write: done there, and the answer is lost."""

    def __init__(self, line, at=0):
        self.line, self.left = line, at
        self.address = line.address

    def ask(self, method, *args, **kwargs):
        answer = self.line.ask(method, *args, **kwargs)
        self.left -= method in WRITES
        if self.left == 0 and method in WRITES:
            raise TryLater("eakte.away", "cut")
        return answer


def put(there, name, data, *, age=timedelta(hours=1)):
    (there / "quittungen").mkdir(exist_ok=True)
    path = there / "quittungen" / name
    path.write_bytes(data)
    stamp = (datetime.now(tz=UTC) - age).timestamp()
    os.utime(path, (stamp, stamp))


def files(there):
    return sorted(p.relative_to(there).as_posix() for p in there.rglob("*") if p.is_file())


def code_of(call, kind=TryLater):
    with pytest.raises(kind) as caught:
        call()
    return caught.value.code


def test_the_package_lies_there_whole_and_no_draft_beside_it(there, outlet):
    outlet.deliver(PACKAGE)
    assert files(there) == [f"pakete/{KEY}.zip"]
    assert package_zip.is_whole((there / f"pakete/{KEY}.zip").read_bytes())


def test_cut_at_any_write_the_next_try_ends_with_one_whole_package(there, account):
    """Each life loses the answer of one write later; the last one passes. A cut before a write
    leaves what a cut behind the one before it left."""
    for cut_at in range(1, 40):
        line = Cut(Line(account), cut_at)
        try:
            WebdavOutlet(line).deliver(PACKAGE)
        except TryLater:
            published = [name for name in files(there) if name.startswith("pakete/")]
            assert published in ([], [f"pakete/{KEY}.zip"])
            assert all(package_zip.is_whole((there / name).read_bytes()) for name in published)
            WebdavOutlet(Line(account)).deliver(PACKAGE)
        assert files(there) == [f"pakete/{KEY}.zip"]
        if line.left > 0:
            break
        for folder in ("neu", "pakete"):
            shutil.rmtree(there / folder)
    assert cut_at > 6, "it was cut on its way"


def test_two_workers_at_once_make_one_package(there, account):
    second = WebdavOutlet(Line(account))

    class Overtaken(Cut):
        def ask(self, method, *args, **kwargs):
            if method == "MOVE":
                second.deliver(PACKAGE)
            return self.line.ask(method, *args, **kwargs)

    WebdavOutlet(Overtaken(Line(account))).deliver(PACKAGE)
    assert files(there) == [f"pakete/{KEY}.zip"]


def test_a_slow_worker_hands_nothing_over_that_another_did_and_that_was_answered(there, account):
    at = datetime.now(tz=UTC)

    class Slow(Cut):
        def ask(self, method, *args, **kwargs):
            nonlocal at
            if method == "PUT":
                at += timedelta(minutes=7)
                put(there, f"{KEY}.json", receipt_json(RECEIPT))
            return self.line.ask(method, *args, **kwargs)

    WebdavOutlet(Slow(Line(account)), lambda: at).deliver(PACKAGE)
    assert files(there) == [f"quittungen/{KEY}.json"]


def test_what_the_eakte_fetched_at_once_was_delivered(there, account):
    class Fetched(Cut):
        def ask(self, method, *args, **kwargs):
            answer = self.line.ask(method, *args, **kwargs)
            if method == "MOVE" and answer.is_good:
                (there / f"pakete/{KEY}.zip").unlink()
            return answer

    WebdavOutlet(Fetched(Line(account))).deliver(PACKAGE)
    assert files(there) == [], "nothing was laid again, nothing left over"


def test_a_server_that_keeps_other_bytes_publishes_nothing(there, account):
    class Damages(Cut):
        def ask(self, method, path, **kwargs):
            answer = self.line.ask(method, path, **kwargs)
            return replace(answer, body=answer.body[:-1]) if method == "GET" else answer

    outlet = WebdavOutlet(Damages(Line(account)))
    assert code_of(lambda: outlet.deliver(PACKAGE)) == "eakte.not_whole"
    assert not (there / "pakete").exists()


@pytest.mark.parametrize("lies", ["half", "nothing"])
def test_a_move_that_left_no_whole_package_has_delivered_nothing(there, account, lies):
    class Breaks(Cut):
        def ask(self, method, path, **kwargs):
            if method == "MOVE" and lies == "nothing":
                return Answer(412, {}, b"")
            answer = self.line.ask(method, path, **kwargs)
            if method == "MOVE" and answer.is_good:
                (there / f"pakete/{KEY}.zip").write_bytes(b"PK half")
            return answer

    assert code_of(lambda: WebdavOutlet(Breaks(Line(account))).deliver(PACKAGE)) == (
        "eakte.not_whole"
    )
    WebdavOutlet(Line(account)).deliver(PACKAGE)
    assert package_zip.is_whole((there / f"pakete/{KEY}.zip").read_bytes())


def test_a_server_without_room_is_left_no_draft_by_a_try_that_failed(there, account):
    class Full(Cut):
        def ask(self, method, path, **kwargs):
            if method == "MOVE":
                return Answer(507, {}, b"")
            return self.line.ask(method, path, **kwargs)

    for _ in range(2):
        with pytest.raises(TryLater):
            WebdavOutlet(Full(Line(account))).deliver(PACKAGE)
        assert files(there) == []


def test_half_a_package_that_a_cut_move_left_is_written_anew(there, outlet):
    (there / "pakete").mkdir()
    (there / f"pakete/{KEY}.zip").write_bytes(b"PK half")
    outlet.deliver(PACKAGE)
    assert package_zip.is_whole((there / f"pakete/{KEY}.zip").read_bytes())


@pytest.mark.parametrize("place", ["quittungen", "quittungen/erledigt"])
def test_what_was_taken_away_and_answered_is_not_delivered_again(there, outlet, place):
    (there / place).mkdir(parents=True)
    (there / place / f"{KEY}.json").write_bytes(receipt_json(RECEIPT))
    outlet.deliver(PACKAGE)
    assert not (there / "pakete").exists()


def test_after_a_rejection_it_appears_anew(there, outlet):
    outlet.deliver(PACKAGE)
    put(there, f"{KEY}.json", receipt_json(REJECTED))
    outlet.confirm(*outlet.receipts())
    before = (there / f"pakete/{KEY}.zip").stat().st_mtime_ns
    outlet.deliver(PACKAGE)
    assert (there / f"pakete/{KEY}.zip").stat().st_mtime_ns != before
    assert (there / f"quittungen/erledigt/abgelehnt/{KEY}.json").exists()


def test_a_rejection_that_the_house_has_not_read_yet_is_left_for_it(there, outlet):
    outlet.deliver(PACKAGE)
    put(there, f"{KEY}.json", receipt_json(REJECTED))
    before = files(there)
    outlet.deliver(PACKAGE)
    assert files(there) == before
    assert list(outlet.receipts()) == [REJECTED]


def test_after_an_acceptance_that_the_house_did_not_take_it_appears_anew(there, outlet):
    """As where the record was another than the one named."""
    outlet.deliver(PACKAGE)
    put(there, f"{KEY}.json", receipt_json(RECEIPT))
    outlet.confirm(*outlet.receipts())
    (there / f"pakete/{KEY}.zip").unlink()
    outlet.deliver(PACKAGE)
    assert not (there / f"pakete/{KEY}.zip").exists()
    outlet.deliver(replace(PACKAGE, was_rejected=True))
    assert (there / f"pakete/{KEY}.zip").exists()


def test_receipts_of_both_forms_come_back_until_they_are_confirmed(there, outlet):
    put(there, "a b ü.json", receipt_json(RECEIPT))
    put(there, "b.xml", xdomea_dms.arrival(PROCESS))
    put(there, "c.tmp", b"{")
    (there / "quittungen/d.json").mkdir()
    first, second = outlet.receipts()
    assert (first, second.key, type(second)) == (RECEIPT, KEY, Arrival)
    outlet.confirm(first)
    outlet.confirm(first)
    assert list(outlet.receipts()) == [second]
    outlet.set_aside(second)
    assert files(there) == [
        "quittungen/c.tmp",
        f"quittungen/erledigt/{KEY}.json",
        f"quittungen/unbekannt/{KEY}.eingang.xml",
    ]


def test_a_second_receipt_is_kept_beside_the_first(there, outlet):
    for _ in range(3):
        put(there, "x.json", receipt_json(RECEIPT))
        outlet.confirm(RECEIPT)
    assert files(there) == [f"quittungen/erledigt/{KEY}{part}.json" for part in (".2", ".3", "")]


@pytest.mark.parametrize("data", [b"{", b"<!DOCTYPE a><a/>", b"x" * 70_000])
def test_an_unreadable_receipt_is_set_aside_and_stops_no_other(there, outlet, data):
    put(there, "a.json", data)
    put(there, "b.json", data, age=timedelta())
    put(there, "c.json", receipt_json(RECEIPT))
    found = []
    assert code_of(lambda: found.extend(outlet.receipts()), Unreadable) == "eakte.receipt"
    assert found == [RECEIPT]
    assert (there / "quittungen/unlesbar/a.json").read_bytes() == data
    assert list(outlet.receipts()) == [RECEIPT]


def test_the_day_is_read_where_the_eakte_wrote_it(there, outlet):
    put(there, "0.json", b"{")
    put(there, "1.xml", xdomea_dms.arrival(PROCESS))
    put(there, "a.json", receipt_json(RECEIPT))
    outlet.confirm(RECEIPT)
    put(there, "b.json", receipt_json(replace(RECEIPT, key="stranger-1")))
    put(
        there,
        "c.json",
        receipt_json(replace(RECEIPT, key="other-day", received_at="2026-11-01T00:00:00Z")),
    )
    day = datetime(2026, 11, 24, tzinfo=UTC)
    for file in (one for one in (there / "quittungen").rglob("*") if one.is_file()):
        os.utime(file, (day.timestamp() + 3600,) * 2)
    keys = [one.key for one in outlet.received_between(day, day + timedelta(days=1))]
    assert keys == [KEY, "stranger-1"]


def test_deletion_takes_all_that_lies_of_a_hand_over_and_nothing_else(there, outlet):
    outlet.deliver(PACKAGE)
    put(there, f"{KEY}.json", receipt_json(RECEIPT))
    outlet.confirm(RECEIPT)
    put(there, f"{KEY}.json", receipt_json(RECEIPT))
    (there / "neu").mkdir(exist_ok=True)
    (there / f"neu/{KEY}.0badcafe.zip").write_bytes(b"left by a crash")
    put(there, f"{KEY}9.json", receipt_json(RECEIPT))
    assert outlet.holds(KEY)
    assert outlet.discard(KEY)
    assert (outlet.holds(KEY), outlet.discard(KEY)) == (False, False)
    assert files(there) == [f"quittungen/{KEY}9.json"]


@pytest.mark.parametrize("status", [403, 423, 500])
def test_what_the_server_does_not_remove_is_not_called_removed(there, account, status):
    class Keeps(Cut):
        def ask(self, method, path, **kwargs):
            if method == "DELETE":
                return Answer(status, {}, b"")
            return self.line.ask(method, path, **kwargs)

    outlet = WebdavOutlet(Keeps(Line(account)))
    outlet.deliver(PACKAGE)
    with pytest.raises((TryLater, Refused)):
        outlet.discard(KEY)
    assert files(there) == [f"pakete/{KEY}.zip"]


def test_what_was_gone_when_it_was_to_be_removed_was_not_removed(there, account):
    class Taken(Cut):
        def ask(self, method, path, **kwargs):
            if method == "DELETE":
                (there / f"pakete/{KEY}.zip").unlink()
            return self.line.ask(method, path, **kwargs)

    outlet = WebdavOutlet(Taken(Line(account)))
    outlet.deliver(PACKAGE)
    assert outlet.discard(KEY) is False


def test_without_the_base_nothing_is_made_in_its_place(there, account):
    outlet = WebdavOutlet(Line(replace(account, url=f"{account.url}/not-there")))
    for call in (
        lambda: outlet.deliver(PACKAGE),
        lambda: list(outlet.receipts()),
        lambda: outlet.holds(KEY),
        outlet.probe,
    ):
        assert code_of(call) == "eakte.drop_missing"
    assert files(there) == []


def test_an_altered_original_is_never_written(there, outlet):
    bad = make_package(key=KEY, original=ORIGINAL + b" ")
    assert code_of(lambda: outlet.deliver(bad), Refused) == "eakte.checksum"
    assert files(there) == []


@pytest.mark.parametrize("status", [403, 507, 301])
def test_a_server_that_says_no_means_later(account, status):
    class Says(Cut):
        def ask(self, method, *args, **kwargs):
            bad = method == "PUT"
            return Answer(status) if bad else self.line.ask(method, *args, **kwargs)

    outlet = WebdavOutlet(Says(Line(account)))
    assert code_of(lambda: outlet.deliver(PACKAGE)).startswith("eakte.")


def busy(account, method, *, of="", status=503, at=lambda: datetime.now(tz=UTC)):
    """A server that says that to one method for such paths, and all else as ever."""

    class Busy(Cut):
        def ask(self, asked, path, *args, **kwargs):
            if asked == method and of in path:
                return Answer(status, {}, b"busy")
            return self.line.ask(asked, path, *args, **kwargs)

    return WebdavOutlet(Busy(Line(account)), at)


def test_what_the_server_does_not_give_now_stays_where_it_lies(there, outlet, account):
    outlet.deliver(PACKAGE)
    for name in (f"{KEY}.json", "fremd.json"):
        put(there, name, receipt_json(RECEIPT) if name.startswith(KEY) else b"{}")
        before = files(there)
        assert code_of(lambda: busy(account, "GET").deliver(PACKAGE)) == "eakte.later"
        assert code_of(lambda: list(busy(account, "GET").receipts())) == "eakte.later"
        assert files(there) == before
    assert code_of(busy(account, "PROPFIND").probe) == "eakte.later"


def test_who_was_slow_and_hears_nothing_of_a_receipt_has_not_delivered(there, outlet, account):
    hours = iter(range(100))
    slow = lambda: datetime.now(tz=UTC) + timedelta(hours=next(hours))  # noqa: E731
    late = busy(account, "HEAD", at=slow)
    assert code_of(lambda: late.deliver(PACKAGE)) == "eakte.later"
    assert files(there) == []
    replace(outlet, clock=slow).deliver(PACKAGE)
    assert files(there) == [f"pakete/{KEY}.zip"], "slow alone, it delivers all the same"


def test_a_receipt_that_is_not_given_now_or_is_gone_stops_no_other(there, account):
    for key in ("eakte-1-1-0123456789ab", KEY):
        put(there, f"{key}.json", receipt_json(replace(RECEIPT, key=key)))
    coming = busy(account, "GET", of="eakte-1-1").receipts()
    assert next(coming).key == KEY
    assert code_of(lambda: next(coming)) == "eakte.later"
    gone = busy(account, "GET", of="eakte-1-1", status=404)
    assert [one.key for one in gone.receipts()] == [KEY]


LISTING = (
    '<d:multistatus xmlns:d="DAV:"><d:response><d:href>{}</d:href><d:propstat><d:prop>'
    "<d:getlastmodified>{}</d:getlastmodified></d:prop></d:propstat></d:response></d:multistatus>"
)


@pytest.mark.parametrize(
    "body", [b"<a", b"", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a>" * 30_000]
)
def test_a_hostile_listing_is_unreadable(outlet, monkeypatch, body):
    monkeypatch.setattr(Line, "ask", lambda *_, **__: Answer(207, {}, body))
    assert code_of(lambda: list(outlet.receipts()), Unreadable) == "eakte.answer"


@pytest.mark.parametrize(
    ("href", "stamp", "names"),
    [
        ("https://a/b/x.json", "Tue, 24 Nov 2026 08:00:00 GMT", ["x.json"]),
        ("/b/x%20y.json", "", ["x y.json"]),
        ("/b/..%2F..%2Fetc%2Fpasswd.json", "soon", []),
        ("/b/", "", []),
        ("/b/x.json", "Tue, 24 Nov 2026 08:00:00 -0000", ["x.json"]),
        ("/b/folder</d:href><d:resourcetype><d:collection/></d:resourcetype><d:href>", "", []),
    ],
)
def test_names_of_a_listing_are_plain_or_left_out(outlet, monkeypatch, href, stamp, names):
    body = LISTING.format(href, stamp).encode()
    monkeypatch.setattr(Line, "ask", lambda *_, **__: Answer(207, {}, body))
    found = dav.Dav(outlet.line, outlet.clock).files("b")
    assert [one.name for one in found] == names


def test_metadata_in_the_zip_are_those_of_the_folder(there, outlet):
    import zipfile

    outlet.deliver(PACKAGE)
    with zipfile.ZipFile(there / f"pakete/{KEY}.zip") as archive:
        assert json.loads(archive.read("metadaten.json"))["key"] == KEY


def test_a_folder_of_receipts_whose_listing_is_larger_than_any_other_answer_is_read(
    account, there, monkeypatch
):
    folder = there / "quittungen"
    folder.mkdir()
    first, *others = [folder / f"{number:05d}{'x' * 150}.json" for number in range(12_000)]
    first.write_bytes(receipt_json(RECEIPT))
    for file in others:
        os.link(first, file)
    line = Line(replace(account, timeout_seconds=60.0))
    asked = dav.Dav(line, lambda: datetime.now(tz=UTC))
    monkeypatch.setattr(dav, "LISTING_BYTES", ANSWER_BYTES)
    with pytest.raises(Unreadable):
        asked.files("quittungen")
    monkeypatch.undo()
    assert len(asked.files("quittungen")) == 12_000
    assert next(iter(WebdavOutlet(line).receipts())).key == KEY


def test_what_was_said_is_found_where_it_was_put_away(there, outlet):
    stranger, no = replace(RECEIPT, key="stranger-1"), replace(RECEIPT, accepted=False)
    for name, receipt, put_away in (
        ("a.json", no, outlet.confirm),
        ("b.json", stranger, outlet.set_aside),
    ):
        put(there, name, receipt_json(receipt))
        put_away(receipt)
    keys, day = [KEY, stranger.key, "nobody-1"], datetime(2026, 11, 24, tzinfo=UTC)
    assert outlet.told(keys, since=day) == (no, stranger)
    outlet.deliver(replace(PACKAGE, was_rejected=True))
    assert outlet.told(keys, since=day) == (stranger,), "that rejection was heard"
    put(there, "c.json", receipt_json(RECEIPT))
    outlet.confirm(RECEIPT)
    assert outlet.told(keys, since=day) == (RECEIPT, stranger)
