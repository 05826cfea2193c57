"""Tasks for other systems and units."""

from datetime import date, datetime

from pydantic import Field

from api.schemas.base import In, Out
from rules.tasks import TaskKind


class TaskIn(In):
    """Which task, and what the clerk states where its rule asks for it."""

    task: TaskKind = Field(examples=["atv_termin"])
    claim_start: date | None = Field(
        None, examples=["2026-11-01"], description="bearbeitungsstand: expected start of the claim"
    )
    called: bool = Field(default=False, examples=[True], description="One call was tried, in vain.")
    call_spared: bool = Field(
        default=False,
        examples=[False],
        description="Nothing but the school years is open in the online report: no call is needed.",
    )
    complete: bool = Field(
        default=False,
        examples=[True],
        description="bearbeitungsstand: all documents of the application are there",
    )


class TaskOut(Out):
    """A task that was ordered from the item, and how far it is."""

    id: int = Field(examples=[871])
    kind: TaskKind = Field(examples=["atv_termin"])
    receiver: str = Field(examples=["atv"])
    state: str = Field(examples=["sent"])
    may_cancel: bool = Field(examples=[False], description="Not delivered yet.")
    ordered_at: datetime
    reason: str = Field(examples=[""], description="Why it was rejected, given up or taken back.")
