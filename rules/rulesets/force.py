"""Which version of a rule set is in force, where and when.

Source: F17; own decision 0037.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TAKES_EFFECT: Final = timedelta(seconds=5)
"""From the commit to the first mail it counts for: longer than `READ_AGAIN`. Own decision 0037."""

READ_AGAIN: Final = timedelta(seconds=2)
"""How old what a worker knows of activations may be. Own decision 0037."""


@dataclass(frozen=True, slots=True)
class Activation:
    """From `from_at` on (aware UTC) this version holds in the region; "" is the set for all.

    `ruleset_id` None: from then on the region has no set of its own. `by` is a pseudonym.
    """

    id: int
    region: str
    ruleset_id: int | None
    from_at: datetime
    at: datetime
    by: str
    withdrawn_at: datetime | None


def in_force(activations: Iterable[Activation], *, region: str, at: datetime) -> Activation | None:
    """What holds for exactly that region at a moment: the latest that has begun, else None.

    Source: F17; own decision 0037.
    """
    begun = [
        one
        for one in activations
        if one.region == region and one.withdrawn_at is None and one.from_at <= at
    ]
    return max(begun, key=_order, default=None)


def planned(
    activations: Iterable[Activation], *, region: str, now: datetime
) -> tuple[Activation, ...]:
    """What is to come in that region, soonest first. Source: F17; own decision 0037."""
    coming = (
        one
        for one in activations
        if one.region == region and one.withdrawn_at is None and one.from_at > now
    )
    return tuple(sorted(coming, key=_order))


def before(activations: Iterable[Activation], *, current: Activation) -> int | None:
    """The version to go back to: what held before the current one first did; None: nothing.

    So going back twice goes back two versions, and never forward again. Source: F17 (rollback);
    own decision 0037.
    """
    held = [one for one in activations if one.region == current.region and one.withdrawn_at is None]
    same = [one for one in held if one.ruleset_id == current.ruleset_id]
    first = min(same, key=_order, default=current)
    last = max((one for one in held if _order(one) < _order(first)), key=_order, default=None)
    return last.ruleset_id if last else None


def going_back(
    activations: Iterable[Activation], *, current: Activation | None, now: datetime
) -> Activation | None:
    """What a rollback a moment ago put into force and what has not begun yet, or None.

    Whoever presses twice must not take back the taking back. Own decision 0037.
    """
    if current is None:
        return None
    known = tuple(activations)
    to_id = before(known, current=current)
    soon = (
        one
        for one in planned(known, region=current.region, now=now)
        if one.ruleset_id == to_id and one.from_at - one.at <= TAKES_EFFECT
    )
    return next(soon, None)


def _order(one: Activation) -> tuple[datetime, int]:
    return one.from_at, one.id
