"""Outgoing rows that leave by a loop of their own, one by one: alarms, and events to webhooks.

A receiver that hangs holds up neither answers nor hand-overs, and one that is away no other
receiver. Own decisions 0050, 0068.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from rules.backoff import next_try
from rules.errors import Conflict, HouseError, TryLater
from store.database.engine import Tx
from store.sending import outgoing_claims
from store.sending.outgoing import Outgoing
from triage.house import House

BATCH: Final = 20
"""Rows of one round. Own decision 0024."""

TURN_SECONDS: Final = 2.0
"""Less than any wait for a receiver that hangs: the first one ends its turn. Decision 0050."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Turn:
    """Which rows: keys that begin with one of `of`, or with none of `none_of`; for how long.

    After `seconds` no other row is begun.
    """

    of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    seconds: float = float("inf")


ANY: Final = Turn()

Post = Callable[[Outgoing], str]
"""Hands one row over; the receiver's answer. Raises: TryLater; another HouseError is for good."""

Dead = Callable[[Tx, Outgoing, str], None]
"""Notes beside a dead letter what else has to be, in its commit; with the code of the error."""


def post_due(  # noqa: PLR0913 - who delivers what, to whom, for how long
    house: House,
    kind: str,
    post: Post,
    *,
    worker: str,
    lease_seconds: int,
    dead: Dead = lambda *_: None,
    turn: Turn = ANY,
) -> int:
    """Deliver what is due of one kind in that turn, `BATCH` at most; how many were taken."""
    done, began = 0, house.clock()
    for _ in range(BATCH):
        row = _claimed(house, kind, worker, lease_seconds, turn)
        if row is None:
            break
        done += _delivered(house, row, post, dead)
        if (house.clock() - began).total_seconds() >= turn.seconds:
            break
    return done


def _claimed(
    house: House, kind: str, worker: str, lease_seconds: int, turn: Turn
) -> Outgoing | None:
    with house.db.write() as tx:
        rows = outgoing_claims.claim(
            tx,
            kinds=(kind,),
            worker=worker,
            now=house.clock(),
            limit=1,
            lease_seconds=lease_seconds,
            of=turn.of,
            none_of=turn.none_of,
        )
    return rows[0] if rows else None


def _delivered(house: House, row: Outgoing, post: Post, dead: Dead) -> int:
    try:
        return _handed_over(house, row, post, dead)
    except Conflict as exc:
        # The claim ran out, and another worker has the row: the others don't wait for that.
        log.info("outgoing.overtaken", kind=row.kind, outgoing=row.id, code=exc.code)
        return 0


def _handed_over(house: House, row: Outgoing, post: Post, dead: Dead) -> int:
    """1 if it was taken. Refused for good, or too often: a dead letter."""
    try:
        answer = post(row)
    except TryLater as exc:
        _again(house, row, exc.code, dead)
        return 0
    except HouseError as exc:
        _give_up(house, row, exc.code, dead)
        return 0
    with house.db.write() as tx:
        outgoing_claims.sent(tx, row.id, fence=row.fence, answer=answer, now=house.clock())
    log.info("outgoing.sent", kind=row.kind, outgoing=row.id)
    return 1


def _again(house: House, row: Outgoing, code: str, dead: Dead) -> None:
    wait = next_try(row.tries, house.backoff)
    if wait is None:
        _give_up(house, row, code, dead)
        return
    log.warning("outgoing.later", kind=row.kind, outgoing=row.id, code=code)
    at = house.clock() + timedelta(seconds=wait)
    with house.db.write() as tx:
        outgoing_claims.later(tx, row.id, fence=row.fence, error_code=code, next_try_at=at)


def _give_up(house: House, row: Outgoing, code: str, dead: Dead) -> None:
    log.error("outgoing.dead", kind=row.kind, outgoing=row.id, code=code)
    with house.db.write() as tx:
        outgoing_claims.dead(tx, row.id, fence=row.fence, error_code=code, now=house.clock())
        dead(tx, row, code)
