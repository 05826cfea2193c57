"""The distribution lists that permission rests on: who reported which, and who is on them.

Source: Weisung 202404002 no. 3 (lists of the agencies and their teams are the basis of permission).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from rules.rights.folder_levels import Level


class MemberKind(StrEnum):
    """Whether somebody on a list is a person or a list of its own."""

    PERSON = "person"
    GROUP = "gruppe"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on a list. `address` is lower case, or empty where none was reported."""

    address: str
    kind: MemberKind = MemberKind.PERSON


@dataclass(frozen=True, slots=True)
class DistributionList:
    """One list, by its address in lower case.

    With `agency` it is a list of that agency's Eingangszone; with `region` alone one of the
    Service Center; with neither a group that only stands in others. `level` is what it shall
    have. Without members nothing is known about them: a list may be reported by its name only.
    """

    address: str
    agency: str | None = None
    region: str | None = None
    level: Level = Level.EDITOR
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class ListBook:
    """All lists of a region, as reported last. `former` are the people of the report before.

    `former` maps a list's address to the addresses that stood on it.
    """

    lists: tuple[DistributionList, ...] = ()
    former: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def by_address(self) -> Mapping[str, tuple[DistributionList, ...]]:
        """A list may be reported by several agencies, which is a finding."""
        found: dict[str, tuple[DistributionList, ...]] = {}
        for one in self.lists:
            found[one.address] = (*found.get(one.address, ()), one)
        return found

    def of_agency(self, code: str) -> tuple[DistributionList, ...]:
        """The lists of an agency, by address. Source: Weisung 202404002 no. 3."""
        found = (one for one in self.lists if one.agency == code)
        return tuple(sorted(found, key=lambda one: one.address))

    def of_region(self, region: str) -> tuple[DistributionList, ...]:
        """The lists of the Service Center of a region. Source: Weisung 202404002 no. 3."""
        found = (one for one in self.lists if one.agency is None and one.region == region)
        return tuple(sorted(found, key=lambda one: one.address))

    def members(self, address: str) -> tuple[frozenset[str], frozenset[str]]:
        """All people and all groups on a list, through groups in groups; circles end.

        Source: own decision 0038.
        """
        people: set[str] = set()
        groups: set[str] = set()
        waiting, seen = [address], {address}
        while waiting:
            for member in self.direct(waiting.pop()):
                if not member.address:
                    continue
                is_group = member.kind is MemberKind.GROUP or member.address in self.by_address
                (groups if is_group else people).add(member.address)
                if is_group and member.address not in seen:
                    seen.add(member.address)
                    waiting.append(member.address)
        return frozenset(people), frozenset(groups)

    def direct(self, address: str) -> Iterator[Member]:
        """Who stands on the list itself. Source: own decision 0038."""
        for one in self.by_address.get(address, ()):
            yield from one.members

    def is_circular(self, address: str) -> bool:
        """Whether the list stands on itself, through whatever groups. Source: own decision 0038."""
        return address in self.members(address)[1]
