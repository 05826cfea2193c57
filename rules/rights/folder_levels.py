"""What may be done in a folder, in one table for Exchange, IMAP and people.

A right is one deed. A level is a set of rights that Exchange and Outlook have a name for. Two
accounts are compared by rights, never by the names of levels: "Custom" may be the same as Editor.
Source: EWS reference, PermissionLevelType and PermissionType; RFC 4314 section 2.1.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.errors import Refused


class Right(StrEnum):
    """One deed in a folder. `EDIT_ALL` and `DELETE_ALL` always come with their `_OWN`."""

    VISIBLE = "visible"
    READ = "read"
    CREATE = "create"
    EDIT_OWN = "edit_own"
    EDIT_ALL = "edit_all"
    DELETE_OWN = "delete_own"
    DELETE_ALL = "delete_all"
    SUBFOLDERS = "subfolders"
    OWNER = "owner"
    CONTACT = "contact"
    """Gets the server's notices about the folder; no access, so never compared."""


class Level(StrEnum):
    """The names of Exchange, as they stand on the wire."""

    NONE = "None"
    CONTRIBUTOR = "Contributor"
    REVIEWER = "Reviewer"
    NONEDITING_AUTHOR = "NoneditingAuthor"
    AUTHOR = "Author"
    PUBLISHING_AUTHOR = "PublishingAuthor"
    EDITOR = "Editor"
    PUBLISHING_EDITOR = "PublishingEditor"
    OWNER = "Owner"
    CUSTOM = "Custom"


Rights = frozenset[Right]

NOTHING: Final[Rights] = frozenset()

_REVIEWER: Final[Rights] = frozenset({Right.VISIBLE, Right.READ})
_NONEDITING: Final[Rights] = _REVIEWER | {Right.CREATE, Right.DELETE_OWN}
_AUTHOR: Final[Rights] = _NONEDITING | {Right.EDIT_OWN}
_EDITOR: Final[Rights] = _AUTHOR | {Right.EDIT_ALL, Right.DELETE_ALL}

RIGHTS_OF: Final[Mapping[Level, Rights]] = MappingProxyType(
    {
        Level.NONE: NOTHING,
        Level.CONTRIBUTOR: frozenset({Right.VISIBLE, Right.CREATE}),
        Level.REVIEWER: _REVIEWER,
        Level.NONEDITING_AUTHOR: _NONEDITING,
        Level.AUTHOR: _AUTHOR,
        Level.PUBLISHING_AUTHOR: _AUTHOR | {Right.SUBFOLDERS},
        Level.EDITOR: _EDITOR,
        Level.PUBLISHING_EDITOR: _EDITOR | {Right.SUBFOLDERS},
        Level.OWNER: _EDITOR | {Right.SUBFOLDERS, Right.OWNER},
    }
)
"""Source: EWS reference, PermissionLevelType (what each level includes)."""

GERMAN: Final[Mapping[Level, str]] = MappingProxyType(
    {
        Level.NONE: "Keine",
        Level.CONTRIBUTOR: "Mitwirkender",
        Level.REVIEWER: "Prüfer",
        Level.NONEDITING_AUTHOR: "Nicht bearbeitender Autor",
        Level.AUTHOR: "Autor",
        Level.PUBLISHING_AUTHOR: "Veröffentlichender Autor",
        Level.EDITOR: "Bearbeiter",
        Level.PUBLISHING_EDITOR: "Veröffentlichender Bearbeiter",
        Level.OWNER: "Besitzer",
        Level.CUSTOM: "Benutzerdefiniert",
    }
)
"""As German Outlook names them. Source: Outlook, folder properties, "Berechtigungen"."""

LETTERS_OF: Final[Mapping[Right, str]] = MappingProxyType(
    {
        Right.VISIBLE: "l",
        Right.READ: "rs",
        Right.EDIT_ALL: "w",
        Right.CREATE: "ip",
        Right.SUBFOLDERS: "k",
        Right.OWNER: "xa",
        Right.DELETE_ALL: "te",
    }
)
"""What is written for a right. IMAP has no rights on one's own messages only.

Source: RFC 4314 section 2.1.
"""

