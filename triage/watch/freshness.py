"""How fresh the house is: how long the oldest unsorted mail of each way in has waited.

Where that exceeds the limit, one alarm is told, and one all-clear when it is over
(standing_alarms.py).
Source: F12, F60; own decision 0031.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from rules import freshness as rule
from rules.freshness import Alarm
from store.counts import ledger_counts
from store.database.engine import Tx
from triage.house import House
from triage.watch import standing_alarms

OTHER_WAYS: Final = {"smtp": "door", "api": "api"}
"""What stands for mail that came out of no postbox. Never an address: this goes into labels."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Freshness:
    """One way in: a postbox by its name, `door`, or `api`.

    `oldest` is when its oldest unsorted mail was received (aware UTC), None where none waits.
    """

    way: str
    oldest: datetime | None
    age_seconds: int
    is_overdue: bool


def look(house: House) -> tuple[Freshness, ...]:
    """All ways in, by name: the configured postboxes, and wherever else something waits.

    Raises: TryLater: `store.away`.
    """
    with house.db.read() as tx:
        return _read(house, tx)


def note(house: House, tx: Tx, seen: tuple[Freshness, ...]) -> tuple[tuple[Freshness, Alarm], ...]:
    """What is to be told since the last time, noted in the caller's transaction.

    The caller holds the lease of keeping order. `seen` may be some moments old, so that the long
    reading needs no write lock; where it says that something changed, it is read again.
    """
    before = standing_alarms.names(tx, standing_alarms.OVERDUE)
    changed = _changed(seen, before)
    if changed:
        changed = _changed(_read(house, tx), before)
    for one, alarm in changed:
        _write(house, tx, one, alarm)
    return changed


def tell(changed: tuple[tuple[Freshness, Alarm], ...]) -> None:
    """Log what was noted, after its commit; the trail has it for good."""
    for one, alarm in changed:
        if alarm is Alarm.OVERDUE:
            log.error("mail.overdue", postbox=one.way, minutes=one.age_seconds // 60)
        else:
            log.info("mail.fresh_again", postbox=one.way)


def _read(house: House, tx: Tx) -> tuple[Freshness, ...]:
    waiting = ledger_counts.waiting_since(tx)
    oldest: dict[str, datetime | None] = {box.name: None for box in house.policy.postboxes}
    for (source, postbox), since in waiting.items():
        way = OTHER_WAYS.get(source, source) if source != "postbox" else postbox or source
        known = oldest.get(way)
        oldest[way] = min(known, since) if known else since
    return tuple(_of(house, way, since) for way, since in sorted(oldest.items()))


def _of(house: House, way: str, oldest: datetime | None) -> Freshness:
    now, limit = house.clock(), timedelta(minutes=house.policy.overdue_minutes)
    return Freshness(
        way=way,
        oldest=oldest,
        age_seconds=int(rule.age(oldest, now=now).total_seconds()),
        is_overdue=rule.is_overdue(oldest, now=now, limit=limit),
    )


def _changed(
    seen: tuple[Freshness, ...], before: frozenset[str]
) -> tuple[tuple[Freshness, Alarm], ...]:
    # A way whose last mail was sorted, and that no configuration names, is not seen any more.
    silent = before - {one.way for one in seen}
    ended = tuple(Freshness(way, None, 0, is_overdue=False) for way in sorted(silent))
    found = (
        (one, rule.alarm(was=one.way in before, is_now=one.is_overdue)) for one in (*seen, *ended)
    )
    return tuple((one, alarm) for one, alarm in found if alarm is not None)


def _write(house: House, tx: Tx, one: Freshness, alarm: Alarm) -> None:
    change = standing_alarms.Change(
        about=one.way,
        told_as=f"fresh:{one.way}",
        number=one.age_seconds // 60,
        code=alarm.value if alarm is Alarm.OVERDUE else "",
        action=alarm.value,
        subject=f"postbox:{one.way}",
        details={"minutes": one.age_seconds // 60},
    )
    standing_alarms.note(house, tx, standing_alarms.OVERDUE, change)
