"""From findings to an ordered list of changes, and what a folder is like after them.

Folder by folder, and in a folder first what is given, then what is taken: nobody loses for a
moment the access that the lists give. A folder that could not be read, or holds an entry that
nobody understands, is never touched. Source: F56; own decision 0039.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from rules.rights.folder_acl import (
    ANONYMOUS,
    DEFAULT,
    FolderAcl,
    Principal,
    PrincipalKind,
    access,
    account,
)
from rules.rights.folder_findings import FIXABLE, Code, Finding, Kept, is_kept
from rules.rights.folder_levels import Rights
from rules.rights.folder_rights import Should, demanded, entries_of

UNDO_FOR: Final = timedelta(days=7)
"""So long one person alone may take a plan back, since a locked-out agency can't wait for a second
one. It gives back what two persons have taken; later the lists decide. Own decision 0039."""


class Deed(StrEnum):
    """What a change does, with its sign in a printed plan."""

    GIVE = "+"
    ALTER = "~"
    TAKE = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One account in one folder: from `before` to `after`; `code` is the finding it answers."""

    folder: str
    principal: Principal
    before: Rights
    after: Rights
    code: Code

    @property
    def deed(self) -> Deed:
        """Source: own decision 0039."""
        if not self.before:
            return Deed.GIVE
        return Deed.ALTER if self.after else Deed.TAKE


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes in the order of their doing, and the folders that were left out."""

    changes: tuple[Change, ...]
    blocked: tuple[str, ...] = ()

    def folders(self) -> tuple[str, ...]:
        """The folders that are written, in order, each once. Source: own decision 0039."""
        return tuple(dict.fromkeys(change.folder for change in self.changes))

    def of_folder(self, folder: str) -> tuple[Change, ...]:
        """The changes of one folder, in order. Source: own decision 0039."""
        return tuple(change for change in self.changes if change.folder == folder)

    def counts(self) -> dict[Deed, int]:
        """How many are given, altered, taken. Source: own decision 0039."""
        return {deed: sum(change.deed is deed for change in self.changes) for deed in Deed}


_BLOCKING: Final = frozenset({Code.NOT_READABLE, Code.UNKNOWN_LEVEL})
_ORDER: Final = {Deed.GIVE: 0, Deed.ALTER: 1, Deed.TAKE: 2}
_SPECIAL: Final = {who.key: who for who in (DEFAULT, ANONYMOUS)}


def make_plan(findings: Iterable[Finding]) -> Plan:
    """The changes that put right what can be put right. Source: F56; own decision 0039."""
    every = tuple(findings)
    blocked = {one.folder for one in every if one.code in _BLOCKING}
    changes = [
        Change(
            one.folder,
            principal_of(one.subject),
            one.has or frozenset(),
            one.wanted or frozenset(),
            one.code,
        )
        for one in every
        if one.is_fixable and one.folder not in blocked
    ]
    changes.sort(key=lambda c: (c.folder, _ORDER[c.deed], c.principal.key))
    return Plan(tuple(changes), tuple(sorted(blocked)))


def principal_of(subject: str) -> Principal:
    """The principal that a finding is about. Source: own decision 0038."""
    return _SPECIAL.get(subject) or account(subject)


def outdated(changes: Iterable[Change], should: Should, kept: Kept) -> tuple[Change, ...]:
    """The changes that no look would ask for any more.

    The lists or the settings say something else by now, or a person has decided that the finding
    stays. Source: own decision 0129.
    """
    return tuple(one for one in changes if not _is_due(one, should, kept))


def _is_due(change: Change, should: Should, kept: Kept) -> bool:
    code, wanted = demanded(change.folder, change.principal, change.before, should)
    stays = any(
        is_kept(Finding(one, change.folder, "", change.principal.key, has=change.before), kept)
        for one in {code, change.code}
        if one is not None
    )
    return code in FIXABLE and wanted == change.after and not stays


def applied(acl: FolderAcl, changes: Iterable[Change]) -> FolderAcl:
    """What the folder is like after these changes; others' entries stay. Source: decision 0039.

    An entry that is not understood is not in the answer: folders with one are in no plan.
    """
    has = {who: rights for who, rights in access(acl.entries).items() if rights is not None}
    for change in changes:
        if change.folder == acl.folder:
            has[change.principal] = change.after
    return FolderAcl(acl.folder, entries_of({who: r for who, r in has.items() if r}))


def undone(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The same changes backwards, again giving before taking. Source: own decision 0039.

    An orphan is not brought back: there is no account that could use the right.
    """
    turned = [
        Change(c.folder, c.principal, c.after, c.before, c.code)
        for c in changes
        if c.principal.kind is not PrincipalKind.ORPHAN
    ]
    return tuple(sorted(turned, key=lambda c: (c.folder, _ORDER[c.deed], c.principal.key)))


def differs(acl: FolderAcl, expected: Mapping[Principal, Rights]) -> tuple[Principal, ...]:
    """The accounts whose access is not the expected one, by key. Source: own decision 0039."""
    has = access(acl.entries)
    every = sorted({*has, *expected}, key=lambda who: who.key)
    return tuple(
        who for who in every if has.get(who, frozenset()) != expected.get(who, frozenset())
    )
