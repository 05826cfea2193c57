"""A server that numbers folders anew, as after a restore, costs no mail, no row, and no time."""

import time
from dataclasses import replace

import pytest

from rules.errors import Conflict, Refused
from rules.ledger import OpState
from rules.postbox import Place
from store.acts import wishes
from store.counts import ledger_counts
from store.mails import ledger
from store.places import sightings
from tests import one_sorter
from tests.house_fixture import eml
from tests.triage.renumbering import Renumbering
from tests.triage.test_triage_filing import op_states
from tests.triage.test_triage_reconcile import Unproven, folders_of, trail_of
from tests.triage.way import bring_in, states
from triage import receive
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.reconcile import reconcile

AU = "435 Kassel/AU"
TERMIN = "435 Kassel/Termin"


@pytest.fixture
def anew(box) -> Renumbering:
    return Renumbering(box)


def keep(house, box, lease, *mails: bytes) -> receive.Received:
    for mail in mails:
        box.append("INBOX", mail)
    return receive.receive(house, box, lease, region="Südwest")


def places_agree(house, box) -> bool:
    """Whether each mail lies where the ledger says, and nothing else does: by number and bytes."""
    with house.db.read() as tx:
        known = {
            (seen.place, ledger.message(tx, seen.message_id).sha256)
            for folder in box.folders()
            for seen in sightings.live(tx, box.name, folder=folder)
        }
    return known == {
        (mail.place, receive.fingerprint(mail))
        for folder in box.folders()
        for view in [box.view(folder)]
        for mail in box.fetch(folder, view.epoch, view.uids)
    }


def test_new_mail_is_kept_though_a_known_one_is_missing_under_the_new_numbers(house, anew, lease):
    keep(house, anew, lease, eml("Krankmeldung"), eml("Termin"))
    anew.lose("INBOX", 1)
    anew.number_anew("INBOX")
    received = keep(house, anew, lease, eml("Konto"))
    assert (received.kept, received.adopted) == (1, 1)
    assert keep(house, anew, lease) == receive.Received(kept=0)
    for _ in range(2):
        reconcile(house, anew, lease)
    assert places_agree(house, anew)
    assert trail_of(house)[-1] == "mail.gone_by_hand"


def test_what_waits_for_filing_stands_behind_new_mail_in_the_next_pass(house, anew, lease, clock):
    few = replace(house, policy=replace(house.policy, batch_mails=1))
    anew.append("INBOX", eml("Krankmeldung"), clock())
    keep(few, anew, lease)
    one_sorter.sort_pending(few)
    filing.file_due(few, Silent(anew), lease)
    anew.number_anew("INBOX", AU)
    anew.view("INBOX")  # it has its number before the new one comes
    anew.append("INBOX", eml("Konto"), clock())
    waited: set[Place] = set()

    def short_pass() -> receive.Received:
        return receive.receive(few, anew, lease, region="Südwest", until=clock(), waited=waited)

    assert short_pass() == receive.Received(kept=0, waiting=1)
    assert short_pass() == receive.Received(kept=1)
    clock.forward(minutes=10)
    filing.file_due(few, anew, lease)
    receive.receive(few, anew, lease, region="Südwest", waited=waited)
    assert not waited
    assert places_agree(few, anew)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_move_in_doubt_when_the_inbox_is_numbered_anew_makes_no_second_row(
    house, anew, lease, clock, carried_out
):
    anew.append("INBOX", eml("Krankmeldung"), clock())
    keep(house, anew, lease)
    one_sorter.sort_pending(house)
    filing.file_due(house, Unproven(anew) if carried_out else Silent(anew), lease)
    anew.number_anew("INBOX", AU)
    twin = [eml("Krankmeldung")] if carried_out else []
    assert keep(house, anew, lease, *twin) == receive.Received(kept=0, waiting=1)
    clock.forward(minutes=10)
    assert filing.file_due(house, anew, lease).done == 1
    assert folders_of(house, anew) == {AU: 1}
    assert places_agree(house, anew) is not carried_out
    # What waited was a mail of its own where the first one was moved.
    assert keep(house, anew, lease).kept == len(twin)
    assert places_agree(house, anew)
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == 1 + len(twin)


