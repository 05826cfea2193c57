"""Filing when the postbox says no, says nothing, or lost a folder."""

import shutil

import pytest

from ingest.maildir import MaildirPostbox
from rules.errors import Refused, TryLater
from rules.ledger import OpState
from store import ops
from tests.house_fixture import eml
from triage import filing, receive, rounds


class Refusing:
    """A postbox that refuses one move, or gives no proof, or is gone after some moves."""

    def __init__(self, box: MaildirPostbox, *answers: object) -> None:
        self._box, self._answers = box, list(answers)
        self.name = box.name

    def __getattr__(self, name: str):
        return getattr(self._box, name)

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
    rounds.sort_pending(house)


def op_states(house) -> list[OpState]:
    with house.db.read() as tx:
        return sorted(state for state, count in ops.counts(tx).items() for _ in range(count))


def test_one_refused_move_does_not_stop_the_others(house, box, lease, sorted_mails, clock):
    refusing = Refusing(box, Refused("postbox.too_big", "quota"))
    assert filing.file_due(house, refusing, lease) == filing.Filed(done=2, failed=1)
    assert op_states(house) == [OpState.DONE, OpState.DONE, OpState.SENT]
    clock.forward(seconds=60)
    assert filing.file_due(house, box, lease).done == 1


def test_a_move_without_proof_is_found_by_content_after_the_grace_time(
    house, box, lease, sorted_mails, clock
):
    silent = Refusing(box, "no proof", "no proof", "no proof")
    assert filing.file_due(house, silent, lease) == filing.Filed()
    assert filing.file_due(house, box, lease) == filing.Filed(), "grace is not over"
    clock.forward(seconds=31)
    assert filing.file_due(house, box, lease) == filing.Filed(done=3)
    assert len(box.view("435 Kassel/Termin").uids) == 3


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
    from dataclasses import replace

    strict = replace(house, policy=replace(house.policy, create_folders=False))
    for _ in range(3):
        assert filing.file_due(strict, box, lease).done == 0
        clock.forward(hours=1)
    assert op_states(house) == [OpState.NEW] * 3 or OpState.REFUSED in op_states(house)
    assert len(box.view("INBOX").uids) == 3
