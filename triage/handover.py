"""The hand-over of payment-relevant mail to the eAkte, and the reasoned "no" instead of it.

The row is ordered under the clerk's lease, in one commit with the item; a worker delivers it
(send.py), and the receipt opens the way to closing.
Source: Weisung 202001001 no. 2.4 a 5.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ingest.parse import parse
from rules import handover
from rules.access import Caller
from rules.handover import Package
from rules.item import (
    AfterReceipt,
    CloseReason,
    Event,
    HandedOver,
    ItemState,
    PaymentCorrected,
    ReceiptAwaited,
    Waived,
)
from rules.undo import Undoable
from store.database.engine import Tx
from store.desk import items
from store.desk.items import Item
from store.mails import heads, ledger, verdicts
from store.mails.verdicts import StoredVerdict
from store.sending import outgoing
from store.sending.outgoing import Outgoing
from triage import tasks
from triage.desk import transitions, undo
from triage.doorkeeper import workable_item
from triage.house import House
from triage.postboxes import modes
from triage.sending import orders, records


def order(  # noqa: PLR0913 - an order has these parts
    house: House,
    caller: Caller,
    item_id: int,
    token: str,
    *,
    close_when_received: bool = False,
    numbers: Sequence[str] | None = None,
    left_out: str | None = None,
) -> int:
    """Order the hand-over under the lease; the id of the (first) outgoing row. Idempotent.

    It goes into the record of the verdict's number; into one each of `numbers`, where a person
    names some of those in the mail, and without a number where she names none ([]). What was
    named for the same verdict before stays named. Who names some and leaves others out says why in
    `left_out`; None: a program that gives no reason.
    With `close_when_received` the clerk lets go of the item, and it closes by itself when the
    receipt comes; else the clerk keeps it.
    Raises: Refused: `item.handover_not_owed`, `item.several_numbers`, `item.number_unclear`,
    `item.number_not_named`, `item.left_out`, `task.not_left`, `postbox.not_full`, `mail.head_only`.
    Conflict: `item.lease_stale`.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        modes.require_sends(house, tx, item.message_id)
        heads.require_whole(tx, item.message_id)
        # A look at it for training in between makes no second hand-over.
        verdict = verdicts.as_said(tx, item.message_id)
        new = orders.new(house, tx, item, verdict, numbers, left_out=left_out)
        if orders.are_more(tx, item, new):
            anew = PaymentCorrected(item.payment, other_record=True)
            item = transitions.by_holder(tx, item, anew, token=token, now=now)
        saved = transitions.by_holder(tx, item, HandedOver(), token=token, now=now)
        rows = [outgoing.order(tx, one, now=now) for one in new]
        for row in rows:
            _send_again_if_rejected(tx, row, now=now)
            transitions.note(
                tx, caller, item, action="eakte.ordered", now=now, details={"outgoing": row}
            )
        if close_when_received:
            _leave(tx, caller, saved, token=token, now=now)
    return rows[0]


def leave(house: House, caller: Caller, item_id: int, token: str) -> None:
    """Leave the item to the receipt: it closes by itself when the eAkte has it.

    Raises: Refused: `item.not_handed_over` (the eAkte may have rejected it just now),
    `task.not_left`. Conflict: `item.lease_stale`. Source: own decision 0103.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        _leave(tx, caller, item, token=token, now=now)


def _leave(tx: Tx, caller: Caller, item: Item, *, token: str, now: datetime) -> None:
    """The wish to close, in the caller's transaction; it can be taken back for a while."""
    tasks.require_left(tx, item.id)
    event = ReceiptAwaited(AfterReceipt.CLOSE, CloseReason.HANDED_OVER)
    saved = transitions.do(
        tx, caller, item, transitions.Deed(event, "item.awaits_receipt"), token=token, now=now
    )
    # Where the receipt was faster than the clerk, it is closed.
    deed = Undoable.CLOSED if saved.state is ItemState.CLOSED else Undoable.LEFT
    undo.remember(tx, caller, item, saved, deed, now=now)


def _send_again_if_rejected(tx: Tx, row_id: int, *, now: datetime) -> None:
    """Ordering the same hand-over again after a rejection or a dead letter means: try again."""
    if outgoing.get(tx, row_id).state in outgoing.ENDED_BADLY:
        outgoing.replay(tx, row_id, now=now)


