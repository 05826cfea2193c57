"""Folder permissions: whether they are written, and whom they follow."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from rules.rights.list_difference import FEW
from triage.settings.ldap import LdapSettings
from triage.settings.part import Part


class RightsSettings(Part):
    """Folder permissions: only read by default; `write` lets approved plans be carried out.

    `exempt` are accounts that are never judged, by address or by name. `follow_minutes`: how often
    a worker asks who stands on lists that came from a directory or by ExpandDL; 0 is never.
    `follow_few`: so many may join or leave a list at once whatever its size.
    """

    mode: Literal["read", "write"] = "read"
    exempt: tuple[str, ...] = ()
    common_folders: tuple[str, ...] = ()
    clerks_follow_lists: bool = False
    follow_minutes: int = Field(default=10, ge=0, le=1440)
    follow_few: int = Field(default=FEW, ge=0, le=1000)
    drop: Path | None = None
    ldap: LdapSettings | None = None
