"""The record is asked for before a hand-over: not there, nothing leaves, and the item says why."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from outbox.eakte import DirectoryOutlet
from rules.errors import Refused, TryLater
from rules.item import EakteState, ItemState
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from tests.house_fixture import clerk, eml
from tests.triage.test_triage_outlets import item, row
from tests.triage.way import Post, bring_in
from triage import handover, rounds, send, work
from triage.desk import item_view

ME = clerk("435")
NUMBER = "123A456789"


class Died(BaseException):
    """The process ends in the middle of a question."""


@dataclass
class Records:
    """Answers what a test lays ready, or that all is well; it notes who was asked for."""

    answers: list[Callable[[], None]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def require(self, kundennummer: str) -> None:
        self.asked.append(kundennummer)
        if self.answers:
            self.answers.pop(0)()


def raising(error: BaseException) -> Callable[[], None]:
    def answer() -> None:
        raise error

    return answer


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def outlets(drop, clock, records):
    return send.Outlets(DirectoryOutlet(drop, clock), Post(), records=records)


@pytest.fixture
def claim(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto", f"Kassel 34117 {NUMBER}"))
    return work.claim_next(house, ME, "435")


def packages(drop) -> int:
    return len(list(drop.glob("pakete/*")))


def test_where_the_record_is_there_the_package_leaves(house, outlets, claim, records, drop) -> None:
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    assert (records.asked, packages(drop)) == ([NUMBER], 1)
    assert row(house, claim.item_id).state is OutgoingState.SENT


@pytest.mark.parametrize("code", ["eakte.record_missing", "eakte.record_other"])
def test_without_its_record_nothing_leaves_and_the_item_comes_back_with_the_reason(
    house, outlets, claim, records, drop, code: str
) -> None:
    records.answers = [raising(Refused(code, "no"))]
    handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    rounds.send_round(house, outlets, "w-1")
    found = row(house, claim.item_id)
    assert (found.state, found.error_code, packages(drop)) == (OutgoingState.DEAD, code, 0)
    back = item(house, claim)
    assert (back.state, back.eakte) == (ItemState.WAITING, EakteState.REJECTED)
    assert back.preferred_holder == ME.name
    told = item_view.view(house, ME, claim.item_id).handover_error
    assert told.startswith("Die eAkte")
    assert NUMBER not in told
    # Somebody has made the record: the same row once more, asked anew.
    again = work.claim_next(house, ME, "435")
    handover.order(house, ME, again.item_id, again.token)
    rounds.send_round(house, outlets, "w-1")
    assert (len(records.asked), packages(drop)) == (2, 1)


def test_a_look_that_cannot_be_taken_now_is_tried_again_as_any_delivery(
    house, outlets, claim, records, drop, clock
) -> None:
    records.answers = [raising(TryLater("eakte.away", "no"))]
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    found = row(house, claim.item_id)
    assert (found.state, found.error_code, packages(drop)) == (OutgoingState.NEW, "eakte.away", 0)
    assert item(house, claim).eakte is EakteState.SENT
    clock.now = found.next_try_at
    rounds.send_round(house, outlets, "w-1")
    assert packages(drop) == 1


def test_a_worker_that_dies_while_asking_has_written_nothing_and_another_goes_on(
    house, outlets, claim, records, drop, clock
) -> None:
    handover.order(house, ME, claim.item_id, claim.token)
    before = item(house, claim)

    def die() -> None:
        # Whoever writes meanwhile is not kept waiting: nothing is open while it is asked.
        with house.db.write() as tx:
            assert outgoing.of_item(tx, claim.item_id)[-1].state is OutgoingState.CLAIMED
        raise Died

    records.answers = [die]
    with pytest.raises(Died):
        rounds.send_round(house, outlets, "w-1")
    assert (item(house, claim), packages(drop)) == (before, 0)
    clock.forward(seconds=send.CLAIM_SECONDS + 1)
    rounds.send_round(house, outlets, "w-2")
    assert (len(records.asked), packages(drop)) == (2, 1)
    assert row(house, claim.item_id).state is OutgoingState.SENT


def test_without_a_kundennummer_nobody_is_asked(house, box, lease, outlets, records, drop) -> None:
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117"))
    claim = work.claim_next(house, ME, "435")
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    assert (records.asked, packages(drop)) == ([], 1)


def test_without_the_setting_no_record_is_asked_for(house, outlets, claim, records, drop) -> None:
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, replace(outlets, records=None), "w-1")
    assert (records.asked, packages(drop)) == ([], 1)
