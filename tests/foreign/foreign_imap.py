"""Cyrus and Courier under the walks that Dovecot has: `make foreign`.

Debian lets one IMAP server only be installed, so these are fetched and unpacked
(`tests.servers.unpacked`). Not in CI: it needs a mirror and takes minutes. What was mended for
them is asked for in `tests/ingest/test_ingest_imap_lagging.py`, which needs neither.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.imap import fetch as imap_fetch
from ingest.imap.bell import ImapBell
from ingest.imap.postbox import ImapPostbox
from ingest.login_gate import LoginGate
from rules.errors import Refused, TryLater
from rules.postbox import Fetched
from store.counts import ledger_counts
from store.mails import originals
from store.processes import leases
from store.processes.leases import Lease
from tests import one_sorter
from tests.bench import bench_mails
from tests.house_fixture import Clock, eml, open_house
from tests.ingest.test_ingest_bells import listening
from tests.servers.courier import CourierServer
from tests.servers.cutting import CuttingLine
from tests.triage import test_triage_crash as crash
from tests.triage.test_triage_renumbered import AU, TERMIN, places_agree
from triage import receive
from triage.filing import filing
from triage.house import House
from triage.ports import Postbox
from triage.reconcile import Reconciled, reconcile

BOX = "SC-Südwest"


@pytest.fixture(autouse=True)
def _with_crlf(monkeypatch: pytest.MonkeyPatch) -> None:
    """As mail is on an IMAP server."""
    monkeypatch.setattr(crash, "MAILS", tuple(_crlf(mail) for mail in crash.MAILS))


def _crlf(mail: bytes) -> bytes:
    return mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@pytest.fixture
def fresh_box(new_case) -> Iterator[Callable[[int], Postbox]]:
    """An empty postbox for each point of a walk."""
    boxes = []

    def on_server(_point: int) -> Postbox:
        boxes.append(ImapPostbox(BOX, new_case().account, size_limit_bytes=1_000_000))
        return boxes[-1]

    yield on_server
    for box in boxes:
        box.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["postbox", "commit"])
def test_every_crash_point_ends_with_each_mail_once(fresh_box, fresh_sqlite, what, when):
    crash.walk(fresh_sqlite, fresh_box, what=what, when=when)


@pytest.mark.parametrize(("what", "when"), [("postbox", "after"), ("commit", "before")])
def test_the_same_where_all_folders_are_deleted_and_put_back_meanwhile(
    foreign, fresh_box, fresh_sqlite, what, when
):
    def deleted(box: ImapPostbox) -> None:
        box.close()
        user = box._account.user
        if isinstance(foreign, CourierServer):
            for folder in foreign.folders(user):
                foreign.renumber(user, folder)
        else:
            foreign.renumber(user)

    crash.walk(fresh_sqlite, fresh_box, what=what, when=when, meanwhile=deleted)


@pytest.mark.parametrize("command", ["CREATE", "UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_line_cut_before_the_answer_leaves_each_mail_once(foreign, case, sqlite_url, command, at):
    clock = Clock()
    house = open_house(sqlite_url, clock=clock)
    box = ImapPostbox(BOX, case.account)
    for mail in crash.MAILS:
        box.append("INBOX", mail)
    with CuttingLine(foreign, command, at=at) as line:
        broken = ImapPostbox(BOX, replace(case.account, port=line.port))
        for _ in range(3):
            try:
                crash.one_pass(house, broken, "first")
            except TryLater:
                clock.forward(seconds=100)
        broken.close()
        has_move = not isinstance(foreign, CourierServer)
        never = {"UID MOVE": not has_move}.get(command, has_move and command != "CREATE")
        assert line.cut.is_set() is not never
    crash.settle(house, box, clock)
    crash.look(house, box, clock)
    crash.check(house, box)
    box.close()
    house.db.close()


def _lying(box: ImapPostbox) -> Counter[str]:
    """What lies in all folders, by content."""
    return Counter(
        originals.fingerprint(mail.data)
        for folder in box.folders()
        for view in [box.view(folder)]
        for mail in box.fetch(folder, view.epoch, view.uids)
        if isinstance(mail, Fetched)
    )


def _accepted(box: ImapPostbox) -> int:
    """How many of 150 usual mails and all samples the server takes: Cyrus takes no NUL, no mail
    without a head, and none that is empty."""
    samples = sorted(Path("tests/mails").glob("*.eml"))
    usual = [made.data for made in bench_mails.small(150)]
    taken = 0
    for data in (*usual, *usual[:5], *(path.read_bytes() for path in samples)):
        try:
            taken += box.append("INBOX", data) is not None
        except Refused:
            continue
    return taken


def _settled(house: House, box: ImapPostbox, lease: Lease) -> Reconciled:
    """Receive, sort and file until nothing moves; what the look finds then."""
    receive.receive(house, box, lease, region="Südwest")
    while one_sorter.sort_pending(house):
        pass
    while filing.file_due(house, box, lease).done:
        pass
    return reconcile(house, box, lease)


def test_ordinary_and_ugly_mails_go_the_whole_way_byte_for_byte(foreign, case, sqlite_url):
    house = open_house(sqlite_url, clock=Clock())
    lease = _lease(house)
    box = ImapPostbox(BOX, case.account)
    taken = _accepted(box)
    before = _lying(box)
    assert before.total() == taken > 250
    assert _settled(house, box, lease) == Reconciled()
    assert _lying(box) == before
    assert places_agree(house, box)
    assert box.view("INBOX").uids == ()
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == taken
    with case.person() as person:
        for _, _, name in person.list_folders():
            person.select_folder(name, readonly=True)
            flags = person.get_flags(person.search()).values()
            assert {flag for some in flags for flag in some} <= {b"\\Recent"}, name
    box.close()
    house.db.close()


def test_what_a_person_does_with_folders_and_mails_is_followed(case, sqlite_url):
    clock = Clock()
    house = open_house(sqlite_url, clock=clock)
    lease = _lease(house)
    box = ImapPostbox(BOX, case.account)
    twins = [_crlf(eml("Krankmeldung"))] * 2
    for mail in (*twins, *(_crlf(eml("Termin", f"Am {n}. um acht.")) for n in range(4))):
        box.append("INBOX", mail)
    assert _settled(house, box, lease) == Reconciled()
    with box._talk() as session:
        names = {human: session.names.to_server(human) for human in (AU, TERMIN, "Süd & Nord/A")}
    with case.person() as person:
        person.rename_folder(names[AU], names["Süd & Nord/A"])
        person.select_folder(names[TERMIN])
        first, second, *_ = person.search()
        person.add_flags([first], [b"\\Seen"])
        person.copy([first], "INBOX")
        person.delete_messages([first, second])
        person.uid_expunge([first, second])
    found = [_settled(house, box, lease) for _ in range(4)]
    assert sum(one.moved_by_hand for one in found) == 2
    assert sum(one.gone_by_hand for one in found) == 1
    with case.person() as person:
        person.select_folder("INBOX")
        person.delete_folder(names[TERMIN])
    found = [_settled(house, box, lease) for _ in range(4)]
    assert sum(one.gone_by_hand for one in found) >= 2
    assert places_agree(house, box)
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == 6
    box.close()
    house.db.close()


def test_the_bell_rings_for_new_mail(foreign, case):
    case.box.view("INBOX")
    with listening(ImapBell(BOX, case.account, gate=LoginGate())) as bell:
        foreign.deliver(case.user, eml("Krankmeldung"))
        assert bell.rang(150), "Courier looks once a minute"


@pytest.mark.parametrize("foreign", ["courier"], indirect=True)
def test_a_mail_whose_file_vanishes_while_it_is_read_is_left_out(foreign, case):
    big = b"Subject: x\r\n\r\n" + b"0123456789abcd\r\n" * 400_000
    case.deliver(big, eml("Krankmeldung"))
    view = case.box.view("INBOX")
    real = imap_fetch._fetch

    def losing(client, uids, *items):
        answers = real(client, uids, *items)
        if items[0].startswith("BODY.PEEK[]<0."):
            for file in foreign.maildir(case.user).rglob("*.kunde*"):
                file.unlink()
        return answers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imap_fetch, "_fetch", losing)
        found = list(case.box.fetch("INBOX", view.epoch, view.uids[:1]))
    assert found == [] or [mail.data for mail in found] == [big]
    assert list(case.box.fetch("INBOX", view.epoch, view.uids)) == []


def _lease(house: House) -> Lease:
    with house.db.write() as tx:
        lease = leases.take(tx, f"postbox:{BOX}", owner="test", now=house.clock(), seconds=86_400)
    assert lease is not None
    return lease
