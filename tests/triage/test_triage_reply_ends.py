"""Every end of an answer that did not arrive is an open matter, whatever became of its item."""

import pytest

from rules.errors import Refused, TryLater
from rules.item import CloseReason, ItemState
from store.desk import items
from store.mails import ledger
from store.processes import leases
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from tests import one_sorter
from tests.house_fixture import ADMIN, clerk, eml
from tests.triage.test_triage_returned import about, answer, report
from tests.triage.way import Eakte, Post, bring_in
from triage import receive, rounds, send, work
from triage.answers import reply
from triage.desk import item_view
from triage.sending import dead_letters
from triage.watch import outgoing_alarms

ME = clerk("435")


@pytest.fixture
def url(sqlite_url):
    """One engine: the law is the same; both are in test_triage_returned."""
    return sqlite_url


class Ends(Post):
    """A mail server that ends each try in one way."""

    def __init__(self, error=None):
        super().__init__()
        self.error = error

    def send(self, envelope_from, recipient, data):
        if self.error is not None:
            raise self.error
        return super().send(envelope_from, recipient, data)


def refused(house, row, monkeypatch):
    return Ends(Refused("smtp.refused", "no")), "smtp.refused"


def away(house, row, monkeypatch):
    return Ends(TryLater("smtp.away", "no")), "smtp.away"


def broken(house, row, monkeypatch):
    return Ends(RuntimeError("a bug, on purpose")), "bug"


def retired(house, row, monkeypatch):
    def no(*_args, **_kwargs):
        raise Refused("text.retired", "the text is retired")

    monkeypatch.setattr(reply, "letter", no)
    return Ends(), "text.retired"


def came_back(house, row, monkeypatch):
    return Ends(), "reply.bounced"


ENDS = [refused, away, broken, retired, came_back]


def until_it_ended(house, box, lease, row, post, clock):
    outlets = send.Outlets(eakte=Eakte(), mail=post)
    for _ in range(house.backoff.max_tries):
        rounds.send_round(house, outlets, "w-1")
        clock.forward(hours=1)
    with house.db.write() as tx:
        # The postbox's lease ran out meanwhile; who holds it brings the report in.
        lease = leases.take(tx, "postbox", owner="w-2", now=clock(), seconds=600)
    with house.db.read() as tx:
        sent = outgoing.get(tx, row).state is OutgoingState.SENT
    if sent:
        box.append("INBOX", report(about(house, row)))
        receive.receive(house, box, lease, region="Südwest")
        one_sorter.sort_pending(house)


def laid(house, claim, where):
    """The clerk goes on before the answer has its end."""
    if where is ItemState.CLOSED:
        work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    if where is ItemState.WAITING:
        work.release(house, ME, claim.item_id, claim.token)


CASES = [
    (end, where) for end in ENDS for where in (ItemState.CLOSED, ItemState.WAITING, ItemState.HELD)
]


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one[0].__name__}-{one[1].value}")
def test_an_answer_that_did_not_arrive_is_told_at_an_open_item(
    house, box, lease, clock, monkeypatch, case
):
    end, where = case
    bring_in(house, box, lease, eml("Termin am Montag"))
    claim = work.claim_next(house, ME, "435")
    row = answer(house, claim)
    laid(house, claim, where)
    post, code = end(house, row, monkeypatch)
    until_it_ended(house, box, lease, row, post, clock)
    with house.db.read() as tx:
        found, item = outgoing.get(tx, row), items.get(tx, claim.item_id)
        message = ledger.message(tx, item.message_id)
    assert (found.state, found.error_code) == (OutgoingState.DEAD, code)
    assert item.state is not ItemState.CLOSED
    assert message.state.value == "sorted"
    assert item_view.view(house, ME, claim.item_id).reply_trouble.code == code
    listed = dead_letters.listing(house, ADMIN, states=dead_letters.ENDED_BADLY, limit=9)
    assert [one.id for one in listed] == [row]
    assert dead_letters.dead_by_kind(house) == {"reply": 1}
    trouble = {one.name: one.number for one in outgoing_alarms.WATCH.look(house)}
    assert trouble[outgoing_alarms.DEAD] == 1


def test_a_worker_that_stood_still_between_claim_and_sending_sends_nothing_again(
    house, box, lease, clock, monkeypatch
):
    """A frozen machine: meanwhile the claim ran out, and a second worker sent the answer."""
    bring_in(house, box, lease, eml("Termin am Montag"))
    row = answer(house, work.claim_next(house, ME, "435"))
    post, letter = Post(), reply.letter

    def frozen(*asked):
        monkeypatch.setattr(reply, "letter", letter)
        made = letter(*asked)
        clock.forward(seconds=send.CLAIM_SECONDS + 1)
        rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-2")
        return made

    monkeypatch.setattr(reply, "letter", frozen)
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    assert len(post.sent) == 1
    with house.db.read() as tx:
        assert outgoing.get(tx, row).state is OutgoingState.SENT
