"""What admins ask and do beside the way: outgoing rows, the day's sum, the postboxes, the trail.

No content and no person in any answer (promise 8).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from rules import access
from rules import ledger as ledger_rules
from rules.access import Caller, Permission
from rules.errors import Refused
from rules.ledger import LedgerState
from store.acts import marks_seen
from store.acts.marks_seen import LastRead
from store.counts import day_proof
from store.database import local_day
from store.mails import arrivals
from store.mails.arrivals import Difference
from store.sending import outgoing
from store.sending.outgoing import Outgoing
from store.tables.ledger import OutgoingState
from store.trail import trail_pages
from store.trail.trail_pages import Place, TrailPage
from triage import outgoing_care
from triage.house import House, PostboxPlan
from triage.watch import freshness, health
from triage.watch.freshness import Freshness
from triage.watch.health import Check

ENDED_BADLY: Final = outgoing.ENDED_BADLY

POSTBOX_CHECK: Final = "postbox:"
"""Begins the names of those checks of health.py that stand for a postbox."""

_NEVER: Final = Check(
    "",
    ok=False,
    needed=False,
    message="never",
    remedy="Noch kein Worker hat dieses Postfach bedient. Starten mit `postlotse work`.",
)
"""For a postbox that no worker has opened yet."""


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


@dataclass(frozen=True, slots=True)
class PostboxRow:
    """A postbox as last found; `oldest_unsorted` is when that mail was received (aware UTC).

    `is_overdue`: it has waited longer than the limit. `marked_at` is when a mark of a person was
    last found, `marks_today` how many today, `open_marks` on how many items one was not carried
    out and waits for a person. `sends`: answers and hand-overs leave for its mails.
    """

    name: str
    region: str
    is_observed: bool
    ok: bool
    message: str
    remedy: str
    oldest_unsorted: datetime | None
    age_seconds: int
    is_overdue: bool
    marked_at: datetime | None = None
    marks_today: int = 0
    open_marks: int = 0
    sends: bool = True


def states_of(names: Iterable[str]) -> frozenset[OutgoingState]:
    """The states of these names, for callers that don't know the store."""
    return frozenset(OutgoingState(name) for name in names)


def outgoing_listing(
    house: House,
    caller: Caller,
    *,
    states: Collection[OutgoingState],
    limit: int,
    after: int | None = None,
    kinds: Collection[str] | None = None,
) -> tuple[Outgoing, ...]:
    """Outgoing rows of the caller's regions in these states (and of these kinds), newest first.

    `after` is the id of the last row before. Raises: Refused: `access.denied`.
    """
    access.require(caller, Permission.REPLAY)
    with house.db.read() as tx:
        return outgoing.listing(
            tx, states=states, kinds=kinds, limit=limit, after=after, regions=caller.whole_regions
        )


def outgoing_replay(house: House, caller: Caller, outgoing_id: int) -> None:
    """Send a dead or rejected row again, under its old key.

    Raises: Refused: `access.denied`, `outgoing.unknown`, also out of scope. Conflict:
    `outgoing.not_dead`.
    """
    access.require(caller, Permission.REPLAY)
    now = house.clock()
    with house.db.write() as tx:
        # Before anything is said of its state: of others' rows nobody learns that there are any.
        outgoing_care.of_region(tx, caller, outgoing_id)
        outgoing_care.replay(tx, caller, outgoing_id, now=now)


def trail(
    house: House, caller: Caller, *, limit: int, after: Place | int, subject: str | None = None
) -> TrailPage:
    """A page of the trail, oldest first, of one thing ("item:12") or all.

    `after` is the place that the page before named, or an id, as pages named it once.
    Raises: Refused: `access.denied`. Conflict: `trail.cursor_ahead`.
    """
    access.require(caller, Permission.READ_TRAIL)
    with house.db.read() as tx:
        place = trail_pages.behind_id(tx, after) if isinstance(after, int) else after
        return trail_pages.page(tx, place, limit=limit, subject=subject)


def completeness(
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
    (whole,) = _sums(house, day or house.local_now().date(), (postbox,))
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

    Last, for who isn't limited to regions, the sum of all ways. Raises: as `completeness`.
    """
    # Also where no postbox lies in the caller's regions.
    access.require(caller, Permission.READ_FIGURES)
    return _sums(house, day or house.local_now().date(), _sums_of(house, caller))


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


def postboxes(house: House, caller: Caller) -> tuple[PostboxRow, ...]:
    """Each configured postbox of the caller's regions as last found, in the configured order.

    Raises: Refused: `access.denied`.
    """
    access.require(caller, Permission.MANAGE_POSTBOXES)
    checks = {check.name: check for check in health.ready(house)}
    ways = {way.way: way for way in freshness.look(house)}
    mine = [b for b in house.policy.postboxes if access.may_see_region(caller, b.region)]
    midnight, _ = local_day.day_bounds(house.local_now().date())
    with house.db.read() as tx:
        marks = {box.name: marks_seen.last_read(tx, box.name, since=midnight) for box in mine}
    return tuple(
        _postbox_row(
            box,
            _state_of(box, checks),
            ways[box.name],
            marks=marks[box.name],
        )
        for box in mine
    )


def _state_of(box: PostboxPlan, checks: Mapping[str, Check]) -> Check:
    """How it was served last; where it is, whether somebody must say from when on it is filed."""
    served = checks.get(f"{POSTBOX_CHECK}{box.name}", _NEVER)
    return checks.get(f"{health.BEGIN}{box.name}", served) if served.ok else served


def _postbox_row(box: PostboxPlan, check: Check, way: Freshness, *, marks: LastRead) -> PostboxRow:
    return PostboxRow(
        name=box.name,
        region=box.region,
        is_observed=box.is_observed,
        ok=check.ok,
        message=check.message,
        remedy=check.remedy,
        oldest_unsorted=way.oldest,
        age_seconds=way.age_seconds,
        is_overdue=way.is_overdue,
        marked_at=marks.at,
        marks_today=marks.marks,
        open_marks=marks.open_matters,
        sends=box.sends,
    )
