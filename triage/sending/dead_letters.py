"""Outgoing rows for admins: listed by state; dead letters sent again, one or all, under their keys.

Source: F48; own decisions 0058, 0066.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

import structlog

from rules import access
from rules.access import Caller, Permission
from rules.errors import Conflict, Refused
from rules.item import HandoverRepeated
from rules.ledger import LedgerState
from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.desk import items
from store.mails import ledger
from store.sending import outgoing, outgoing_turns, outgoing_watch
from store.sending.outgoing import Outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from triage import handover
from triage.house import House

ENDED_BADLY: Final = outgoing.ENDED_BADLY

BATCH: Final = 200
"""Sent again in one commit. Own decision 0058."""

_MEANWHILE: Final = frozenset({"outgoing.not_dead", "mail.deleted"})
"""What keeps one row back and none of the others: somebody was faster, and nothing is written."""

log = structlog.get_logger()


def states_of(names: Iterable[str]) -> frozenset[OutgoingState]:
    """The states of these names, for callers that don't know the store."""
    return frozenset(OutgoingState(name) for name in names)


def listing(
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


def replay(house: House, caller: Caller, outgoing_id: int) -> None:
    """Send a dead or rejected row again, under its old key.

    Raises: Refused: `access.denied`, `outgoing.unknown`, also out of scope. Conflict:
    `outgoing.not_dead`.
    """
    access.require(caller, Permission.REPLAY)
    now = house.clock()
    with house.db.write() as tx:
        # Before anything is said of its state: of others' rows nobody learns that there are any.
        of_region(tx, caller, outgoing_id)
        _replay(tx, caller, outgoing_id, now=now)


def dead_by_kind(house: House) -> dict[str, int]:
    """Dead letters that wait for a person, by kind, for the metrics. Raises: TryLater."""
    with house.db.read() as tx:
        return outgoing_watch.dead_letters(tx)


def replay_all(house: House, caller: Caller, *, kind: str = "", code: str = "") -> int:
    """Send all dead letters again, or those of one kind or error, each under its old key.

    Their number, in the caller's regions.
    In commits of `BATCH`: what was done before a crash stays done. Left out are
    hand-overs and answers whose item was settled otherwise, what somebody else sent again or
    deleted meanwhile, and rejections, which need a person first.
    Raises: Refused: `access.denied`.
    """
    access.require(caller, Permission.REPLAY)
    done = after = 0
    while True:
        now = house.clock()
        with house.db.write() as tx:
            ids = outgoing_watch.dead_ids(
                tx, after=after, limit=BATCH, kind=kind, code=code, regions=caller.whole_regions
            )
            sent = [one for one in ids if _replayed(tx, caller, one, now=now)]
        done += len(sent)
        if len(ids) < BATCH:
            return done
        after = ids[-1]


def _replayed(tx: Tx, caller: Caller, outgoing_id: int, *, now: datetime) -> bool:
    try:
        _replay(tx, caller, outgoing_id, now=now)
    except (Refused, Conflict) as exc:
        if exc.code not in _MEANWHILE:
            raise
        log.info("outgoing.not_replayed", outgoing=outgoing_id, code=exc.code)
        return False
    return True


def _replay(tx: Tx, caller: Caller, outgoing_id: int, *, now: datetime) -> Outgoing:
    """One row is due again, under its old key; with its entry in the trail.

    In the transaction of a caller who has asked for right and region. Raises: Refused:
    `outgoing.unknown`, `mail.deleted`. Conflict: `outgoing.not_dead`, also for what a clerk took
    back.
    """
    before = handover.alone(tx, outgoing.get(tx, outgoing_id))
    require_content(tx, before)
    if before.error_code == outgoing_turns.CANCELLED:
        raise Conflict(
            "outgoing.not_dead",
            f"Outgoing row {outgoing_id} was taken back by a clerk; it is ordered anew, not sent.",
            outgoing_id=outgoing_id,
        )
    row = outgoing.replay(tx, outgoing_id, now=now)
    if row.kind == OutgoingKind.EAKTE:
        # Its clerk would read that the eAkte has refused it, and hand it over a second time.
        handover.settle(tx, row, HandoverRepeated(), now=now)
    audit.add(
        tx,
        caller.name,
        action="outgoing.replayed",
        subject=f"outgoing:{outgoing_id}",
        details={"kind": row.kind, "item": row.item_id},
        at=now,
    )
    return row


def of_region(tx: Tx, caller: Caller, outgoing_id: int) -> Outgoing:
    """The row, for who may see its item's region. Raises: Refused: `outgoing.unknown`."""
    row = outgoing.get(tx, outgoing_id)
    region = items.get(tx, row.item_id).region if row.item_id is not None else None
    if not access.may_see_region(caller, region):
        raise outgoing.unknown(str(row.id))
    return row


def require_content(tx: Tx, row: Outgoing) -> None:
    """What it is made of must be there still, and a deletion waits. Raises: Refused."""
    if row.message_id is None:
        return
    if ledger.locked(tx, row.message_id).state is LedgerState.DELETED:
        raise Refused(
            "mail.deleted",
            f"Outgoing row {row.id} belongs to a message whose content was deleted.",
            outgoing_id=row.id,
        )
