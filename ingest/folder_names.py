"""Folder names of people ("435 Kassel/AU") and of servers ("INBOX.435 Kassel.AU", modified UTF-7).

People write levels separated by "/"; a server has its own separator and perhaps a prefix for
the personal folders, and a Maildir tree has directories. Every name is checked here before it
reaches a server or a disk, so that no name can leave the tree or break a command line.
Source: RFC 3501 sections 5.1 and 5.1.3; RFC 2342 section 5.
"""

from dataclasses import dataclass
from functools import lru_cache

from imapclient import imap_utf7

from rules.errors import Refused

INBOX = "INBOX"
SEPARATOR = "/"
_LONGEST_LEVEL_BYTES = 255
"""As long as a directory name may be on Linux. Source: limits.h, NAME_MAX."""

NAMES_KEPT = 4_096
"""Names whose spelling is remembered: those of all agencies and concerns are some 2,000.
Source: measurement 2026-11-26: encoding them anew took a sixth of filing."""


@lru_cache(maxsize=NAMES_KEPT)
def levels(folder: str) -> tuple[str, ...]:
    """The checked levels of a human name; every spelling of "inbox" as a whole name is INBOX.

    Raises: Refused: an empty level, one with control characters or lone surrogates, ".",
    "..", or a level that is too long (code `postbox.folder_name`).
    Source: RFC 3501 section 5.1 (INBOX in any case).
    """
    if folder.upper() == INBOX:
        return (INBOX,)
    parts = tuple(folder.split(SEPARATOR))
    for part in parts:
        if part in {"", ".", ".."} or any(not _is_printable(char) for char in part):
            raise name_refused(folder, "has an empty level, '.', '..' or control characters")
        if len(imap_utf7.encode(part)) > _LONGEST_LEVEL_BYTES:
            raise name_refused(folder, f"has a level over {_LONGEST_LEVEL_BYTES} bytes (UTF-7)")
    return parts


def parents_first(folder: str) -> tuple[str, ...]:
    """The folder after all its parents: "a/b/c" gives "a", "a/b", "a/b/c".

    Raises: Refused: see `levels`. Source: own decision 0004 (every level can hold mail).
    """
    parts = levels(folder)
    return tuple(SEPARATOR.join(parts[: depth + 1]) for depth in range(len(parts)))


def encode_level(level: str) -> str:
    """One checked level in modified UTF-7, as it stands on the wire and on disk.

    Source: RFC 3501 section 5.1.3.
    """
    encoded: bytes = imap_utf7.encode(level)
    return encoded.decode("ascii")


def decode_level(encoded: str) -> str | None:
    """One level back to human letters; None if it is not what `encode_level` makes.

    A name in raw UTF-8 or in sloppy UTF-7 would change on the way back and then mean another
    folder, or none; so it is no folder for us. Source: RFC 3501 section 5.1.3.
    """
    try:
        level: str = imap_utf7.decode(encoded.encode("ascii"))
        checked = levels(level)
    except (UnicodeError, Refused):
        return None
    return level if len(checked) == 1 and encode_level(level) == encoded else None


def name_refused(folder: str, why: str) -> Refused:
    """The error for a name that can't be a folder. Source: own decision 0006."""
    return Refused(
        "postbox.folder_name",
        f"Folder name {folder!r} {why}: choose another name in the folder rules.",
        folder=folder,
    )


def _is_printable(char: str) -> bool:
    code = ord(char)
    return code >= 0x20 and not 0x7F <= code <= 0x9F and not 0xD800 <= code <= 0xDFFF


@dataclass(frozen=True, slots=True)
class ServerNames:
    """How one IMAP server writes names: its separator, and the prefix of the personal folders.

    `separator` is empty on a server without levels. imapclient does the modified UTF-7.
    Source: RFC 2342 section 5 (prefix and separator of the personal namespace).
    """

    separator: str = SEPARATOR
    prefix: str = ""

    def to_server(self, folder: str) -> str:
        """The server's name for a human one.

        Raises: Refused: the name is no folder name, or can't exist on this server because a
        level contains the server's separator (code `postbox.folder_name`).
        """
        parts = levels(folder)
        if parts == (INBOX,):
            return INBOX
        flat = not self.separator and len(parts) > 1
        if flat or (self.separator and any(self.separator in part for part in parts)):
            raise name_refused(folder, f"can't be made on a server with levels {self.separator!r}")
        return self.prefix + self.separator.join(parts)

    def to_human(self, server_name: str) -> str | None:
        """The human name, or None for a folder that no human name leads to.

        That is one outside the personal namespace, or one with "/" inside a level.
        """
        if server_name.upper() == INBOX:
            return INBOX
        if not server_name.startswith(self.prefix):
            return None
        rest = server_name.removeprefix(self.prefix)
        folder = rest.replace(self.separator, SEPARATOR) if self.separator else rest
        try:
            return folder if self.to_server(folder) == server_name else None
        except Refused:
            return None
