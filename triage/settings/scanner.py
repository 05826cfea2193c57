"""The scanner for malicious attachments: off unless an address is set."""

from pydantic import Field, field_validator

from triage.settings.part import Part

LOOPBACK = ("127.0.0.1", "localhost")


class ScannerSettings(Part):
    """`address`: `unix:/run/clamav/clamd.ctl` or `tcp:127.0.0.1:3310`; empty: no scanner.

    TCP only on this machine, for clamd speaks no TLS and gets the citizens' files.
    """

    address: str = ""
    timeout_seconds: float = Field(default=3.0, gt=0, le=30)
    limit_mb: int = Field(default=25, ge=1, le=500)

    @field_validator("address")
    @classmethod
    def _is_near(cls, value: str) -> str:
        if value:
            split(value)
        return value


def split(address: str) -> str | tuple[str, int]:
    """The path of a socket, or host and port. Raises: ValueError."""
    kind, _, rest = address.partition(":")
    if kind == "unix" and rest.startswith("/"):
        return rest
    host, _, port = rest.rpartition(":")
    if kind == "tcp" and host in LOOPBACK and port.isdecimal():
        return host, int(port)
    raise ValueError("write unix:/path or tcp:127.0.0.1:3310; other machines are not asked")