class Cut(Unproven):
    """A server that is killed in the middle of MOVE: the mail lies in both folders."""

    def move_many(self, places, target):
        for mail in list(self._box.fetch("INBOX", places[0].epoch, tuple(p.uid for p in places))):
            self._box.append(target, mail.data, mail.received_at)
        return {}

    def move(self, place, target):
        """The line is broken: no other command arrives."""


@pytest.mark.parametrize("twin", [False, True])
@pytest.mark.parametrize("folders", [["INBOX"], ["INBOX", AU]])
@pytest.mark.parametrize("validity", ["new", "kept"])
def test_a_cut_move_out_of_a_folder_with_new_numbers_leaves_nothing_twice(  # noqa: PLR0917 - fixtures
    house, anew, lease, clock, folders, validity, twin
):
    anew.append("INBOX", eml("Krankmeldung"), clock())
    keep(house, anew, lease)
    one_sorter.sort_pending(house)
    filing.file_due(house, Cut(anew), lease)
    for folder in folders:
        if validity == "new":
            anew.number_anew(folder)
        else:
            anew.set_back(folder, 1)
    clock.forward(minutes=10)
    if twin:
        anew.append("INBOX", eml("Krankmeldung"), clock())
    for _ in range(2):
        receive.receive(house, anew, lease, region="Südwest")
        one_sorter.sort_pending(house)
        filing.file_due(house, anew, lease)
        reconcile(house, anew, lease)
        clock.forward(minutes=10)
    assert folders_of(house, anew) == {AU: 1 + twin}
    assert anew.view("INBOX").uids == ()
    assert len(anew.view(AU).uids) == 1 + twin
    assert places_agree(house, anew)
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == 1 + twin


def test_a_cut_move_is_one_mail_though_its_watermark_was_let_go_with_the_targets_numbers(
    house, anew, lease, clock
):
    """As a stress run had it: another mail in the target shows that numbers are given twice."""
    bring_in(house, anew, lease, eml("Krankmeldung", "1. Tag"))
    clock.forward(minutes=1)
    anew.append("INBOX", eml("Krankmeldung", "2. Tag"), clock())
    keep(house, anew, lease)
    one_sorter.sort_pending(house)
    filing.file_due(house, Cut(anew), lease)
    anew.set_back("INBOX", 1)
    anew.set_back(AU, 1)
    reconcile(house, anew, lease)
    for _ in range(2):
        clock.forward(minutes=10)
        receive.receive(house, anew, lease, region="Südwest")
        filing.file_due(house, anew, lease)
        reconcile(house, anew, lease)
    assert folders_of(house, anew) == {AU: 2}
    assert [len(anew.view(folder).uids) for folder in ("INBOX", AU)] == [0, 2]
    assert places_agree(house, anew)


def test_who_takes_the_copy_of_a_cut_move_away_gets_a_second_one_and_no_second_row(
    house, anew, lease, clock
):
    """Within the grace time nothing tells it from a mail that was never moved; nothing is lost."""
    anew.append("INBOX", eml("Krankmeldung"), clock())
    keep(house, anew, lease)
    one_sorter.sort_pending(house)
    filing.file_due(house, Cut(anew), lease)
    anew.ensure_folder("Von Hand")
    (uid,) = anew.view(AU).uids
    anew.move(Place(AU, "1", uid), "Von Hand")
    for _ in range(2):
        clock.forward(minutes=10)
        receive.receive(house, anew, lease, region="Südwest")
        filing.file_due(house, anew, lease)
        reconcile(house, anew, lease)
    assert [len(anew.view(folder).uids) for folder in ("INBOX", AU, "Von Hand")] == [0, 1, 1]
    assert folders_of(house, anew) == {AU: 1}


