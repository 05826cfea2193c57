"""No way out holds up another, and whoever waited at a shut one leaves when it opens."""

from dataclasses import replace

import pytest

from rules.errors import TryLater
from rules.item import CloseReason
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from tests.house_fixture import clerk, eml
from tests.triage.test_triage_reply import first_choice
from tests.triage.way import Eakte, Post, bring_in
from triage import handover, rounds, send, work
from triage.answers import reply, reply_text

ME = clerk("435")


@pytest.fixture
def url(sqlite_url):
    """One engine: the order of turns is the same."""
    return sqlite_url


class Slow(Post):
    """A mail server that takes a minute of each answer; shut, it takes none of them."""

    def __init__(self, clock, *, is_shut: bool) -> None:
        super().__init__()
        self.clock, self.is_shut, self.tries = clock, is_shut, 0

    def send(self, *mail):
        self.tries += 1
        self.clock.forward(seconds=60)
        if self.is_shut:
            raise TryLater("smtp.away", "it hangs")
        return super().send(*mail)


@pytest.fixture
def answers(house, box, lease):
    """So many answers that are due, each to somebody else."""

    def order(number, first=0):
        who = range(first, first + number)
        mails = [eml(f"Termin {one}", sender=f"k{one}@post.example") for one in who]
        bring_in(house, box, lease, *mails)
        for _ in who:
            claim = work.claim_next(house, ME, "435")
            reply.order(house, ME, claim.item_id, claim.token, first_choice(house, claim))
            work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)

    return order


@pytest.fixture
def hand_over(house, box, lease):
    def order(number):
        text = f"Kassel 34117 123A45678{number}"
        bring_in(house, box, lease, eml(f"Neues Konto {number}", text))
        claim = work.claim_next(house, ME, "435")
        row = handover.order(house, ME, claim.item_id, claim.token)
        work.release(house, ME, claim.item_id, claim.token)
        return row

    return order


@pytest.mark.parametrize("is_shut", [True, False])
def test_a_mail_server_that_hangs_holds_up_no_hand_over(house, answers, hand_over, clock, is_shut):
    answers(4)
    hand_over(1)
    post, eakte = Slow(clock, is_shut=is_shut), Eakte()
    rounds.send_round(house, send.Outlets(eakte, post), "w-1")
    assert len(eakte.delivered) == 1
    assert post.tries == 1


def test_answers_and_hand_overs_take_turns(house, answers, hand_over, clock):
    answers(3)
    hand_over(1)
    order = []
    eakte, post = Eakte(), Post()
    eakte.deliver = lambda package: order.append("eakte")
    eakte.receipts = lambda: iter(())
    post.send = lambda *_: order.append("reply") or "250 ok"
    rounds.send_round(house, send.Outlets(eakte, post), "w-1")
    assert order.index("eakte") == 1


def test_who_waited_at_a_shut_way_leaves_when_it_opens_oldest_first(house, answers, clock):
    slow = replace(house, backoff=replace(house.backoff, first_seconds=7200, cap_seconds=7200))
    answers(3)
    post = Slow(clock, is_shut=True)
    outlets = send.Outlets(Eakte(), post)
    for _ in range(4):
        rounds.send_round(slow, outlets, "w-1")
    assert post.tries == 3
    post.is_shut = False
    answers(1, first=3)
    for _ in range(4):
        rounds.send_round(slow, outlets, "w-1")
    assert [to for to, _ in post.sent] == [f"k{one}@post.example" for one in (3, 0, 1, 2)]


@pytest.mark.parametrize(("days_late", "code"), [(0, ""), (1, "text.expired")])
def test_an_answer_that_waited_beyond_the_last_day_of_its_text_does_not_leave(
    house, answers, clock, days_late, code
):
    answers(1)
    with house.db.read() as tx:
        (row,) = outgoing.listing(tx, states=[OutgoingState.NEW], limit=9)
    (shelved,) = reply_text.kept(house, row.payload)
    last_day = shelved.text.valid_to - house.today()
    clock.forward(days=last_day.days + days_late)
    post = Post()
    rounds.send_round(house, send.Outlets(Eakte(), post), "w-1")
    with house.db.read() as tx:
        row = outgoing.get(tx, row.id)
    assert (row.error_code, len(post.sent)) == (code, 1 - days_late)
    assert row.state is (OutgoingState.DEAD if days_late else OutgoingState.SENT)
