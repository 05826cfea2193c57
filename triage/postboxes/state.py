"""Each postbox as it was last found, for admins: served, how fresh, which marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.local_day import day_bounds
from store.acts import marks_seen
from store.acts.marks_seen import LastRead
from triage.house import House, PostboxPlan
from triage.watch import freshness, health
from triage.watch.freshness import Freshness
from triage.watch.health import Check

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


def of_each(house: House, caller: Caller) -> tuple[PostboxRow, ...]:
    """Each configured postbox of the caller's regions as last found, in the configured order.

    Raises: Refused: `access.denied`.
    """
    access.require(caller, Permission.MANAGE_POSTBOXES)
    checks = {check.name: check for check in health.ready(house)}
    ways = {way.way: way for way in freshness.look(house)}
    mine = [b for b in house.policy.postboxes if access.may_see_region(caller, b.region)]
    midnight, _ = day_bounds(house.today())
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
