"""Groups and people of an LDAP directory, as Active Directory or OpenLDAP; read, never written.

The one file besides ldap/errors.py that knows ldap3. Members are read by name, one entry after the
other, because that alone works everywhere: `memberOf` is an extra of some servers, and leaves out
members of other domains. Source: RFC 4511, RFC 4513 (TLS before the login), RFC 4515 (filters),
RFC 2696 (pages); own decision 0063.
"""

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import ldap3
from ldap3.core.exceptions import (
    LDAPException,
    LDAPInvalidDNSyntaxResult,
    LDAPNoSuchObjectResult,
    LDAPReferralResult,
    LDAPSizeLimitExceededResult,
    LDAPTimeLimitExceededResult,
)
from ldap3.core.results import (
    RESULT_REFERRAL,
    RESULT_SIZE_LIMIT_EXCEEDED,
    RESULT_TIME_LIMIT_EXCEEDED,
)
from ldap3.core.tls import Tls
from ldap3.utils.conv import escape_filter_chars

from ingest.ldap.errors import ldap_errors
from rules.errors import TryLater
from rules.rights.directory_entry import DirectoryEntry
from rules.rights.distribution import MemberKind

_GROUPS: Final = frozenset({"group", "groupofnames", "groupofuniquenames"})
"""Classes of groups, lower case. Source: RFC 4519 sections 3.5, 3.6; [MS-ADSC] class group."""

_MEMBERS: Final = ("member", "uniqueMember")
"""Where groups keep names of members. Source: RFC 4519 sections 2.17, 2.40."""

_STAMPS: Final = ("uSNChanged", "modifyTimestamp")
"""Other after each change. Source: [MS-ADA3] section 2.281; RFC 4512 section 3.4."""

_RANGE: Final = re.compile(r"([^;]+);range=(\d+)-(\d+|\*)", re.ASCII)

_Values = Mapping[str, Sequence[str]]

_IN_PART: Final = {
    RESULT_SIZE_LIMIT_EXCEEDED: LDAPSizeLimitExceededResult,
    RESULT_TIME_LIMIT_EXCEEDED: LDAPTimeLimitExceededResult,
}

_NOBODY: Final = (LDAPNoSuchObjectResult, LDAPInvalidDNSyntaxResult)


@dataclass(frozen=True, slots=True)
class LdapAccount:
    """Where, as whom and below which place; TLS always. `base` and `user` are names (DN)."""

    host: str
    port: int
    user: str
    password: str
    base: str
    tls: Literal["implicit", "starttls"] = "implicit"
    ca_file: Path | None = None
    name_attribute: str = "cn"
    page_entries: int = 500
    timeout_seconds: int = 30


class LdapGroups:
    """Driver of the port `Groups`. Connects at the first call; one thread."""

    def __init__(self, account: LdapAccount) -> None:
        self._account = account
        self._where = f"{account.host}:{account.port}"
        self._opened: ldap3.Connection | None = None

    def named(self, names: Sequence[str]) -> tuple[DirectoryEntry, ...]:
        """All groups of one of these names, by key, page by page; a star stands for anything.

        Raises: Refused: `ldap.login`, `ldap.certificate`, `ldap.base`, `ldap.no_right`,
        `ldap.cut_off`: not all of them. TryLater: `ldap.away`, `ldap.changed`: meanwhile.
        """
        either = "".join(f"({self._account.name_attribute}={_pattern(name)})" for name in names)
        kinds = "".join(f"(objectClass={kind})" for kind in sorted(_GROUPS))
        with ldap_errors(self._where):
            connection = self._connection()
            answers = connection.extend.standard.paged_search(
                self._account.base,
                f"(&(|{kinds})(|{either}))",
                search_scope=ldap3.SUBTREE,
                attributes=self._attributes(),
                paged_size=self._account.page_entries,
                generator=True,
            )
            found = [one for one in answers if one["type"] == "searchResEntry"]
            if connection.result["result"] == RESULT_REFERRAL:
                raise LDAPReferralResult(RESULT_REFERRAL)
            _require_whole(connection)
            # After the last page: who has further parts of members is asked for them.
            entries = [self._entry(one) for one in found]
        return tuple(sorted(entries, key=lambda one: one.key))

    def entry(self, key: str) -> DirectoryEntry | None:
        """Whom the key names; None where nobody is there (any more), or not for this account.

        So is who lives in another domain: the server refers to another host, which nobody chose.

        Raises: as `named`.
        """
        with ldap_errors(self._where):
            found = self._one(key, self._attributes())
            return self._entry(found) if found else None

    def close(self) -> None:
        """Log out; never raises."""
        if self._opened is not None:
            _hang_up(self._opened)
            self._opened = None

    def _attributes(self) -> list[str]:
        return [self._account.name_attribute, "mail", "objectClass", *_MEMBERS, *_STAMPS]

    def _connection(self) -> ldap3.Connection:
        if self._opened is None:
            self._opened = _connect(self._account)
        return self._opened

    def _one(self, key: str, attributes: Sequence[str]) -> Mapping[str, Any] | None:
        connection = self._connection()
        try:
            connection.search(
                key, "(objectClass=*)", search_scope=ldap3.BASE, attributes=list(attributes)
            )
        except _NOBODY:
            return None
        _require_whole(connection)
        return next((one for one in connection.response if one["type"] == "searchResEntry"), None)

    def _entry(self, answer: Mapping[str, Any]) -> DirectoryEntry:
        values = _values(answer)
        is_group = not _GROUPS.isdisjoint(one.lower() for one in values.get("objectclass", ()))
        members = (one for name in _MEMBERS for one in self._all_of(answer["dn"], name, values))
        return DirectoryEntry(
            key=answer["dn"].lower(),
            name=_first(values, self._account.name_attribute),
            address=_first(values, "mail").lower(),
            kind=MemberKind.GROUP if is_group else MemberKind.PERSON,
            members=tuple(dict.fromkeys(one.lower() for one in members)) if is_group else (),
        )

    def _all_of(self, key: str, name: str, values: _Values) -> Iterator[str]:
        """All values of an attribute: Active Directory gives 1,500 at a time and names the part.

        ldap3 would ask for the others, too, and takes a part that is refused for the end.
        Source: [MS-ADTS] section 3.1.1.3.1.3.3; ldap3 2.9.1 (do_next_range_search).
        """
        yield from values.get(name.lower(), ())
        part = _part(values, name)
        stamps, begin = [values.get(one.lower()) for one in _STAMPS], 0
        while part is not None:
            if part.begin != begin:
                raise _changed(key)
            yield from part.values
            if part.is_last:
                return
            begin += len(part.values)
            answer = self._one(key, [f"{name};range={begin}-*", *_STAMPS])
            more = _values(answer) if answer else {}
            part = _part(more, name)
            # A member who leaves in between moves all behind up, and one of them would be skipped.
            if part is None or stamps != [more.get(one.lower()) for one in _STAMPS]:
                raise _changed(key)


