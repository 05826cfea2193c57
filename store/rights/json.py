"""Folder rights as JSON in columns, and back: only plain values that every version can read."""

from typing import Any

from rules.rights.distribution import DistributionList, Member, MemberKind
from rules.rights.folder_acl import Entry, FolderAcl, Principal, PrincipalKind
from rules.rights.folder_findings import Code, Finding, Key
from rules.rights.folder_levels import Level, Right, Rights
from rules.rights.plan import Change

Json = dict[str, Any]


def rights_to(rights: Rights | None) -> list[str] | None:
    """Sorted words; None stays None."""
    return None if rights is None else sorted(right.value for right in rights)


def rights_from(words: list[str] | None) -> Rights | None:
    """The rights behind the words."""
    return None if words is None else frozenset(Right(word) for word in words)


def acl_to(acl: FolderAcl) -> Json:
    """One folder with its entries, in their order."""
    return {
        "folder": acl.folder,
        "unreadable": acl.unreadable,
        "entries": [
            [one.principal.kind.value, one.principal.key, rights_to(one.rights), one.said]
            for one in acl.entries
        ],
    }


def acl_from(found: Json) -> FolderAcl:
    """The folder again."""
    entries = tuple(
        Entry(Principal(PrincipalKind(kind), key), rights_from(rights), said)
        for kind, key, rights, said in found["entries"]
    )
    return FolderAcl(found["folder"], entries, found["unreadable"])


def finding_to(one: Finding) -> Json:
    """One finding."""
    return {
        "code": one.code.value,
        "folder": one.folder,
        "agency": one.agency,
        "subject": one.subject,
        "has": rights_to(one.has),
        "wanted": rights_to(one.wanted),
        "cause": one.cause.value if one.cause else None,
        "about": one.about,
    }


def finding_from(found: Json) -> Finding:
    """The finding again."""
    return Finding(
        Code(found["code"]),
        found["folder"],
        found["agency"],
        found["subject"],
        has=rights_from(found["has"]),
        wanted=rights_from(found["wanted"]),
        cause=Code(found["cause"]) if found["cause"] else None,
        about=found["about"],
    )


def key_to(key: Key) -> list[str]:
    """Code, folder and subject."""
    return [key.code.value, key.folder, key.subject]


def key_from(found: list[str]) -> Key:
    """The key again."""
    code, folder, subject = found
    return Key(Code(code), folder, subject)


def change_to(change: Change) -> Json:
    """One change of a plan."""
    return {
        "folder": change.folder,
        "principal": [change.principal.kind.value, change.principal.key],
        "before": rights_to(change.before),
        "after": rights_to(change.after),
        "code": change.code.value,
    }


def change_from(found: Json) -> Change:
    """The change again."""
    kind, key = found["principal"]
    return Change(
        found["folder"],
        Principal(PrincipalKind(kind), key),
        rights_from(found["before"]) or frozenset(),
        rights_from(found["after"]) or frozenset(),
        Code(found["code"]),
    )


def list_to(one: DistributionList) -> Json:
    """One reported list."""
    return {
        "address": one.address,
        "agency": one.agency,
        "region": one.region,
        "level": one.level.value,
        "members": [[member.address, member.kind.value] for member in one.members],
    }


def list_from(found: Json) -> DistributionList:
    """The list again."""
    return DistributionList(
        found["address"],
        found["agency"],
        found["region"],
        Level(found["level"]),
        tuple(Member(address, MemberKind(kind)) for address, kind in found["members"]),
    )
