"""A move cut between copy and removal is finished, and nothing else is.

A real Dovecot that does not tell of MOVE, where the cut is made by the driver's own steps; and one
that knows MOVE and dies in the middle of it, which leaves the mail in both folders.
"""

from collections.abc import Iterator

import pytest
from imapclient import DELETED

from ingest.imap import move as imap_move
from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from rules.errors import Conflict, TryLater
from store.places import sightings
from store.processes import leases
from tests import one_sorter
from tests.house_fixture import eml
from tests.servers.dovecot import DovecotOptions, DovecotServer
from triage import receive, reconcile
from triage.filing import filing

NO_MOVE = "IMAP4rev1 UIDPLUS NAMESPACE LITERAL+"
ACCOUNTS = tuple(f"postfach{number}" for number in range(100))
TARGET = "435 Kassel/Termin"
_accounts = iter(ACCOUNTS)


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotServer]:
    with DovecotServer(users=ACCOUNTS, options=DovecotOptions(capability=NO_MOVE)) as server:
        yield server


@pytest.fixture
def imap(server) -> Iterator[ImapPostbox]:
    yield from opened(server)


def opened(server: DovecotServer) -> Iterator[ImapPostbox]:
    account = ImapAccount(
        "localhost", server.imaps_port, next(_accounts), server.password, ca_file=server.ca_file
    )
    box = ImapPostbox("SC-Südwest", account)
    yield box
    box.close()


@pytest.fixture
def bring_in(house, imap, lease):
    def bring(*mails: bytes) -> None:
        for mail in mails:
            imap.append("INBOX", mail)
        receive.receive(house, imap, lease, region="Südwest")
        one_sorter.sort_pending(house)

    return bring


def cut(monkeypatch, *, after: str) -> None:
    """The line breaks in the next move, after that step; later ones go through."""
    real = imap_move.removed

    def broken(session, uids):
        monkeypatch.setattr(imap_move, "removed", real)
        if after == "flag":
            session.client.add_flags(uids, [DELETED], silent=True)
        if after == "removal":
            real(session, uids)
        raise TryLater("postbox.away", "cut on purpose")

    monkeypatch.setattr(imap_move, "removed", broken)


def counts(imap) -> tuple[int, int]:
    return len(imap.view("INBOX").uids), len(imap.view(TARGET).uids)


def places_agree(house, imap) -> bool:
    with house.db.read() as tx:
        return all(
            {seen.uid for seen in sightings.live(tx, imap.name, folder=folder)}
            == set(imap.view(folder).uids)
            for folder in ("INBOX", TARGET)
        )


@pytest.mark.parametrize("after", ["copy", "flag", "removal"])
@pytest.mark.parametrize("twins", [1, 2, 3])
def test_a_cut_move_is_finished_and_each_mail_lies_once(  # noqa: PLR0917 - fixtures and rows
    house, imap, lease, clock, bring_in, monkeypatch, after, twins
):
    bring_in(*[eml("Termin")] * twins)
    cut(monkeypatch, after=after)
    with pytest.raises(TryLater):
        filing.file_due(house, imap, lease)
    assert sum(counts(imap)) == twins + (after != "removal"), "the copy stands, the source too"
    clock.forward(seconds=31)
    assert filing.file_due(house, imap, lease).done == twins
    assert counts(imap) == (0, twins)
    assert places_agree(house, imap)
    assert receive.receive(house, imap, lease, region="Südwest").kept == 0
    assert reconcile.reconcile(house, imap, lease) == reconcile.Reconciled()


def test_a_twins_copy_is_never_taken_for_ones_own(house, imap, lease, clock, bring_in, monkeypatch):
    """The second of two equal mails was moved and not proven, the first one never."""
    bring_in(eml("Termin"), eml("Termin"))
    real = imap.move
    calls: list[str] = []

    def move(place, target):
        calls.append(place.uid)
        if len(calls) == 2:
            real(place, target)

    monkeypatch.setattr(imap, "move", move)
    filing.file_due(house, imap, lease)
    monkeypatch.undo()
    assert counts(imap) == (1, 1)
    clock.forward(seconds=31)
    assert filing.file_due(house, imap, lease).done == 2
    assert counts(imap) == (0, 2)
    assert places_agree(house, imap)


def test_whoever_lost_the_lease_removes_nothing(house, imap, lease, clock, bring_in, monkeypatch):
    bring_in(eml("Termin"))
    cut(monkeypatch, after="copy")
    with pytest.raises(TryLater):
        filing.file_due(house, imap, lease)
    clock.forward(days=2)
    with house.db.write() as tx:
        newer = leases.take(tx, "postbox:SC-Südwest", owner="other", now=house.clock(), seconds=60)
    assert newer is not None
    with pytest.raises(Conflict) as caught:
        filing.file_due(house, imap, lease)
    assert caught.value.code == "lease.lost"
    assert counts(imap) == (1, 1)
    filing.file_due(house, imap, newer)
    assert counts(imap) == (0, 1)


def test_a_source_with_other_bytes_is_left_for_a_person(
    house, imap, lease, clock, bring_in, monkeypatch
):
    bring_in(eml("Termin"))
    cut(monkeypatch, after="copy")
    with pytest.raises(TryLater):
        filing.file_due(house, imap, lease)
    remove = imap.remove
    monkeypatch.setattr(imap, "remove", lambda place, _sha256: remove(place, "0" * 64))
    clock.forward(seconds=31)
    assert filing.file_due(house, imap, lease).done == 1
    assert counts(imap) == (1, 1), "other bytes: left for a person"


@pytest.fixture(scope="module")
def moving_server() -> Iterator[DovecotServer]:
    with DovecotServer(users=ACCOUNTS) as server:
        yield server


@pytest.fixture
def moving(moving_server) -> Iterator[ImapPostbox]:
    yield from opened(moving_server)


@pytest.mark.parametrize("copied", [1, 2, 3])
def test_a_server_that_dies_in_the_middle_of_move_leaves_nothing_twice(
    house, moving, lease, clock, monkeypatch, copied
):
    """Its MOVE is a copy and a removal, and a SIGKILL comes in between (found by `make stress`)."""
    imap = moving
    for _ in range(3):
        imap.append("INBOX", eml("Termin"))
    receive.receive(house, imap, lease, region="Südwest")
    one_sorter.sort_pending(house)

    def dies(places, target):
        with imap._talk() as session:
            session.for_writing("INBOX")
            session.client.copy([int(place.uid) for place in places[:copied]], target)
        raise TryLater("postbox.away", "killed on purpose")

    monkeypatch.setattr(imap, "move_many", dies)
    with pytest.raises(TryLater):
        filing.file_due(house, imap, lease)
    monkeypatch.undo()
    assert counts(imap) == (3, copied)
    clock.forward(seconds=31)
    while filing.file_due(house, imap, lease).done:
        clock.forward(seconds=31)
    assert counts(imap) == (0, 3)
    assert places_agree(house, imap)
    assert receive.receive(house, imap, lease, region="Südwest") == receive.Received(kept=0)
