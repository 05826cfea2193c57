from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.compose import LOOP_HEADER, Mailbox, reply, usable_recipient
from rules.errors import Refused
from rules.mail import BodyParts, ParsedMail
from rules.texts.approved import Rendered

RENDERED = Rendered(
    "au.eingang",
    3,
    "Ihre Nachricht vom 20.11.2026",
    "Guten Tag,\n\nvielen Dank für Ihre Nachricht. " + "Langer Satz. " * 20 + "\n.\nGrüße\n",
)
ORIGINAL = ParsedMail(
    subject="Krankmeldung Jana",
    sender="jana@kundin.example",
    sender_name="Jana Musterfeld",
    recipients=("kassel@agentur.example",),
    sent_at=None,
    message_id="<frage@kundin.example>",
    in_reply_to="",
    references=(),
    body=BodyParts("Ich bin krank, meine IBAN ist DE37."),
)
SENDER = Mailbox("Agentur für Arbeit Köln", "koeln@agentur.example")


def composed(
    *, rendered: Rendered = RENDERED, original: ParsedMail = ORIGINAL, **changes: object
) -> bytes:
    asked = {
        "recipient": "jana@kundin.example",
        "sender": SENDER,
        "date": datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        "message_id": "<1.a@agentur.example>",
    } | changes
    return reply(rendered, original=original, **asked)  # type: ignore[arg-type]  # a table of arguments


def read(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=default)  # type: ignore[return-value]  # default policy makes EmailMessage


def text_of(mail: EmailMessage) -> str:
    content: str = mail.get_content()
    return content.replace("\r\n", "\n")


def test_the_mail_says_what_the_approved_text_says_and_nothing_else() -> None:
    mail = read(composed())
    assert mail["Subject"] == RENDERED.subject
    assert text_of(mail) == RENDERED.body
    assert mail.get_content_type() == "text/plain"
    assert not mail.is_multipart()
    assert (mail["From"], mail["To"]) == (
        "Agentur für Arbeit Köln <koeln@agentur.example>",
        "jana@kundin.example",
    )
    assert mail["Date"] == "Mon, 23 Nov 2026 10:30:00 +0100"
    assert mail["Message-ID"] == "<1.a@agentur.example>"


def test_nothing_of_the_customers_mail_is_repeated() -> None:
    data = composed()
    for word in (b"Krank", b"krank", b"IBAN", b"Jana", b"Musterfeld"):
        assert word not in data


def test_the_bytes_pass_any_server_unchanged() -> None:
    data = composed()
    assert max(data) < 128
    assert data.count(b"\n") == data.count(b"\r\n")
    _, _, body = data.partition(b"\r\n\r\n")
    assert max(map(len, body.splitlines())) <= 76


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert composed() == composed()


def test_a_clerks_answer_is_not_automatic_but_stops_machines() -> None:
    mail = read(composed())
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail[LOOP_HEADER] == "au.eingang/3"


LONG = f"<{'x' * 150}@mail.example>"


@pytest.mark.parametrize(
    ("changes", "in_reply_to", "references"),
    [
        ({}, "<frage@kundin.example>", "<frage@kundin.example>"),
        (
            {"message_id": "frage@kundin.example"},
            "<frage@kundin.example>",
            "<frage@kundin.example>",
        ),
        (
            {"references": ("<a@b>", "<c@d>")},
            "<frage@kundin.example>",
            "<a@b> <c@d> <frage@kundin.example>",
        ),
        (
            {"in_reply_to": "<c@d>"},
            "<frage@kundin.example>",
            "<c@d> <frage@kundin.example>",
        ),
        (
            {"references": ("<a@b>", "kaputt", "<x@y>\r\nBcc: z@z")},
            "<frage@kundin.example>",
            "<a@b> <frage@kundin.example>",
        ),
        ({"message_id": LONG}, LONG, LONG),
        ({"message_id": ""}, None, None),
        ({"message_id": "<ohne klammer"}, None, None),
    ],
)
def test_the_answer_joins_the_thread(
    changes: dict[str, str], in_reply_to: str | None, references: str | None
) -> None:
    mail = read(composed(original=replace(ORIGINAL, **changes)))
    assert (mail["In-Reply-To"], mail["References"]) == (in_reply_to, references)


