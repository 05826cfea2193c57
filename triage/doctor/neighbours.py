"""The doctor's look at who else is spoken to: sign-in service, directory, receivers of posts.

Only a handshake each: nobody signs in, nothing is posted. Source: F59; own decision 0045.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from triage.doctor.finding import Finding
from triage.doctor.ways import server_certificate
from triage.settings import Settings


def certificates(settings: Settings) -> Iterator[Finding]:
    """Until when each certificate holds: an ended one lets nobody sign in, and nothing leave.

    A directory by STARTTLS is left out: the handshake speaks no LDAP.
    """
    for name, url, ca_file in _lines(settings):
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            port = parts.port or 443
            yield from server_certificate(name, parts.hostname, port, "implicit", ca_file)
    ldap = settings.rights.ldap
    if ldap is not None and ldap.tls == "implicit":
        yield from server_certificate("rights:ldap", ldap.host, ldap.port, "implicit", ldap.ca_file)


def _lines(settings: Settings) -> Iterator[tuple[str, str, Path | None]]:
    if settings.oidc is not None:
        yield "signin", settings.oidc.issuer, settings.oidc.ca_file
    for hook in settings.webhooks:
        yield f"webhooks:{hook.name}", hook.url, hook.ca_file
    for task in settings.tasks.hooks:
        yield f"tasks:{task.receiver.value}", task.url, task.ca_file