class Silent(Unproven):
    """A server that gets no command, because the line broke before."""

    def move_many(self, places, target):
        return {}

    def move(self, place, target):
        pass


def test_a_folder_with_new_numbers_is_followed_and_nobody_moved_anything(house, anew, lease):
    bring_in(house, anew, lease, eml("Krankmeldung"), eml("Krankmeldung"), eml("Termin"))
    anew.number_anew(AU, TERMIN)
    assert reconcile(house, anew, lease) == Reconciled(renumbered=3)
    assert places_agree(house, anew)
    assert reconcile(house, anew, lease) == Reconciled()
    assert "mail.moved_by_hand" not in trail_of(house)


def test_twins_in_two_folders_with_new_numbers_stay_each_where_it_is(house, anew, lease):
    bring_in(house, anew, lease, eml("Krankmeldung"), eml("Krankmeldung"))
    place = next(anew.fetch(AU, "1", anew.view(AU).uids[:1])).place
    anew.ensure_folder(TERMIN)
    assert anew.move(place, TERMIN)
    assert reconcile(house, anew, lease) == Reconciled(moved_by_hand=1)
    before = folders_of_each(house)
    anew.number_anew(AU, TERMIN)
    assert reconcile(house, anew, lease) == Reconciled(renumbered=2)
    assert folders_of_each(house) == before


def folders_of_each(house) -> dict[int, str]:
    with house.db.read() as tx:
        return {i: sightings.of_message(tx, i)[0].folder for i in (1, 2)}


def test_a_wish_from_a_folder_with_new_numbers_holds_up_no_other_and_is_carried_out(
    house, anew, lease, clock
):
    bring_in(house, anew, lease, eml("Krankmeldung"))
    with house.db.write() as tx:
        wishes.want(tx, 1, dst_folder=TERMIN, now=house.clock())
    anew.number_anew(AU)
    keep(house, anew, lease, eml("Konto"))
    one_sorter.sort_pending(house)
    filed = filing.file_due(house, anew, lease)
    assert (filed.done, filed.failed) == (1, 1)
    clock.forward(hours=2)
    assert filing.file_due(house, anew, lease).done == 1
    assert folders_of_each(house)[1] == TERMIN
    assert places_agree(house, anew)


def test_filing_takes_no_copy_that_a_message_left_under_older_numbers(house, anew, lease, clock):
    """The twin that was filed before lies in the target; the one in doubt was never moved."""
    bring_in(house, anew, lease, eml("Krankmeldung"))
    keep(house, anew, lease, eml("Krankmeldung"))
    one_sorter.sort_pending(house)
    filing.file_due(house, Silent(anew), lease)
    anew.number_anew("INBOX", AU)
    clock.forward(minutes=10)
    assert filing.file_due(house, anew, lease).done == 1
    assert len(anew.view(AU).uids) == 2
    reconcile(house, anew, lease)
    assert places_agree(house, anew)
    assert op_states(house) == [OpState.DONE, OpState.DONE]


def test_the_like_of_a_mail_whose_folder_has_new_numbers_waits_until_the_look_found_it(
    house, anew, lease
):
    bring_in(house, anew, lease, eml("Krankmeldung"))
    anew.number_anew(AU)
    twin = keep(house, anew, lease, eml("Krankmeldung"))
    assert twin == receive.Received(kept=0, waiting=1)
    assert reconcile(house, anew, lease) == Reconciled(renumbered=1)
    assert keep(house, anew, lease).kept == 1
    assert places_agree(house, anew)


