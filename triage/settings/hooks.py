"""Settings of the event feed and its webhooks; a part of triage/settings, which checks them."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, field_validator

from rules.event_types import ALARM_TYPES, TYPES
from triage.settings.part import Part


class EventsSettings(Part):
    """Hosts that webhooks may go to, by name. Nothing else is ever posted to."""

    allowed_hosts: tuple[str, ...] = ()


class WebhookSettings(Part):
    """One receiver of signed events; the secret comes from the variable `secret_env`.

    `types`, `agencies` and `regions` narrow what it hears; left out, it hears all.
    """

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    url: str = Field(max_length=500)
    secret_env: str
    types: tuple[str, ...] = ()
    agencies: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    ca_file: Path | None = None
    timeout_seconds: int = Field(default=10, ge=1, le=30)

    @field_validator("types")
    @classmethod
    def _are_events(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = TYPES.union(ALARM_TYPES)
        unknown = sorted(set(value) - known)
        if unknown:
            raise ValueError(
                f"no such event: {', '.join(unknown)}; there are {', '.join(sorted(known))}"
            )
        return value


def require_names(hooks: Sequence[WebhookSettings]) -> None:
    """Raises: ValueError: two webhooks share a name, by which their keys are known."""
    names = [hook.name for hook in hooks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two webhooks share the name {', '.join(twice)}")
