"""The public JSON of a verdict, and the small look-ups on mails and forms."""

from datetime import UTC, date, datetime

from rules.codes import AgencyHow, Channel, Concern, PaymentRelevant, Team
from rules.mail import BodyParts, Form, FormField, ParsedMail
from rules.verdict import (
    AgencyFound,
    ConcernFound,
    Facts,
    Judgement,
    Recogniser,
    Span,
    Verdict,
    as_json,
)

PROMISED = [
    "file",
    "channel",
    "concerns",
    "payment_relevant",
    "payment_because",
    "facts",
    "attachments",
    "team",
    "agency",
    "folder",
    "due",
    "review",
    "defects",
    "model",
    "rules",
]


def verdict(due: date | None = date(2025, 3, 5)) -> Verdict:
    fired = (Recogniser("text.krank", (Span(0, 9),)),)
    heard = ConcernFound(Concern.AU, 0.971234, True, ("krank",), (Span(0, 5),), fired)
    judgement = Judgement(
        channel=Channel.FREIE_EMAIL,
        concerns=(heard,),
        payment_relevant=PaymentRelevant.YES,
        payment_because=("au: announced",),
        facts=Facts(dates={"au_to": date(2025, 3, 14), "au_from": date(2025, 3, 3)}),
        review=False,
        review_because=(),
        model="m1",
    )
    agency = AgencyFound("435", "Kassel", AgencyHow.PLZ)
    return Verdict(judgement, Team.EZ, agency, "435 Kassel/AU", due, "Hausregel", "haus-1")


def test_the_public_json_keeps_its_promised_keys_in_their_order() -> None:
    body = as_json(verdict(), file="w1-001.eml")
    assert [key for key in body if key in PROMISED] == PROMISED
    assert body["agency"]["code"] == "435"
    assert body["agency"]["how"] == "plz"
    assert body["facts"]["dates"] == {"au_from": "2025-03-03", "au_to": "2025-03-14"}
    assert body["concerns"][0]["probability"] == 0.9712
    assert body["concerns"][0]["recognisers"] == [
        {"name": "text.krank", "spans": [{"start": 0, "end": 9, "where": "body"}]}
    ]
    assert body["due"] == "2025-03-05"


def test_without_a_file_or_a_day_there_is_none() -> None:
    body = as_json(verdict(due=None))
    assert "file" not in body
    assert body["due"] is None


def test_a_header_is_found_in_any_case_and_a_missing_one_is_empty() -> None:
    mail = ParsedMail(
        subject="",
        sender="",
        sender_name="",
        recipients=(),
        sent_at=datetime(2026, 6, 3, tzinfo=UTC),
        message_id="",
        in_reply_to="",
        references=(),
        body=BodyParts(""),
        headers=(("auto-submitted", "auto-replied"), ("auto-submitted", "no")),
    )
    assert mail.header("Auto-Submitted") == "auto-replied"
    assert mail.header("x-spam") == ""


def test_a_form_gives_the_first_value_of_a_field() -> None:
    fields = (FormField("plz", "PLZ", "34117"), FormField("plz", "PLZ", "00000"))
    form = Form("layout", Channel.KONTAKTFORMULAR, "Thema", fields, "")
    assert form.get("plz") == "34117"
    assert form.get("ort") == ""