def test_a_long_thread_keeps_its_root_and_its_end_on_one_line() -> None:
    ids = tuple(f"<{number:03}.{'y' * 60}@mail.example>" for number in range(100))
    mail = read(composed(original=replace(ORIGINAL, references=ids)))
    kept = mail["References"].split()
    assert kept[0] == ids[0]
    assert kept[-2:] == [ids[-1], "<frage@kundin.example>"]
    assert 900 > len(mail["References"]) > 700


@pytest.mark.parametrize(
    ("recipient", "because"),
    [
        ("", "empty"),
        ("<>", "empty"),
        ("kundin", "malformed"),
        ("jana@kundin", "malformed"),
        ("jana@[127.0.0.1]", "malformed"),
        ("jana@kundin.example, bert@kunde.example", "malformed"),
        ("jana@kundin.example\r\nBcc: x@y.example", "malformed"),
        ("jürgen@kunde.example", "malformed"),
        ("=?utf-8?q?=0d=0abcc=3a_x?=@kunde.example", "malformed"),
        ("a=?utf-8?q?=0d=0abcc=3a_x?=@kunde.example", "malformed"),
        (f"{'x' * 65}@kunde.example", "malformed"),
        ("MAILER-DAEMON@kunde.example", "machine"),
        ("postmaster@kunde.example", "machine"),
        ("no-reply@shop.example", "machine"),
        ("noreply+123@shop.example", "machine"),
        ("do_not_reply@shop.example", "machine"),
        ("DoNotReply@shop.example", "machine"),
        ("bounce-77@list.example", "machine"),
        ("zeitung-bounces@list.example", "machine"),
        ("owner-zeitung@list.example", "machine"),
        ("zeitung-owner@list.example", "machine"),
    ],
)
def test_no_answer_goes_where_nobody_reads_it(recipient: str, because: str) -> None:
    with pytest.raises(Refused) as caught:
        composed(recipient=recipient)
    assert (caught.value.code, caught.value.details) == ("reply.recipient", {"because": because})


@pytest.mark.parametrize(
    "recipient", ["noreen@kundin.example", "b.ounce@x.example", "owner1@x.example"]
)
def test_people_with_odd_addresses_get_their_answer(recipient: str) -> None:
    assert usable_recipient(f" {recipient} ") == recipient


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"original": replace(ORIGINAL, headers=(("x-postlotse-loop", "a/1"),))}, "reply.loop"),
        ({"recipient": "Koeln@agentur.example"}, "reply.loop"),
        ({"sender": Mailbox("Köln\nBcc: x", "koeln@agentur.example")}, "reply.sender"),
        ({"sender": Mailbox("Köln", "koeln")}, "reply.sender"),
        ({"message_id": "1"}, "reply.message_id"),
        ({"rendered": replace(RENDERED, subject="x\r\nBcc: y@z.example")}, "reply.subject"),
    ],
)
def test_what_would_loop_or_inject_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as caught:
        composed(**changes)  # type: ignore[arg-type]  # a table of arguments
    assert caught.value.code == code


@pytest.mark.parametrize("place", ["message_id", "in_reply_to", "references"])
def test_a_line_break_encoded_in_an_id_adds_no_line_and_no_text(place: str) -> None:
    hidden = "<a=?utf-8?q?=0D=0ABcc:_x=40y.example=0D=0A=0D=0ASie_bekommen_Geld?=@kunde.example>"
    change = (hidden,) if place == "references" else hidden
    mail = read(composed(original=replace(ORIGINAL, **{place: change})))  # type: ignore[arg-type]  # a table of fields
    assert set(mail.keys()) <= HEADERS
    assert text_of(mail) == RENDERED.body


HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Content-Language",
    "X-Auto-Response-Suppress", LOOP_HEADER, "Content-Type", "Content-Transfer-Encoding",
    "MIME-Version",
}  # fmt: skip


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_text_from_outside_adds_a_header(message_id: str, parent: str, recipient: str) -> None:
    original = replace(ORIGINAL, message_id=message_id, references=(parent,))
    try:
        data = composed(original=original, recipient=recipient)
    except Refused:
        data = composed(original=original)
    assert set(read(data).keys()) <= HEADERS
    assert text_of(read(data)) == RENDERED.body