_READ_AS: Final[Mapping[str, Rights]] = MappingProxyType(
    {
        "l": frozenset({Right.VISIBLE}),
        "r": frozenset({Right.READ}),
        "s": NOTHING,  # one's own marks of what was read
        "w": frozenset({Right.EDIT_OWN, Right.EDIT_ALL}),
        "i": frozenset({Right.CREATE}),
        "p": frozenset({Right.CREATE}),
        "k": frozenset({Right.SUBFOLDERS}),
        "x": frozenset({Right.OWNER}),
        "t": frozenset({Right.DELETE_OWN, Right.DELETE_ALL}),
        "e": frozenset({Right.DELETE_OWN, Right.DELETE_ALL}),
        "a": frozenset({Right.OWNER}),
        # Obsolete unions of others, sent for old clients beside these: RFC 4314 section 2.1.1.
        "c": NOTHING,
        "d": NOTHING,
    }
)
_READ_ALONE: Final[Mapping[str, tuple[str, Rights]]] = MappingProxyType(
    {
        "c": ("kx", frozenset({Right.SUBFOLDERS})),
        "d": ("tex", frozenset({Right.DELETE_OWN, Right.DELETE_ALL})),
    }
)
"""What they mean where the server sends none of the letters that they unite: RFC 2086 section 4."""

_LETTER_ORDER: Final = "lrswipkxtea"


def level_of(rights: Rights) -> Level:
    """The level that has exactly these rights, else CUSTOM; notices aside. Source: as RIGHTS_OF."""
    wanted = compared(rights)
    return next((level for level, has in RIGHTS_OF.items() if has == wanted), Level.CUSTOM)


def compared(rights: Iterable[Right]) -> Rights:
    """The rights that give access. Source: EWS reference, IsFolderContact gives none."""
    return frozenset(rights) - {Right.CONTACT}


def from_letters(letters: str) -> Rights | None:
    """The rights behind IMAP letters; None if a letter is none of RFC 4314 (a server's own digit).

    Source: RFC 4314 sections 2.1 and 2.1.1; RFC 2086 section 4 (older servers).
    """
    if any(letter not in _READ_AS for letter in letters):
        return None
    alone = (
        rights
        for letter, (united, rights) in _READ_ALONE.items()
        if letter in letters and not any(one in letters for one in united)
    )
    return NOTHING.union(*(_READ_AS[letter] for letter in letters), *alone)


def to_letters(rights: Rights) -> str:
    """The IMAP letters for these rights, in the order of the RFC; rights on one's own are left out.

    Source: RFC 4314 section 2.1.
    """
    letters = "".join(LETTERS_OF.get(right, "") for right in rights)
    return "".join(letter for letter in _LETTER_ORDER if letter in letters)


def on_imap(rights: Rights) -> Rights:
    """What of these rights IMAP can say. Source: RFC 4314 section 2.1 (no rights on one's own)."""
    return from_letters(to_letters(rights)) or NOTHING


def level_named(text: str) -> Level:
    """The level of that name, English or German, in any case.

    Raises: Refused: `rights.level_unknown`; CUSTOM is refused too: it names no rights.
    Source: as RIGHTS_OF and GERMAN.
    """
    wanted = text.strip().casefold()
    names = {level.value.casefold(): level for level in RIGHTS_OF}
    names |= {GERMAN[level].casefold(): level for level in RIGHTS_OF}
    if wanted not in names:
        raise Refused(
            "rights.level_unknown",
            f"There is no level {text!r}; write for example {GERMAN[Level.EDITOR]!r}.",
            level=text,
        )
    return names[wanted]


def in_words(rights: Rights | None) -> str:
    """The level in German, or the single rights of a level without a name; None is "unbekannt".

    Source: as GERMAN; own decision 0038.
    """
    if rights is None:
        return "unbekannt"
    level = level_of(rights)
    if level is not Level.CUSTOM:
        return GERMAN[level]
    return ", ".join(_WORDS[right] for right in Right if right in rights and right in _WORDS)


_WORDS: Final[Mapping[Right, str]] = MappingProxyType(
    {
        Right.VISIBLE: "sehen",
        Right.READ: "lesen",
        Right.CREATE: "anlegen",
        Right.EDIT_OWN: "eigene ändern",
        Right.EDIT_ALL: "alle ändern",
        Right.DELETE_OWN: "eigene löschen",
        Right.DELETE_ALL: "alle löschen",
        Right.SUBFOLDERS: "Unterordner anlegen",
        Right.OWNER: "Besitz",
    }
)
