"""Due days that the house sets itself, within what the Weisung sets."""

from typing import Annotated

from pydantic import Field, model_validator

from rules.codes import Concern
from rules.deadlines import HOUSE_DEADLINES, REPORTS
from triage.settings.part import Part


class DeadlineSettings(Part):
    """Hausregeln for due days, in Arbeitstage; those of law and Weisung can't be changed here.

    `days` overrides single concerns: `days = { beratung = 8 }`. Of `arbeitsuchend` and `arbeitslos`
    it can't go beyond the ten to the first interview; `kein_anliegen` has no day.
    """

    payment: int = Field(default=1, ge=0, le=60)
    days: dict[Concern, Annotated[int, Field(ge=0, le=60)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _within_the_weisung(self) -> "DeadlineSettings":
        most = HOUSE_DEADLINES.first_interview
        late = [code for code in REPORTS if self.days.get(code, 0) > most]
        if late:
            raise ValueError(
                f"days.{min(late)}: at most {most}, for by then the first interview"
                " must have been held (Weisung 202502006 no. 2.3)"
            )
        if Concern.KEIN_ANLIEGEN in self.days:
            raise ValueError("days.kein_anliegen: where nothing is to be done no day is set")
        return self
