"""Reads the Sieve scripts that lie beside an IMAP postbox."""

from ingest.managesieve import ManageSieve, SieveAccount
from rules.errors import Refused
from triage.settings import Settings, secret
from triage.settings.postbox import ImapSettings


def has_scripts(settings: Settings, postbox: str) -> bool:
    """Whether that postbox is one whose server may speak ManageSieve."""
    return _box(settings, postbox) is not None


def script(settings: Settings, postbox: str, name: str) -> str:
    """The text of the script of that name, or of the active one where none is named.

    Raises: Refused: `postbox.no_rules`, `sieve.no_script`, `settings.secret_missing`, and as the
    server. TryLater: `sieve.away`.
    """
    box = _box(settings, postbox)
    if box is None:
        raise Refused("postbox.no_rules", f"{postbox!r} is no IMAP postbox.", name=postbox)
    return script_of(box, name)


def script_of(box: ImapSettings, name: str) -> str:
    """As `script`, of a postbox that is known to be one. Raises: as `script`."""
    server = ManageSieve(
        SieveAccount(
            host=box.host,
            port=box.sieve_port,
            user=box.user,
            password=secret(box.password_env),
            ca_file=box.ca_file,
            timeout_seconds=box.timeout_seconds,
        )
    )
    try:
        return server.script(name or _active(server, box.name))
    finally:
        server.close()


def _active(server: ManageSieve, postbox: str) -> str:
    """Raises: Refused: `sieve.no_script`: none is active; those there are named."""
    found = server.scripts()
    active = next((one.name for one in found if one.is_active), "")
    if not active:
        known = ", ".join(one.name for one in found) or "none"
        raise Refused(
            "sieve.no_script",
            f"No script of {postbox} is active; there are: {known}. Use --script.",
        )
    return active


def _box(settings: Settings, postbox: str) -> ImapSettings | None:
    found = next((one for one in settings.postboxes if one.name == postbox), None)
    return found if isinstance(found, ImapSettings) else None
