"""The life of texts at the door: typed texts, versions with their state, what differs."""

from datetime import date, datetime

from pydantic import Field

from api.schemas.base import In, Out

EXAMPLE = (
    "titel: Anlage fehlt\nkuerzel: AF\nanliegen: alle\nkanal: freie_email\n"
    "gueltig_ab: 2026-12-01\ngueltig_bis: 2027-11-30\nregion: alle\n"
    "quelle: Weisung 202404002 Nr. 3\noffenbarend: nein\n"
    "betreff: Ihre Nachricht vom {eingangstag}\n\nGuten Tag,\n\nIhre Nachricht vom "
    "{eingangstag} ist da.\n\nMit freundlichen Grüßen\nIhre Agentur für Arbeit {agentur}\n"
)
TextName = Field(pattern=r"^[a-z_]{1,40}\.[a-z0-9_]{1,60}$", examples=["allgemein.anlage_fehlt"])
Typed = Field(min_length=1, max_length=20_000, examples=[EXAMPLE])


class TypedIn(In):
    """A text as it is typed, header and body (docs/texts.md). Its version is set by the house."""

    text_id: str = TextName
    text: str = Typed


class SaveIn(In):
    """The new wording of a draft."""

    text: str = Typed


class ApproveIn(In):
    """The hash of what was read: something else is not approved."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", examples=["5528ff5d" * 8])


class ReasonIn(In):
    """Why. Kept with the version, not in the trail."""

    reason: str = Field(max_length=600, examples=["Die Weisung ist seit Montag aufgehoben."])


class TextFindingOut(Out):
    """One fault; an `error` keeps the version from being approved, a `warning` is a hint."""

    code: str = Field(examples=["disclosure.health"])
    level: str = Field(examples=["error"])
    line: int = Field(examples=[14], description="From 1; 0 is the whole text.")
    message: str = Field(examples=["„krank“ verrät Fremden zu viel."])
    remedy: str = Field(examples=["Weglassen."])


class CheckedTextOut(Out):
    """What is wrong with a text; `readable` false: it can't be kept even as a draft."""

    readable: bool = Field(examples=[True])
    findings: list[TextFindingOut]


class TextVersionOut(Out):
    """One version. `edition` is its ETag; `reason` of the last turning down or retirement."""

    text_id: str = Field(examples=["allgemein.anlage_fehlt"])
    version: int = Field(examples=[2])
    state: str = Field(examples=["draft"])
    origin: str = Field(examples=["desk"])
    title: str = Field(examples=["Anlage fehlt"])
    regions: list[str] = Field(examples=[["West"]])
    sha256: str = Field(examples=["5528ff5d" * 8])
    valid_to: date = Field(examples=["2027-11-30"])
    authors: list[str] = Field(examples=[["r-17"]])
    edition: int = Field(examples=[3])
    reason: str = Field(examples=[""])
    changed_at: datetime = Field(examples=["2026-11-26T08:00:00Z"])
    approved_by: str = Field(examples=["f-02"])
    approved_on: date | None = Field(examples=["2026-11-26"])
    retired_on: date | None = Field(examples=[None])


class TextRowOut(Out):
    """A version and what it is today; `is_replaced`: a newer one is sent in its place."""

    version: TextVersionOut
    phase: str = Field(examples=["in_force"])
    is_replaced: bool = Field(examples=[False])
    ends_soon: bool = Field(examples=[False])


class TextRows(Out):
    """All versions in the caller's regions, by text, newest first."""

    versions: list[TextRowOut]
    next_cursor: str | None = Field(examples=["aTox"])


class PieceOut(Out):
    """Words of both versions (`same`), of the older (`gone`) or of the newer (`new`)."""

    mark: str = Field(examples=["new"])
    text: str = Field(examples=["Rufen Sie uns an."])


class DiffOut(Out):
    """Two versions in one, in reading order."""

    pieces: list[PieceOut]


class TextShownOut(Out):
    """One version in full. `uses` of 30 days; null: fewer than five, which is not told."""

    row: TextRowOut
    text: str = Field(examples=[EXAMPLE])
    findings: list[TextFindingOut]
    compared_with: int | None = Field(examples=[1])
    changes: list[PieceOut]
    uses: int | None = Field(examples=[1204])


class SavedTextOut(Out):
    """The draft, and what is wrong with it."""

    version: TextVersionOut
    findings: list[TextFindingOut]


class StockDifferenceOut(Out):
    """A file that is told differently by the house; nothing is taken over silently."""

    kind: str = Field(examples=["text.stock_changed"])
    text_id: str = Field(examples=["au.eingang"])
    version: int = Field(examples=[1])


class StockOut(Out):
    """What differs between the files and the house; empty where nothing does."""

    differences: list[StockDifferenceOut]
