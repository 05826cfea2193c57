"""People work in the same postbox: what they move or delete by hand is noticed, never undone."""

from datetime import UTC, datetime

from rules.item import CloseReason
from rules.ledger import LedgerState, OpState
from rules.postbox import Place
from store.counts import ledger_counts
from store.deletion import retention
from store.mails import ledger
from store.places import sightings
from tests import one_sorter
from tests.house_fixture import ADMIN, clerk, eml
from tests.refusals import code_of
from tests.store.samples import act_counts
from tests.stress.stress_truth import Act, Sent, Way
from tests.triage.way import bring_in, states
from triage import aside, completeness, leasing, receive, work
from triage.desk import item_view, lists, undo
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.reconcile import reconcile
from triage.trail import standing as trail_standing


class Unproven:
    """A server that moves, and whose answers get lost."""

    def __init__(self, box) -> None:
        self._box = box

    def __getattr__(self, name: str):
        return getattr(self._box, name)

    def move_many(self, places, target):
        self._box.move_many(places, target)
        return {}

    def move(self, place, target):
        self._box.move(place, target)


def folders_of(house, box) -> dict[str, int]:
    with house.db.read() as tx:
        return {
            f: len(sightings.live(tx, box.name, folder=f)) for f in sightings.folders(tx, box.name)
        }


def test_a_hand_move_between_folders_is_followed_by_content(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    (uid,) = box.view("435 Kassel/AU").uids
    place = next(box.fetch("435 Kassel/AU", "maildir", (uid,))).place
    assert box.move(place, "435 Kassel/Termin")
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=1)
    assert folders_of(house, box) == {"435 Kassel/Termin": 2}
    assert reconcile(house, box, lease) == Reconciled()


def test_a_mail_deleted_by_hand_is_gone_after_two_looks_and_its_item_stays(
    house, box, lease, tmp_path
):
    bring_in(house, box, lease, eml("Krankmeldung"))
    for file in (tmp_path / "postbox/435 Kassel/AU/cur").iterdir():
        file.unlink()
    assert reconcile(house, box, lease) == Reconciled()
    assert reconcile(house, box, lease) == Reconciled(gone_by_hand=1)
    assert states(house) == {"gone": 1}
    proof = completeness.of_day(house, ADMIN, postbox=box.name)
    assert proof.closes
    assert proof.states["gone"] == 1
    (row,) = lists.listing(house, clerk("435"), "435")
    shown = item_view.view(house, clerk("435"), row.item.id)
    assert shown.mail.subject == "Krankmeldung"
    assert "mail.gone_by_hand" in [step.code for step in shown.story]


def test_two_looks_that_miss_a_mail_with_one_between_that_sees_it_are_no_removal(
    house, box, lease, tmp_path
):
    bring_in(house, box, lease, eml("Krankmeldung"))
    (file,) = (tmp_path / "postbox/435 Kassel/AU/cur").iterdir()
    for _ in range(2):
        away = file.rename(tmp_path / file.name)
        assert reconcile(house, box, lease) == Reconciled()
        away.rename(file)
        assert reconcile(house, box, lease) == Reconciled()
    assert states(house) == {"sorted": 1}


