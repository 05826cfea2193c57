"""Sorting by several workers on one database: each takes mails that no other sorts just now.

A turn is a lease on slots of the line (store/mails/sort_slots.py) for one batch. It is prolonged
between two mails, and ends in the commit that writes the batch; what a dead worker had taken is
free after its end and the grace time. Source: own decision 0077.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from rules.errors import Conflict
from store.database.engine import Tx
from store.mails import ledger, sort_slots
from store.mails.sort_slots import Turn
from triage import rounds
from triage.house import House
from triage.rounds import Permit

TURN_SECONDS = 30
"""A turn lasts that long without a sign of life, or the lease of a postbox where that is shorter:
one mail takes a second at most, and what a dead worker had taken waits for its end.
Source: own decision 0077."""

log = structlog.get_logger()


def one_round(house: House, owner: str) -> int:
    """Sort one batch that no other worker has; how many mails, 0 where none is free.

    `owner` is unique for a process run, and one thread at a time sorts under it.
    Raises: TryLater: `store.away`.
    """
    with house.db.read() as tx:
        if not ledger.has_unsorted(tx):
            return 0
    lasts = timedelta(seconds=min(TURN_SECONDS, house.policy.postbox_lease_seconds))
    with house.db.write() as tx:
        turn, mails = sort_slots.take(
            tx,
            owner,
            now=house.clock(),
            times=(lasts, timedelta(seconds=house.policy.grace_seconds)),
            limit=rounds.SORT_BATCH,
            limit_bytes=rounds.SORT_BATCH_BYTES,
        )
    if not mails:
        return 0
    if turn.taken_over:
        log.info("sort.taken_over", slots=turn.taken_over, mails=len(mails))
    held = _Held(house, turn, lasts)
    try:
        return rounds.sort_batch(house, mails, permit=Permit(held.go_on, held.end))
    except Conflict as exc:
        if exc.code != "lease.lost":
            raise
        log.warning("sort.turn_lost", mails=len(mails), slots=len(turn.fences))
        return len(mails)


@dataclass(slots=True)
class _Held:
    """A turn under way."""

    house: House
    turn: Turn
    lasts: timedelta

    def go_on(self) -> None:
        """Prolong it where half of its time is over. Raises: Conflict: `lease.lost`."""
        now = self.house.clock()
        if now < self.turn.until - self.lasts / 2:
            return
        with self.house.db.write() as tx:
            self.turn = sort_slots.prolong(tx, self.turn, until=now + self.lasts)

    def end(self, tx: Tx) -> None:
        """Give it back in the commit of what was found. Raises: Conflict: `lease.lost`."""
        sort_slots.give_back(tx, self.turn, now=self.house.clock())
