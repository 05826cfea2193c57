"""Who may do what in one folder: the same value for Exchange, IMAP and Maildir.

Source: Weisung 202404002 no. 2 (permissions are to be checked); own decision 0038.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.rights.folder_levels import Rights, compared

LIST_MARK: Final = "$"
"""Begins the name of a group on an IMAP server. Source: RFC 4314 section 3 leaves it to the server;
Dovecot 2.3, ACL identifiers."""


_SID: Final = re.compile(r"S-1(-\d+)+", re.ASCII | re.IGNORECASE)
"""An id of a directory, whole: an address may begin so, too. Source: MS-DTYP 2.4.2.1."""


class Naming(StrEnum):
    """How a kind of postbox names accounts: by mail address, or by the name before the "@"."""

    ADDRESS = "address"
    IMAP = "imap"


class PrincipalKind(StrEnum):
    """Who an entry speaks of. Whether an account is a person or a list, only our lists tell."""

    ACCOUNT = "account"
    DEFAULT = "default"
    """Everybody who has signed in ("Standard", anyone)."""
    ANONYMOUS = "anonymous"
    ORPHAN = "orphan"
    """An id without an account behind it."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom an entry is for. `key` is what is compared: an address, a name, or an id."""

    kind: PrincipalKind
    key: str


DEFAULT: Final = Principal(PrincipalKind.DEFAULT, "default")
OWNER: Final = "owner"
"""Key of the postbox's own login, which no folder can shut out."""

ANONYMOUS: Final = Principal(PrincipalKind.ANONYMOUS, "anonymous")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a folder's permissions. `rights` None: said in a way that we don't understand.

    `said` is what the server said ("Custom", "lrs"), for people.
    """

    principal: Principal
    rights: Rights | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class FolderAcl:
    """The permissions of one folder as read; `unreadable` is a code where they were not."""

    folder: str
    entries: tuple[Entry, ...] = ()
    unreadable: str = ""


def is_owner(who: Principal) -> bool:
    """Whether the postbox itself is meant, which always may. Source: Dovecot 2.3, "owner"."""
    return who.kind is PrincipalKind.ACCOUNT and who.key == OWNER


def account(key: str) -> Principal:
    """A person or a list by its name; an id without a name is an orphan.

    Source: MS-DTYP 2.4.2.1 (SID in letters); own decision 0038.
    """
    if _SID.fullmatch(key):
        return Principal(PrincipalKind.ORPHAN, key.upper())
    return Principal(PrincipalKind.ACCOUNT, key.strip().lower())


def list_key(address: str, naming: Naming) -> str:
    """How that kind of postbox names a list with this address. Source: own decision 0038."""
    if naming is Naming.ADDRESS:
        return address.lower()
    return LIST_MARK + person_key(address, naming)


def person_key(address: str, naming: Naming) -> str:
    """How that kind of postbox names a person with this address. Source: own decision 0038."""
    lower = address.lower()
    return lower if naming is Naming.ADDRESS else lower.partition("@")[0]


def access(entries: Iterable[Entry]) -> dict[Principal, Rights | None]:
    """What each principal may do; who may do nothing is left out, as if it had no entry.

    Two lines for one principal add up. Source: own decision 0038.
    """
    found: dict[Principal, Rights | None] = {}
    for entry in entries:
        rights = None if entry.rights is None else compared(entry.rights)
        before = found.get(entry.principal, frozenset())
        found[entry.principal] = None if rights is None or before is None else before | rights
    return {who: rights for who, rights in found.items() if rights is None or rights}
