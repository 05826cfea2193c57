"""The daily match, what has no receipt for too long, and taking a task back."""

from datetime import date, datetime

from pydantic import Field

from api.schemas.base import In, Out


class MatchLineOut(Out):
    """One hand-over of the day."""

    heap: str = Field(
        examples=["missing_there"],
        description="correct, rejected, missing_there, missing_here or different.",
    )
    key: str = Field(examples=["eakte-12-40-0123456789ab"])
    item_id: int | None = Field(examples=[1284], description="null: no such hand-over is known.")
    region: str | None = Field(examples=["West"])


class MatchOut(Out):
    """What left on a local day beside what the eAkte says it received."""

    day: date = Field(examples=["2026-11-25"])
    closes: bool = Field(examples=[False])
    numbers: dict[str, int] = Field(examples=[{"correct": 811, "missing_there": 1}])
    lines: list[MatchLineOut] = Field(description="All but what is correct.")


class LateOut(Out):
    """What left and has no receipt."""

    id: int = Field(examples=[871])
    kind: str = Field(examples=["eakte"])
    key: str = Field(examples=["eakte-12-40-0123456789ab"])
    item_id: int | None = Field(examples=[1284])
    sent_at: datetime


class LateList(Out):
    """Longest first."""

    late: list[LateOut]
    next_cursor: str | None = Field(examples=["aTo4NzE"])


class TaskCancelIn(In):
    """Why a task is taken back; kept as long as the mail."""

    reason: str = Field(max_length=500, examples=["Der Termin ist schon vereinbart."])


class AgainIn(In):
    """Who says that nothing came, and since when; kept as long as the mail, not in the trail."""

    reason: str = Field(
        max_length=500, examples=["Die eAkte hat am 27.11. unter dem Schlüssel nichts gefunden."]
    )
