"""One row that fails each time is no shut way, and what one sender may not do is not for others."""

from dataclasses import replace

import pytest

from rules.backoff import BackoffRule
from rules.errors import TryLater
from rules.item import CloseReason
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from tests.house_fixture import clerk, eml
from tests.triage.test_triage_reply import first_choice
from tests.triage.way import Eakte, Post, bring_in
from triage import rounds, send, work
from triage.answers import reply

ME = clerk("435")


class Picky(Post):
    """A mail server that fails whoever stands in `fails`, with that code."""

    def __init__(self, fails=()):
        super().__init__()
        self.fails, self.tries = dict(fails), []

    def send(self, sender, recipient, data):
        self.tries.append(recipient)
        if recipient in self.fails:
            raise TryLater(self.fails[recipient], "no")
        return super().send(sender, recipient, data)


def address(number):
    return f"k{number}@post.example"


@pytest.fixture
def answers(house, box, lease):
    """So many answers that are due, each to somebody else."""

    def order(number, first=0):
        who = range(first, first + number)
        bring_in(house, box, lease, *(eml(f"Termin {one}", sender=address(one)) for one in who))
        for _ in who:
            claim = work.claim_next(house, ME, "435")
            reply.order(house, ME, claim.item_id, claim.token, first_choice(house, claim))
            work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)

    return order


def rounds_of(house, outlets, number):
    for _ in range(number):
        rounds.send_round(house, outlets, "w-1")


@pytest.fixture
def patient(house):
    """As a house is set up: so many tries, so long."""
    return replace(house, backoff=BackoffRule(spread=0))


def state_of(house, number):
    with house.db.read() as tx:
        rows = outgoing.listing(tx, states=list(OutgoingState), kinds=["reply"], limit=99)
    return sorted(rows, key=lambda row: row.id)[number]


@pytest.mark.parametrize("code", ["smtp.away", "smtp.sender", "smtp.not_let"])
def test_mails_that_fail_each_time_are_not_worn_out_while_others_leave(patient, answers, code):
    answers(40)
    post = Picky({address(0): code, address(1): code})
    rounds_of(patient, send.Outlets(Eakte(), post), 60)
    assert len(post.sent) == 38
    assert post.tries.count(address(0)) <= 2
    assert state_of(patient, 0).state is OutgoingState.NEW


def test_a_mail_that_fails_each_time_is_tried_at_its_own_time_for_days(patient, answers, clock):
    long = replace(patient, backoff=BackoffRule(first_seconds=1e6, cap_seconds=1e6))
    answers(1)
    post = Picky({address(0): "smtp.away"})
    outlets = send.Outlets(Eakte(), post)
    for number in range(1, 6):
        answers(1, first=number)
        rounds_of(long, outlets, 3)
        clock.forward(hours=2)
    assert len(post.sent) == 5
    assert post.tries.count(address(0)) <= 2


def test_one_agency_that_may_not_send_holds_up_no_other(patient, answers):
    answers(30)
    post = Picky({address(number): "smtp.sender" for number in range(20)})
    rounds_of(patient, send.Outlets(Eakte(), post), 2)
    assert len(post.sent) == 10


def test_who_may_send_again_takes_along_who_waited_for_that(patient, answers, clock):
    answers(3)
    post = Picky({address(number): "smtp.sender" for number in range(3)})
    outlets = send.Outlets(Eakte(), post)
    for _ in range(7):
        rounds_of(patient, outlets, 4)
        clock.forward(hours=1)
    post.fails.clear()
    clock.forward(hours=1)
    bulk = replace(patient, backoff=BackoffRule(first_seconds=1e6, cap_seconds=1e6))
    rounds_of(bulk, outlets, 2)
    assert len(post.sent) == 3


def test_a_second_outage_ends_for_all_like_the_first(patient, answers):
    long = replace(patient, backoff=BackoffRule(first_seconds=1e6, cap_seconds=1e6))
    post = Picky()
    outlets = send.Outlets(Eakte(), post)
    for first in (0, 6):
        post.fails = {address(first + number): "smtp.away" for number in range(5)}
        answers(5, first=first)
        rounds_of(long, outlets, 6)
        post.fails.clear()
        answers(1, first=first + 5)
        rounds_of(long, outlets, 2)
        assert len(post.sent) == first + 6


def test_a_worker_that_was_restarted_wakes_who_waits(patient, answers):
    answers(2)
    long = replace(patient, backoff=BackoffRule(first_seconds=1e6, cap_seconds=1e6))
    post = Picky({address(number): "smtp.away" for number in range(2)})
    rounds_of(long, send.Outlets(Eakte(), post), 3)
    post.fails.clear()
    answers(1, first=2)
    rounds_of(long, send.Outlets(Eakte(), post), 2)
    assert len(post.sent) == 3
