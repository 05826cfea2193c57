"""A mail handed in, its verdict, and where it stands."""

from datetime import date
from typing import Annotated, Literal

from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from api.schemas.base import In, Out
from rules.codes import Channel, Concern, PaymentRelevant


class MailIn(In):
    """A mail in JSON, for callers that can't send message/rfc822."""

    # Strict; pydantic's Base64Bytes skips signs that are no base64 and decodes the rest.
    model_config = ConfigDict(val_json_bytes="base64")

    raw_base64: bytes = Field(
        examples=["U3ViamVjdDogS3Jhbmttb2xkdW5nDQoNCkd1dGVuIFRhZy4NCg=="],
        description="The original, byte for byte, in base64 without line breaks.",
        json_schema_extra={"format": "byte"},
    )
    mailbox: str = Field(
        default="",
        max_length=320,
        examples=["Kassel.EZ@arbeitsagentur.example"],
        description="The postbox or address that the mail came to; a hint for the agency.",
    )


def read_mail(body: bytes) -> MailIn:
    """The mail in a JSON body; for the endpoints that also take it raw, which FastAPI can't read.

    Raises: RequestValidationError: as for any other request; without the input: it is the mail.
    """
    try:
        return MailIn.model_validate_json(body)
    except ValidationError as exc:
        raise RequestValidationError(exc.errors(include_input=False, include_url=False)) from None


class VerdictPart(Out):
    """A part of the verdict; keys of later versions pass through."""

    model_config = ConfigDict(from_attributes=True, extra="allow")


class SpanOut(VerdictPart):
    """Where the words stand, in characters of the text or the subject."""

    start: int = Field(examples=[14])
    end: int = Field(examples=[29])
    where: Literal["body", "subject"]


class RecogniserOut(VerdictPart):
    """A recogniser that fired for a concern: its stable name, and what it heard."""

    name: str = Field(examples=["text.au_schein"])
    spans: list[SpanOut]


class ConcernOut(VerdictPart):
    """One concern, with the words that spoke for it and the recognisers that fired."""

    code: Concern = Field(examples=["au"])
    probability: float = Field(ge=0, le=1, examples=[0.97])
    announced: bool
    because: list[str] = Field(examples=[["krankgeschrieben", "AU_Bescheinigung.pdf"]])
    spans: list[SpanOut]
    recognisers: list[RecogniserOut] = Field(default=[], examples=[[]])


class FactsOut(VerdictPart):
    """What could be read out of the text; null where nothing is readable."""

    kundennummer: str | None = Field(examples=["123A456789"])
    kundennummern: list[str] = Field(
        default=[],
        description="Those that a person may name, where several stand in the mail or it is unclear"
        " whose the one is (`defects`); else empty.",
        examples=[[]],
    )
    iban: str | None = Field(examples=[None])
    plz: str | None = Field(examples=["34117"])
    place: str | None = Field(examples=["Kassel"])
    phone: str | None = Field(examples=[None])
    dates: dict[str, date] = Field(examples=[{"au_from": "2026-11-23", "au_to": "2026-12-04"}])


class AttachmentsOut(VerdictPart):
    """Whether an attachment is announced in the text, and whether there is one."""

    announced: bool
    present: bool


class AgencyOut(VerdictPart):
    """The agency in charge; `code` null means clearing folder."""

    code: str | None = Field(examples=["435"])
    name: str | None = Field(examples=["Kassel"])
    how: str = Field(examples=["plz"])
    because: str = Field(default="", examples=["34117"])


class VerdictOut(VerdictPart):
    """What the house thinks of a mail, and why; the same object as `postlotse judge` prints."""

    channel: Channel = Field(examples=["freie_email"])
    concerns: list[ConcernOut]
    payment_relevant: PaymentRelevant = Field(examples=["yes"])
    payment_because: list[str] = Field(examples=[["au: announced"]])
    payment_spans: list[SpanOut] = Field(default=[], examples=[[]])
    facts: FactsOut
    attachments: AttachmentsOut
    team: str = Field(examples=["EZ"])
    agency: AgencyOut
    folder: str = Field(examples=["435 Kassel/AU"])
    due: date | None = Field(examples=["2026-11-26"])
    due_because: str = Field(default="", examples=["3 Arbeitstage nach Eingang (Hausregel)"])
    review: bool
    review_because: list[str] = Field(default=[], examples=[[]])
    defects: list[str] = Field(examples=[["charset.guessed"]])
    model: str = Field(examples=["2026-11-25-a1b2c3d4"])
    rules: str = Field(examples=["1"])


def _or_none(verdict: object) -> object:
    return verdict or None


MaybeVerdict = Annotated[VerdictOut | None, BeforeValidator(_or_none)]
"""The verdict, or null before the first."""


class MailOut(Out):
    """Where a message stands. `verdict` is null before the first."""

    message_id: int = Field(examples=[40721])
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    state: str = Field(examples=["sorted"])
    state_reason: str = Field(examples=[""])
    item_id: int | None = Field(examples=[1284])
    verdict: MaybeVerdict
    only_head: str = Field(
        description="Why only the head of the mail is here (`mail.too_large`, `mail.mime_broken`),"
        " or empty. Then the original is that head, and the mail itself lies in its postbox.",
        examples=[""],
    )
