"""A restored server gave two mails each other's number, and its newest numbers name what they did.

Nothing tells of that but the bytes, so each number is read before anything rests on it.
"""

import pytest

from rules.ledger import OpState
from rules.postbox import FolderMarks, Place
from store.acts import ops, wishes
from store.places import sightings
from store.tables.ledger import SightingState
from tests import one_sorter
from tests.house_fixture import eml
from tests.triage.renumbering import Renumbering
from tests.triage.test_triage_given_twice import Counting
from tests.triage.test_triage_reconcile import Unproven, trail_of
from tests.triage.test_triage_renumbered import AU, TERMIN, Silent, keep, places_agree
from tests.triage.way import bring_in
from triage import reconcile
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.marks import read as marks_read

DAYS = [eml("Krankmeldung", f"{day}. Tag") for day in range(8)]
"""More than are read of each folder on a new connection."""


@pytest.fixture
def server(box) -> Renumbering:
    return Renumbering(box)


def want(house, *message_ids: int, folder: str = TERMIN) -> None:
    with house.db.write() as tx:
        for message_id in message_ids:
            wishes.want(tx, message_id, dst_folder=folder, now=house.clock())


def lies_in(house, message_id: int) -> Place:
    with house.db.read() as tx:
        (seen,) = [s for s in sightings.of_message(tx, message_id) if s.state is SightingState.LIVE]
        return seen.place


def bytes_in(box, folder: str) -> list[bytes]:
    view = box.view(folder)
    return [mail.data for mail in box.fetch(folder, view.epoch, view.uids)]


def test_the_look_follows_mails_that_changed_numbers_below_the_newest_five(house, server, lease):
    bring_in(house, server, lease, *DAYS)
    server.exchange(AU, 2, 3)
    for expected in (Reconciled(), Reconciled(renumbered=2), Reconciled()):
        assert reconcile.reconcile(house, server, lease) == expected
    assert places_agree(house, server)
    assert "mail.moved_by_hand" not in trail_of(house)


@pytest.mark.parametrize("number", [1, 2])
def test_a_wish_moves_its_mail_and_no_other_that_has_its_number(house, server, lease, number):
    bring_in(house, server, lease, *DAYS)
    server.exchange(AU, 1, 2)
    want(house, number)
    assert filing.file_due(house, server, lease).done == 0
    for _ in range(3):
        reconcile.reconcile(house, server, lease)
        filing.file_due(house, server, lease)
    assert bytes_in(server, TERMIN) == [DAYS[number - 1]]
    assert "mail.gone_by_hand" not in trail_of(house, number)
    assert places_agree(house, server)


def test_a_move_in_doubt_is_not_repeated_for_the_mail_that_has_its_number(
    house, server, lease, clock
):
    bring_in(house, server, lease, *DAYS)
    want(house, 2)
    filing.file_due(house, Silent(server), lease)
    server.exchange(AU, 2, 3)
    for _ in range(3):
        clock.forward(minutes=10)
        filing.file_due(house, server, lease)
        reconcile.reconcile(house, server, lease)
    assert bytes_in(server, TERMIN) == [DAYS[1]]
    assert places_agree(house, server)


def test_what_a_person_marked_counts_for_the_mail_that_bears_it(house, server, lease):
    bring_in(house, server, lease, *DAYS)
    server.exchange(AU, 2, 3)
    place = Place(AU, server.view(AU).epoch, "2")
    seen = Bearing(server, place, "Wichtig")
    assert marks_read.read(house, seen, lease).found == 0
    for _ in range(2):
        reconcile.reconcile(house, server, lease)
    assert marks_read.read(house, seen, lease).found == 1
    assert lies_in(house, 3) == place
    assert "mark.set" in trail_of(house, 3)
    assert "mark.set" not in trail_of(house, 2)


def test_a_mail_that_cannot_be_read_is_not_moved_and_holds_up_no_other(house, server, lease, clock):
    bring_in(house, server, lease, *DAYS)
    server.checked().clear()
    want(house, 1, 2)
    blind = Blind(server, Place(AU, server.view(AU).epoch, "1"))
    assert filing.file_due(house, blind, lease).done == 1
    assert bytes_in(server, TERMIN) == [DAYS[1]]
    clock.forward(minutes=10)
    assert filing.file_due(house, server, lease).done == 1


