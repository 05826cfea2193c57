"""What else is open or was settled of the same person and conversation, beside an item."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from rules.item import CloseReason
from store.deletion import retention
from store.desk import items, threads
from store.tables.ledger import item, outgoing
from store.tables.thread import mail_thread
from store.trail import audit
from tests.house_fixture import MACHINE, clerk, eml
from triage import accept, work
from triage.answers import conversation, reply
from triage.answers.reply import Choice
from triage.desk import item_view, story
from triage.desk.story import Step

ME = clerk("435")


def mail(own, subject="Termin", sender="alex@post.example", **headers):
    data = eml(subject, "34117 Kassel", sender=sender, **headers)
    return data.replace(b"<same@post.example>", f"<{own}@post.example>".encode())


@pytest.fixture
def put(house):
    """Hands a mail in; the id of its item."""

    def one(own, **changes):
        kept = accept.hand_in(house, MACHINE, mail(own, **changes))
        with house.db.read() as tx:
            return items.of_message(tx, kept.message_id).id

    return one


def others(house, item_id, caller=ME):
    seen = item_view.view(house, caller, item_id).others
    return [(one.item_id, one.same_thread) for one in seen]


def test_answers_siblings_and_what_was_answered_are_of_one_conversation(house, put):
    first = put("a")
    answer = put("b", sender="else@post.example", In_Reply_To="<a@post.example>")
    sibling = put("c", sender="third@post.example", References="<a@post.example>")
    put("d", sender="stranger@post.example")
    assert others(house, first, ME) == [(answer, True), (sibling, True)]
    assert others(house, answer, ME) == [(first, True), (sibling, True)]


def test_the_conversation_comes_first_and_each_stands_once(house, put):
    own = put("a")
    same_sender = put("b")
    both = put("c", References="<a@post.example>")
    assert others(house, own, ME) == [(both, True), (same_sender, False)]


def test_an_answer_to_our_letter_is_tied_to_the_mail_we_answered(house, put, clock):
    first = put("a", subject="Termin")
    claim = work.claim_item(house, ME, first)
    row = reply.order(house, ME, first, claim.token, Choice("allgemein.zwischennachricht", 1, {}))
    with house.db.read() as tx:
        key = tx.run(outgoing.select().where(outgoing.c.id == row)).one().idempotency_key
    ours = f"<reply-{row}.{key[-12:]}@postlotse.invalid>"
    # No References, as some phones write it.
    back = put("b", sender="telefon@post.example", In_Reply_To=ours)
    forged = put("c", sender="wer@post.example", In_Reply_To=ours.replace(key[-12:], "0" * 12))
    assert (back, True) in others(house, first, ME)
    assert (forged, True) not in others(house, first, ME)


def test_what_the_caller_may_not_see_is_not_told(house, put):
    mine = put("a")
    put("b", References="<a@post.example>")
    with house.db.write() as tx:
        items.save_unheld(tx, mine + 1, version=1, change={"agency_code": "123"}, now=house.clock())
    assert others(house, mine, ME) == []


def test_what_lies_elsewhere_does_not_push_out_what_the_caller_may_see(house, put):
    own = put("a")
    elsewhere = [put(f"e{number}") for number in range(conversation.SHOWN + 1)]
    with house.db.write() as tx:
        tx.run(sa.update(item).where(item.c.id.in_(elsewhere)).values(agency_code="017"))
    second = put("b")
    assert others(house, own) == [(second, False)]


def test_nor_is_what_was_settled_for_an_agency_that_the_caller_may_not_see(house, put):
    closed = put("a")
    claim = work.claim_item(house, ME, closed)
    work.close(house, ME, closed, claim.token, reason=CloseReason.DONE)
    asked = put("b")
    assert [one.item_id for one in item_view.view(house, ME, asked).settled] == [closed]
    with house.db.write() as tx:
        version = items.get(tx, closed).version
        change = {"agency_code": "123"}
        items.save_unheld(tx, closed, version=version, change=change, now=house.clock())
    assert item_view.view(house, ME, asked).settled == ()


def test_two_forms_of_the_portals_one_address_are_of_no_same_person(house):
    form = (Path(__file__).parents[1] / "mails/form_eservice_au.eml").read_bytes()
    one, two = (
        accept.hand_in(house, MACHINE, form.replace(b"Message-ID: <", b"Message-ID: <%d" % number))
        for number in (1, 2)
    )
    with house.db.read() as tx:
        first, second = (items.of_message(tx, kept.message_id).id for kept in (one, two))
    assert first != second
    assert others(house, second, clerk()) == []


def test_a_settled_one_is_told_for_a_while_and_as_a_hint_if_it_was_about_the_same(
    house, put, clock
):
    for own, subject in (("a", "Termin"), ("b", "Kündigung")):
        closed = put(own, subject=subject)
        claim = work.claim_item(house, ME, closed)
        work.close(house, ME, closed, claim.token, reason=CloseReason.DONE)
        clock.forward(hours=1)
    asked = put("c", subject="Termin")
    told = item_view.view(house, ME, asked).settled
    assert [(one.first_concern, one.same_concern) for one in told] == [
        ("arbeitsuchend", False),
        ("termin", True),
    ]
    clock.forward(days=conversation.SETTLED_DAYS)
    assert item_view.view(house, ME, asked).settled == ()


def test_links_go_with_the_content_of_their_mail(house, put, clock):
    first, second = put("a"), put("b", sender="x@post.example", References="<a@post.example>")
    claim = work.claim_item(house, ME, second)
    work.close(house, ME, second, claim.token, reason=CloseReason.DONE)
    with house.db.write() as tx:
        message_id = items.get(tx, second).message_id
        retention.erase(tx, message_id, now=house.clock() + timedelta(days=400))
        assert threads.open_of_thread(tx, message_id, limit=5) == ()
    assert others(house, first) == []


def test_a_mail_sorted_again_is_tied_once(house, put):
    put("a")
    with house.db.write() as tx:
        for _ in range(2):
            threads.note_many(tx, {1: ("x" * 32, "x" * 32)})
        found = tx.run(sa.select(mail_thread.c.link).where(mail_thread.c.message_id == 1))
        assert [row.link for row in found].count("x" * 32) == 1


def test_the_note_is_that_of_the_last_who_gave_it_away(house, put):
    item_id = put("a")
    claim = work.claim_item(house, ME, item_id)
    work.give_back(house, ME, item_id, claim.token, reason="Gehört zum Arbeitgeber-Service.")
    note = item_view.view(house, ME, item_id).note
    assert (note.text, note.about) == ("Gehört zum Arbeitgeber-Service.", "item.returned")


def test_however_often_it_was_looked_at_the_story_goes_on_to_its_end(house, put):
    item_id = put("a")
    looks = [audit.Note("item.read", "message:1", {"item": item_id})] * 250
    with house.db.write() as tx:
        audit.add_many(tx, "k-1", looks, at=house.clock())
    claim = work.claim_item(house, ME, item_id)
    work.give_back(house, ME, item_id, claim.token, reason="Gehört zum Arbeitgeber-Service.")
    seen = item_view.view(house, ME, item_id)
    assert seen.note is not None
    assert [step.code for step in seen.story][-2:] == ["item.claimed", "item.returned"]
    with house.db.read() as tx:
        assert audit.of_subject(tx, "message:1")[-2].action == "item.returned", "then the look"


@pytest.mark.parametrize(
    ("codes", "about"),
    [
        (("item.parked", "item.undone"), None),
        (("item.parked", "item.unparked", "item.closed", "item.undone"), "item.parked"),
        (("item.parked", "item.forwarded"), "item.forwarded"),
        ((), None),
    ],
)
def test_a_note_that_was_taken_back_is_not_shown(clock, codes, about):
    steps = [Step(clock(), "", code) for code in codes]
    found = story.note_left("Warum", steps)
    assert (found.about if found else None) == about
