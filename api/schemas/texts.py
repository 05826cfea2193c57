"""Approved texts, and an answer made of one."""

from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas.base import In, Out
from rules.codes import Channel, Concern
from rules.texts.language import Language

Values = Annotated[
    dict[str, str],
    Field(max_length=20, examples=[{"termin": "02.12.2026 10:30"}]),
]


class TextOut(Out):
    """One version of an approved text. `valid_to` is its last day."""

    id: str = Field(examples=["au.eingang"])
    version: int = Field(examples=[2])
    title: str = Field(examples=["Eingang der Krankmeldung"])
    short_code: str = Field(examples=["au1"])
    concerns: list[Concern]
    channels: list[Channel]
    regions: list[str]
    occasion: str = Field(examples=["anlage_fehlt"])
    valid_from: date = Field(examples=["2026-10-01"])
    valid_to: date = Field(examples=["2027-09-30"])
    source: str = Field(examples=["Weisung 202404002 Nr. 3"])
    subject: str = Field(examples=["Ihre Nachricht vom {eingangstag}"])
    body: str = Field(examples=["Guten Tag,\nIhre Nachricht ist am {eingangstag} eingegangen."])
    gaps: list[str] = Field(examples=[["eingangstag"]])


class TextList(Out):
    """Approved texts."""

    texts: list[TextOut]


class SecondIn(In):
    """A second text below the German one, by its version."""

    language: Language = Field(examples=["en"])
    version: int = Field(ge=1, le=10_000, examples=[1])


class SecondOut(Out):
    """A second text: it says in another language what that version of a German text says."""

    id: str = Field(examples=["au.eingang.en"])
    version: int = Field(examples=[1])
    language: Language = Field(examples=["en"])
    to_version: int = Field(description="The version of the German text.", examples=[2])
    title: str = Field(examples=["Eingang der Krankmeldung (Englisch)"])
    body: str = Field(examples=["Hello,\n\nThank you for your message of {eingangstag}."])


class PreviewIn(In):
    """For which item, with which values, and which second text below."""

    item_id: int = Field(ge=1, le=2**53, examples=[1284])
    values: Values = Field(default={})
    second: SecondIn | None = Field(default=None, examples=[None])


class RenderedOut(Out):
    """The letter as it would leave."""

    text_id: str = Field(examples=["au.eingang"])
    version: int = Field(examples=[2])
    subject: str = Field(examples=["Ihre Nachricht vom 25.11.2026"])
    body: str = Field(examples=["Guten Tag,\nIhre Nachricht ist am 25.11.2026 eingegangen."])


class ReplyIn(In):
    """An approved text by version, and the second text below it.

    `body`, if given, is the whole letter: compared word for word and never sent.
    """

    text_id: str = Field(max_length=120, examples=["au.eingang"])
    version: int = Field(ge=1, le=10_000, examples=[2])
    values: Values = Field(default={})
    body: str | None = Field(default=None, max_length=100_000, examples=[None])
    second: SecondIn | None = Field(default=None, examples=[None])


class RuleOut(Out):
    """Whether an answer is allowed at all, and on what ground."""

    allowed: bool
    because: str = Field(examples=["Antwort mit einem freigegebenen Textbaustein ist möglich."])
    source: str = Field(examples=["Weisung 202001001 Nr. 2.4 a 4"])


class ProposalsOut(Out):
    """Fitting texts, best first; none where an answer is forbidden."""

    rule: RuleOut
    texts: list[TextOut]
    seconds: list[SecondOut] = Field(
        description="What may stand below one of them: its id begins with that of the text."
    )
    suggested: Language | None = Field(
        description="The language of a second text that the mail suggests.", examples=["en"]
    )
