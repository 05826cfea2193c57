"""Where the memory lies: the table `[store]`."""

from pathlib import Path

from pydantic import field_validator

from rules.errors import Refused
from store.connections import parse_url
from triage.settings.part import Part


class StoreSettings(Part):
    """Where the memory lies: `sqlite:///path` or `postgresql://host/database`.

    `keys` is the ring that seals content at rest; none: nothing is sealed.
    """

    url: str = "sqlite:///var/postlotse.sqlite"
    keys: Path | None = None

    @field_validator("url")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            parse_url(value)
        except Refused as exc:
            raise ValueError(exc.message) from exc
        return value
