"""What observed postboxes would have got on a day."""

from datetime import date

from pydantic import Field

from api.schemas.base import Out


class AgencyPartOut(Out):
    """What one agency would have got; `code` is null for the clearing folder."""

    code: str | None = Field(examples=["435"])
    name: str = Field(examples=["Kassel"])
    mails: int = Field(examples=[310])
    payment_yes: int = Field(examples=[120])
    payment_open: int = Field(examples=[41])
    review: int = Field(examples=[12])
    folders: list[tuple[str, int]] = Field(examples=[[["435 Kassel/AU", 96]]])


class DisagreementOut(Out):
    """A mail that a person filed elsewhere than Postlotse would have."""

    message_id: int = Field(examples=[40721])
    would: str = Field(examples=["435 Kassel/AU"])
    lies_in: str = Field(examples=["435 Kassel/Termin"])


class TrialOut(Out):
    """One observed postbox on one local day. seen = filed + aside + not_sorted."""

    postbox: str = Field(examples=["SC-Ost"])
    day: date
    seen: int = Field(examples=[1290])
    filed: int = Field(examples=[1285])
    not_sorted: int = Field(examples=[3])
    aside: list[tuple[str, int]] = Field(examples=[[["mail.machine", 2]]])
    agencies: list[AgencyPartOut]
    agreement: dict[str, int] = Field(examples=[{"same": 9, "other": 1}])
    share: float | None = Field(
        description="Of what people moved, the part that went into the very folder.",
        examples=[0.75],
    )
    disagreements: list[DisagreementOut]


class TrialList(Out):
    """One report a postbox of the caller's regions."""

    reports: list[TrialOut]
