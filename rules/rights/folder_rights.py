"""Folder permissions held against the reported lists: what should be, what is, what differs.

Nothing is judged where nothing is known: for an agency without a reported list no account counts
as surplus, or a plan would lock its clerks out. Source: Weisung 202404002 no. 2 and 3; R4, F56;
own decision 0038.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from rules.agencies import Agency
from rules.directory import Directory
from rules.rights.distribution import DistributionList, ListBook
from rules.rights.folder_acl import (
    Entry,
    FolderAcl,
    Naming,
    Principal,
    PrincipalKind,
    access,
    account,
    is_owner,
    list_key,
    person_key,
)
from rules.rights.folder_findings import Code, Finding, Kept, is_kept
from rules.rights.folder_levels import RIGHTS_OF, Right, Rights, on_imap
from rules.rights.list_findings import of_lists
from rules.routing import CLEARING_FOLDER, MACHINE_FOLDER, SC_FOLDER

INBOX: Final = "INBOX"
_CODE: Final = re.compile(r"(\d{3})(?!\d)", re.ASCII)
_HOUSE_FOLDERS: Final = frozenset({INBOX, CLEARING_FOLDER, MACHINE_FOLDER, SC_FOLDER})
"""Folders of the postbox that belong to no agency. Source: own decision 0015."""

_MAY_STAND_ON_THE_WAY: Final[Rights] = frozenset({Right.VISIBLE})
"""Outlook shows a subfolder only to who sees the folders above it. Source: own decision 0038."""


@dataclass(frozen=True)
class Should:
    """What the permissions of one regional postbox are held against.

    `exempt` are keys that are never judged: the service account, the postbox itself.
    `common` are further folders that belong to no agency, by their first level.
    """

    region: str
    directory: Directory
    book: ListBook
    naming: Naming = Naming.ADDRESS
    exempt: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()

    @cached_property
    def by_code(self) -> Mapping[str, Agency]:
        """All agencies, merged ones too."""
        return {agency.code: agency for agency in self.directory.agencies}

    @cached_property
    def region_lists(self) -> Mapping[Principal, Rights]:
        """What the lists of the Service Center shall have everywhere."""
        return self.wanted(self.book.of_region(self.region))

    @cached_property
    def all_lists(self) -> frozenset[Principal]:
        """Every list that we know of."""
        return frozenset(account(list_key(one, self.naming)) for one in self.book.by_address)

    def wanted(self, lists: Iterable[DistributionList]) -> dict[Principal, Rights]:
        """What these lists shall have. Source: Weisung 202404002 no. 3."""
        found: dict[Principal, Rights] = {}
        for one in lists:
            rights = RIGHTS_OF[one.level]
            who = account(list_key(one.address, self.naming))
            has = rights if self.naming is Naming.ADDRESS else on_imap(rights)
            found[who] = found.get(who, frozenset()) | has
        return found

    def active_here(self, code: str) -> Agency | None:
        """The agency of that code, if it works in this region. Source: own decision 0038."""
        agency = self.by_code.get(code)
        found = agency is not None and agency.active and self.region_of(code) == self.region
        return agency if found else None

    def region_of(self, code: str) -> str:
        """The region of an agency, empty if nobody knows it. Source: SOURCES section 6."""
        found = self.directory.agency(code)
        return found.region if found else ""


@dataclass(frozen=True)
class _Kin:
    """The accounts that a folder's lists speak of, by what they are to them."""

    inside: frozenset[Principal] = frozenset()
    former: frozenset[Principal] = frozenset()


@dataclass(frozen=True)
class _Target:
    """What one folder shall be like. `is_whole`: all that may have access is known."""

    agency: str
    wanted: Mapping[Principal, Rights] = field(default_factory=dict)
    kin: _Kin = _Kin()
    is_whole: bool = False
    is_house: bool = False


def agency_code(folder: str) -> str:
    """The code with which the first level begins ("435 Kassel/AU"), or nothing.

    Source: own decision 0015.
    """
    found = _CODE.match(folder)
    return found[1] if found else ""


def audit(acls: Iterable[FolderAcl], should: Should) -> tuple[Finding, ...]:
    """All that differs, by folder, then what is wrong with the lists themselves.

    Total: every folder read is judged, every folder not read is a finding.
    Source: R4, F56; own decision 0038.
    """
    ordered = sorted(acls, key=lambda acl: acl.folder)
    found: list[Finding] = []
    by_place: dict[tuple[str, str], Finding] = {}
    targets: dict[str, _Target] = {}
    told: set[str] = set()
    for acl in ordered:
        found += _of_place(acl.folder, should, told)
        code = agency_code(acl.folder)
        top = code or acl.folder.partition("/")[0]
        target = targets.setdefault(top, _target(top, code, should))
        for finding in _of_folder(acl, target, should):
            known = _came_from_above(finding, by_place)
            by_place[(known.folder, known.subject)] = known
            found.append(known)
    present = {agency_code(acl.folder) for acl in ordered}
    return (*found, *of_lists(should.book, should.directory, should.region, present))


def demanded(
    folder: str, who: Principal, has: Rights, should: Should
) -> tuple[Code | None, Rights]:
    """What would be found of one account with these rights in that folder, and what it shall have.

    Source: own decisions 0038, 0129.
    """
    code = agency_code(folder)
    target = _target(code or folder.partition("/")[0], code, should)
    wanted = target.wanted.get(who, frozenset())
    if is_owner(who) or who.key in should.exempt:
        return None, wanted
    if not has:
        return (Code.MISSING if wanted else None), wanted
    return _judged(who, has, target, should), wanted


