"""The completeness sum of a day: each mail that was seen is in one state (F12, N2).

No content and no person in any answer (promise 8).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rules import access
from rules import ledger as ledger_rules
from rules.access import Caller, Permission
from rules.errors import Refused
from rules.ledger import LedgerState
from store.counts import day_proof
from store.mails import arrivals
from store.mails.arrivals import Difference
from triage.house import House


@dataclass(frozen=True, slots=True)
class Completeness:
    """The sum of one local day.

    `seen` is counted apart from the states, when mail is kept. `differences` names the mails
    that are not accounted for exactly once; two of them may cancel out in `difference`.
    """

    day: date
    postbox: str | None
    seen: int
    states: dict[str, int]
    difference: int
    differences: tuple[Difference, ...]

    @property
    def closes(self) -> bool:
        """Whether every mail is accounted for exactly once."""
        return self.difference == 0 and not self.differences


def of_day(
    house: House, caller: Caller, *, day: date | None = None, postbox: str | None = None
) -> Completeness:
    """Seen against the states of the day's mails; today where no local day is given.

    Without `postbox` mail of all ways is counted, that handed in and delivered included; that
    sum is for who isn't limited to regions.
    Raises: Refused: `access.denied`, `postbox.unknown`. Source: F12, N2.
    """
    access.require(caller, Permission.READ_FIGURES)
    if caller.whole_regions is not None and postbox not in _sums_of(house, caller):
        raise Refused(
            "postbox.unknown",
            "There is no such postbox in your regions. Remedy: name one of yours.",
        )
    (whole,) = _sums(house, day or house.today(), (postbox,))
    return whole


def _sum(
    day: date,
    postbox: str | None,
    seen: int,
    counted: Mapping[LedgerState, int],
    differences: tuple[Difference, ...],
) -> Completeness:
    states = {state.value: counted.get(state, 0) for state in LedgerState}
    closed = ledger_rules.completeness(ledger_rules.Counts(seen=seen, **states))
    return Completeness(day, postbox, seen, states, closed.difference, differences)


def proof_of_day(
    house: House, caller: Caller, *, day: date | None = None
) -> tuple[Completeness, ...]:
    """The sums of one local day: each postbox of the caller's regions, in the configured order.

    Last, for who isn't limited to regions, the sum of all ways. Raises: as `of_day`.
    """
    # Also where no postbox lies in the caller's regions.
    access.require(caller, Permission.READ_FIGURES)
    return _sums(house, day or house.today(), _sums_of(house, caller))


def _sums(house: House, day: date, wanted: tuple[str | None, ...]) -> tuple[Completeness, ...]:
    """The day is read once, however many postboxes are asked for.

    None is the sum of all ways, also of postboxes that are not configured any more.
    """
    with house.db.read() as tx:
        proof = day_proof.of_day(tx, day)
    whole: Counter[LedgerState] = Counter()
    for one in proof.states.values():
        whole.update(one)
    everything = tuple(
        sorted(
            {one for found in proof.differences.values() for one in found}, key=arrivals.place_of
        )
    )
    return tuple(
        _sum(day, None, sum(proof.seen.values()), whole, everything)
        if name is None
        else _sum(
            day,
            name,
            proof.seen.get(name, 0),
            proof.states.get(name, {}),
            proof.differences.get(name, ()),
        )
        for name in wanted
    )


def _sums_of(house: House, caller: Caller) -> tuple[str | None, ...]:
    """The postboxes whose sums the caller may see; None stands for the sum of all ways."""
    mine = tuple(
        box.name for box in house.policy.postboxes if access.may_see_region(caller, box.region)
    )
    return (*mine, None) if caller.whole_regions is None else mine
