"""Filing when the postbox says no, says nothing, or lost a folder."""

import shutil
from dataclasses import replace

import pytest

from ingest.maildir.postbox import MaildirPostbox
from rules.access import Caller
from rules.codes import Role
from rules.errors import Conflict, Refused, TryLater
from rules.ledger import OpState
from rules.postbox import Place
from store.acts import wishes
from store.processes import leases
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, eml
from tests.store.samples import act_counts
from tests.triage.way import bring_in
from triage import receive, reconcile
from triage.filing import filing, refused_moves
from triage.house import PostboxPlan

PLAN = PostboxPlan("SC-Südwest", "Südwest", is_observed=False)


class Refusing:
    """A postbox that refuses one move, or gives no proof, or is gone after some moves."""

    def __init__(self, box: MaildirPostbox, *answers: object) -> None:
        self._box, self._answers = box, list(answers)
        self.name = box.name

    def __getattr__(self, name: str):
        return getattr(self._box, name)

    def move_many(self, places, target):
        return {}

    def move(self, place, target):
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        moved = self._box.move(place, target)
        return None if answer == "no proof" else moved


@pytest.fixture
def sorted_mails(house, box, lease):
    for number in range(3):
        box.append("INBOX", eml(f"Termin {number}"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)


def op_states(house) -> list[OpState]:
    with house.db.read() as tx:
        return sorted(state for state, count in act_counts(tx).items() for _ in range(count))


def test_one_refused_move_does_not_stop_the_others(house, box, lease, sorted_mails, clock):
    refusing = Refusing(box, Refused("postbox.too_big", "quota"))
    assert filing.file_due(house, refusing, lease) == filing.Filed(done=2, failed=1)
    assert op_states(house) == [OpState.DONE, OpState.DONE, OpState.SENT]
    clock.forward(seconds=60)
    assert filing.file_due(house, box, lease).done == 1


def test_mails_that_were_given_up_are_filed_when_somebody_says_so_but_for_those_moved_by_hand(
    house, box, lease, sorted_mails, clock
):
    house = replace(house, policy=replace(house.policy, postboxes=(PLAN,)))
    full = Refusing(box, *[Refused("postbox.too_big", "quota")] * 9)
    for _ in range(3):
        filing.file_due(house, full, lease)
        clock.forward(minutes=10)
    assert op_states(house) == [OpState.REFUSED] * 3
    assert filing.file_due(house, box, lease).done == 0
    moved = next(box.fetch("INBOX", "maildir", box.view("INBOX").uids[:1])).place
    box.ensure_folder("Von Hand")
    box.move(moved, "Von Hand")
    reconcile.reconcile(house, box, lease)
    west = Caller("a-2", Role.ADMIN, agencies=None, regions=frozenset({"West"}))
    assert refused_moves.listing(house, west) == ()
    assert len(refused_moves.listing(house, ADMIN, code="postbox.too_big")) == 2
    assert refused_moves.reasons(house, ADMIN) == (("postbox.too_big", 2),)
    first, second = refused_moves.listing(house, ADMIN)
    assert first.tries == house.backoff.max_tries, "the last one counts, too"
    assert refused_moves.listing(house, ADMIN, after=first.id) == (second,)
    assert refused_moves.file_again(house, ADMIN, code="postbox.no_right") == 0
    for caller, act_id, code in ((west, first.id, "filing.unknown"), (ADMIN, 1, "filing.changed")):
        with pytest.raises((Refused, Conflict)) as caught:
            refused_moves.file_one(house, caller, act_id)
        assert caught.value.code == code
    refused_moves.file_one(house, ADMIN, second.id)
    assert refused_moves.file_again(house, ADMIN) == 1
    assert refused_moves.file_again(house, ADMIN) == 0
    assert filing.file_due(house, box, lease).done == 2
    assert len(box.view("435 Kassel/Termin").uids) == 2
    with house.db.read() as tx:
        trails = [audit.of_subject(tx, f"message:{number}") for number in (1, 2, 3)]
    assert [entry.action for trail in trails for entry in trail].count("mail.filing_again") == 2


def test_a_backlog_is_moved_folder_by_folder(house, box, lease, monkeypatch):
    """Six mails of two folders in turn, three a pass: a set for each folder, no pass moves both."""
    for number in range(6):
        box.append("INBOX", eml(("Termin {}", "Urlaub {}")[number % 2].format(number)))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    few = replace(house, policy=replace(house.policy, batch_mails=3))
    sets: list[int] = []
    move_many = MaildirPostbox.move_many
    monkeypatch.setattr(
        MaildirPostbox,
        "move_many",
        lambda self, places, target: sets.append(len(places)) or move_many(self, places, target),
    )
    assert [filing.file_due(few, box, lease).done for _ in range(3)] == [3, 3, 0]
    assert sets == [3, 3]


def test_a_move_without_proof_is_found_by_content_after_the_grace_time(
    house, box, lease, sorted_mails, clock
):
    silent = Refusing(box, "no proof", "no proof", "no proof")
    assert filing.file_due(house, silent, lease) == filing.Filed()
    assert filing.file_due(house, box, lease) == filing.Filed(), "grace is not over"
    clock.forward(seconds=31)
    assert filing.file_due(house, box, lease) == filing.Filed(done=3)
    assert len(box.view("435 Kassel/Termin").uids) == 3


def test_a_place_that_was_a_twins_before_is_not_taken_for_ones_own(house, box, lease, clock):
    """A person took the twin away and brought it back, and no look has seen that yet."""
    there, elsewhere = "435 Kassel/AU", "435 Kassel/Termin"
    bring_in(house, box, lease, eml("Krankmeldung"))
    (uid,) = box.view(there).uids
    box.ensure_folder(elsewhere)
    away = box.move(Place(there, "maildir", uid), elsewhere)
    reconcile.reconcile(house, box, lease)
    box.append("INBOX", eml("Krankmeldung"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    assert filing.file_due(house, Refusing(box, "no proof"), lease) == filing.Filed()
    box.move(away, there)
    clock.forward(minutes=10)
    assert filing.file_due(house, box, lease) == filing.Filed(done=1)
    assert reconcile.reconcile(house, box, lease) == reconcile.Reconciled(moved_by_hand=1)
    assert op_states(house) == [OpState.DONE, OpState.DONE]


def test_what_moved_before_the_connection_broke_is_proven(house, box, lease, sorted_mails, clock):
    breaking = Refusing(box, "fine", TryLater("postbox.away", "gone"))
    with pytest.raises(TryLater):
        filing.file_due(house, breaking, lease)
    assert op_states(house) == [OpState.DONE, OpState.SENT, OpState.SENT]
    clock.forward(seconds=31)
    assert filing.file_due(house, box, lease) == filing.Filed(done=2)


def test_a_mail_taken_away_by_hand_is_lost_for_filing_and_named(
    house, box, lease, sorted_mails, clock, tmp_path
):
    silent = Refusing(box, "no proof", "no proof", "no proof")
    filing.file_due(house, silent, lease)
    for file in (tmp_path / "postbox/435 Kassel/Termin/cur").iterdir():
        file.unlink()
    clock.forward(seconds=31)
    filing.file_due(house, box, lease)
    assert op_states(house) == [OpState.LOST] * 3


def test_a_target_that_somebody_removed_puts_off_and_does_not_block(
    house, box, lease, sorted_mails, clock, tmp_path
):
    silent = Refusing(box, "no proof")
    filing.file_due(house, silent, lease)
    shutil.rmtree(tmp_path / "postbox/435 Kassel")
    clock.forward(seconds=31)
    filed = filing.file_due(house, box, lease)
    assert filed.done == 0
    assert filed.doubtful == 1


def test_without_the_right_to_make_folders_the_wish_waits_and_is_given_up(
    house, box, lease, sorted_mails, clock
):
    strict = replace(house, policy=replace(house.policy, create_folders=False))
    states = []
    for _ in range(house.backoff.max_tries):
        assert filing.file_due(strict, box, lease).done == 0
        states.append(op_states(house))
        clock.forward(hours=1)
    assert states == [[OpState.NEW] * 3, [OpState.NEW] * 3, [OpState.REFUSED] * 3]
    assert len(box.view("INBOX").uids) == 3


def test_a_move_that_is_refused_each_time_is_given_up(house, box, lease, sorted_mails, clock):
    refusing = Refusing(box, *[Refused("postbox.no_right", "read only")] * 99)
    for _ in range(house.backoff.max_tries):
        filing.file_due(house, refusing, lease)
        clock.forward(hours=1)
    assert op_states(house) == [OpState.REFUSED] * 3


def test_a_wish_that_a_clerk_changes_while_the_target_is_looked_at_is_not_carried_out(
    house, box, lease, sorted_mails
):
    class Meanwhile(Refusing):
        """The clerk forwards the first mail between the reading of the wishes and the intent."""

        def watermark(self, folder):
            with house.db.write() as tx:
                wishes.want(tx, 1, dst_folder="431 Hanau/Termin", now=house.clock())
            return self._box.watermark(folder)

    assert filing.file_due(house, Meanwhile(box, "fine", "fine"), lease).done == 2
    assert filing.file_due(house, box, lease).done == 1
    assert len(box.view("431 Hanau/Termin").uids) == 1


def test_whose_lease_is_over_gives_no_more_commands(house, box, lease, sorted_mails, clock):
    class Slow(Refusing):
        def move(self, place, target):
            clock.forward(days=2)
            return super().move(place, target)

    slow = Slow(box, "no proof", "no proof", "no proof")
    with pytest.raises(Conflict) as lost:
        filing.file_due(house, slow, lease)
    assert lost.value.code == "lease.lost"
    assert len(box.view("INBOX").uids) == 2, "one command was out, then it stopped"


def test_whose_lease_ends_between_two_folders_begins_with_none_more(house, box, lease, clock):
    for subject in ("Termin absagen", "Krankmeldung"):
        box.append("INBOX", eml(subject))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)

    class Slow(Refusing):
        def move_many(self, places, target):
            clock.forward(days=2)
            return self._box.move_many(places, target)

    with pytest.raises(Conflict) as lost:
        filing.file_due(house, Slow(box), lease)
    assert lost.value.code == "lease.lost"
    assert len(box.view("INBOX").uids) == 1, "one folder was under way, then it stopped"


def test_what_a_set_gave_no_proof_of_is_moved_by_itself(house, box, lease, sorted_mails):
    class OneOnly(Refusing):
        def move_many(self, places, target):
            return self._box.move_many(places[:1], target)

    assert filing.file_due(house, OneOnly(box), lease) == filing.Filed(done=3)
    assert op_states(house) == [OpState.DONE] * 3


def test_grace_counts_from_the_end_of_the_dead_owners_lease(house, box, sorted_mails, clock):
    """A paused worker may give commands until its lease ends, long after it noted the intent."""

    def take(owner: str):
        with house.db.write() as tx:
            return leases.take(tx, "postbox:x", owner=owner, now=house.clock(), seconds=100)

    paused = take("paused")
    with pytest.raises(TryLater):
        filing.file_due(house, Refusing(box, TryLater("postbox.away", "gone")), paused)
    clock.forward(seconds=100)
    heir = take("heir")
    assert filing.file_due(house, box, heir) == filing.Filed(), "its last command may still run"
    clock.forward(seconds=31)
    assert filing.file_due(house, box, heir).done == 3
