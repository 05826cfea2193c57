"""Alarms about what is on its way out: dead letters, and receipts that are overdue.

Source: F48, F50; own decisions 0058, 0066.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from rules import access
from rules.access import Caller, Permission
from store.database.engine import Tx
from store.processes import halts
from store.sending import outgoing_watch
from store.sending.outgoing_watch import Departure, Late
from triage import halting
from triage.house import House
from triage.watch import alarm_checks, standing_alarms
from triage.watch.standing_alarms import Trouble, Watch

DEAD: Final = "outgoing:dead"
UNANSWERED: Final = "eakte:receipts"
TASKS: Final = "task:receipts"

log = structlog.get_logger()


def late(
    house: House, caller: Caller, *, limit: int, after: Departure | int | None = None
) -> tuple[Late, ...]:
    """What has no receipt for too long, in the caller's regions, longest first.

    `after` is the place of the last row of the page before. Raises: Refused: `access.denied`.
    """
    access.require(caller, Permission.READ_FIGURES)
    handovers, tasks = _limits(house)
    with house.db.read() as tx:
        return outgoing_watch.late(
            tx,
            handovers=handovers,
            tasks=tasks,
            limit=limit,
            regions=caller.whole_regions,
            after=after,
        )


def _limits(house: House) -> tuple[datetime, datetime | None]:
    """Before these moments hand-overs and tasks have waited too long; None: nobody waits."""
    now, hours = house.clock(), house.policy.task_receipt_hours
    before = now - timedelta(hours=house.policy.receipt_hours)
    return before, (now - timedelta(hours=hours) if hours else None)


def _read(house: House, tx: Tx) -> tuple[Trouble, ...]:
    handovers, tasks = _limits(house)
    found = (
        Trouble(DEAD, sum(outgoing_watch.dead_letters(tx).values())),
        Trouble(UNANSWERED, outgoing_watch.unanswered(tx, before=handovers)),
        Trouble(halting.ABOUT, int(halts.standing(tx) is not None)),
        Trouble(alarm_checks.STUCK, alarm_checks.stuck_leases(house, tx)),
        Trouble(alarm_checks.KEYS, alarm_checks.ending_keys(house, tx)),
    )
    if tasks is None:
        return found
    return (*found, Trouble(TASKS, outgoing_watch.unanswered_tasks(tx, before=tasks)))


def _tell(changed: tuple[Trouble, ...]) -> None:
    """Log what was noted, after its commit; the trail has it for good."""
    for one in changed:
        if one.stands:
            log.error("outgoing.alarm", about=one.name, number=one.number)
        else:
            log.info("outgoing.alarm_over", about=one.name)


WATCH: Final = Watch(standing_alarms.OUTGOING, "outgoing.alarm", _read, _tell)
"""Dead letters, what has no receipt for too long (tasks if watched), a stop, leases, keys."""