def test_a_mail_that_a_person_put_there_is_counted_and_left_alone(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    box.append("435 Kassel/AU", eml("von Hand hineingelegt"))
    assert reconcile(house, box, lease) == Reconciled(strangers=1)
    assert len(box.view("435 Kassel/AU").uids) == 2
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == 1


def test_a_move_into_a_folder_of_the_persons_own_is_followed_too(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    (uid,) = box.view("435 Kassel/AU").uids
    place = next(box.fetch("435 Kassel/AU", "maildir", (uid,))).place
    box.ensure_folder("435 Kassel/Erledigt von Hand")
    box.move(place, "435 Kassel/Erledigt von Hand")
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=1)
    assert folders_of(house, box) == {"435 Kassel/Erledigt von Hand": 1}


def gone(house, box, lease, *, folder: str) -> bytes:
    """Somebody removes the one mail of the folder; its bytes. Two looks follow."""
    (uid,) = box.view(folder).uids
    (mail,) = box.fetch(folder, "maildir", (uid,))
    for path in box._root.rglob(f"{uid}*"):
        path.unlink()
    reconcile(house, box, lease)
    reconcile(house, box, lease)
    return mail.data


def trail_of(house, message_id: int = 1) -> list[str]:
    subject = f"message:{message_id}"
    return [
        e.action
        for e in trail_standing.page(house, ADMIN, limit=99, after=0, subject=subject).entries
    ]


def test_what_was_gone_and_lies_in_a_folder_again_is_what_it_was_before(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    data = gone(house, box, lease, folder="435 Kassel/AU")
    box.append("435 Kassel/AU", data)
    assert reconcile(house, box, lease) == Reconciled(found_again=1)
    assert states(house) == {"sorted": 1}
    assert folders_of(house, box) == {"435 Kassel/AU": 1}
    assert trail_of(house)[-2:] == ["mail.gone_by_hand", "mail.found_again"]
    assert reconcile(house, box, lease) == Reconciled()


def test_what_was_gone_and_lies_in_the_inbox_again_is_no_second_mail(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    data = gone(house, box, lease, folder="435 Kassel/AU")
    box.append("INBOX", data)
    assert receive.receive(house, box, lease, region="Südwest").put_back == 1
    assert states(house) == {"sorted": 1}
    assert folders_of(house, box) == {"INBOX": 1}
    assert receive.receive(house, box, lease, region="Südwest") == receive.Received(kept=0)


def test_a_move_back_into_the_inbox_is_followed_before_it_was_missed(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    (uid,) = box.view("435 Kassel/AU").uids
    (mail,) = box.fetch("435 Kassel/AU", "maildir", (uid,))
    box.append("INBOX", mail.data)
    next(box._root.rglob(f"435 Kassel/AU/*/{uid}*")).unlink()
    assert receive.receive(house, box, lease, region="Südwest").put_back == 1
    assert states(house) == {"sorted": 1}
    assert trail_of(house)[-1] == "mail.moved_by_hand"


def renumbered(box, folder: str) -> None:
    """The server gives the one mail of the folder another UID, in the same epoch."""
    (uid,) = box.view(folder).uids
    (file,) = box._root.rglob(f"{uid}*")
    file.rename(file.with_name(file.name.replace(uid, "0000000000.renumbered.host", 1)))


def test_a_new_number_before_filing_is_no_second_mail(house, box, lease):
    box.append("INBOX", eml("Krankmeldung"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    renumbered(box, "INBOX")
    received = receive.receive(house, box, lease, region="Südwest")
    assert (received.kept, received.put_back) == (0, 1)
    assert filing.file_due(house, box, lease).done == 1
    assert states(house) == {"sorted": 1}
    assert folders_of(house, box) == {"435 Kassel/AU": 1}


def test_a_mail_put_back_in_doubt_is_no_second_mail_and_stays_where_a_person_put_it(
    house, box, lease, clock
):
    box.append("INBOX", eml("Krankmeldung"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    # Our move was carried out, its proof got lost, and a person puts the mail back meanwhile.
    filing.file_due(house, Unproven(box), lease)
    (uid,) = box.view("435 Kassel/AU").uids
    assert box.move(Place("435 Kassel/AU", "maildir", uid), "INBOX")
    renumbered(box, "INBOX")
    waiting = receive.receive(house, box, lease, region="Südwest")
    assert waiting == receive.Received(kept=0, waiting=1)
    clock.forward(minutes=10)
    filing.file_due(house, box, lease)
    assert receive.receive(house, box, lease, region="Südwest").put_back == 1
    assert reconcile(house, box, lease) == Reconciled()
    assert states(house) == {"sorted": 1}
    assert folders_of(house, box) == {"INBOX": 1}
    back = Act("435 Kassel/AU", "INBOX")
    sent = Sent("p000001", Way.LMTP, box.name, "435 Kassel", "", accepted=1, acts=[back])
    assert sent.fits(1, gone=0)
    assert not sent.fits(2, gone=0)


def test_a_copy_in_the_inbox_is_a_message_of_its_own(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    bring_in(house, box, lease, eml("Krankmeldung"))
    assert states(house) == {"sorted": 2}
    assert folders_of(house, box) == {"435 Kassel/AU": 2}


def test_a_mail_taken_out_before_it_was_sorted_is_worked_on_and_gone(house, box, lease):
    box.append("INBOX", eml("Krankmeldung"))
    receive.receive(house, box, lease, region="Südwest")
    gone(house, box, lease, folder="INBOX")
    assert states(house) == {"kept": 1}
    one_sorter.sort_pending(house)
    assert states(house) == {"gone": 1}
    assert len(lists.listing(house, clerk("435"), "435")) == 1


def test_what_lay_aside_can_be_replayed_though_it_is_gone(house, box, lease):
    bring_in(house, box, lease, eml("Abwesend", Auto_Submitted="auto-replied"))
    data = gone(house, box, lease, folder="Maschinell")
    assert states(house) == {"gone": 1}
    box.append("Maschinell", data)
    reconcile(house, box, lease)
    with house.db.read() as tx:
        back = ledger.message(tx, 1)
    assert (back.state, back.state_reason) == (LedgerState.ASIDE, "mail.autoreply")
    gone(house, box, lease, folder="Maschinell")
    aside.replay(house, ADMIN, 1)
    one_sorter.sort_pending(house)
    assert states(house) == {"gone": 1}


def test_work_that_begins_again_on_a_mail_that_left_its_postbox_is_on_one_that_is_gone(
    house, box, lease
):
    bring_in(house, box, lease, eml("Guten Tag"))
    claim = work.claim_next(house, clerk("435"), "435")
    work.close(house, clerk("435"), claim.item_id, claim.token, reason=CloseReason.DONE)
    (folder,) = folders_of(house, box)
    gone(house, box, lease, folder=folder)
    assert states(house) == {"done": 1}
    undo.take_back(house, clerk("435"), claim.item_id)
    assert states(house) == {"gone": 1}


class Slow:
    """A postbox on a line where asking for one folder takes 50 seconds."""

    def __init__(self, box, clock) -> None:
        self._box, self._clock = box, clock

    def __getattr__(self, name: str):
        return getattr(self._box, name)

    def view(self, folder: str):
        self._clock.forward(seconds=50)
        return self._box.view(folder)


def test_a_look_that_takes_longer_than_the_lease_comes_to_its_end(house, box, clock):
    with leasing.taken(house, "postbox:SC-Südwest", "slow", seconds=120) as lease:
        bring_in(house, box, lease, *map(eml, ("Krankmeldung", "Termin", "Guten Tag")))
        assert len(folders_of(house, box)) == 3
        (uid,) = box.view("435 Kassel/AU").uids
        place = next(box.fetch("435 Kassel/AU", "maildir", (uid,))).place
        box.move(place, "435 Kassel/Termin")
        assert reconcile(house, Slow(box, clock), lease) == Reconciled(moved_by_hand=1)


def test_a_slow_look_ends_where_another_worker_has_the_postbox_meanwhile(house, box, clock):
    with leasing.taken(house, "postbox:SC-Südwest", "slow", seconds=120) as lease:
        bring_in(house, box, lease, eml("Krankmeldung"))
        clock.forward(seconds=121)
        with leasing.taken(house, "postbox:SC-Südwest", "other", seconds=120) as other:
            assert other is not None
            assert code_of(lambda: reconcile(house, Slow(box, clock), lease)) == "lease.lost"


def test_machine_mail_taken_in_after_it_left_its_postbox_stays_gone(house, box, lease):
    bring_in(house, box, lease, eml("Abwesend", Auto_Submitted="auto-replied"))
    gone(house, box, lease, folder="Maschinell")
    aside.take_in(house, ADMIN, 1)
    assert states(house) == {"gone": 1}
    assert len(lists.listing(house, clerk("435"), "435")) == 1


def test_what_is_gone_is_kept_while_its_item_is_open(house, box, lease, clock):
    bring_in(house, box, lease, eml("Krankmeldung"))
    gone(house, box, lease, folder="435 Kassel/AU")
    clock.forward(days=400)
    with house.db.read() as tx:
        (ended,) = retention.ended(tx, before=clock(), limit=9)
    assert ended.item_open


def test_where_filing_is_in_doubt_nobody_else_decides(house, box, lease, clock):
    """Moved without a proof: the look at the folders must not take it for a hand move."""

    class Silent:
        name = box.name

        def __getattr__(self, name):
            return getattr(box, name)

        def move_many(self, places, target):
            box.move_many(places, target)
            return {}

    bring_in(house, Silent(), lease, eml("Krankmeldung"))
    assert reconcile(house, box, lease) == Reconciled()
    clock.forward(seconds=31)
    filing.file_due(house, box, lease)
    assert reconcile(house, box, lease) == Reconciled()
    with house.db.read() as tx:
        assert act_counts(tx)[OpState.DONE] == 1
    assert folders_of(house, box) == {"435 Kassel/AU": 1}


def test_twins_that_change_places_by_hand_are_followed_each_to_its_own(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Krankmeldung"))
    first, second = box.view("435 Kassel/AU").uids
    box.ensure_folder("Hand")

    def move(uid: str, source: str, target: str) -> None:
        box.move(Place(source, "maildir", uid), target)

    move(second, "435 Kassel/AU", "Hand")
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=1)
    move(first, "435 Kassel/AU", "Hand")
    move(second, "Hand", "435 Kassel/AU")
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=2)
    assert folders_of(house, box) == {"435 Kassel/AU": 1, "Hand": 1}


def test_what_comes_back_to_a_place_of_its_own_lies_nowhere_else(house, box, lease):
    """Found by the state machine: a copy was taken for the mail, and the mail lay in two places."""
    bring_in(house, box, lease, eml("Krankmeldung"))
    (uid,) = box.view("435 Kassel/AU").uids
    box.append("435 Kassel/AU", eml("Krankmeldung"))
    box.move(Place("435 Kassel/AU", "maildir", uid), "INBOX")
    for _ in range(3):
        receive.receive(house, box, lease, region="Südwest")
        reconcile(house, box, lease)
    assert folders_of(house, box) == {"INBOX": 1}
    assert states(house) == {"sorted": 1}


class Counting:
    """A postbox that counts the mails it was asked for."""

    def __init__(self, box) -> None:
        self._box, self.name, self.read = box, box.name, []

    def __getattr__(self, name):
        return getattr(self._box, name)

    def fetch(self, folder, epoch, uids):
        self.read += uids
        return self._box.fetch(folder, epoch, uids)


def test_strangers_are_read_only_while_something_is_missing_and_only_once(house, box, lease):
    """Found by `make stress`: looks that read all of them each time outlast the lease for ever."""
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    for number in range(3):
        box.append("435 Kassel/AU", eml(f"alte Post {number}"))
    counting, read = Counting(box), {}
    assert reconcile(house, counting, lease, read=read) == Reconciled(strangers=3)
    assert counting.read == []
    gone(house, box, lease, folder="435 Kassel/Termin")
    for _ in range(3):
        assert reconcile(house, counting, lease, read=read) == Reconciled(strangers=3)
    assert len(counting.read) == 3


def test_what_does_not_fit_into_one_look_is_read_in_the_next_and_nothing_is_missed_before(
    house, box, lease, monkeypatch
):
    monkeypatch.setattr("triage.reconcile.READ_A_LOOK", 2)
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    for number in range(5):
        before = datetime(2020, 1, 1 + number, tzinfo=UTC)
        box.append("435 Kassel/Termin", eml(f"alte Post {number}"), before)
    (uid,) = box.view("435 Kassel/AU").uids
    box.move(Place("435 Kassel/AU", "maildir", uid), "435 Kassel/Termin")
    read: dict[Place, str] = {}
    looks = [reconcile(house, box, lease, read=read) for _ in range(4)]
    assert sum(look.moved_by_hand for look in looks) == 1
    assert sum(look.gone_by_hand for look in looks) == 0
    assert [look.unfinished for look in looks] == [True, True, False, False]
    assert folders_of(house, box) == {"435 Kassel/Termin": 2}