def test_one_of_the_newest_five_that_cannot_be_read_is_not_moved_either(house, server, lease):
    bring_in(house, server, lease, *DAYS)
    server.checked().clear()
    want(house, 8)
    assert filing.file_due(house, Blind(server, lies_in(house, 8)), lease).done == 0
    with house.db.read() as tx:
        (act,) = [op for op in ops.of_message(tx, 8) if op.state is OpState.NEW]
    assert (act.tries, act.error_code) == (1, "postbox.unread")


def test_each_number_is_read_once_a_connection_some_in_each_look(house, server, lease, monkeypatch):
    monkeypatch.setattr(reconcile, "READ_A_LOOK", 1)
    bring_in(house, server, lease, *DAYS, *(eml("Krankmeldung", f"{n}") for n in range(9)))
    server.checked().clear()
    read = []
    for _ in range(5):
        counting = Counting(server)
        reconcile.reconcile(house, counting, lease)
        read.append(counting.fetched)
    # Of 17 the newest five, and as many below them in each look.
    assert read == [5, 5, 5, 2, 0]


def test_filing_on_a_new_connection_reads_what_it_moves_once_and_nothing_on_the_same(
    house, server, lease
):
    asked = []
    for hang_up in (server.checked().clear, list):
        keep(
            house,
            server,
            lease,
            *(eml("Krankmeldung", f"{hang_up.__name__} {n}") for n in range(8)),
        )
        one_sorter.sort_pending(house)
        hang_up()
        counting = Proving(server)
        assert filing.file_due(house, counting, lease).done == 8
        asked.append((counting.calls["view"], counting.fetched))
    # The newest five, and the three below them, in one view.
    assert asked == [(1, 8), (0, 0)]


def test_what_was_kept_on_this_connection_is_not_read_again_to_be_moved(house, server, lease):
    for number in range(8):
        server.append("INBOX", eml("Krankmeldung", str(number)), house.clock())
    assert keep(house, server, lease).kept == 8
    one_sorter.sort_pending(house)
    counting = Proving(server)
    assert filing.file_due(house, counting, lease).done == 8
    assert counting.fetched == 0


def test_the_same_on_a_dovecot_that_numbers_its_files_in_their_order(on_dovecot, clock):
    house, lease, server, imap = on_dovecot
    bring_in(house, imap, lease, eml("Termin"))
    bring_in(house, imap, lease, *DAYS[:2])
    imap.move(lies_in(house, 1), AU)  # by hand: its file is older than its number
    reconcile.reconcile(house, imap, lease)
    bring_in(house, imap, lease, *DAYS[2:])
    next_uid = imap.view(AU).next_uid
    newest = lies_in(house, 9)
    server.kill()
    server.set_back("postfach", AU, next_uid=2)
    server.start()
    imap.close()
    want(house, 3, folder="435 Kassel/Konto")
    assert imap.view(AU).next_uid == next_uid
    for _ in range(3):
        clock.forward(minutes=10)
        filing.file_due(house, imap, lease)
        reconcile.reconcile(house, imap, lease)
    filing.file_due(house, imap, lease)
    assert bytes_in(imap, "435 Kassel/Konto") == [DAYS[1].replace(b"\n", b"\r\n")]
    assert lies_in(house, 9) == newest
    assert places_agree(house, imap)


class Proving(Counting):
    """Counts, and its answers don't get lost."""

    def move_many(self, places, target):
        return self._box.move_many(places, target)


class Blind(Proving):
    """Can't read the mail at one place."""

    def __init__(self, box, place: Place) -> None:
        super().__init__(box)
        self._unreadable = place.uid

    def fetch(self, folder, epoch, uids):
        return self._box.fetch(folder, epoch, tuple(u for u in uids if u != self._unreadable))


class Bearing(Unproven):
    """The mail at one place bears a mark that a person set."""

    def __init__(self, box, place: Place, mark: str) -> None:
        super().__init__(box)
        self._place, self._mark = place, mark

    def marks(self, folder):
        view = self._box.view(folder)
        here = {self._place.uid} if folder == self._place.folder else set()
        by_uid = {uid: frozenset({self._mark} if uid in here else ()) for uid in view.uids}
        return FolderMarks(folder, view.epoch, by_uid)
