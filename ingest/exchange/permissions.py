"""Permission sets of Exchange, read from and written as raw XML.

exchangelib's own model is never used for them: it looks for the elements of calendars, so that
every mail folder reads as "None", and writes its parts in an order that the schema forbids.
Source: EWS reference, PermissionSetType, PermissionType; Microsoft's schema (types.xsd);
exchangelib 5.6.0 (read and run, 2026-11-23); own decision 0038.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from ingest.exchange.xml import TYPES, element, text_element
from rules.rights.distribution import Member, MemberKind
from rules.rights.folder_acl import ANONYMOUS, DEFAULT, Entry, Principal, PrincipalKind, account
from rules.rights.folder_levels import RIGHTS_OF, Level, Right, Rights, level_of

_FLAGS: Final[Mapping[str, Right]] = MappingProxyType(
    {
        "CanCreateItems": Right.CREATE,
        "CanCreateSubFolders": Right.SUBFOLDERS,
        "IsFolderOwner": Right.OWNER,
        "IsFolderVisible": Right.VISIBLE,
        "IsFolderContact": Right.CONTACT,
    }
)
_REACHES: Final[Mapping[str, Mapping[str, Rights]]] = MappingProxyType(
    {
        "EditItems": {
            "None": frozenset(),
            "Owned": frozenset({Right.EDIT_OWN}),
            "All": frozenset({Right.EDIT_OWN, Right.EDIT_ALL}),
        },
        "DeleteItems": {
            "None": frozenset(),
            "Owned": frozenset({Right.DELETE_OWN}),
            "All": frozenset({Right.DELETE_OWN, Right.DELETE_ALL}),
        },
        "ReadItems": {"None": frozenset(), "FullDetails": frozenset({Right.READ})},
    }
)
"""In the order of the schema. Source: types.xsd, BasePermissionType and PermissionType."""

_FLAG_REACHES: Final[Mapping[str, Mapping[str, Rights]]] = MappingProxyType(
    {name: {"true": frozenset({right}), "false": frozenset()} for name, right in _FLAGS.items()}
)
_NAMED: Final = {one.value: rights for one, rights in RIGHTS_OF.items()}
"""Without "Custom", which says nothing by itself."""

_SPECIAL: Final = {"Default": DEFAULT, "Anonymous": ANONYMOUS}
_GROUPS: Final = frozenset({"PublicDL", "PrivateDL", "GroupMailbox"})
"""Source: EWS reference, MailboxType."""


def entries_in(folder: Any) -> tuple[Entry, ...] | None:  # noqa: ANN401 - an lxml element
    """The entries of a folder; None where the server left them out, which is no empty set."""
    found = folder.find(f".//{TYPES}PermissionSet")
    if found is None:
        return None
    entries = [_entry(one) for one in permissions_in(folder)]
    for unknown in found.iterfind(f"{TYPES}UnknownEntries/{TYPES}UnknownEntry"):
        who = Principal(PrincipalKind.ORPHAN, (unknown.text or "?").strip().upper())
        # What it may do is not told, but nobody is behind it any more.
        entries.append(Entry(who, frozenset({Right.VISIBLE}), "UnknownEntry"))
    return tuple(entries)


def permissions_in(folder: Any) -> list[Any]:  # noqa: ANN401
    """The permission elements of a folder, as they came."""
    return list(folder.iterfind(f".//{TYPES}PermissionSet/{TYPES}Permissions/{TYPES}Permission"))


def principal_in(permission: Any) -> Principal:  # noqa: ANN401
    """Whom a permission element is for."""
    special = permission.findtext(f"{TYPES}UserId/{TYPES}DistinguishedUser")
    if special in _SPECIAL:
        return _SPECIAL[special]
    address = permission.findtext(f"{TYPES}UserId/{TYPES}PrimarySmtpAddress")
    if address:
        return account(address)
    sid = permission.findtext(f"{TYPES}UserId/{TYPES}SID")
    return Principal(PrincipalKind.ORPHAN, (sid or "?").upper())


def changed(permissions: Iterable[Any], wanted: Mapping[Principal, Rights]) -> Any:  # noqa: ANN401
    """A permission set for writing: what is wanted of those named, all others as they came.

    "Default" and "Anonymous" stay with the level "None"; others without rights are left out.
    """
    made = [_copied(one) for one in permissions if principal_in(one) not in wanted]
    for who, rights in wanted.items():
        if rights or who in _SPECIAL.values():
            made.append(_permission(_user(who), rights))
    return element("t:Permissions", *made)


def members_in(answer: Any) -> tuple[tuple[Member, ...], bool]:  # noqa: ANN401
    """Members of a list as ExpandDL tells them, and whether these are all."""
    found = answer.find(".//{*}DLExpansion")
    members = []
    for mailbox in found:
        kind = mailbox.findtext(f"{TYPES}MailboxType") or ""
        address = (mailbox.findtext(f"{TYPES}EmailAddress") or "").lower()
        members.append(Member(address, MemberKind.GROUP if kind in _GROUPS else MemberKind.PERSON))
    return tuple(members), found.get("IncludesLastItemInRange", "true") == "true"


def _entry(permission: Any) -> Entry:  # noqa: ANN401
    level = permission.findtext(f"{TYPES}PermissionLevel") or "?"
    return Entry(principal_in(permission), _rights(permission, level), level)


def _rights(permission: Any, level: str) -> Rights | None:  # noqa: ANN401
    """The flags count, not the name; the name speaks for flags that the server left out.

    None: not understood. What "Custom" leaves out may be given.
    """
    found: set[Right] = set()
    for name, reaches in (*_FLAG_REACHES.items(), *_REACHES.items()):
        said = permission.findtext(f"{TYPES}{name}")
        reach = reaches.get(said) if said else _by_name(level, reaches)
        if reach is None and name != "IsFolderContact":  # no access, so it hides none
            return None
        found |= reach or frozenset()
    return frozenset(found)


def _by_name(level: str, reaches: Mapping[str, Rights]) -> Rights | None:
    """What a level's name gives of what a flag would have told; None for "Custom"."""
    named = _NAMED.get(level)
    return None if named is None else named & frozenset().union(*reaches.values())


