"""Answers: how they leave, and which folders of the postbox are theirs.

Source: own decisions 0051, 0053, 0097.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from triage.settings.part import Part


class ReplySettings(Part):
    """How answers leave: by a smarthost, or (demo) into a Maildir.

    The folder `sent_folder` of the postbox gets a copy of each; empty means none. What people lay
    into `drafts_folder` is taken as an answer, if it is an approved text; empty means none.
    `warn_days` before a text ends its authors are told.
    """

    outlet: Literal["maildir", "smtp"] = "maildir"
    sent_root: Path = Path("var/sent")
    from_address: str = "{agency}@arbeitsagentur.example"
    from_name: str = "Eingangszone {agency}"
    disclosing: Literal["refuse", "after_check"] = "refuse"
    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "implicit"] = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password_env: str = ""
    left_notes: Path | None = None
    sent_folder: str = "Gesendet"
    drafts_folder: str = ""
    per_minute: int = Field(default=60, ge=1, le=10_000)
    warn_days: int = Field(default=30, ge=1, le=365)

    @model_validator(mode="after")
    def _drafts_lie_alone(self) -> "ReplySettings":
        if self.drafts_folder.lower() in {"inbox", self.sent_folder.lower()} - {""}:
            raise ValueError("drafts_folder is neither INBOX nor sent_folder: what lies there goes")
        return self
