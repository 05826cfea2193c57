"""A postbox that is served another way from today on: the same mails with other line ends, once."""

import os
from datetime import datetime

import pytest

from ingest.imap.postbox import ImapPostbox
from ingest.maildir.postbox import MaildirPostbox
from rules.postbox import Place
from store.database.engine import Tx
from store.mails import ledger
from store.mails import same_mail as store_same_mail
from store.places import sightings
from tests import one_sorter
from tests.house_fixture import eml
from tests.triage.renumbering import Renumbering
from tests.triage.way import bring_in, states
from triage import receive
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.known import same_mail
from triage.reconcile import reconcile

AU, TERMIN = "435 Kassel/AU", "435 Kassel/Termin"
MIXED = b"Received: by mx.example\n" + eml("Umzug").replace(b"\n", b"\r\n")


def keep(house, box, lease, *mails: bytes) -> receive.Received:
    for mail in mails:
        box.append("INBOX", mail, house.clock())
    return receive.receive(house, box, lease, region="Südwest")


def bytes_kept(house) -> dict[int, bytes]:
    with house.db.read() as tx:
        ids = range(1, 99)
        return {i: ledger.original(tx, i) for i in ids if sightings.of_message(tx, i)}


def places_agree(house, box) -> bool:
    """Whether each mail lies where the ledger says, and nothing else does, but for line ends."""
    with house.db.read() as tx:
        known = {
            (seen.place, ledger.original(tx, seen.message_id).replace(b"\r\n", b"\n"))
            for folder in box.folders()
            for seen in sightings.live(tx, box.name, folder=folder)
        }
    return known == {
        (mail.place, mail.kept.replace(b"\r\n", b"\n"))
        for folder in box.folders()
        for view in [box.view(folder)]
        for mail in box.fetch(folder, view.epoch, view.uids)
    }


class Both:
    """One Maildir, as a driver of its own and behind a Dovecot."""

    def __init__(self, server, imap: ImapPostbox) -> None:
        self._server, self.imap = server, imap
        self.maildir = MaildirPostbox(imap.name, server.maildir("postfach"))
        imap.view("INBOX")  # makes the tree
        imap.close()

    def over_to_imap(self, delivered_at: datetime) -> ImapPostbox:
        """Each file was written right after the time in its name."""
        for file in self._server.maildir("postfach").glob("new/*"):
            os.utime(file, times=(delivered_at.timestamp() + 20,) * 2)
        self._server.hand_over_to_server("postfach")
        self.imap.close()
        return self.imap


@pytest.fixture
def both(on_dovecot) -> Both:
    _, _, server, imap = on_dovecot
    return Both(server, imap)


def test_a_maildir_that_is_read_by_imap_doubles_nothing_and_neither_does_the_way_back(
    on_dovecot, both
):
    house, lease, _, _ = on_dovecot
    bring_in(house, both.maildir, lease, eml("Krankmeldung"), eml("Termin"))
    twin = eml("Konto")
    assert keep(house, both.maildir, lease, twin, twin, MIXED).kept == 3
    kept = bytes_kept(house)
    assert b"\r\n" not in kept[1]

    imap = both.over_to_imap(house.clock())
    assert keep(house, imap, lease) == receive.Received(kept=0, adopted=3)
    assert reconcile(house, imap, lease) == Reconciled(renumbered=2)
    assert reconcile(house, imap, lease) == Reconciled()
    assert keep(house, imap, lease, eml("Urlaub")).kept == 1
    assert places_agree(house, imap)
    assert {i: data for i, data in bytes_kept(house).items() if i in kept} == kept

    one_sorter.sort_pending(house)
    assert filing.file_due(house, imap, lease).done == 4
    imap.close()  # what was known before the connection is read on it
    (uid,) = imap.view(AU).uids
    assert imap.move(Place(AU, imap.view(AU).epoch, uid), TERMIN)
    assert reconcile(house, imap, lease) == Reconciled(moved_by_hand=1)
    assert places_agree(house, imap)

    keep(house, imap, lease, eml("Bescheid"))
    imap.close()
    assert keep(house, both.maildir, lease) == receive.Received(kept=0, adopted=1)
    reconcile(house, both.maildir, lease)
    assert reconcile(house, both.maildir, lease) == Reconciled()
    assert places_agree(house, both.maildir)
    assert states(house) == {"kept": 1, "sorted": 6}


def test_a_copy_of_a_mail_that_was_known_with_other_line_ends_is_a_second_mail(on_dovecot, both):
    house, lease, _, _ = on_dovecot
    known = eml("Krankmeldung")
    keep(house, both.maildir, lease, known)
    imap = both.over_to_imap(house.clock())
    as_imap_has_it = known.replace(b"\n", b"\r\n")
    assert keep(house, imap, lease, as_imap_has_it) == receive.Received(kept=1, adopted=1)
    assert bytes_kept(house) == {1: known, 2: as_imap_has_it}
    imap.close()
    assert keep(house, imap, lease) == receive.Received(kept=0)
    assert reconcile(house, imap, lease) == Reconciled()
    assert places_agree(house, imap)
    with house.db.read() as tx:
        (first,) = sightings.lying(tx, [1])[1]
        sha256 = ledger.message(tx, 1).sha256
    assert not same_mail.remove(house, imap, first, "0" * 64)
    assert same_mail.remove(house, imap, first, sha256)
    assert first.uid not in imap.view("INBOX").uids


def test_a_postbox_that_was_always_served_one_way_is_asked_once_a_connection(
    house, box, lease, monkeypatch
):
    numbered, asked = Renumbering(box), []
    real = store_same_mail.came_another_way

    def counted(tx: Tx, postbox: str, *, folder: str, epoch: str) -> bool:
        asked.append(folder)
        return real(tx, postbox, folder=folder, epoch=epoch)

    monkeypatch.setattr(store_same_mail, "came_another_way", counted)
    monkeypatch.setattr(store_same_mail, "of_bytes", None)
    for subject in ("Krankmeldung", "Termin"):
        assert keep(house, numbered, lease, eml(subject)).kept == 1
    assert asked == ["INBOX"]
