"""Deletion at the door: preview, runs, proof, holds."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import In, Out
from rules.sweep import REFERENCE_MAX_CHARS, HoldKind

Reference = Annotated[
    str, Field(min_length=1, max_length=REFERENCE_MAX_CHARS, examples=["S 12 AL 345/26"])
]


class TallyOut(Out):
    """How many messages of one postbox and agency have that answer of the rules."""

    postbox: str = Field(examples=["SC-West"])
    agency: str = Field(examples=["435"])
    keep: str = Field(
        description="`not`: may be deleted; else why it stays.", examples=["receipt_missing"]
    )
    number: int = Field(examples=[310])


class PreviewOut(Out):
    """What a run would do today. Writes nothing."""

    day: date
    periods: dict[str, list[int | str]] = Field(
        description="Days and what they rest on, by the end a message came to.",
        examples=[{"done": [90, "Hausregel; Frist nicht belegt"]}],
    )
    to_delete: int = Field(examples=[1284])
    more: bool = Field(description="The rest comes with the next run.", examples=[False])
    hash: str = Field(description="Names exactly this plan; `POST` it to order a run.",
                      examples=["5f0c" * 16])  # fmt: skip
    tallies: list[TallyOut]


class RunIn(In):
    """Order what the preview of that hash showed."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$", examples=["5f0c" * 16])


class RunIdOut(Out):
    """The number of a run."""

    run_id: int = Field(examples=[3])


class ReadRunIn(In):
    """Which run was read: its `hash`, as the list of runs gives it; another one is 409."""

    hash: str = Field("", pattern=r"^([0-9a-f]{64})?$", examples=["5f0c" * 16])


class ReadHoldIn(In):
    """Which hold was read: its `reference`, as the list of holds gives it; another one is 409."""

    reference: str = Field("", max_length=REFERENCE_MAX_CHARS, examples=["S 12 AL 345/26"])


class RunOut(Out):
    """A deletion run. `state`: `proposed`, `ordered`, `done` or `void`."""

    id: int = Field(examples=[3])
    kind: str = Field(examples=["retention"])
    state: str = Field(examples=["done"])
    hash: str = Field(examples=["5f0c" * 16])
    day: date
    reference: str = Field(examples=[""])
    made_at: datetime
    made_by: str = Field(examples=["a-1"])
    approved_by: str | None = Field(examples=["a-2"])
    ended_at: datetime | None


class RunList(Out):
    """Runs of the caller's regions, newest first."""

    runs: list[RunOut]


class ProofOut(Out):
    """The proof as read back from the database now, with its own SHA-256."""

    proof: dict[str, Any] = Field(examples=[{"erased": 1284, "complete": True}])


class HoldIn(In):
    """Keep one message or one postbox back from deletion."""

    kind: HoldKind = Field(examples=["rechtsstreit"])
    reference: Reference
    message_id: int | None = Field(default=None, ge=1, le=2**53, examples=[40721])
    postbox: str | None = Field(default=None, min_length=1, max_length=100, examples=[None])


class HoldIdOut(Out):
    """The number of a hold."""

    hold_id: int = Field(examples=[2])


class HoldOut(Out):
    """A hold, in force or released; on a message, or on all of a postbox."""

    id: int = Field(examples=[2])
    message_id: int | None = Field(examples=[40721])
    postbox: str | None = Field(examples=[None])
    kind: str = Field(examples=["rechtsstreit"])
    reference: str = Field(examples=["S 12 AL 345/26"])
    at: datetime
    actor: str = Field(examples=["a-1"])
    released_at: datetime | None = Field(None, description="Set in the list of those released.")
    released_by: str | None = Field(None, examples=[None])


class HoldList(Out):
    """Holds that the caller may see, newest first."""

    holds: list[HoldOut]


class SeenIn(In):
    """A person has looked at what lies aside for that reason, up to that message."""

    reason_code: str = Field(min_length=1, max_length=100, examples=["mail.newsletter"])
    until: int = Field(ge=1, le=2**53, examples=[40721])


class SeenOut(Out):
    """How many count as looked at by this, and how many don't, since no list showed them to you."""

    mails: int = Field(examples=[12])
    not_shown: int = Field(examples=[0])
