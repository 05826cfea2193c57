"""The HTTP doors: where they listen, and when the Eingangszone works."""

from datetime import time
from typing import Literal

from pydantic import Field, model_validator

from triage.settings.part import Part

WorkDay = Literal["mo", "di", "mi", "do", "fr"]
WORK_DAYS: tuple[WorkDay, ...] = ("mo", "di", "mi", "do", "fr")
"""Days on which an Arbeitstag can fall, Monday first. Source: own decision 0012."""


class DeskSettings(Part):
    """The HTTP doors. `demo` opens sign-in by one click and is allowed on loopback only."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    demo: bool = False
    lease_minutes: int = Field(default=15, ge=1, le=240)
    lease_counts: Literal["working", "clock"] = "working"
    work_from: time = time(7)
    work_to: time = time(18)
    work_days: tuple[WorkDay, ...] = WORK_DAYS
    open_claims: int = Field(default=1, ge=0, le=100)
    session_minutes: int = Field(default=600, ge=5)
    idle_minutes: int = Field(default=60, ge=5)
    session_secret_env: str = "POSTLOTSE_SESSION_SECRET"  # noqa: S105 - the name of a variable
    portal_url: str = "https://www.arbeitsagentur.de"
    phone: str = "0800 4 5555 00"

    @model_validator(mode="after")
    def _there_is_working_time(self) -> "DeskSettings":
        if self.work_from >= self.work_to or not self.work_days:
            raise ValueError("work_from lies before work_to, and there is a work_day")
        return self
