"""How often and how long the worker does what."""

from typing import Literal

from pydantic import Field

from triage.settings.part import Part


class WorkerSettings(Part):
    """The pace of the worker. Times in seconds."""

    poll_seconds: float = Field(default=5.0, gt=0)
    lease_seconds: int = Field(default=120, ge=2)
    grace_seconds: int = Field(default=30, ge=0)
    look_seconds: int = Field(default=300, ge=1)
    batch_mails: int = Field(default=200, ge=1, le=500)
    create_folders: Literal["agencies", "none"] = "agencies"
    overdue_minutes: int = Field(default=60, ge=1)
