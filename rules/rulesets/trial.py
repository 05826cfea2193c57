"""What a rule set would change: counted by where mails lie now and where they would lie.

Source: F16, N7; own decision 0037.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from rules.codes import PaymentRelevant
from rules.rulesets.law import Route, Ruled

EXAMPLES: Final = 5
"""Mails named for each row of the difference. Own decision 0037."""

LISTED: Final = 1_000
"""Mails that would move, named one by one. Own decision 0037 (a page stays readable)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One stored mail under what is in force, and under the rule set that is tried."""

    message_id: int
    payment: PaymentRelevant
    before: Ruled
    after: Ruled

    @property
    def moves(self) -> bool:
        """Whether it would lie in another folder, or with another team. Own decision 0037."""
        old, new = self.before.route, self.after.route
        return (old.team, old.folder) != (new.team, new.folder)


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the difference: so many mails would go from here to there.

    `payment` of them are or may be payment-relevant; `rule` is the rule that does it, empty where
    a rule in force would no longer hit.
    """

    before: str
    after: str
    rule: str
    mails: int
    payment: int
    examples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AgencySum:
    """How many mails an agency has before and after; `agency` "" is nobody's yet."""

    agency: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One mail that would lie elsewhere: its folder now, and then."""

    message_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a dry run. `mails` were tried; `unread` could not be (content deleted).

    `hits` and `held` by rule, in the order of the set; `listed` are the mails that would move.
    """

    mails: int
    unread: int
    moved: int
    payment_moved: int
    changes: tuple[Change, ...]
    agencies: tuple[AgencySum, ...]
    hits: tuple[tuple[str, int], ...]
    held: tuple[tuple[str, str, int], ...]
    listed: tuple[Moved, ...]

    def as_json(self) -> dict[str, Any]:
        """To be kept; `from_json` reads it. Source: own decision 0064."""
        return asdict(self)


def from_json(kept: Mapping[str, Any]) -> Trial:
    """What `Trial.as_json` made, after it was kept. Source: own decision 0064."""
    lists: dict[str, Any] = {
        "changes": tuple(
            Change(**{**one, "examples": tuple(one["examples"])}) for one in kept["changes"]
        ),
        "agencies": tuple(AgencySum(**one) for one in kept["agencies"]),
        "hits": tuple((rule, number) for rule, number in kept["hits"]),
        "held": tuple((rule, law, number) for rule, law, number in kept["held"]),
        "listed": tuple(Moved(**one) for one in kept["listed"]),
    }
    return Trial(**{**kept, **lists})


def summed(tried: Iterable[Tried], *, rules: tuple[str, ...], unread: int) -> Trial:
    """The difference over all mails; `rules` are the ids of the set in order. Own decision 0037."""
    mails = moved = 0
    groups: dict[tuple[str, str, str], list[Tried]] = {}
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    listed: list[Moved] = []
    for one in tried:
        mails += 1
        before[_agency(one.before.route)] += 1
        after[_agency(one.after.route)] += 1
        rule, law = _hit(one.after)
        hits[rule] += 1
        held[rule, law] += 1
        if not one.moves:
            continue
        moved += 1
        key = (one.before.route.folder, one.after.route.folder, rule)
        groups.setdefault(key, []).append(one)
        if len(listed) < LISTED:
            folders = one.before.route.folder, one.after.route.folder
            listed.append(Moved(one.message_id, *folders))
    changes = tuple(_change(*key, group) for key, group in groups.items())
    return Trial(
        mails=mails,
        unread=unread,
        moved=moved,
        payment_moved=sum(change.payment for change in changes),
        changes=tuple(sorted(changes, key=lambda one: (-one.mails, one.before, one.after))),
        agencies=_sums(before, after),
        hits=tuple((rule, hits[rule]) for rule in rules),
        held=tuple((rule, law, number) for (rule, law), number in held.items() if law),
        listed=tuple(listed),
    )


def _hit(ruled: Ruled) -> tuple[str, str]:
    trace = ruled.trace
    return (trace.hit or "", trace.held) if trace else ("", "")


def _agency(route: Route) -> str:
    return f"{route.agency.code} {route.agency.name}" if route.agency.code else ""


def _change(before: str, after: str, rule: str, group: list[Tried]) -> Change:
    return Change(
        before=before,
        after=after,
        rule=rule,
        mails=len(group),
        payment=sum(one.payment is not PaymentRelevant.NO for one in group),
        examples=tuple(one.message_id for one in group[:EXAMPLES]),
    )


def _sums(before: Counter[str], after: Counter[str]) -> tuple[AgencySum, ...]:
    """Only agencies whose number changes, largest change first."""
    sums = (AgencySum(one, before[one], after[one]) for one in before.keys() | after.keys())
    changed = (one for one in sums if one.before != one.after)
    return tuple(sorted(changed, key=lambda one: (-abs(one.after - one.before), one.agency)))
