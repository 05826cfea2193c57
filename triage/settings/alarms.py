"""To whom alarms go, beside log, trail, health and metrics; a part of triage/settings."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from rules.event_types import ALARM_TYPES
from triage.settings.hooks import WebhookSettings
from triage.settings.part import Part

Address = Annotated[str, Field(pattern=r"^[!-?A-~]+@[!-?A-~]+$", max_length=254)]


class AlarmSettings(Part):
    """Addresses, and names of `[[webhooks]]`. Empty: nobody is told beside log and metrics."""

    mail: tuple[Address, ...] = ()
    webhooks: tuple[str, ...] = ()
    from_address: Address = "postlotse@arbeitsagentur.example"


def require_hooks(alarms: AlarmSettings, hooks: Sequence[WebhookSettings]) -> None:
    """Raises: ValueError: an alarm goes to no webhook, or one that wants alarms gets none."""
    unknown = sorted(set(alarms.webhooks) - {hook.name for hook in hooks})
    if unknown:
        raise ValueError(f"alarms: there is no [[webhooks]] named {unknown[0]!r}")
    for hook in hooks:
        if set(hook.types) & set(ALARM_TYPES) and hook.name not in alarms.webhooks:
            raise ValueError(
                f"webhooks: {hook.name!r} hears alarms; put its name into [alarms] webhooks"
            )
