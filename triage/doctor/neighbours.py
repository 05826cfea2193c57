"""The doctor's look at who else is spoken to: sign-in service, directory, receivers of posts.

Only a handshake each: nobody signs in, nothing is posted. Of receivers of tasks that have a folder,
whether it is there. Source: F59; own decision 0045.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from rules.tasks import Receiver
from triage.doctor.finding import Finding, good, warn
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


def task_folders(settings: Settings) -> Iterator[Finding]:
    """Whether each receiver of tasks has its folder: clerks are offered tasks for all of them."""
    drop = settings.tasks.drop
    if drop is None or not drop.is_dir():
        return
    posted = {hook.receiver for hook in settings.tasks.hooks}
    missing = [
        one.value for one in Receiver if one not in posted and not (drop / one.value).is_dir()
    ]
    if missing:
        yield warn(
            "outlets:tasks",
            f"In {drop} fehlen Ordner von Empfängern: {', '.join(missing)}. Aufträge dorthin warten"
            " und werden dann aufgegeben.",
            "Ordner anlegen, die der Empfänger liest, oder einhängen; oder unter [[tasks.hooks]]"
            " eintragen.",
        )
    else:
        yield good("outlets:tasks", "Jeder Empfänger von Aufträgen hat seinen Ordner oder POST.")


def _lines(settings: Settings) -> Iterator[tuple[str, str, Path | None]]:
    if settings.oidc is not None:
        yield "signin", settings.oidc.issuer, settings.oidc.ca_file
    for hook in settings.webhooks:
        yield f"webhooks:{hook.name}", hook.url, hook.ca_file
    for task in settings.tasks.hooks:
        yield f"tasks:{task.receiver.value}", task.url, task.ca_file
