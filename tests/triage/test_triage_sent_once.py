"""An answer leaves once, also where the database goes away or is set back just behind it."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
import sqlalchemy as sa

from outbox.left_notes import LeftNotes
from rules.errors import TryLater
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from store.tables.ledger import outgoing as table
from tests.house_fixture import ADMIN, clerk, eml
from tests.triage.test_triage_reply import first_choice
from tests.triage.way import Eakte, Post, bring_in
from triage import rounds, work
from triage.answers import reply
from triage.send import Outlets
from triage.sending import dead_letters

ME = clerk("435")


class AwayAfter(Post):
    """The database is away once this has taken a mail, until a test says otherwise."""

    is_away = False

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        said = super().send(envelope_from, recipient, data)
        self.is_away = True
        return said


class Reached:
    """A database as far as the line to it goes."""

    def __init__(self, db, post: AwayAfter) -> None:
        self._db, self._post = db, post
        self.read, self.dialect = db.read, db.dialect

    @contextmanager
    def write(self):
        if self._post.is_away:
            raise TryLater("store.away", "the line is cut")
        with self._db.write() as tx:
            yield tx


@pytest.fixture
def ordered(house, box, lease) -> int:
    """The row of an answer that is due."""
    bring_in(house, box, lease, eml("Termin", "34117 Kassel"))
    claim = work.claim_next(house, ME, "435")
    return reply.order(house, ME, claim.item_id, claim.token, first_choice(house, claim))


def test_what_left_while_the_database_went_away_is_noted_and_not_sent_again(house, ordered):
    post = AwayAfter()
    outlets = Outlets(Eakte(), post)
    away = replace(house, db=Reached(house.db, post))
    for _ in range(3):
        with pytest.raises(TryLater):
            rounds.send_round(away, outlets, "w-1")
    post.is_away = False
    house.clock.forward(hours=1)
    assert rounds.send_round(away, outlets, "w-1") == 0
    assert state_of(house, ordered) is OutgoingState.SENT
    assert len(post.sent) == 1


@pytest.mark.parametrize("is_noted", [True, False])
def test_what_a_standby_has_forgotten_is_not_sent_again_by_who_sent_it(house, ordered, is_noted):
    post = AwayAfter()
    outlets = Outlets(Eakte(), post)
    if is_noted:
        rounds.send_round(house, outlets, "w-1")
    else:
        with pytest.raises(TryLater):
            rounds.send_round(replace(house, db=Reached(house.db, post)), outlets, "w-1")
    set_back(house, ordered)
    rounds.send_round(house, outlets, "w-1")
    assert state_of(house, ordered) is OutgoingState.SENT
    assert len(post.sent) == 1


def test_what_a_person_sends_again_leaves_again(house, ordered):
    post = Post()
    outlets = Outlets(Eakte(), post)
    rounds.send_round(house, outlets, "w-1")
    with house.db.write() as tx:
        tx.run(sa.update(table).values(state=OutgoingState.DEAD, error_code="reply.bounced"))
    dead_letters.replay(house, ADMIN, ordered)
    rounds.send_round(house, outlets, "w-1")
    assert len(post.sent) == 2


@pytest.fixture
def notes(tmp_path) -> LeftNotes:
    return LeftNotes(tmp_path / "left")


def died(house, notes) -> AwayAfter:
    """What a process sent that is no more: the database never heard of it."""
    post = AwayAfter()
    away = replace(house, db=Reached(house.db, post))
    with pytest.raises(TryLater):
        rounds.send_round(away, Outlets(Eakte(), post, notes=notes), "w-1")
    house.clock.forward(hours=1)
    return post


@pytest.mark.parametrize("is_set_back", [True, False])
def test_who_comes_after_a_process_that_died_does_not_send_again(
    house, ordered, notes, is_set_back
):
    post = died(house, notes)
    if is_set_back:
        set_back(house, ordered)
    rounds.send_round(house, Outlets(Eakte(), post, notes=notes), "w-2")
    assert state_of(house, ordered) is OutgoingState.SENT
    assert len(post.sent) == 1


@pytest.mark.parametrize("is_noted", [True, False])
def test_what_a_person_sends_again_after_that_leaves_again(house, ordered, notes, is_noted):
    post = died(house, notes)
    if is_noted:
        rounds.send_round(house, Outlets(Eakte(), post, notes=notes), "w-2")
    with house.db.write() as tx:
        tx.run(sa.update(table).values(state=OutgoingState.DEAD, error_code="outgoing.restored"))
    dead_letters.replay(house, ADMIN, ordered)
    rounds.send_round(house, Outlets(Eakte(), post, notes=notes), "w-3")
    assert len(post.sent) == 2


def test_where_the_notes_can_not_be_read_nothing_leaves(house, ordered, notes):
    notes.root.mkdir()
    (notes.root / "2026-11-23").mkdir()
    (notes.root / "2026-11-23" / f"{ordered}.json").mkdir()
    post = Post()
    rounds.send_round(house, Outlets(Eakte(), post, notes=notes), "w-1")
    assert post.sent == []
    with house.db.read() as tx:
        assert outgoing.get(tx, ordered).error_code == "left.disk"


def set_back(house, row: int) -> None:
    """As a standby knows it that got nothing since the order."""
    with house.db.write() as tx:
        values = {"state": OutgoingState.NEW, "fence": 0, "tries": 0, "claimed_by": None,
                  "claimed_until": None, "sent_at": None, "next_try_at": house.clock()}  # fmt: skip
        tx.run(sa.update(table).where(table.c.id == row).values(values))


def state_of(house, row: int) -> OutgoingState:
    with house.db.read() as tx:
        return outgoing.get(tx, row).state