def test_a_move_into_a_folder_that_has_new_numbers_already_is_found_beside_an_older_twin(
    house, anew, lease, clock
):
    """What lay there before lies below the watermark; what is above it is the mail itself."""
    bring_in(house, anew, lease, eml("Krankmeldung"))
    keep(house, anew, lease, eml("Krankmeldung"))
    anew.number_anew(AU)
    one_sorter.sort_pending(house)
    filing.file_due(house, Unproven(anew), lease)
    clock.forward(minutes=10)
    filing.file_due(house, anew, lease)
    assert op_states(house) == [OpState.DONE, OpState.DONE]
    assert reconcile(house, anew, lease) == Reconciled(renumbered=1)
    assert places_agree(house, anew)


@pytest.mark.parametrize("in_a_look", [1, 200])
def test_a_mail_with_a_new_number_is_not_taken_for_its_copy_in_another_folder(
    house, anew, lease, monkeypatch, in_a_look
):
    monkeypatch.setattr("triage.reconcile.READ_A_LOOK", in_a_look)
    bring_in(house, anew, lease, eml("Krankmeldung"), eml("Termin"))
    anew.append(AU, eml("Termin"))
    anew.number_anew(TERMIN)
    read: dict[Place, str] = {}
    while (look := reconcile(house, anew, lease, read=read)).unfinished:
        assert look == Reconciled(strangers=2, unfinished=True)
    assert look == Reconciled(renumbered=1, strangers=1)
    assert folders_of(house, anew) == {AU: 1, TERMIN: 1}


def test_who_lost_the_lease_is_not_taken_for_a_folder_with_new_numbers(house, anew, lease):
    keep(house, anew, lease, eml("Krankmeldung"))
    one_sorter.sort_pending(house)

    class Overtaken(Unproven):
        def move_many(self, places, target):
            raise Conflict("lease.lost", "Somebody else has it.")

    with pytest.raises(Conflict):
        filing.file_due(house, Overtaken(anew), lease)


def test_a_folder_renamed_by_hand_is_followed_and_a_removed_one_is_missed(
    house, box, lease, tmp_path
):
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    (folder,) = tmp_path.rglob("AU")
    folder.rename(folder.with_name("Krank"))
    assert reconcile(house, box, lease).moved_by_hand == 1
    assert folders_of(house, box) == {"435 Kassel/Krank": 1, TERMIN: 1}
    (uid,) = box.view("435 Kassel/Krank").uids
    next(tmp_path.rglob(uid + "*")).unlink()
    for name in ("cur", "new", "tmp", ""):
        (folder.with_name("Krank") / name).rmdir()
    assert [reconcile(house, box, lease).gone_by_hand for _ in range(2)] == [0, 1]
    assert states(house) == {"gone": 1, "sorted": 1}


def test_what_lies_in_a_folder_that_cannot_be_read_just_now_is_not_missing(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))

    class Shut(Unproven):
        def view(self, folder):
            if folder == AU:
                raise Refused("postbox.no_right", "The right to read was taken away.")
            return self._box.view(folder)

    for _ in range(3):
        assert reconcile(house, Shut(box), lease) == Reconciled()
    assert states(house) == {"sorted": 1}


def test_the_same_on_a_dovecot_that_lost_its_numbers(on_dovecot, clock):
    house, lease, server, imap = on_dovecot
    bring_in(house, imap, lease, eml("Krankmeldung"))
    keep(house, imap, lease, eml("Termin"), eml("Termin"))
    one_sorter.sort_pending(house)
    filing.file_due(house, Silent(imap), lease)
    before = imap.view("INBOX").epoch
    imap.close()
    time.sleep(max(0.0, int(before) + 1.1 - time.time()))  # UIDVALIDITY is a time in seconds
    server.renumber("postfach")
    server.renumber("postfach", AU)
    assert keep(house, imap, lease, eml("Konto")) == receive.Received(kept=1, waiting=2)
    assert imap.view("INBOX").epoch != before
    clock.forward(minutes=10)
    one_sorter.sort_pending(house)
    assert filing.file_due(house, imap, lease).done == 3
    assert reconcile(house, imap, lease) == Reconciled(renumbered=1)
    assert places_agree(house, imap)
    assert states(house) == {"sorted": 4}