def _copied(permission: Any) -> Any:  # noqa: ANN401
    """The same permission for writing: flags stand beside "Custom" only."""
    level = permission.findtext(f"{TYPES}PermissionLevel")
    if level != "Custom":
        return element(
            "t:Permission", _same_user(permission), text_element("t:PermissionLevel", level)
        )
    flags = [
        text_element(f"t:{name}", found)
        for name in (*_FLAGS, *_REACHES)
        if (found := permission.findtext(f"{TYPES}{name}"))
    ]
    return element(
        "t:Permission", _same_user(permission), *flags, text_element("t:PermissionLevel", level)
    )


def _same_user(permission: Any) -> Any:  # noqa: ANN401
    for tag in ("DistinguishedUser", "PrimarySmtpAddress", "SID"):
        found = permission.findtext(f"{TYPES}UserId/{TYPES}{tag}")
        if found:
            return element("t:UserId", text_element(f"t:{tag}", found))
    return element("t:UserId")


def _user(who: Principal) -> Any:  # noqa: ANN401
    for name, special in _SPECIAL.items():
        if who == special:
            return element("t:UserId", text_element("t:DistinguishedUser", name))
    tag = "t:SID" if who.kind is PrincipalKind.ORPHAN else "t:PrimarySmtpAddress"
    return element("t:UserId", text_element(tag, who.key))


def _permission(user: Any, rights: Rights) -> Any:  # noqa: ANN401
    level = level_of(rights)
    flags = _flags(rights) if level is Level.CUSTOM else []
    return element("t:Permission", user, *flags, text_element("t:PermissionLevel", level.value))


def _flags(rights: Rights) -> list[Any]:
    made = [text_element(f"t:{n}", str(right in rights).lower()) for n, right in _FLAGS.items()]
    for name, reaches in _REACHES.items():
        reach = [word for word, needs in reaches.items() if needs <= rights][-1]
        made.append(text_element(f"t:{name}", reach))
    return made
