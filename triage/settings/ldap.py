"""The table `[rights.ldap]`: the directory whose groups are the distribution lists."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from rules.groups import GAPS
from triage.settings.part import Part


class LdapSettings(Part):
    """An LDAP directory, as Active Directory; TLS is required. Only read.

    `agency_groups` and `region_groups` are names of groups with the gap {agency} or {region}; a
    star stands for anything. The password comes from a variable or from a file, not both.
    """

    host: str = Field(min_length=1)
    port: int = Field(default=636, ge=1, le=65535)
    tls: Literal["implicit", "starttls"] = "implicit"
    ca_file: Path | None = None
    user: str = Field(min_length=1)
    password_env: str = ""
    password_file: Path | None = None
    base: str = Field(min_length=1)
    name_attribute: str = Field(default="cn", pattern=r"^[A-Za-z][A-Za-z0-9-]*$")
    agency_groups: str = "EZ-{agency}"
    region_groups: str = "SC-{region}"
    page_entries: int = Field(default=500, ge=1, le=1000)
    timeout_seconds: int = Field(default=30, ge=1, le=300)

    @model_validator(mode="after")
    def _fits(self) -> "LdapSettings":
        if bool(self.password_env) == (self.password_file is not None):
            raise ValueError("give password_env or password_file, one of them")
        agency, region = GAPS
        if self.agency_groups.count(agency) != 1 or self.region_groups.count(region) != 1:
            raise ValueError("agency_groups has the gap {agency}, region_groups {region}, once")
        return self
