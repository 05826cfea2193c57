"""What new lists would change beside those that hold: shown before anything is taken over.

Counts of people, never who: what is shown here is printed and copied. Source: own decision 0063.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rules.distribution import DistributionList


class ListState(StrEnum):
    """What becomes of a list. Source: own decision 0063."""

    NEW = "neu"
    GONE = "entfällt"
    CHANGED = "geändert"


@dataclass(frozen=True, slots=True)
class ListChange:
    """One list that differs. `joined` and `left` are members; `level_changes`: another level."""

    address: str
    home: str
    state: ListState
    joined: int
    left: int
    level_changes: bool = False


def difference(
    before: Iterable[DistributionList], after: Iterable[DistributionList]
) -> tuple[ListChange, ...]:
    """The lists that differ, by home and address; none where nothing does. Own decision 0063."""
    old, new = _by_home(before), _by_home(after)
    changes = (_change(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))
    return tuple(one for one in changes if one is not None)


def _by_home(
    lists: Iterable[DistributionList],
) -> dict[tuple[str, str], DistributionList]:
    """Home is the agency's code, the region's name, or nothing for a group within others."""
    return {(one.agency or one.region or "", one.address): one for one in lists}


def _change(
    key: tuple[str, str], old: DistributionList | None, new: DistributionList | None
) -> ListChange | None:
    was, now = (set(one.members) if one else set() for one in (old, new))
    state = ListState.CHANGED if old and new else ListState.NEW if new else ListState.GONE
    other_level = bool(old and new and old.level is not new.level)
    if state is ListState.CHANGED and was == now and not other_level:
        return None
    home, address = key
    return ListChange(address, home, state, len(now - was), len(was - now), other_level)
