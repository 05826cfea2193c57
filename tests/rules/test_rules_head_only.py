"""What may be said of a mail of which only the head is here."""

from dataclasses import replace

import pytest

from rules import head_only
from rules.codes import Channel, Concern, PaymentRelevant
from rules.mail import Attachment, BodyParts, ParsedMail
from rules.postbox import MIME_BROKEN, TOO_LARGE
from rules.verdict import ConcernFound, Facts, Judgement

YES, OPEN, NO = PaymentRelevant.YES, PaymentRelevant.OPEN, PaymentRelevant.NO


def mail(**headers: str) -> ParsedMail:
    return ParsedMail(
        subject="Unterlagen",
        sender="alex@post.example",
        sender_name="Alex",
        recipients=(),
        sent_at=None,
        message_id="",
        in_reply_to="",
        references=(),
        body=BodyParts(""),
        attachments=(Attachment("scan.pdf", "application/pdf", 0, "1"),),
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        defects=("mime.boundary_not_found", "date.missing", "text.empty"),
    )


def judgement(payment: PaymentRelevant = NO, channel: Channel = Channel.FREIE_EMAIL) -> Judgement:
    return Judgement(
        channel=channel,
        concerns=(ConcernFound(Concern.SONSTIGES, 0.5, announced=False),),
        payment_relevant=payment,
        payment_because=("au: announced",) if payment is YES else (),
        facts=Facts(),
        review=True,
        review_because=("danger", "empty", "short"),
        model="m",
    )


@pytest.mark.parametrize(
    ("codes", "size_bytes", "kept_bytes", "why"),
    [
        ((), 100, 100, ""),
        (("", "charset.guessed"), 100, 100, ""),
        ((), 101, 100, TOO_LARGE),
        (("", TOO_LARGE), 100, 100, TOO_LARGE),
        ((MIME_BROKEN,), 90, 100, MIME_BROKEN),
        (("mail.autoreply", MIME_BROKEN), 900, 100, MIME_BROKEN),
    ],
)
def test_a_code_tells_it_or_the_size_of_what_is_missing(codes, size_bytes, kept_bytes, why) -> None:
    assert head_only.why(codes, size_bytes=size_bytes, kept_bytes=kept_bytes) == why


def test_what_a_missing_body_seems_to_have_is_left_out() -> None:
    found = head_only.mail_of(mail())
    assert (found.attachments, found.defects) == ((), ("date.missing",))


@pytest.mark.parametrize(
    ("before", "after", "because"),
    [
        (NO, OPEN, (head_only.UNREAD,)),
        (YES, YES, ("au: announced",)),
    ],
)
def test_its_money_is_open_at_least(before, after, because) -> None:
    found = head_only.judgement_of(judgement(before), mail(), TOO_LARGE)
    assert (found.payment_relevant, found.payment_because) == (after, because)


def test_no_attachment_is_missing_that_may_lie_with_the_body() -> None:
    announced = replace(judgement(), facts=Facts(attachment_announced=True, plz="34117"))
    found = head_only.judgement_of(announced, mail(), TOO_LARGE)
    assert (found.facts.attachment_announced, found.facts.plz) == (False, "34117")


def test_it_is_for_review_and_says_why_but_nothing_of_an_empty_text() -> None:
    found = head_only.judgement_of(replace(judgement(), review=False), mail(), TOO_LARGE)
    assert (found.review, found.review_because) == (True, (TOO_LARGE, "danger"))


@pytest.mark.parametrize(
    ("headers", "channel"),
    [
        ({}, Channel.FREIE_EMAIL),
        ({"auto_submitted": "auto-replied"}, Channel.MASCHINELL),
        ({"list_id": "<liste.example>"}, Channel.MASCHINELL),
    ],
)
def test_a_machine_is_one_only_by_what_its_head_says(headers, channel) -> None:
    found = head_only.judgement_of(
        judgement(channel=Channel.MASCHINELL), mail(**headers), TOO_LARGE
    )
    assert found.channel is channel


def test_a_person_who_writes_over_a_mailing_list_is_no_machine() -> None:
    head = mail(list_id="<liste.example>")
    assert head_only.judgement_of(judgement(), head, TOO_LARGE).channel is Channel.FREIE_EMAIL


def test_a_form_that_nobody_read_is_none() -> None:
    guessed = judgement(channel=Channel.ESERVICE_VERAENDERUNG)
    assert head_only.judgement_of(guessed, mail(), TOO_LARGE).channel is Channel.FREIE_EMAIL


@pytest.mark.parametrize(
    ("channel", "headers", "code"),
    [
        (Channel.FREIE_EMAIL, {}, Concern.SONSTIGES),
        (Channel.MASCHINELL, {"auto_submitted": "auto-replied"}, Concern.KEIN_ANLIEGEN),
    ],
)
def test_nobody_knows_that_a_person_wants_nothing(channel, headers, code) -> None:
    nothing = ConcernFound(Concern.KEIN_ANLIEGEN, 0.9, announced=False)
    before = replace(judgement(channel=channel), concerns=(nothing,))
    (found,) = head_only.judgement_of(before, mail(**headers), TOO_LARGE).concerns
    assert found.code is code
