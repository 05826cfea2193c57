"""What new lists would change beside those that hold: shown before anything is taken over.

Counts of people, never who: what is shown here is printed and copied. Source: own decision 0063.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.rights.distribution import DistributionList, ListBook

FEW: Final = 5
"""This many may leave or join a list at once, whatever its size. Source: own decisions 0099, 0110.
"""

_Lists = dict[tuple[str, str], DistributionList]


class ListState(StrEnum):
    """What becomes of a list. Source: own decision 0063."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


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


@dataclass(frozen=True, slots=True)
class Followed:
    """The lists after their members followed.

    `waiting` are agencies and the region with a list that stays until a person looks.
    """

    lists: tuple[DistributionList, ...]
    waiting: tuple[str, ...]


def followed(
    before: Iterable[DistributionList], after: Iterable[DistributionList], *, few: int = FEW
) -> Followed:
    """Members follow by themselves; which lists there are, whose and with what level, does not.

    A list that loses all its people waits too, and one of which more than `few` and more than half
    leave, or would be new: so looks a slip in the directory. Groups follow with the lists they
    stand on. Own decisions 0099, 0110.
    """
    old, new = _by_home(before), _by_home(after)
    was, now = ListBook(tuple(old.values())), ListBook(tuple(new.values()))
    homes = sorted(key for key in old.keys() | new.keys() if key[0])
    held = [key for key in homes if _waits(old.get(key), new.get(key), was, now, few=few)]
    inside = {("", group) for _, address in held for group in was.members(address)[1]}
    result = {key: one for key, one in new.items() if key in old or not key[0]}
    result |= {key: one for key, one in old.items() if key in held or key in inside}
    homes_held = dict.fromkeys(home for home, _ in held)
    return Followed(tuple(result.values()), tuple(homes_held))


def _waits(
    old: DistributionList | None,
    new: DistributionList | None,
    was: ListBook,
    now: ListBook,
    *,
    few: int,
) -> bool:
    if old is None or new is None or old.level is not new.level:
        return True
    before, after = was.members(old.address)[0], now.members(new.address)[0]
    most = max(len(before - after), len(after - before))
    return bool(before and not after) or (most > few and most > len(before & after))


def _by_home(lists: Iterable[DistributionList]) -> _Lists:
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