@dataclass(frozen=True, slots=True)
class _Part:
    """Values of an attribute from the place `begin` on."""

    begin: int
    is_last: bool
    values: Sequence[str]


def _values(answer: Mapping[str, Any]) -> _Values:
    return {
        name.lower(): [one.decode("utf-8", "replace") for one in found or ()]
        for name, found in answer["raw_attributes"].items()
    }


def _part(values: _Values, name: str) -> _Part | None:
    """The part that stands there under the name with its range; empty parts are the last."""
    for found, part in values.items():
        told = _RANGE.fullmatch(found)
        if told is not None and told[1] == name.lower():
            return _Part(int(told[2]), told[3] == "*" or not part, part)
    return None


def _changed(key: str) -> TryLater:
    return TryLater("ldap.changed", f"{key} changed while its members were read; try again later.")


class _StrictTls:
    """Stands where ldap3 wants its `Tls`, whose own check of the host's name is home-made.

    Python's default context checks chain and name. Source: RFC 4513 section 3.1.3.
    """

    def __init__(self, host: str, ca_file: Path | None) -> None:
        self._host = host
        self._context = ssl.create_default_context(cafile=ca_file)

    def wrap_socket(self, connection: ldap3.Connection, do_handshake: bool = False) -> None:
        """Called by ldap3 once the socket is open, or after StartTLS."""
        del do_handshake  # at once in any case
        connection.socket = self._context.wrap_socket(connection.socket, server_hostname=self._host)

    start_tls = Tls.start_tls
    _start_tls = Tls._start_tls  # noqa: SLF001 - the part of ldap3 that is kept as it is


def _require_whole(connection: ldap3.Connection) -> None:
    """ldap3 raises for all results but these: it takes a part of the answer for the answer.

    Source: RFC 4511 section 4.1.9; ldap3 2.9.1 (DO_NOT_RAISE_EXCEPTIONS).
    """
    code = connection.result["result"]
    if code in _IN_PART:
        raise _IN_PART[code](code)


def _connect(account: LdapAccount) -> ldap3.Connection:
    server = ldap3.Server(
        account.host,
        account.port,
        use_ssl=account.tls == "implicit",
        get_info=ldap3.NONE,
        connect_timeout=account.timeout_seconds,
    )
    server.tls = _StrictTls(account.host, account.ca_file)
    connection = ldap3.Connection(
        server,
        account.user,
        account.password,
        authentication=ldap3.SIMPLE,
        read_only=True,
        raise_exceptions=True,
        # A referral leads to a host that nobody chose, and the password would go along.
        auto_referrals=False,
        auto_range=False,
        # True, ldap3 stumbles over parts of members.
        return_empty_attributes=False,
        check_names=False,
        receive_timeout=account.timeout_seconds,
    )
    with ExitStack() as undone:
        undone.callback(_hang_up, connection)
        connection.open()
        if account.tls == "starttls":
            connection.start_tls()
        connection.bind()
        undone.pop_all()
    return connection


def _hang_up(connection: ldap3.Connection) -> None:
    """Never raises. ldap3 leaves the socket open where it could not connect."""
    opened = connection.socket
    with suppress(LDAPException, OSError):
        connection.unbind()
    if opened is not None:
        opened.close()


def _pattern(name: str) -> str:
    """A filter's value in which only stars mean more than themselves. Source: RFC 4515."""
    return "*".join(escape_filter_chars(part) for part in name.split("*"))


def _first(values: _Values, name: str) -> str:
    return next(iter(values.get(name.lower(), ())), "").strip()
