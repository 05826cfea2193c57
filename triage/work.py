"""The clerk's deeds on one item: take, keep, put back, park, return, forward, correct, close.

Each function is one transaction, checks what the caller may do, writes only under the lease
token of the item, and leaves an audit entry in the same commit. A stale token writes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime

from rules import proof
from rules.access import Caller, Permission
from rules.codes import Concern
from rules.deadlines import Due
from rules.errors import HouseError, Refused
from rules.item import (
    AfterReceipt,
    CloseAsked,
    CloseReason,
    EakteState,
    Event,
    Forwarded,
    Parked,
    PaymentCorrected,
    ReceiptAwaited,
    Released,
    Returned,
)
from rules.undo import Undoable
from store.database.engine import Tx
from store.desk import claims, items
from store.desk.items import Item, ItemChange
from store.mails import verdicts
from triage import handover, tasks
from triage.desk import handing_out, holding, transitions, undo
from triage.desk.claimed import Claim, right_to
from triage.desk.correction import Correction, add_verdict, in_order, require_reason, sooner
from triage.desk.handing_out import Asked
from triage.desk.transitions import Deed
from triage.doorkeeper import require_scope, visible_item, workable_item
from triage.filing import wish
from triage.house import House
from triage.idempotency import Answer
from triage.marks import marking


@dataclass(frozen=True, slots=True)
class Renewed:
    """The new end of the lease (aware UTC), and how far the hand-over is by now."""

    lease_until: datetime
    eakte: EakteState


def claim_next(
    house: House,
    caller: Caller,
    agency_code: str,
    *,
    concern: Concern | None = None,
    language: str | None = None,
) -> Claim | None:
    """Hand out the next waiting item of the agency, or None.

    First what came back to this clerk, then by due day, then by receipt. `concern` and `language`
    are a wish for this fetch; what is due goes before it. `agency_code` "klaerung" is the
    clearing folder. Raises: Refused: `access.denied`, `agency.unknown`. Conflict:
    `item.open_claim`: the clerk holds as many as one may.
    """
    asked = Asked(caller, agency_code, concern, language)
    [outcome] = handing_out.hand_out(house, [asked], written=_kept_nowhere)
    if isinstance(outcome, HouseError):
        raise outcome
    if isinstance(outcome, Answer):
        raise AssertionError(  # noqa: TRY004 - a bug here, not a wrong value from a caller
            "only who sends an Idempotency-Key gets an old answer"
        )
    return outcome


def claim_item(house: House, caller: Caller, item_id: int) -> Claim:
    """Take one certain item from a list, or one that the caller holds in another browser.

    Raises: Refused: `item.unknown`. Conflict: `item.not_waiting`: somebody was faster;
    `item.open_claim`.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = visible_item(caller, tx, item_id, Permission.WORK_ITEM)
        holding.require_room(house, tx, caller, now=now, besides=item_id)
        seconds = holding.lease_seconds(house, item.agency_code, now=now)
        claimed = claims.claim_one(tx, item_id, holder=caller.name, now=now, lease_seconds=seconds)
        # Whoever held it may have given it to another agency since the first look.
        require_scope(caller, claimed.item)
        return _claim(tx, caller, claimed, now)


def renew(house: House, caller: Caller, item_id: int, token: str) -> Renewed:
    """The page's sign of life, and what happened to the item meanwhile.

    Whoever has lost the item's agency meanwhile loses the item, too: it is back in the line.
    Raises: Refused: `item.unknown`: so it is. Conflict: `item.lease_stale`.
    """
    now = house.clock()
    with house.db.write() as tx:
        is_lost = holding.let_go_if_lost(tx, caller, item_id, now=now)
    if is_lost:
        raise items.unknown(item_id)
    with house.db.write() as tx:
        item = visible_item(caller, tx, item_id, Permission.WORK_ITEM)
        seconds = holding.lease_seconds(house, item.agency_code, now=now)
        until = claims.renew(tx, item_id, token=token, now=now, lease_seconds=seconds)
    return Renewed(until, item.eakte)


def release(house: House, caller: Caller, item_id: int, token: str) -> None:
    """Put the item back; if a hand-over is on its way, it waits for the receipt instead."""
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        event: Event = Released()
        if item.eakte is EakteState.SENT:
            event = ReceiptAwaited(AfterReceipt.COME_BACK, CloseReason.HANDED_OVER)
        transitions.do(tx, caller, item, Deed(event, "item.released"), token=token, now=now)