def waive(house: House, caller: Caller, item_id: int, token: str, *, reason: str) -> None:
    """A person's reasoned "not payment-relevant"; opens the way to closing.

    Of a mail of which only the head is here, or of a postbox in trial, it is also how she states
    that she laid the mail into the eAkte by hand: no receipt could come. The reason stands with the
    item, not in the trail: it is content.

    Raises: Refused: `item.reason_too_short`. Conflict: `item.lease_stale`.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        why = heads.why(tx, item.message_id)
        details: dict[str, object] = {"only_head": why} if why else {}
        if not modes.sends(house, tx, ledger.message(tx, item.message_id).postbox):
            details["in_trial"] = True
        deed = transitions.Deed(Waived(reason), "eakte.waived", details=details)
        transitions.do(tx, caller, item, deed, token=token, now=now)


def settle(tx: Tx, row: Outgoing, event: Event, *, now: datetime) -> None:
    """What the eAkte said becomes the item's state, in the transaction of the receipt.

    Of a hand-over that was ordered anew since, by another verdict, it is no longer asked; of one to
    several records all are (records.py). The row is `alone`.
    """
    if row.item_id is None:
        return
    item = items.get(tx, row.item_id)
    counting = records.newest(outgoing.of_item(tx, item.id))
    means = records.joint(counting, event)
    if means is not None and row.id in {one.id for one in counting}:
        transitions.by_machine(tx, item, means, now=now)


def alone(tx: Tx, row: Outgoing) -> Outgoing:
    """The row as it is once nobody else writes on its item, or what is handed over of it.

    Until the transaction ends. Before anything of the row is written: who works on the item has the
    lock of that first. Without it the receipts of two records would each not see the other, and one
    that is compared while a clerk names another record would count for that.
    """
    if row.message_id is None:
        return row
    items.wait_for(tx, row.message_id)
    return outgoing.get(tx, row.id)


def sent_with(tx: Tx, row: Outgoing) -> tuple[str, str | None]:
    """SHA-256 and Kundennummer of what was handed over, to compare the receipt with."""
    return ledger.message(tx, _message_id(row)).sha256, _number(row, _verdict(tx, row))


def _number(row: Outgoing, verdict: StoredVerdict | None) -> str | None:
    if records.is_named(row):
        named: str | None = row.payload[records.NUMBER]
        return named
    facts = verdict.body.get("facts", {}) if verdict else {}
    number: str | None = facts.get("kundennummer")
    return number


def is_other_record(tx: Tx, row: Outgoing) -> bool:
    """Whether a clerk has put another Kundennummer in the place of the one handed over."""
    known = known_number(tx, _message_id(row))
    if records.is_named(row) and row.item_id is not None:
        # What was named is newer than the number of its verdict; only a correction since counts.
        ordered = _verdict(tx, row)
        was = ordered.body.get("facts", {}).get("kundennummer") if ordered else None
        counting = records.newest(outgoing.of_item(tx, row.item_id))
        if known == was or known in records.numbers(counting):
            return False
    return handover.is_other_record(known, sent_with(tx, row)[1])


def is_new_record(tx: Tx, item: Item, number: str | None) -> bool:
    """Whether a correction to that number means a record that the mail was not handed over to."""
    named = [one for one in records.newest(outgoing.of_item(tx, item.id)) if records.is_named(one)]
    before = records.numbers(named) if named else (known_number(tx, item.message_id),)
    return all(handover.is_other_record(number, one) for one in before)


def known_number(tx: Tx, message_id: int) -> str | None:
    """The Kundennummer of the newest verdict."""
    latest = verdicts.latest(tx, message_id)
    number: str | None = latest.body.get("facts", {}).get("kundennummer") if latest else None
    return number


def _verdict(tx: Tx, row: Outgoing) -> StoredVerdict | None:
    """The verdict that the hand-over was ordered with; a correction since orders another one."""
    known = verdicts.history(tx, _message_id(row))
    ordered = row.payload.get("verdict_id")
    return next((one for one in known if one.id == ordered), known[-1] if known else None)


def _message_id(row: Outgoing) -> int:
    if row.message_id is None:
        raise AssertionError("a hand-over belongs to a message")
    return row.message_id


def package(house: House, row: Outgoing) -> Package:
    """The hand-over, complete in itself, built when it is delivered.

    Raises: Refused: `mail.deleted`. Unreadable: `mail.damaged`.
    """
    message_id = _message_id(row)
    with house.db.read() as tx:
        message = ledger.message(tx, message_id)
        data = ledger.original(tx, message_id)
        verdict = _verdict(tx, row)
    body: dict[str, Any] = verdict.body if verdict else {}
    # A row that the version before has ordered names none.
    agency = row.payload.get("agency", body.get("agency", {}))
    mail, number = parse(data, house.layouts), _number(row, verdict)
    return Package(
        key=row.idempotency_key,
        message_id=message.id,
        sha256=message.sha256,
        original=data,
        received_at=message.received_at.isoformat(),
        ordered_at=row.created_at.isoformat(timespec="seconds"),
        agency_code=agency.get("code"),
        agency_name=agency.get("name"),
        kundennummer=number,
        concerns=tuple(found["code"] for found in body.get("concerns", ())),
        attachments=tuple((a.name, a.content_type, a.size_bytes, a.path) for a in mail.attachments),
        metadata={
            key: body.get(key)
            for key in ("channel", "payment_relevant", "payment_because", "model", "rules")
        }
        | {"facts": _facts(body, number), "verdict_id": verdict.id if verdict else None},
        was_rejected=row.receipt is not None and row.receipt.get("accepted") is False,
    )


def _facts(verdict: Mapping[str, Any], number: str | None) -> dict[str, Any] | None:
    """What was read, for one record: the numbers of others are theirs."""
    if "facts" not in verdict:
        return None
    facts = {key: value for key, value in verdict["facts"].items() if key != "kundennummern"}
    return facts | {"kundennummer": number}
