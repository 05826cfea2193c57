"""An event happens to a stored item: rules decide, the store writes, the ledger follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rules.access import Caller
from rules.item import Event, ItemState, apply
from rules.ledger import LedgerState
from store.database.engine import Tx
from store.desk import items
from store.desk.items import Item, ItemChange, case_of, change_to
from store.mails import ledger
from store.trail import audit
from triage.marks import marking


@dataclass(frozen=True, slots=True)
class Deed:
    """One deed of a clerk: the event, its name in the trail, what else goes into trail and row.

    `details` are ids and codes, never content. `more` are columns that no rule looks at.
    """

    event: Event
    action: str
    details: Mapping[str, object] = field(default_factory=dict)
    more: ItemChange | None = None


def do(tx: Tx, caller: Caller, item: Item, deed: Deed, *, token: str, now: datetime) -> Item:
    """The event, the row and the audit entry of a clerk's deed, in the caller's transaction.

    Raises: as `by_holder`.
    """
    saved = by_holder(tx, item, deed.event, token=token, now=now, more=deed.more)
    note(tx, caller, saved, action=deed.action, now=now, details=deed.details)
    return saved


def note(
    tx: Tx,
    caller: Caller,
    item: Item,
    *,
    action: str,
    now: datetime,
    details: Mapping[str, object] | None = None,
) -> None:
    """The audit entry of something that a caller did with an item, told of its message."""
    audit.add(
        tx,
        caller.name,
        action=action,
        subject=f"message:{item.message_id}",
        details={"item": item.id, **(details or {})},
        at=now,
    )


def by_holder(
    tx: Tx, item: Item, event: Event, *, token: str, now: datetime, more: ItemChange | None = None
) -> Item:
    """Apply an event of the holder and write it under his token, in the caller's transaction.

    `more` are columns that no rule looks at (agency, note). Closing ends the message too.
    Raises: Conflict: `item.lease_stale`, `item.state`. Refused: as rules/item.py says.
    """
    change = change_to(apply(case_of(item), event))
    change.update(more or {})
    saved = items.save(tx, item.id, token=token, change=change, now=now)
    marking.show(tx, saved, now=now)
    _close_message(tx, saved, now=now)
    return saved


def by_machine(
    tx: Tx, item: Item, event: Event, *, now: datetime, more: ItemChange | None = None
) -> Item:
    """Apply an event from outside (receipt, rejection, mark), by the version that was read.

    An item in a clerk's hands keeps its state and its token; one that waited for the receipt
    alone closes, with its message. `more` are columns that no rule looks at.
    Raises: Conflict: `item.changed`.
    """
    before = case_of(item)
    after = apply(before, event)
    change = change_to(after)
    change.update(more or {})
    if after.state is before.state:
        # Naming the state would take the lease of a clerk who holds it.
        del change["state"]
    saved = items.save_unheld(tx, item.id, version=item.version, change=change, now=now)
    marking.show(tx, saved, now=now)
    _close_message(tx, saved, now=now)
    return saved


def _close_message(tx: Tx, item: Item, *, now: datetime) -> None:
    if item.state is ItemState.CLOSED:
        reason = item.close_reason.value if item.close_reason else ""
        ledger.set_state(tx, item.message_id, LedgerState.DONE, reason=reason, now=now)
