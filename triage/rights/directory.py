"""The lists of a region as a directory's groups say: fetched, compared, then taken over.

Groups in groups are followed; each is asked for once, so circles end. Nothing is stored before a
person has seen what would change. Source: Weisung 202404002 no. 3; F57; own decision 0063.
"""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rules.access import Caller
from rules.errors import Conflict, Refused
from rules.placename import fold
from rules.rights.directory_entry import DirectoryEntry
from rules.rights.distribution import DistributionList, Member, MemberKind
from rules.rights.distribution_csv import parse_lists, write_lists
from rules.rights.folder_levels import Level
from rules.rights.list_difference import ListChange, difference
from triage.house import House
from triage.ports import Groups
from triage.rights import reporting
from triage.rights.reporting import Imported

SOURCE = "LDAP"


@dataclass(frozen=True, slots=True)
class GroupNames:
    """How groups are called: patterns with the gap {agency} or {region}; a star is anything."""

    agency: str
    region: str


@dataclass(frozen=True, slots=True)
class Compared:
    """Lists that could be taken over, what they would change, and the mark that confirms them."""

    lists: tuple[DistributionList, ...]
    changes: tuple[ListChange, ...]
    mark: str


def fetch(
    house: House, caller: Caller, region: str, groups: Groups, *, names: GroupNames
) -> Compared:
    """Ask the directory for the lists of a region; stores nothing.

    The level of a list that is reported already stays; others are Bearbeiter.
    Raises: Refused: `access.denied`, `region.unknown`, `rights.no_groups`, `rights.group_address`
    with every group. And as the directory.
    """
    reported = reporting.reported(house, caller, region)
    before = reported.lists if reported else ()
    walk = _Walk(groups, {one.address: one.level for one in before})
    for agency in house.directory.by_region(region):
        found = groups.named([names.agency.format(agency=agency.code)])
        walk.add(found, agency=agency.code, region=None)
    spellings = dict.fromkeys((region, fold(region)))
    found = groups.named([names.region.format(region=one) for one in spellings])
    walk.add(found, agency=None, region=region)
    if walk.without_address:
        raise Refused(
            "rights.group_address",
            "Nothing was taken over: these groups have no mail address in the directory; add it"
            f" there: {', '.join(sorted(walk.without_address))}.",
            groups=sorted(walk.without_address),
        )
    if not walk.lists:
        raise Refused(
            "rights.no_groups",
            f"The directory knows no group for {region}; check agency_groups, region_groups and"
            " base in [rights.ldap].",
        )
    return _compared(before, (*walk.lists, *walk.inner()))


def compare_csv(house: House, caller: Caller, region: str, *, data: bytes) -> Compared:
    """What a CSV would change; stores nothing. Raises: Refused: as `import_lists`."""
    reported = reporting.reported(house, caller, region)
    lists = parse_lists(data, directory=house.directory, region=region)
    return _compared(reported.lists if reported else (), lists)


def take(house: House, caller: Caller, region: str, fetched: Compared, *, mark: str) -> Imported:
    """Take over, whole, what a person has seen under that mark.

    Raises: Refused: `access.denied`, `region.unknown`. Conflict: `rights.lists_changed`: the
    directory says something else by now.
    """
    if mark != fetched.mark:
        raise Conflict(
            "rights.lists_changed",
            f"The directory says something else by now ({fetched.mark}, not {mark}); look at the"
            " new comparison and confirm its mark.",
        )
    return reporting.take_over(house, caller, region, fetched.lists, source=SOURCE)


def _compared(before: Iterable[DistributionList], after: Iterable[DistributionList]) -> Compared:
    lists = tuple(after)
    digest = hashlib.sha256(write_lists(lists).encode("utf-8")).hexdigest()
    return Compared(lists, difference(before, lists), digest[:12])


@dataclass(frozen=True, slots=True)
class _Walk:
    """Collects the lists of a region; every entry is asked for once."""

    groups: Groups
    levels: dict[str, Level]
    known: dict[str, DirectoryEntry | None] = field(default_factory=dict)
    lists: list[DistributionList] = field(default_factory=list)
    without_address: set[str] = field(default_factory=set)

    def add(
        self, found: Iterable[DirectoryEntry], *, agency: str | None, region: str | None
    ) -> None:
        """Groups that are lists of their own."""
        for one in found:
            self.known[one.key] = one
            if not one.address:
                self.without_address.add(one.name)
                continue
            level = self.levels.get(one.address, Level.EDITOR)
            members = tuple(dict.fromkeys(self._members(one)))
            self.lists.append(DistributionList(one.address, agency, region, level, members))

    def inner(self) -> tuple[DistributionList, ...]:
        """Groups that only stand on others, however deep, by address."""
        done = {one.address for one in self.lists}
        found: dict[str, DistributionList] = {}
        while waiting := self._named_only(done | found.keys()):
            for one in waiting:
                members = tuple(dict.fromkeys(self._members(one)))
                found[one.address] = DistributionList(one.address, members=members)
        return tuple(found[address] for address in sorted(found))

    def _named_only(self, done: set[str]) -> list[DirectoryEntry]:
        return [
            one
            for one in self.known.values()
            if one and one.kind is MemberKind.GROUP and one.address and one.address not in done
        ]

    def _members(self, group: DirectoryEntry) -> Iterator[Member]:
        """Who stands on it. A group without address can be on no list: its members are, instead.

        A person who is gone from the directory, or has no address, is a member without address.
        """
        waiting, seen = deque(group.members), {group.key}
        while waiting:
            key = waiting.popleft()
            if key in seen:
                continue
            seen.add(key)
            one = self._entry(key)
            if one and one.kind is MemberKind.GROUP and not one.address:
                waiting += one.members
            else:
                yield Member(one.address, one.kind) if one else Member("")

    def _entry(self, key: str) -> DirectoryEntry | None:
        if key not in self.known:
            self.known[key] = self.groups.entry(key)
        return self.known[key]
