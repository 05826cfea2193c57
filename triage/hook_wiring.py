"""Ties webhooks of the settings to their outlets. Only for wiring and the command line."""

from outbox.webhook import WebhookOutlet
from rules.event_types import TYPES
from store.events import Reach
from triage.hooks import Subscription
from triage.settings import Settings, secret


def subscriptions(settings: Settings) -> tuple[Subscription, ...]:
    """The receivers of the configuration.

    Raises: Refused: `settings.secret_missing`, `webhook.*`: an address that may not be posted to.
    """
    return tuple(
        Subscription(
            hook.name,
            Reach(
                frozenset(hook.types) or TYPES,
                None if hook.agencies is None else frozenset(hook.agencies),
                None if hook.regions is None else frozenset(hook.regions),
            ),
            WebhookOutlet(
                hook.url,
                secret(hook.secret_env),
                settings.events.allowed_hosts,
                ca_file=hook.ca_file,
                timeout_seconds=hook.timeout_seconds,
            ),
        )
        for hook in settings.webhooks
    )
