"""Tasks for other systems and units: ordered by the clerk under the lease, built when they leave.

The row names verdict, day and what the clerk stated; facts are read from the verdict at delivery,
so that the outgoing row holds no content and dies with the mail's.
Source: R11, R15, N14; own decision 0059.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from rules import records
from rules import tasks as rule
from rules.access import Caller
from rules.codes import Concern
from rules.errors import Refused
from rules.local_day import local_day
from rules.outgoing import OutgoingKind
from rules.reasons import is_too_short
from rules.tasks import Carried, Known, Said, Task, TaskKind
from store.database.engine import Tx
from store.desk.items import Item
from store.mails import heads, ledger, verdicts
from store.sending import outgoing, outgoing_turns
from store.sending.outgoing import NewOutgoing, Outgoing
from store.tables.ledger import OutgoingState
from triage.desk import transitions
from triage.doorkeeper import workable_item
from triage.house import House
from triage.postboxes import modes

_UNDER_WAY: Final = frozenset({OutgoingState.NEW, OutgoingState.CLAIMED, OutgoingState.DEAD})
"""Not out of the house. A rejection is an answer: the clerk reads it and decides."""


_MAY_CANCEL: Final = frozenset({OutgoingState.NEW, OutgoingState.DEAD})


@dataclass(frozen=True, slots=True)
class OrderedTask:
    """A task of an item, for page and API. `ordered_at` is aware UTC.

    `state` is that of the row, or "cancelled": a clerk took it back, for `reason`.
    """

    id: int
    kind: TaskKind
    receiver: str
    state: str
    ordered_at: datetime
    reason: str
    may_cancel: bool


def order(
    house: House, caller: Caller, item_id: int, token: str, *, kind: TaskKind, said: Said
) -> int:
    """Order the task under the lease; the id of the outgoing row.

    The same order twice is one task; after a rejection or a dead letter it means: try again.
    Raises: Refused: `task.none`, `mail.head_only` where the mail itself goes with it,
    `item.several_numbers`, `item.number_unclear` where a Kundennummer does, and as rules/tasks.py.
    Conflict: `item.lease_stale`.
    """
    if not house.policy.gives_tasks:
        raise Refused("task.none", "This house gives no tasks. Remedy: set tasks.drop.")
    now, today = house.clock(), house.today()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        modes.require_sends(house, tx, item.message_id)
        if rule.rule_of(kind).carries_mail:
            heads.require_whole(tx, item.message_id)
        if Carried.KUNDENNUMMER in rule.rule_of(kind).carries:
            latest = verdicts.latest(tx, item.message_id)
            records.require_one_number(latest.body if latest else {})
        payload = _payload(tx, item, kind, said)
        # Whether it may be ordered; the fields themselves are made when it leaves.
        rule.carried(kind, _known(house, tx, item.message_id, payload), said, today=today)
        row = outgoing.order(
            tx,
            NewOutgoing(
                kind=OutgoingKind.TASK,
                idempotency_key=_key(tx, item.message_id, payload),
                payload=payload | {"ordered_on": today.isoformat()},
                item_id=item.id,
                message_id=item.message_id,
            ),
            now=now,
        )
        if outgoing.get(tx, row).state in outgoing.ENDED_BADLY:
            outgoing.replay(tx, row, now=now)
        details = {"outgoing": row, "task": kind.value}
        transitions.note(tx, caller, item, action="task.ordered", now=now, details=details)
    return row


def cancel(
    house: House, caller: Caller, item_id: int, token: str, *, outgoing_id: int, reason: str
) -> None:
    """Take a task back that is not delivered yet, under the lease. Ordering it again is possible.

    The reason stands with the row, not in the trail: it is content. A receipt that comes all the
    same counts. Raises: Refused: `task.reason_too_short`, `task.unknown`. Conflict: `task.left`,
    `item.lease_stale`.
    """
    if is_too_short(reason):
        raise Refused("task.reason_too_short", "Say in a few words why the task is taken back.")
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        row = next((one for one in outgoing.of_item(tx, item.id) if one.id == outgoing_id), None)
        if row is None or row.kind != OutgoingKind.TASK:
            raise Refused("task.unknown", f"Item {item.id} has no task {outgoing_id}.")
        outgoing_turns.cancel(tx, row.id, reason=reason.strip(), now=now)
        transitions.note(
            tx, caller, item, action="task.cancelled", now=now, details={"outgoing": row.id}
        )


def build(house: House, row: Outgoing) -> Task:
    """The task, complete in itself, built when it is delivered; the same row, the same task.

    Raises: Refused: `mail.deleted`, and as rules/tasks.py where facts are gone.
    """
    payload = row.payload
    kind = TaskKind(payload["task"])
    found = rule.rule_of(kind)
    with house.db.read() as tx:
        known = _known(house, tx, row.message_id or 0, payload)
        original = ledger.original(tx, row.message_id or 0) if found.carries_mail else None
    ordered_on = date.fromisoformat(payload["ordered_on"])
    return Task(
        key=row.idempotency_key,
        kind=kind,
        receiver=found.receiver,
        source=found.source,
        ordered_at=row.created_at.isoformat(timespec="seconds"),
        fields=rule.carried(kind, known, _said(payload), today=ordered_on),
        original=original,
    )


def of_rows(rows: tuple[Outgoing, ...]) -> tuple[OrderedTask, ...]:
    """The tasks among the outgoing rows of an item, in their order."""
    return tuple(
        OrderedTask(
            id=row.id,
            kind=kind,
            receiver=rule.rule_of(kind).receiver.value,
            state=_state(row),
            ordered_at=row.created_at,
            reason=_reason(row),
            may_cancel=row.state in _MAY_CANCEL,
        )
        for row in rows
        # By the key: what a row says goes with the content of its mail.
        if row.kind == OutgoingKind.TASK
        and (kind := rule.kind_of_key(row.idempotency_key)) is not None
    )


def require_left(tx: Tx, item_id: int) -> None:
    """Refuse closing while a task that holds the item has not left.

    A mail for another body must not get lost between two offices.
    Raises: Refused: `task.not_left`. Source: § 16 (2) SGB I; own decision 0059.
    """
    for row in outgoing.of_item(tx, item_id):
        if row.kind == OutgoingKind.TASK and row.state in _UNDER_WAY and _holds(row):
            raise Refused(
                "task.not_left",
                "The mail for another office has not left yet. Remedy: park the item, or wait.",
                outgoing=row.id,
            )


def _payload(tx: Tx, item: Item, kind: TaskKind, said: Said) -> dict[str, Any]:
    verdict = verdicts.latest(tx, item.message_id)
    payload = {
        "task": kind.value,
        "verdict_id": verdict.id if verdict else None,
        "agency": item.agency_code,
        "claim_start": said.claim_start.isoformat() if said.claim_start else None,
        "called": said.called,
        "complete": said.complete,
    }
    # Only where it is said: what is ordered again has the key that it always had.
    return payload | {"call_spared": True} if said.call_spared else payload


def _said(payload: Mapping[str, Any]) -> Said:
    start = payload["claim_start"]
    return Said(
        claim_start=date.fromisoformat(start) if start else None,
        called=payload["called"],
        call_spared=payload.get("call_spared", False),
        complete=payload["complete"],
    )


def _known(house: House, tx: Tx, message_id: int, payload: Mapping[str, Any]) -> Known:
    message = ledger.message(tx, message_id)
    ordered = (v for v in verdicts.history(tx, message_id) if v.id == payload["verdict_id"])
    verdict = next(ordered, None)
    body = verdict.body if verdict else {}
    facts = body.get("facts", {})
    agency = house.directory.agency(payload["agency"])
    return Known(
        concerns=tuple(Concern(found["code"]) for found in body.get("concerns", ())),
        kundennummer=facts.get("kundennummer"),
        phone=facts.get("phone"),
        agency=(agency.code, agency.name) if agency else None,
        land=agency.land if agency else None,
        received_on=local_day(message.received_at),
    )


def _key(tx: Tx, message_id: int, payload: Mapping[str, Any]) -> str:
    """One task of one mail with the same statements; with the content, as for hand-overs."""
    told = json.dumps([payload, ledger.message(tx, message_id).sha256], sort_keys=True)
    return rule.key(TaskKind(payload["task"]), hashlib.sha256(told.encode()).hexdigest()[:20])


def _holds(row: Outgoing) -> bool:
    kind = rule.kind_of_key(row.idempotency_key)
    return kind is not None and rule.rule_of(kind).holds_item


def _state(row: Outgoing) -> str:
    was_cancelled = row.error_code == outgoing_turns.CANCELLED
    return "cancelled" if was_cancelled and row.state is OutgoingState.REJECTED else row.state.value


def _reason(row: Outgoing) -> str:
    if row.state is OutgoingState.REJECTED:
        return str((row.receipt or {}).get("reason") or "")
    return row.error_code if row.state is OutgoingState.DEAD else ""
