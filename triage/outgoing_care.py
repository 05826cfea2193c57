"""Care for what is on its way out: alarms, sending all dead letters again, the daily match.

An alarm is told once when it begins and once when it is over (standing_alarms.py).
Source: F48, F50; own decisions 0058, 0066.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

import structlog

from rules import access
from rules.access import Caller, Permission
from rules.errors import Conflict, Refused
from rules.handover_match import Match, Sent, match
from rules.item import HandoverRepeated
from rules.ledger import LedgerState
from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.desk import items
from store.mails import ledger
from store.processes import halts
from store.sending import outgoing, outgoing_turns, outgoing_watch
from store.sending.outgoing import Outgoing
from store.sending.outgoing_watch import Departure, HandedOver, Late
from store.tables.ledger import OutgoingState
from store.trail import audit
from triage import halting, handover
from triage.house import BERLIN, House
from triage.ports import FileOutlet
from triage.watch import alarm_checks, standing_alarms
from triage.watch.standing_alarms import Trouble, Watch

DEAD: Final = "outgoing:dead"
UNANSWERED: Final = "eakte:receipts"
TASKS: Final = "task:receipts"

BATCH: Final = 200
"""Dead letters sent again in one commit, and keys looked up in one statement. Own decision 0058."""

_MEANWHILE: Final = frozenset({"outgoing.not_dead", "mail.deleted"})
"""What keeps one row back and none of the others: somebody was faster, and nothing is written."""

_ANSWERS: Final = {OutgoingState.RECEIPTED: True, OutgoingState.REJECTED: False}

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
        replay(tx, caller, outgoing_id, now=now)
    except (Refused, Conflict) as exc:
        if exc.code not in _MEANWHILE:
            raise
        log.info("outgoing.not_replayed", outgoing=outgoing_id, code=exc.code)
        return False
    return True


def replay(tx: Tx, caller: Caller, outgoing_id: int, *, now: datetime) -> Outgoing:
    """One row is due again, under its old key; with its entry in the trail.

    In the transaction of a caller who has asked for right and region. Raises: Refused:
    `outgoing.unknown`, `mail.deleted`. Conflict: `outgoing.not_dead`, also for what a clerk took
    back.
    """
    before = outgoing.get(tx, outgoing_id)
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


def match_day(house: House, outlet: FileOutlet, caller: Caller, *, day: date) -> Match:
    """Hand-overs of one local day beside the receipts that the eAkte wrote that day.

    Raises: Refused: `access.denied`. TryLater: `store.away`, and as the outlet.
    """
    access.require(caller, Permission.READ_FIGURES)
    since, until = _midnight(day), _midnight(day + timedelta(days=1))
    told = outlet.received_between(since, until)
    with house.db.read() as tx:
        rows = outgoing_watch.handed_over(tx, since=since, until=until)
        known = {row.key for row in rows}
        strangers = tuple(one.key for one in told if one.key not in known)
        sent = [*rows, *_of_keys(tx, strangers)]
        return match((_sent(tx, row) for row in sent), told)


def rows_of(house: House, keys: tuple[str, ...]) -> tuple[HandedOver, ...]:
    """The hand-overs of these keys, those that are known. Raises: TryLater: `store.away`."""
    with house.db.read() as tx:
        return tuple(_of_keys(tx, keys))


def _of_keys(tx: Tx, keys: tuple[str, ...]) -> Iterator[HandedOver]:
    for start in range(0, len(keys), BATCH):
        yield from outgoing_watch.of_keys(tx, keys[start : start + BATCH])


def _sent(tx: Tx, row: HandedOver) -> Sent:
    digest = ledger.message(tx, row.message_id).sha256 if row.message_id is not None else ""
    return Sent(row.key, digest, _ANSWERS.get(row.state))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=BERLIN)
