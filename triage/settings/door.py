"""The door for mail servers (ingest/smtp/)."""

from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from rules.loopback import LOOPBACK
from triage.settings.part import Part


class DoorSettings(Part):
    """The door for mail servers. Recipients are addresses of ours, and those listed here.

    With `tls_cert` and `tls_key` STARTTLS is required; without them only loopback may listen.
    """

    protocol: Literal["lmtp", "smtp"] = "lmtp"
    host: str = "127.0.0.1"
    port: int = Field(default=8024, ge=0, le=65535)
    recipients: tuple[str, ...] = ()
    allowed_clients: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    size_limit_mb: int = Field(default=60, ge=1, le=500)
    max_connections: int = Field(default=50, ge=1, le=1000)
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @field_validator("allowed_clients")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value

    @model_validator(mode="after")
    def _is_protected(self) -> "DoorSettings":
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together: give both or none")
        if self.tls_cert is None and self.host not in LOOPBACK:
            raise ValueError("a door that others can reach needs tls_cert and tls_key")
        return self
