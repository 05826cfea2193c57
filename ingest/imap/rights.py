"""Folder permissions on an IMAP server: GETACL, SETACL, DELETEACL.

Source: RFC 4314; measurement 2026-11-26 (Dovecot 2.3.19 with imap_acl); own decisions 0038, 0039.
"""

import imaplib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from ingest.imap import folders as imap_folders
from ingest.imap.errors import imap_errors, is_broken
from ingest.imap.session import ImapAccount, ImapSession, connect
from rules.errors import HouseError, Refused
from rules.rights.folder_acl import (
    ANONYMOUS,
    DEFAULT,
    OWNER,
    Entry,
    FolderAcl,
    Naming,
    Principal,
    account,
)
from rules.rights.folder_levels import Rights, from_letters, to_letters

_EVERYBODY = frozenset({"anyone", "authenticated"})
"""Source: RFC 4314 section 2 ("anyone"); Dovecot 2.3, ACL identifiers."""

_ATOM = re.compile(r"[A-Za-z0-9$!#&'+,./:;<=>?@^_`|}~-]+", re.ASCII)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)')
"""A quoted string or an atom. Source: RFC 3501 section 4."""

_WHOLE_SERVER = frozenset({"postbox.away", "postbox.login_refused", "postbox.answer_unclear"})


class ImapRights:
    """Driver of the port `FolderRights` for IMAP. Connects at the first call; one thread."""

    naming = Naming.IMAP

    def __init__(self, name: str, account: ImapAccount) -> None:
        self.name = name
        self._account = account
        self._session: ImapSession | None = None

    def folders(self) -> tuple[str, ...]:
        """All selectable folders of this postbox, sorted. Raises: TryLater, Refused."""
        with self._talk() as session:
            return tuple(sorted(imap_folders.selectable(session)))

    def read(self, folders: Sequence[str]) -> tuple[FolderAcl, ...]:
        """The permissions of these folders, in that order; what can't be read says why.

        Raises: TryLater, Refused: the server as a whole is away, refuses the login, or knows no
        permissions (`rights.no_acl`).
        """
        return tuple(self._read(folder) for folder in folders)

    def write(self, folder: str, wanted: Mapping[Principal, Rights]) -> None:
        """Give these accounts these rights, one command each, in the order given.

        Raises: Refused, TryLater; commands before the one that failed hold.
        """
        with self._talk() as session:
            spelled = self._spelled(session, folder)
        for who, rights in wanted.items():
            first, *others = spelled.get(who) or [identifier(who)]
            for name, what in ((first, rights), *((other, frozenset()) for other in others)):
                with self._talk() as session:
                    _write_one(session, folder, name, what)

    def close(self) -> None:
        """Log out; never raises."""
        if self._session:
            with suppress(OSError, imaplib.IMAP4.error):
                self._session.client.logout()
        self._drop()

    def _read(self, folder: str) -> FolderAcl:
        try:
            with self._talk() as session:
                pairs = _acl(session, folder)
        except HouseError as exc:
            if exc.code in _WHOLE_SERVER or exc.code == "rights.no_acl":
                raise
            return FolderAcl(folder, unreadable=exc.code)
        entries = (entry_of(self._named(who), what) for who, what in pairs)
        return FolderAcl(folder, tuple(entries))

    def _named(self, identifier: str) -> str:
        """Our own login is the owner: Dovecot names it in every folder, with all rights."""
        return OWNER if identifier.lower() == self._account.user.lower() else identifier

    def _spelled(self, session: ImapSession, folder: str) -> dict[Principal, list[str]]:
        """How the server writes whom an entry is for: with capitals, or as "authenticated"."""
        found: dict[Principal, list[str]] = {}
        for who, what in _acl(session, folder):
            found.setdefault(entry_of(self._named(who), what).principal, []).append(who)
        return found

    @contextmanager
    def _talk(self) -> Iterator[ImapSession]:
        session = self._session = self._session or connect(self._account)
        if "ACL" not in session.capabilities:
            raise Refused(
                "rights.no_acl",
                f"{self._account.where} shows no folder permissions (RFC 4314): switch its ACL"
                " extension on, for Dovecot the plugins acl and imap_acl.",
                host=self._account.where,
            )
        try:
            with imap_errors(self._account.where):
                yield session
        except HouseError as exc:
            if is_broken(exc):
                self._drop()
            raise

    def _drop(self) -> None:
        if self._session:
            self._session.end()
        self._session = None


def _acl(session: ImapSession, folder: str) -> list[tuple[str, str]]:
    """Identifiers and their letters.

    Read here, not by imapclient, which takes the length of a literal for the name itself: a name
    with an umlaut came as "{7}". Source: measurement 2026-11-27 (Dovecot 2.3.19).
    """
    name = session.client._normalise_folder(session.names.to_server(folder))  # noqa: SLF001 - no public way
    kind, said = session.client._imap.getacl(name)  # noqa: SLF001 - as above
    if kind != "OK":
        raise imaplib.IMAP4.error(_text(said[0]) if said and said[0] else kind)
    _, *words = (word for part in said for word in _words(part))
    if len(words) % 2:
        raise imaplib.IMAP4.error("an ACL without letters")
    return list(zip(words[::2], words[1::2], strict=True))


def _words(part: bytes | tuple[bytes, bytes] | None) -> Iterator[str]:
    """The strings in a part of an answer; a literal comes with what stood before it."""
    head, literal = part if isinstance(part, tuple) else (part or b"", None)
    if literal is not None:
        head = head[: head.rindex(b"{")]
    for found in _STRING.finditer(_text(head)):
        yield re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]
    if literal is not None:
        yield _text(literal)


def _write_one(session: ImapSession, folder: str, name: str, rights: Rights) -> None:
    server_name = session.client._normalise_folder(session.names.to_server(folder))  # noqa: SLF001 - no public way
    connection, who = session.client._imap, _quoted(name).encode()  # noqa: SLF001 - as above
    if rights:
        kind, said = connection.setacl(server_name, who, to_letters(rights))
    else:
        kind, said = connection.deleteacl(server_name, who)
    if kind != "OK":
        raise imaplib.IMAP4.error(_text(said[0]) if said and said[0] else kind)


def entry_of(identifier: str, letters: str) -> Entry:
    """The entry behind an identifier and its letters; a right taken away is not understood.

    Source: RFC 4314 sections 2 and 2.1 (negative rights begin with "-").
    """
    if identifier.startswith("-"):
        return Entry(account(identifier[1:]), None, f"-{letters}")
    rights = from_letters(letters)
    if identifier in _EVERYBODY:
        return Entry(DEFAULT, rights, letters)
    if identifier == "anonymous":
        return Entry(ANONYMOUS, rights, letters)
    return Entry(account(identifier), rights, letters)


def identifier(who: Principal) -> str:
    """How IMAP writes whom an entry is for. Source: RFC 4314 section 2."""
    special = {DEFAULT: "anyone", ANONYMOUS: "anonymous"}
    return special.get(who, who.key)


def _quoted(name: str) -> str:
    if _ATOM.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
