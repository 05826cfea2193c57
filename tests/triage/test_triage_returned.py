"""Answers that come back, can't be sent, or must wait; and their copies among the sent mail."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from ingest import bounce
from rules import sent_id
from rules.errors import Refused, TryLater
from rules.item import CloseReason, ItemState
from store.acts import sent_copies
from store.counts import ledger_counts
from store.deletion import retention
from store.desk import items
from store.sending import outgoing, outgoing_restored
from store.tables.ledger import OutgoingState
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, clerk, eml, open_house
from tests.triage.mortal import Crash
from tests.triage.way import Eakte, Post, bring_in
from triage import accept, aside, handover, rounds, send, work
from triage.answers import reply, returned, sent_copy
from triage.answers.reply import Choice
from triage.desk import item_view
from triage.house import House, PostboxPlan
from triage.sending import dead_letters

ME = clerk("435")
SENT = "Gesendet"
REPORT = """\
From: MAILER-DAEMON@mx.example
To: Kassel@arbeitsagentur.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <report@mx.example>
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; boundary="g"; report-type=delivery-status

--g
Content-Type: text/plain; charset=utf-8

wer@post.example kennt hier niemand.
--g
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; wer@post.example
Action: {action}
Status: {status}
--g
Content-Type: text/rfc822-headers

