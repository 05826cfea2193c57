"""Where the memory lies, and the folders that replace what ships with the house."""

from pathlib import Path
from typing import Self

from pydantic import field_validator

from rules.errors import Refused
from store.database.connections import parse_url
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

    def anchored(self, base: Path) -> Self:
        """As of every part; a SQLite file named without a leading slash lies under `base`, too."""
        url = self.url
        if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
            url = f"sqlite:///{base / url.removeprefix('sqlite:///')}"
        return super().anchored(base).model_copy(update={"url": url})


class DataSettings(Part):
    """Folders that replace what ships with the house: form layouts, texts."""

    forms: Path | None = None
    texts: Path | None = None
    model: Path | None = None
    models: Path | None = None
    model_key_env: str = "POSTLOTSE_MODEL_KEY"
