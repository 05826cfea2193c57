"""Every machine that the configuration lets this house speak to, and the list that bounds them.

Nothing that comes in by mail, form or API leads to an address that is spoken to; redirects are
followed nowhere. Source: F71 ("outgoing hosts on an allow list"); own decision 0095.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from rules.loopback import LOOPBACK
from store.database.connections import servers_of
from triage.settings.part import Part
from triage.settings.postbox import ExchangeSettings, ImapSettings, PostboxSettings

if TYPE_CHECKING:
    from triage.settings import Settings

_POSTGRESQL: Final = 5432
"""Source: PostgreSQL documentation, libpq, "port"."""


class OutgoingSettings(Part):
    """`hosts`: names of machines; none: those that the rest of the file names."""

    hosts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A machine that is spoken to, and the setting that says so."""

    setting: str
    host: str
    port: int


def neighbours(settings: "Settings") -> tuple[Neighbour, ...]:
    """All of them, in the order of the file; what lies on this machine is none."""
    return tuple(one for one in _named(settings) if one.host not in LOOPBACK)


def require_listed(settings: "Settings") -> None:
    """Raises: ValueError: with each setting that names a machine off the list."""
    listed = settings.outgoing.hosts
    if listed is None:
        return
    known = {host.lower() for host in listed}
    off = [one for one in neighbours(settings) if one.host not in known]
    if off:
        named = ", ".join(f"{one.host} ({one.setting})" for one in off)
        raise ValueError(f"not in outgoing.hosts: {named}")


def _named(settings: "Settings") -> Iterator[Neighbour]:
    for host, port in servers_of(settings.store.url):
        yield Neighbour("store.url", host, port or _POSTGRESQL)
    for box in settings.postboxes:
        yield from _of_postbox(box)
    if settings.oidc is not None:
        yield from _of_url("oidc.issuer", settings.oidc.issuer)
    if settings.replies.outlet == "smtp":
        yield Neighbour("replies.host", settings.replies.host.lower(), settings.replies.port)
    if settings.eakte.outlet != "folder":
        yield from _of_url("eakte.url", settings.eakte.url)
        yield from _of_url("eakte.record_url", settings.eakte.record_url)
    if settings.rights.ldap is not None:
        ldap = settings.rights.ldap
        yield Neighbour("rights.ldap.host", ldap.host.lower(), ldap.port)
    for task in settings.tasks.hooks:
        yield from _of_url(f"tasks.hooks {task.receiver.value}", task.url)
    for hook in settings.webhooks:
        yield from _of_url(f"webhooks {hook.name}", hook.url)


def _of_postbox(box: PostboxSettings) -> Iterator[Neighbour]:
    if isinstance(box, ImapSettings):
        yield Neighbour(f"postboxes {box.name}", box.host.lower(), box.port)
    elif isinstance(box, ExchangeSettings):
        yield from _of_url(f"postboxes {box.name}", box.endpoint)
        yield from _of_url(f"postboxes {box.name} token_url", box.token_url)


def _of_url(setting: str, url: str) -> Iterator[Neighbour]:
    parts = urlsplit(url)
    if parts.hostname:
        port = parts.port or (80 if parts.scheme == "http" else 443)
        yield Neighbour(setting, parts.hostname, port)
