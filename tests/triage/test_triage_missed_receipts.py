"""What the eAkte has said is not lost with the database's last commits, nor by a restore."""

import pytest

from outbox.eakte import DirectoryOutlet
from rules.errors import TryLater
from rules.item import EakteState, ItemState
from tests.triage.desk_world import MAILS, PEOPLE, DeskWorld
from triage import handover, rounds, work
from triage.sending import missed_receipts


@pytest.fixture
def world(sqlite_template):
    world = DeskWorld(sqlite_template)
    world.append(MAILS[0])
    world.read_postbox()
    yield world
    world.end()


def hand_over(world: DeskWorld) -> int:
    """Ordered by a clerk who leaves the item to the receipt; the item."""
    caller, agency = PEOPLE[0]
    claim = work.claim_next(world.house, caller, agency)
    assert claim is not None
    handover.order(world.house, caller, claim.item_id, claim.token, close_when_received=True)
    return claim.item_id


def answered(world: DeskWorld, *, accepts: bool = True) -> None:
    world.send_round(world.house)
    for key in world.eakte.waiting():
        world.eakte.answer(key, accepts=accepts, now=world.clock())
    world.send_round(world.house)


@pytest.mark.parametrize(
    ("was_sent", "accepts", "state", "eakte"),
    [
        (False, True, ItemState.CLOSED, EakteState.RECEIVED),
        (True, True, ItemState.CLOSED, EakteState.RECEIVED),
        # One that is sent once more after a rejection appears anew, and is answered anew.
        (True, False, ItemState.WAITING, EakteState.REJECTED),
    ],
)
def test_what_was_answered_before_the_database_was_set_back_is_found(
    world, was_sent, accepts, state, eakte
):
    item_id = hand_over(world)
    if was_sent:
        world.send_round(world.house)
    world.copy_database()
    answered(world, accepts=accepts)
    assert world.item(item_id).state is state
    world.set_back(world.copies[0], same_process=False)
    world.send_round(world.house)
    assert world.item(item_id).state is ItemState.PENDING
    assert world.eakte.waiting() == [], "it will say nothing more"
    world.clock.forward(seconds=3700)
    world.send_round(world.house)
    assert (world.item(item_id).state, world.item(item_id).eakte) == (state, eakte)


def test_the_rejection_after_which_it_was_sent_again_is_no_answer(world):
    item_id = hand_over(world)
    answered(world, accepts=False)
    assert hand_over(world) == item_id
    world.send_round(world.house)
    world.clock.forward(days=1)
    world.send_round(world.house)
    assert world.item(item_id).state is ItemState.PENDING
    assert world.item(item_id).eakte is EakteState.SENT


def test_of_many_that_wait_each_is_looked_for(world, monkeypatch):
    monkeypatch.setattr(missed_receipts, "AT_ONCE", 1)
    world.append(MAILS[1])
    world.read_postbox()
    waiting = [hand_over(world), hand_over(world)]
    world.send_round(world.house)
    world.copy_database()
    answered(world)
    world.set_back(world.copies[0], same_process=False)
    for _ in range(3):
        world.clock.forward(seconds=3700)
        world.send_round(world.house)
    assert [world.item(one).state for one in waiting] == [ItemState.CLOSED, ItemState.CLOSED]


def test_an_eakte_that_cannot_tell_spoils_no_round(world, monkeypatch):
    def away(_self, _keys, *, since):
        raise TryLater("eakte.door", f"nothing since {since}")

    item_id = hand_over(world)
    world.send_round(world.house)
    world.clock.forward(seconds=3700)
    monkeypatch.setattr(DirectoryOutlet, "told", away)
    assert rounds.send_round(world.house, world.outlets, "w-1") == 0
    answered(world)
    assert world.item(item_id).state is ItemState.CLOSED
