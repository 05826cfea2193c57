"""From the groups of a person at the sign-in service to role and scope in this house.

A group's name may have one gap, `{agency}` or `{region}`, so that one line of the configuration
stands for the groups of all agencies. Source: F58; own decision 0056.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from rules.access import Caller, Permission
from rules.codes import Role
from rules.errors import Refused

GAPS: Final = ("{agency}", "{region}")

_PLAIN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class GroupRule:
    """What membership in a group gives. Agencies or regions, never both; neither: no bound."""

    name: str
    role: Role
    agencies: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    extra: frozenset[Permission] = frozenset()


@dataclass(frozen=True, slots=True)
class Places:
    """The codes of agencies and names of regions that the house knows: gaps take no others."""

    agencies: Collection[str]
    regions: Collection[str]


def caller_of(
    name: str, groups: Iterable[str], *, rules: Iterable[GroupRule], places: Places
) -> Caller:
    """Who that is by their groups; `name` is a pseudonym.

    Several groups add up, as lists do (rights/list_access.py): who has a region sees the region and
    nothing else. Groups of two roles are refused: an admin does not read mail, and who reads mail
    does not administrate.
    Raises: Refused: `access.no_group`, `access.two_roles`. Source: F58; own decision 0056.
    """
    mine = sorted(set(groups))
    given = [found for rule in rules for group in mine if (found := _given(rule, group, places))]
    roles = {one.role for one in given}
    if not roles:
        raise Refused("access.no_group", "none of this person's groups gives a right here")
    if len(roles) > 1:
        raise Refused("access.two_roles", "the groups of this person give more than one role")
    extra = frozenset[Permission]().union(*(one.extra for one in given))
    agencies, regions = _scope(given)
    return Caller(name, roles.pop(), agencies=agencies, regions=regions, extra=extra)


def _given(rule: GroupRule, group: str, places: Places) -> GroupRule | None:
    """The rule with its gap filled by this group's name, or None where it doesn't fit."""
    gap = next((gap for gap in GAPS if gap in rule.name), "")
    if not gap:
        return rule if rule.name == group else None
    before, _, after = rule.name.partition(gap)
    found = re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", group)
    if found is None:
        return None
    if gap == "{agency}" and found[1] in places.agencies:
        return GroupRule(group, rule.role, frozenset({found[1]}), None, rule.extra)
    if gap == "{region}":
        # Names of groups often have no umlauts, as those of the lists (rights.ldap).
        named = {spelled: one for one in places.regions for spelled in (one, one.translate(_PLAIN))}
        if found[1] in named:
            return GroupRule(group, rule.role, None, frozenset({named[found[1]]}), rule.extra)
    return None


def _scope(given: list[GroupRule]) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """Agencies and regions of all together; never wider than one of them."""
    if any(one.agencies is None and one.regions is None for one in given):
        return None, None
    regions = [one.regions for one in given if one.regions is not None]
    if regions:
        return None, frozenset[str]().union(*regions)
    return frozenset[str]().union(*(one.agencies or () for one in given)), None