Subject: Ihre Nachricht
Message-ID: <{about}>
--g--
"""


def report(about: str, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    return REPORT.format(about=about, action=action, status=status).encode()


class Refusing(Post):
    """A mail server that refuses for good."""

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        raise Refused("smtp.refused", "no")


@pytest.fixture
def claim(house, box, lease):
    bring_in(house, box, lease, eml("Termin am Montag"))
    return work.claim_next(house, ME, "435")


def answer(house, claim) -> int:
    text = reply.proposals(house, ME, claim.item_id).texts[0]
    values = reply.defaults(house, ME, claim.item_id, text.id)
    choice = Choice(text.id, text.version, values)
    return reply.order(house, ME, claim.item_id, claim.token, choice)


def leave(house, post=None) -> Post:
    post = post or Post()
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    return post


def about(house, row: int) -> str:
    with house.db.read() as tx:
        return sent_id.of(row, outgoing.get(tx, row).idempotency_key)


def state_of(house, row: int) -> tuple[OutgoingState, str]:
    with house.db.read() as tx:
        found = outgoing.get(tx, row)
    return found.state, found.error_code


def item_state(house, claim) -> ItemState:
    with house.db.read() as tx:
        return items.get(tx, claim.item_id).state


def test_a_report_of_before_a_restore_is_for_no_answer_to_another_mail(
    house, sqlite_template, tmp_path
):
    """Row and mail have the numbers of before, and the text is the same, on the same day."""
    file = tmp_path / "lost.sqlite"
    shutil.copyfile(sqlite_template, file)
    lost = open_house(f"sqlite:///{file}", clock=house.clock)

    def answered(at: House, subject: str) -> int:
        accept.hand_in(at, MACHINE, eml(subject))
        return answer(at, work.claim_next(at, ME, "435"))

    first, second = answered(lost, "Termin am Montag"), answered(house, "Termin am Dienstag")
    assert first == second
    leave(house)
    accept.hand_in(house, MACHINE, report(about(lost, first)))
    one_sorter.sort_pending(house)
    assert state_of(house, second)[0] is OutgoingState.SENT
    accept.hand_in(house, MACHINE, report(about(house, second)))
    one_sorter.sort_pending(house)
    assert state_of(house, second) == (OutgoingState.DEAD, "reply.bounced")
    lost.db.close()


def test_a_report_brings_the_closed_item_back_with_the_reason(house, box, lease, claim):
    row = answer(house, claim)
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    leave(house)
    with capture_logs() as told:
        bring_in(house, box, lease, report(about(house, row)))
    assert state_of(house, row) == (OutgoingState.DEAD, "reply.bounced")
    assert item_state(house, claim) is ItemState.WAITING
    assert [one["status"] for one in told if one["event"] == "reply.bounced"] == ["5.1.1"]
    shown = item_view.view(house, ME, claim.item_id)
    assert (shown.reply_trouble.code, shown.reply_trouble.status) == ("reply.bounced", "5.1.1")
    assert [gate.done for gate in shown.gates if gate.code == "reply_optional"] == [False]
    assert {"reply.bounced", "item.reopened"} <= {step.code for step in shown.story}
    listed = dead_letters.listing(house, ADMIN, states=dead_letters.ENDED_BADLY, limit=9)
    assert [(one.id, one.error_code) for one in listed] == [(row, "reply.bounced")]
    with house.db.read() as tx:
        assert {state.value: n for state, n in ledger_counts.counts(tx).items() if n} == {
            "sorted": 1,
            "aside": 1,
        }
    again = work.claim_next(house, ME, "435")
    assert again.item_id == claim.item_id
    work.close(house, ME, again.item_id, again.token, reason=CloseReason.DONE)


def test_the_same_report_twice_opens_once_and_sending_again_settles_it(
    house, box, lease, claim, clock
):
    row = answer(house, claim)
    leave(house)
    bring_in(house, box, lease, report(about(house, row)))
    bring_in(house, box, lease, report(about(house, row)) + b"\n")
    shown = item_view.view(house, ME, claim.item_id)
    assert [step.code for step in shown.story].count("reply.bounced") == 1
    assert item_state(house, claim) is ItemState.HELD
    clock.forward(minutes=7)
    dead_letters.replay(house, ADMIN, row)
    assert len(leave(house).sent) == 1
    assert item_view.view(house, ME, claim.item_id).reply_trouble is None
    aside.replay_all(house, ADMIN)
    one_sorter.sort_pending(house)
    assert state_of(house, row)[0] is OutgoingState.SENT


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.1"), ("relayed", "2.0.0"), ("delivered", "2.1.5")]
)
def test_what_is_only_late_opens_nothing(house, box, lease, claim, action, status):
    row = answer(house, claim)
    leave(house)
    bring_in(house, box, lease, report(about(house, row), action=action, status=status))
    assert state_of(house, row)[0] is OutgoingState.SENT
    shown = item_view.view(house, ME, claim.item_id)
    assert shown.reply_trouble is None
    assert "reply.delayed" in {step.code for step in shown.story}


def test_reports_about_nothing_of_ours_are_set_aside_and_nothing_else(house, box, lease, claim):
    row = answer(house, claim)
    leave(house)
    forged = about(house, row).replace(about(house, row).split(".")[1][:12], "0" * 12)
    for name in ("wer@post.example", forged, "reply-999999.0123456789ab@postlotse.invalid"):
        bring_in(house, box, lease, report(name))
    assert state_of(house, row)[0] is OutgoingState.SENT
    answered = eml("Danke", In_Reply_To=f"<{about(house, row)}>")
    bring_in(house, box, lease, answered)
    assert state_of(house, row)[0] is OutgoingState.SENT


def test_a_report_that_overtakes_our_note_of_the_sending_counts(house, box, lease, claim):
    row = answer(house, claim)

    class Fast(Post):
        def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
            bring_in(house, box, lease, report(about(house, row)))
            return super().send(envelope_from, recipient, data)

    leave(house, Fast())
    assert state_of(house, row) == (OutgoingState.DEAD, "reply.bounced")


def test_an_answer_that_can_not_be_sent_opens_its_closed_item(house, claim):
    row = answer(house, claim)
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    leave(house, Refusing())
    assert state_of(house, row) == (OutgoingState.DEAD, "smtp.refused")
    assert item_state(house, claim) is ItemState.WAITING
    assert item_view.view(house, ME, claim.item_id).reply_trouble.code == "smtp.refused"


def test_the_same_answer_ordered_again_after_it_died_leaves(house, claim):
    row = answer(house, claim)
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    leave(house, Refusing())
    again = work.claim_next(house, ME, "435")
    assert answer(house, again) == row
    assert len(leave(house).sent) == 1
    assert state_of(house, row) == (OutgoingState.SENT, "")
    assert answer(house, again) == row
    assert leave(house).sent == []


@pytest.fixture
def settled(house, claim):
    """The row of an answer that died; then a person closed its item."""
    row = answer(house, claim)
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    leave(house, Refusing())
    again = work.claim_next(house, ME, "435")
    assert dead_letters.dead_by_kind(house) == {"reply": 1}
    work.close(house, ME, again.item_id, again.token, reason=CloseReason.DONE)
    return row


def test_a_dead_answer_whose_item_was_closed_since_is_nobodys_and_not_sent_with_all(house, settled):
    assert dead_letters.dead_by_kind(house) == {}
    assert dead_letters.replay_all(house, ADMIN) == 0
    dead_letters.replay(house, ADMIN, settled)
    assert len(leave(house).sent) == 1


def test_an_answer_that_a_restore_held_back_is_sent_with_all_though_its_item_is_closed(
    house, claim, clock
):
    answer(house, claim)
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    clock.forward(minutes=1)
    with house.db.write() as tx:
        outgoing_restored.hold_back(tx, now=clock())
    assert dead_letters.dead_by_kind(house) == {"reply": 1}
    assert dead_letters.replay_all(house, ADMIN) == 1
    assert len(leave(house).sent) == 1


def test_nothing_of_a_deleted_mail_is_sent_again_and_its_item_stays_closed(house, claim, settled):
    with house.db.write() as tx:
        retention.erase(tx, 1, now=house.clock())
    with pytest.raises(Refused) as caught:
        dead_letters.replay(house, ADMIN, settled)
    assert caught.value.code == "mail.deleted"
    with house.db.write() as tx:
        assert not returned.bring_back(house, tx, claim.item_id)
    assert item_state(house, claim) is ItemState.CLOSED


def test_an_item_that_was_parked_to_wait_for_the_reaction_does_not_sleep_on(house, clock, claim):
    answer(house, claim)
    day = clock.now.date() + timedelta(days=14)
    work.park(house, ME, claim.item_id, claim.token, until=day, reason="wartet auf Unterlagen")
    leave(house, Refusing())
    assert item_state(house, claim) is ItemState.WAITING


def test_an_item_that_would_close_by_itself_waits_for_a_person(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    claim = work.claim_next(house, ME, "435")
    row = answer(house, claim)
    handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    assert item_state(house, claim) is ItemState.PENDING
    leave(house, Refusing())
    assert state_of(house, row)[0] is OutgoingState.DEAD
    assert item_state(house, claim) is ItemState.WAITING


def test_in_one_minute_leave_only_so_many_answers_and_hand_overs_go_on(house, box, lease, clock):
    slow = replace(house, policy=replace(house.policy, replies_a_minute=2))
    mails = [eml(f"Termin {n}", sender=f"k{n}@post.example") for n in range(3)]
    bring_in(slow, box, lease, *mails, eml("Krankmeldung"))
    while claim := work.claim_next(slow, ME, "435"):
        shown = item_view.view(slow, ME, claim.item_id)
        if shown.item.first_concern == "au":
            handover.order(slow, ME, claim.item_id, claim.token)
        else:
            answer(slow, claim)
        work.park(slow, ME, claim.item_id, claim.token, until=clock.now.date() + timedelta(days=3),
                  reason="warten bis morgen")  # fmt: skip
    post, eakte = Post(), Eakte()
    outlets = send.Outlets(eakte=eakte, mail=post)
    rounds.send_round(slow, outlets, "w-1")
    assert (len(post.sent), len(eakte.delivered)) == (2, 1)
    rounds.send_round(slow, outlets, "w-2")
    assert len(post.sent) == 2
    clock.forward(seconds=61)
    rounds.send_round(slow, outlets, "w-1")
    assert len(post.sent) == 3


@pytest.fixture
def copying(house):
    plan = PostboxPlan("SC-Südwest", "Südwest", is_observed=False)
    return replace(house, policy=replace(house.policy, sent_folder=SENT, postboxes=(plan,)))


def test_a_copy_of_what_left_lies_among_the_sent_mail_once(copying, box, lease, claim):
    answer(copying, claim)
    ((_, data),) = leave(copying).sent
    assert sent_copy.lay_due(copying, box, lease) == 1
    assert sent_copy.lay_due(copying, box, lease) == 0
    view = box.view(SENT)
    (found,) = box.fetch(SENT, view.epoch, view.uids)
    assert found.data == data


class Mortal:
    """A postbox whose worker dies around the append, or whose line breaks."""

    def __init__(self, box, *, after: bool, error: type[BaseException] = Crash) -> None:
        self._box, self._after, self._error = box, after, error

    def __getattr__(self, name):
        return getattr(self._box, name)

    def append(self, *args):
        if self._after:
            self._box.append(*args)
        raise self._error("postbox.away", "gone") if self._error is TryLater else self._error()


@pytest.mark.parametrize(
    ("after", "error"), [(True, Crash), (False, Crash), (True, TryLater), (False, TryLater)]
)
def test_a_cut_append_is_looked_for_and_the_copy_lies_there_once(copying, box, lease, after, error):
    bring_in(copying, box, lease, eml("Termin am Montag"))
    claim = work.claim_next(copying, ME, "435")
    row = answer(copying, claim)
    leave(copying)
    with pytest.raises(error):
        sent_copy.lay_due(copying, Mortal(box, after=after, error=error), lease)
    assert sent_copy.lay_due(copying, box, lease) == 0
    copying.clock.forward(seconds=200)
    assert sent_copy.lay_due(copying, box, lease) == 1
    assert len(box.view(SENT).uids) == 1
    with copying.db.read() as tx:
        assert sent_copies.of_row(tx, row).done_at is not None


def test_an_observed_postbox_gets_no_copy_and_no_folder_means_none(copying, box, lease, claim):
    seen = PostboxPlan("SC-Südwest", "Südwest", is_observed=True)
    watching = replace(copying, policy=replace(copying.policy, postboxes=(seen,)))
    row = answer(watching, claim)
    leave(watching)
    with watching.db.read() as tx:
        assert sent_copies.of_row(tx, row) is None


def test_a_folder_that_can_not_be_had_is_tried_again_and_then_given_up(
    copying, box, lease, claim, clock
):
    row = answer(copying, claim)
    leave(copying)
    closed = replace(copying, policy=replace(copying.policy, create_folders=False))
    with capture_logs() as told:
        for _ in range(5):
            assert sent_copy.lay_due(closed, box, lease) == 0
            clock.forward(seconds=100)
    refused = [one for one in told if one["event"] == "copy.refused"]
    assert [one["again"] for one in refused] == [True, True, False]
    with closed.db.read() as tx:
        assert sent_copies.of_row(tx, row).error_code


def test_nothing_but_a_report_of_ours_is_read_as_one():
    good = report("reply-7.0123456789ab@postlotse.invalid")
    found = bounce.read(good)
    assert (found.about.outgoing_id, found.has_failed, found.status) == (7, True, "5.1.1")
    for other in (
        b"",
        good.replace(b"message/delivery-status", b"text/plain"),
        good.replace(b"postlotse.invalid", b"post.example"),
        good.replace(b"Message-ID: <reply", b"X-ID: <reply"),
    ):
        assert bounce.read(other) is None
    for cut in range(0, len(good), 7):
        bounce.read(good[:cut])
