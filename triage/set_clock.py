"""A machine's clock that was set back: told, and what was wished before it is due again.

The last sign of life of keeping order is in the future then; it outlives the process, and a
restored machine. Source: own decision 0024.
"""

from datetime import timedelta
from typing import Final

import structlog

from store import beats, clock_set_back
from triage.house import House
from triage.send import CLAIM_SECONDS

LOOP: Final = "keep_order"
APART: Final = timedelta(minutes=5)
"""Clocks of several workers differ by less. As health.SILENT_AFTER."""

log = structlog.get_logger()


def look(house: House) -> int:
    """Bring forward what the clock put off, if it was set back since the last round; how many.

    Raises: TryLater: `store.away`.
    """
    now = house.clock()
    with house.db.read() as tx:
        last = beats.one(tx, LOOP)
    if last is None or last.at <= now + APART:
        return 0
    with house.db.write() as tx:
        claim = timedelta(seconds=CLAIM_SECONDS)
        found = clock_set_back.bring_forward(tx, now=now, claim=claim)
    minutes = int((last.at - now).total_seconds() // 60)
    log.warning("clock.set_back", minutes=minutes, brought_forward=found)
    return found
