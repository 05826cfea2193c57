"""Opens the LDAP directory of the configuration."""

from rules.errors import Refused
from triage.ports import Groups
from triage.rights.directory import GroupNames
from triage.settings import Settings, secret
from triage.settings.ldap import LdapSettings


def directory(settings: Settings) -> tuple[Groups, GroupNames]:
    """The directory, not yet connected, and how its groups are called.

    Raises: Refused: `rights.no_ldap`, `settings.secret_missing`.
    """
    ldap = settings.rights.ldap
    if ldap is None:
        raise Refused("rights.no_ldap", "No directory is configured. Remedy: add [rights.ldap].")
    from ingest.ldap.groups import LdapAccount, LdapGroups  # noqa: PLC0415 - a client of 2 MB that few commands need

    account = LdapAccount(
        host=ldap.host,
        port=ldap.port,
        user=ldap.user,
        password=_password(ldap),
        base=ldap.base,
        tls=ldap.tls,
        ca_file=ldap.ca_file,
        name_attribute=ldap.name_attribute,
        page_entries=ldap.page_entries,
        timeout_seconds=ldap.timeout_seconds,
    )
    return LdapGroups(account), GroupNames(ldap.agency_groups, ldap.region_groups)


def _password(ldap: LdapSettings) -> str:
    """Never empty: an empty one is an anonymous login (RFC 4513 section 5.1.2)."""
    if ldap.password_file is None:
        return secret(ldap.password_env)
    try:
        password = ldap.password_file.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise Refused(
            "settings.secret_missing", f"Can't read {ldap.password_file}; check rights.ldap."
        ) from exc
    if not password:
        raise Refused("settings.secret_missing", f"{ldap.password_file} is empty.")
    return password
