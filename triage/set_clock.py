"""A machine's clock that was set back: told, and what was wished before it is due again.

The last sign of life of keeping order is in the future then; it outlives the process, and a
restored machine. Source: own decisions 0024, 0131.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from rules.backoff import longest_waits
from rules.undo import UNDO_SECONDS
from store.processes import clock_set_back, heartbeats
from store.processes.clock_set_back import Longest
from store.processes.leases import CLOCKS_APART
from triage.desk.holding import longest_lease
from triage.house import House
from triage.send import CLAIM_SECONDS
from triage.sweep.outside import WAIT_HOURS

LOOP: Final = "keep_order"
APART: Final = timedelta(minutes=5)
"""Clocks of several workers differ by less. As rules/pause.py, SILENT_AFTER."""

log = structlog.get_logger()


def look(house: House) -> int:
    """Bring forward what the clock put off, if it was set back since the last round; how many.

    Also what is further ahead than any pause of the house: another machine's clock put it there,
    or nobody saw it being set back. Raises: TryLater: `store.away`.
    """
    now = house.clock()
    with house.db.read() as tx:
        last = heartbeats.one(tx, LOOP)
        by = timedelta(0) if last is None else last.at - now
        longest = _longest(house, now=now, is_known=by > CLOCKS_APART)
        is_too_far = clock_set_back.is_too_far(tx, now=now, longest=longest)
    if by <= APART and not is_too_far:
        return 0
    found = 0
    with house.db.write() as tx:
        if by > APART:
            claim = timedelta(seconds=CLAIM_SECONDS)
            found += clock_set_back.bring_forward(tx, now=now, claim=claim)
        found += clock_set_back.shorten(tx, now=now, longest=longest)
    minutes = max(int(by.total_seconds() // 60), 0)
    log.warning("clock.set_back", minutes=minutes, brought_forward=found)
    return found


def _longest(house: House, *, now: datetime, is_known: bool) -> Longest:
    """`is_known`: the clock was set back, so that nobody can tell what another side asked for."""
    policy, backoff = house.policy, house.backoff
    begun = policy.postbox_lease_seconds + policy.grace_seconds
    return Longest(
        after_tries=tuple(timedelta(seconds=wait) for wait in longest_waits(backoff)),
        told=timedelta(seconds=0 if is_known else backoff.cap_seconds),
        claim=timedelta(seconds=CLAIM_SECONDS),
        begun=timedelta(seconds=begun),
        removal=timedelta(hours=WAIT_HOURS),
        held=longest_lease(house, now=now),
        undo=timedelta(seconds=UNDO_SECONDS),
    )