def park(
    house: House, caller: Caller, item_id: int, token: str, *, until: date | int, reason: str
) -> date:
    """Lay the item aside until the morning of an Arbeitstag of its agency; that local day.

    `until` is a local day, from which a free one moves on to the next Arbeitstag, or so many
    Arbeitstage ahead. Raises: Refused: `item.park_day`. Source: own decision 0103.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        day = holding.park_day(house, item.agency_code, until)
        event = Parked(until=day, today=house.today())
        details = {"until": day.isoformat()}
        deed = Deed(event, "item.parked", details=details, more={"note": reason})
        saved = transitions.do(tx, caller, item, deed, token=token, now=now)
        undo.remember(tx, caller, item, saved, Undoable.PARKED, now=now)
    return day


def give_back(house: House, caller: Caller, item_id: int, token: str, *, reason: str) -> int:
    """Return the item to the Service Center and file the mail there; the number of hops so far.

    Raises: Refused: `item.reason_too_short`.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        deed = Deed(Returned(reason), "item.returned", more={"note": reason})
        saved = transitions.do(tx, caller, item, deed, token=token, now=now)
        undo.remember(tx, caller, item, saved, Undoable.RETURNED, now=now)
        wish.into_folder(house, tx, saved, now=now)
    return saved.hops


def forward(
    house: House, caller: Caller, item_id: int, token: str, *, agency_code: str, reason: str
) -> int:
    """Give the item to another agency and file the mail there; the number of hops so far.

    Raises: Refused: `agency.unknown`, `item.reason_too_short`.
    """
    now = house.clock()
    agency = house.directory.agency(agency_code)
    if agency is None:
        raise Refused("agency.unknown", f"There is no agency {agency_code}.", agency=agency_code)
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        deed = Deed(
            Forwarded(agency.code, reason),
            "item.forwarded",
            details={"to": agency.code, "from": item.agency_code, "from_region": item.region},
            more={"agency_code": agency.code, "region": agency.region, "note": reason},
        )
        saved = transitions.do(tx, caller, item, deed, token=token, now=now)
        undo.remember(tx, caller, item, saved, Undoable.FORWARDED, now=now)
        wish.into_folder(house, tx, saved, now=now)
    return saved.hops


def correct(house: House, caller: Caller, item_id: int, token: str, correction: Correction) -> None:
    """Replace the verdict by the clerk's; the machine's stays in the history.

    Raises: Refused: `correction.empty`, `correction.stands_alone`, `correction.kundennummer`,
    `item.reason_too_short` (payment to "no", or "no" beside a new concern that moves money).
    """
    correction = in_order(correction)
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        require_reason(correction, verdicts.latest(tx, item.message_id))
        is_other = handover.is_new_record(tx, item, correction.kundennummer)
        due = sooner(house, item, correction.concerns, correction.payment_relevant)
        add_verdict(tx, caller, item, correction, due, now)
        deed = _corrected(item, correction, due, is_other=is_other)
        saved = transitions.do(tx, caller, item, deed, token=token, now=now)
        if not is_other:
            # Taken back, it would wait for a receipt that may have been turned down meanwhile.
            undo.remember(tx, caller, item, saved, Undoable.CORRECTED, now=now)
        wish.into_folder(house, tx, saved, now=now)


def _corrected(item: Item, correction: Correction, due: Due | None, *, is_other: bool) -> Deed:
    more = ItemChange(
        first_concern=correction.concerns[0].value,
        review=False,
        proof_duty=proof.has_proof_duty(correction.concerns),
    )
    if due is not None:
        more.update(items.due_by(item, due.day))
    return Deed(
        PaymentCorrected(correction.payment_relevant, correction.reason, is_other),
        "item.corrected",
        details={"concerns": [code.value for code in correction.concerns]},
        more=more,
    )


def close(house: House, caller: Caller, item_id: int, token: str, *, reason: CloseReason) -> None:
    """End the item, and its message in the ledger.

    Raises: Refused: `item.receipt_missing` while a payment-relevant item has neither receipt
    nor reasoned no; `item.proof_duty`, `task.not_left`.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        tasks.require_left(tx, item.id)
        deed = Deed(CloseAsked(reason), "item.closed", details={"reason": reason.value})
        saved = transitions.do(tx, caller, item, deed, token=token, now=now)
        undo.remember(tx, caller, item, saved, Undoable.CLOSED, now=now)


def _kept_nowhere(_outcome: handing_out.Outcome) -> None:
    """A person at the desk repeats by hand."""


def _claim(tx: Tx, caller: Caller, claimed: claims.Claimed, now: datetime) -> Claim:
    item = claimed.item
    transitions.note(tx, caller, item, action="item.claimed", now=now)
    marking.show(tx, item, now=now)
    return right_to(claimed)