def _of_place(folder: str, should: Should, told: set[str]) -> Iterator[Finding]:
    """Whether the folder belongs to somebody; told once, at its first level."""
    top, code = folder.partition("/")[0], agency_code(folder)
    if _is_house(top, should) or should.active_here(code) or top in told:
        return
    told.add(top)
    agency = should.by_code.get(code)
    if agency is not None and not agency.active:
        heir = should.directory.agency(code)
        about = f"{heir.code} {heir.name}" if heir else "unbekannt"
        yield Finding(Code.MERGED_AGENCY, top, code, code, about=about)
        return
    region = should.region_of(code)
    about = f"sie gehört zur Region {region}" if region else "die Nummer ist unbekannt"
    yield Finding(Code.FOLDER_WITHOUT_AGENCY, top, code, top, about=about)


def _is_house(top: str, should: Should) -> bool:
    return top.upper() == INBOX or top in _HOUSE_FOLDERS or top in should.common


def _target(top: str, code: str, should: Should) -> _Target:
    if _is_house(top, should):
        lists = should.book.of_region(should.region)
        return _Target(
            "", should.region_lists, _kin(lists, should), is_whole=bool(lists), is_house=True
        )
    if not should.active_here(code):
        return _Target(code)
    own = should.book.of_agency(code)
    lists = (*own, *should.book.of_region(should.region))
    return _Target(
        code,
        should.wanted(lists),
        _kin(lists, should),
        is_whole=bool(own and should.region_lists),
    )


def _kin(lists: Iterable[DistributionList], should: Should) -> _Kin:
    inside: set[Principal] = set()
    former: set[Principal] = set()
    for one in lists:
        people, groups = should.book.members(one.address)
        inside |= {account(person_key(person, should.naming)) for person in people}
        inside |= {account(list_key(group, should.naming)) for group in groups}
        gone = should.book.former.get(one.address, frozenset())
        former |= {account(person_key(person, should.naming)) for person in gone}
    return _Kin(frozenset(inside), frozenset(former - inside))


def _of_folder(acl: FolderAcl, target: _Target, should: Should) -> Iterator[Finding]:
    if acl.unreadable:
        yield Finding(
            Code.NOT_READABLE, acl.folder, target.agency, acl.folder, about=acl.unreadable
        )
        return
    said = {entry.principal: entry.said for entry in acl.entries}
    has = access(acl.entries)
    for who, rights in sorted(has.items(), key=lambda pair: pair[0].key):
        if is_owner(who) or who.key in should.exempt:
            continue
        code = _judged(who, rights, target, should)
        if code is not None:
            yield Finding(
                code,
                acl.folder,
                target.agency,
                who.key,
                has=rights,
                wanted=target.wanted.get(who, frozenset()),
                about=said[who],
            )
    for who, wanted in sorted(target.wanted.items(), key=lambda pair: pair[0].key):
        if wanted and who not in has:
            yield Finding(
                Code.MISSING, acl.folder, target.agency, who.key, has=frozenset(), wanted=wanted
            )


def _judged(who: Principal, rights: Rights | None, target: _Target, should: Should) -> Code | None:
    """What is wrong with one account's access, or None."""
    if rights is None:
        return Code.UNKNOWN_LEVEL
    if who.kind in {PrincipalKind.DEFAULT, PrincipalKind.ANONYMOUS}:
        return Code.OPEN_TO_ALL
    if who.kind is PrincipalKind.ORPHAN:
        return Code.ORPHAN
    if who in target.wanted:
        return _against(rights, target.wanted[who])
    if target.is_house and who in should.all_lists and rights <= _MAY_STAND_ON_THE_WAY:
        return None
    return _stranger(who, target)


def _against(rights: Rights, wanted: Rights) -> Code | None:
    if rights - wanted:
        return Code.TOO_HIGH
    return Code.TOO_LOW if wanted - rights else None


def _stranger(who: Principal, target: _Target) -> Code | None:
    """An account that none of the folder's lists is; judged only where all lists are known."""
    if who in target.kin.inside:
        return Code.DIRECT
    if not target.is_whole:
        return None
    return Code.LEFT_LIST if who in target.kin.former else Code.SURPLUS


def _came_from_above(finding: Finding, by_place: Mapping[tuple[str, str], Finding]) -> Finding:
    """The same finding at the parent folder makes this one an inherited one."""
    if finding.code in {Code.MISSING, Code.TOO_LOW, Code.UNKNOWN_LEVEL, Code.NOT_READABLE}:
        return finding
    above = by_place.get((finding.folder.rpartition("/")[0], finding.subject))
    if above is None or finding.code not in {above.code, above.cause}:
        return finding
    if (finding.has or frozenset()) - (above.has or frozenset()):
        return finding  # more than above: somebody gave it here
    return Finding(
        Code.INHERITED,
        finding.folder,
        finding.agency,
        finding.subject,
        has=finding.has,
        wanted=finding.wanted,
        cause=finding.code,
        about=finding.about,
    )


def open_findings(
    findings: Iterable[Finding], kept: Kept
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The findings that still ask for a deed, and those that a person has decided to keep.

    Source: F57; own decision 0039.
    """
    every = tuple(findings)
    return (
        tuple(one for one in every if not is_kept(one, kept)),
        tuple(one for one in every if is_kept(one, kept)),
    )


def entries_of(has: Mapping[Principal, Rights]) -> tuple[Entry, ...]:
    """Entries for these rights, in a stable order. Source: own decision 0038."""
    return tuple(
        Entry(who, rights) for who, rights in sorted(has.items(), key=lambda pair: pair[0].key)
    )
