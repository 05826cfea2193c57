"""Where hand-overs and tasks go; a part of triage/settings, which checks it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from outbox.eakte_record import cut_url, require_folder
from outbox.line import require_url
from rules.errors import Refused
from rules.tasks import Receiver
from triage.settings.part import Part


class EakteSettings(Part):
    """Where hand-overs go, and how often they are tried again.

    `folder`: a drop that both sides reach. `http`, `webdav`: `url`, certificates on both sides.
    With `record_url` or `record_folder` the record is asked for before anything is handed over.
    """

    outlet: Literal["folder", "http", "webdav"] = "folder"
    drop: Path = Path("var/eakte")
    url: str = Field(default="", max_length=500)
    client_cert: Path | None = None
    client_key: Path | None = None
    ca_file: Path | None = None
    timeout_seconds: int = Field(default=15, ge=1, le=30)
    record_url: str = Field(default="", max_length=500)
    record_folder: Path | None = None
    target_check: Literal["if_told", "must"] = "if_told"
    receipt_hours: int = Field(default=24, ge=1, le=240)
    max_tries: int = Field(default=20, ge=1)
    first_wait_seconds: int = Field(default=30, ge=1)
    longest_wait_seconds: int = Field(default=21_600, ge=1)

    @model_validator(mode="after")
    def _line_is_whole(self) -> "EakteSettings":
        if self.record_url and self.outlet == "folder":
            raise ValueError("record_url is for the outlets http and webdav; set record_folder")
        if self.record_folder is not None and self.outlet != "folder":
            raise ValueError(f"record_folder is for the outlet folder, not {self.outlet}")
        if self.outlet == "folder":
            return self
        if self.client_cert is None or self.client_key is None:
            raise ValueError(f"outlet {self.outlet} needs client_cert and client_key")
        try:
            require_url(self.url)
        except Refused as exc:
            raise ValueError(exc.message) from exc
        return self

    @model_validator(mode="after")
    def _record_is_found(self) -> "EakteSettings":
        try:
            if self.record_url:
                cut_url(self.record_url)
            if self.record_folder is not None:
                require_folder(self.record_folder)
        except Refused as exc:
            raise ValueError(exc.message) from exc
        return self


class TaskHookSettings(Part):
    """One receiver of tasks that takes them by signed POST; the secret comes from `secret_env`."""

    receiver: Receiver
    url: str = Field(max_length=500)
    secret_env: str
    ca_file: Path | None = None
    timeout_seconds: int = Field(default=15, ge=1, le=30)


class TaskSettings(Part):
    """Where tasks for other units go: a folder with one for each receiver, or signed POSTs.

    A receiver that stands in `hooks` gets nothing in its folder. Neither: no tasks.
    `receipt_hours` 0: nobody waits for receipts of tasks.
    """

    drop: Path | None = None
    hooks: tuple[TaskHookSettings, ...] = ()
    receipt_hours: int = Field(default=72, ge=0, le=720)

    @property
    def is_given(self) -> bool:
        """Whether tasks have any way out."""
        return self.drop is not None or bool(self.hooks)

    @model_validator(mode="after")
    def _receivers_differ(self) -> "TaskSettings":
        names = [hook.receiver.value for hook in self.hooks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two hooks for the receiver {', '.join(twice)}")
        return self
