"""The agency by all that a mail tells, as sorting asks for it."""

import pytest

from rules.codes import AgencyHow, Channel, Concern, PaymentRelevant
from rules.directory import Directory
from rules.mail import BodyParts, ParsedMail
from rules.verdict import ConcernFound, Facts, Home, Judgement
from triage import wiring
from triage.rulesets import ruling


@pytest.fixture(scope="module")
def directory() -> Directory:
    return wiring.load_directory()


def mail(text: str) -> ParsedMail:
    return ParsedMail(
        subject="Frage",
        sender="a@b.example",
        sender_name="",
        recipients=("SC-Nord@arbeitsagentur.de",),
        sent_at=None,
        message_id="",
        in_reply_to="",
        references=(),
        body=BodyParts(text),
        attachments=(),
    )


def judgement(facts: Facts) -> Judgement:
    return Judgement(
        channel=Channel.FREIE_EMAIL,
        concerns=(ConcernFound(Concern.AU, 0.9, announced=True),),
        payment_relevant=PaymentRelevant.YES,
        payment_because=(),
        facts=facts,
        review=False,
        review_because=(),
        model="m",
    )


TO_KASSEL = "An die Agentur für Arbeit Kassel\nIch bin krank."


@pytest.mark.parametrize(
    ("text", "facts", "mailbox", "code", "how"),
    [
        (TO_KASSEL, Facts(), "SC-Nord@arbeitsagentur.de", "435", AgencyHow.POSTBOX),
        # Residence and postbox are nearer than the words, and a doubtful residence stays one.
        (TO_KASSEL, Facts(place="Hannover"), "", "237", AgencyHow.PLACE),
        (TO_KASSEL, Facts(), "Kiel@arbeitsagentur.de", "131", AgencyHow.POSTBOX),
        (TO_KASSEL, Facts(place="Neuenkirchen"), "", None, AgencyHow.UNKNOWN),
        ("Krank.", Facts(place="Hof", kundennummer="723Q081155"), "", "723", AgencyHow.PLACE),
        ("Krank.", Facts(kundennummer="371Q081155"), "", None, AgencyHow.UNKNOWN),
        # Who writes for somebody else tells where he is himself.
        ("Krank.", Facts(place="Kassel", home=Home(None, "Fulda")), "", "411", AgencyHow.PLACE),
        ("Krank.", Facts(place="Kassel", home=Home("80638", None)), "", "843", AgencyHow.PLZ),
        ("Krank.", Facts(place="Kassel", home=Home()), "", None, AgencyHow.UNKNOWN),
        ("Krank.", Facts(place="Kassel", home=Home()), "Kiel@arbeitsagentur.de", "131",
         AgencyHow.POSTBOX),
    ],
)  # fmt: skip
def test_the_agency_is_told_by_the_nearest_hint(
    directory: Directory,
    text: str,
    facts: Facts,
    mailbox: str,
    code: str | None,
    how: AgencyHow,
) -> None:
    ruled = ruling.route(directory, mail(text), judgement(facts), mailbox=mailbox)
    agency = ruled.route.agency
    assert (agency.code, agency.how) == (code, how)
    assert agency.because
