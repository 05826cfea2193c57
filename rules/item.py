"""The life of one item: who may have it, where it waits, and the bolt that keeps it open.

The bolt (Kassensicherheits-Riegel): an item whose mail moves money (`yes` or `open`) reaches
`closed` only with the receipt of the eAkte or with a person's reasoned "no". `apply` is the
only way from one case to the next; the store keeps what it returns, the lease token (who holds
it) is checked before.
Source: Weisung 202001001 no. 2.4 a 5; F49, N1; own decision 0005.
"""

from dataclasses import replace
from datetime import timedelta
from functools import singledispatch
from typing import Final

from rules import reasons
from rules.codes import PaymentRelevant, Team
from rules.errors import Conflict, Refused
from rules.item_case import (
    HOP_ALARM,
    OWES_PROOF,
    SETTLED,
    EakteState,
    ItemCase,
    ItemState,
    new_case,
    receipt_missing,
)
from rules.item_events import (
    AfterReceipt,
    Claimed,
    CloseAsked,
    CloseReason,
    Event,
    Forwarded,
    Freed,
    HandedOver,
    HandoverRejected,
    HandoverRepeated,
    MarkedConcern,
    MarkedDone,
    MovedByHand,
    Parked,
    PaymentCorrected,
    ReceiptArrived,
    ReceiptAwaited,
    Released,
    Reopened,
    Returned,
    Unparked,
    Waived,
)

__all__ = [
    "HOP_ALARM",
    "AfterReceipt",
    "Claimed",
    "CloseAsked",
    "CloseReason",
    "EakteState",
    "Event",
    "Forwarded",
    "Freed",
    "HandedOver",
    "HandoverRejected",
    "HandoverRepeated",
    "ItemCase",
    "ItemState",
    "MarkedConcern",
    "MarkedDone",
    "MovedByHand",
    "Parked",
    "PaymentCorrected",
    "ReceiptArrived",
    "ReceiptAwaited",
    "Released",
    "Reopened",
    "Returned",
    "Unparked",
    "Waived",
    "apply",
    "new_case",
    "receipt_missing",
    "written",
]


PARKED_AT_MOST: Final = timedelta(days=366)
"""A year and a day off: what is parked is out of sight, and 2062 is a slip for 2026.
Source: own decision 0103."""


def apply(case: ItemCase, event: Event) -> ItemCase:
    """The case after the event; pure, so a caller may try before it writes.

    Raises:
        Conflict: the event doesn't fit the state any more, somebody was faster (`item.state`).
        Refused: `item.receipt_missing`, `item.reason_too_short`, `item.proof_duty`,
            `item.park_day`, `item.park_too_far`, `item.handover_not_owed`, `item.not_handed_over`.

    Source: F33, F38, F49, N1, N12, N15; own decision 0005.
    """
    return _next(event, case)


@singledispatch
def _next(event: object, case: ItemCase) -> ItemCase:
    raise TypeError(f"{type(event).__name__} is no event of an item ({case.state})")


@_next.register
def _(event: Claimed, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.WAITING)
    return replace(case, state=ItemState.HELD, holder=event.clerk)


@_next.register
def _(_event: Released, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    return _to_queue(case)


@_next.register
def _(_event: Freed, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD, ItemState.PARKED, ItemState.PENDING)
    return _to_queue(case)


@_next.register
def _(event: Parked, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    if event.until <= event.today:
        raise Refused(
            "item.park_day",
            f"An item can't be parked until {event.until}; choose a day after {event.today}.",
        )
    if event.until > event.today + PARKED_AT_MOST:
        raise Refused(
            "item.park_too_far",
            f"An item can't be parked until {event.until}; choose a day within"
            f" {PARKED_AT_MOST.days} days of {event.today}.",
        )
    return replace(
        case,
        state=ItemState.PARKED,
        holder=None,
        preferred=case.holder,
        parked_until=event.until,
    )


@_next.register
def _(_event: Unparked, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.PARKED)
    return _to_queue(case, preferred=case.preferred)


@_next.register
def _(event: Returned, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    written(event.reason)
    other = Team.EZ if case.team is Team.SC else Team.SC
    return replace(_to_queue(case), team=other, hops=case.hops + 1)


@_next.register
def _(event: Forwarded, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    written(event.reason)
    return replace(_to_queue(case), hops=case.hops + 1)


@_next.register
def _(event: PaymentCorrected, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    if event.to in OWES_PROOF:
        owing = _owing(case, event.to)
        return replace(owing, eakte=EakteState.OWED) if event.other_record else owing
    if case.payment is PaymentRelevant.NO:
        return case
    return replace(_waive(case, event.reason), payment=event.to)


@_next.register
def _(event: Waived, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    return _waive(case, event.reason)


@_next.register
def _(_event: HandedOver, case: ItemCase) -> ItemCase:
    if case.eakte is EakteState.NONE:
        raise Refused(
            "item.handover_not_owed",
            "This item moves no money; correct its payment relevance before handing it over.",
        )
    owed = case.eakte in (EakteState.OWED, EakteState.REJECTED)
    return replace(case, eakte=EakteState.SENT) if owed else case


@_next.register
def _(_event: ReceiptArrived, case: ItemCase) -> ItemCase:
    case = replace(case, eakte=EakteState.RECEIVED)
    if case.state is not ItemState.PENDING:
        return case
    if case.close_when_received:
        return _closed(case, case.close_reason)
    return _to_queue(case, preferred=case.preferred)


@_next.register
def _(_event: HandoverRejected, case: ItemCase) -> ItemCase:
    # The first receipt stands, and who waived doesn't wait for one.
    if case.eakte in SETTLED or case.eakte is EakteState.NONE:
        return case
    case = replace(case, eakte=EakteState.REJECTED)
    # Whoever parked it has seen a hand-over under way; until that day nobody would look.
    if case.state not in {ItemState.PENDING, ItemState.PARKED}:
        return case
    return _to_queue(case, preferred=case.preferred)


@_next.register
def _(_event: HandoverRepeated, case: ItemCase) -> ItemCase:
    # What a correction made owed anew is another package: that one is still to be ordered.
    again = case.eakte is EakteState.REJECTED
    return replace(case, eakte=EakteState.SENT) if again else case


@_next.register
def _(event: ReceiptAwaited, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    _guard_short_way(case, event.reason)
    if not receipt_missing(case):
        # Nothing to wait for: the receipt was faster than the clerk.
        if event.then is AfterReceipt.CLOSE:
            return _closed(case, event.reason)
        return _to_queue(case, preferred=case.holder)
    if case.eakte is not EakteState.SENT:
        # Nobody would send one: the item would wait for good.
        raise Refused(
            "item.not_handed_over",
            "No hand-over is under way, so no receipt will come. Hand the item over first.",
            eakte=case.eakte.value,
        )
    return replace(
        case,
        state=ItemState.PENDING,
        holder=None,
        preferred=case.holder,
        close_when_received=event.then is AfterReceipt.CLOSE,
        close_reason=event.reason,
    )


@_next.register
def _(event: CloseAsked, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.HELD)
    _guard_short_way(case, event.reason)
    return _closed_if_settled(case, event.reason)


@_next.register
def _(event: MarkedDone, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.WAITING, ItemState.PARKED)
    _guard_short_way(case, event.reason)
    return _closed_if_settled(case, event.reason)


@_next.register
def _(event: MarkedConcern, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.WAITING, ItemState.PARKED)
    if event.payment not in OWES_PROOF:
        return case
    owing = _owing(case, event.payment)
    # Whoever parked it took it for one that moves no money; until that day nobody would look.
    is_new = case.state is ItemState.PARKED and case.payment not in OWES_PROOF
    return _to_queue(owing, preferred=case.preferred) if is_new else owing


@_next.register
def _(_event: MovedByHand, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.WAITING)
    return replace(_to_queue(case), team=Team.EZ, hops=case.hops + 1)


@_next.register
def _(_event: Reopened, case: ItemCase) -> ItemCase:
    _expect(case, ItemState.CLOSED)
    return _to_queue(case)


def _expect(case: ItemCase, *states: ItemState) -> None:
    if case.state in states:
        return
    raise Conflict(
        "item.state",
        f"The item is {case.state.value}, not {' or '.join(states)}; load it again before going"
        " on.",
        state=case.state.value,
    )


def written(reason: str) -> str:
    """The reason without outer blanks.

    Raises: Refused: `item.reason_too_short`. Source: own decision 0005.
    """
    if reasons.is_too_short(reason):
        raise Refused(
            "item.reason_too_short",
            f"A reason of at least {reasons.SHORTEST} characters is needed here.",
        )
    return reason.strip()


def _owing(case: ItemCase, payment: PaymentRelevant) -> ItemCase:
    """It moves money: a hand-over is owed, where none was, or somebody had waived it."""
    unpaid = case.eakte in (EakteState.NONE, EakteState.WAIVED)
    eakte = EakteState.OWED if unpaid else case.eakte
    return replace(case, payment=payment, eakte=eakte, waiver="")


def _closed_if_settled(case: ItemCase, reason: CloseReason) -> ItemCase:
    if receipt_missing(case):
        raise Refused(
            "item.receipt_missing",
            "The eAkte has not confirmed this payment-relevant item. Wait for the receipt, "
            "or state in writing why it doesn't belong there.",
            eakte=case.eakte.value,
        )
    return _closed(case, reason)


def _waive(case: ItemCase, reason: str) -> ItemCase:
    reason = written(reason)
    received = case.eakte is EakteState.RECEIVED
    return replace(case, eakte=case.eakte if received else EakteState.WAIVED, waiver=reason)


def _guard_short_way(case: ItemCase, reason: CloseReason) -> None:
    if reason is CloseReason.SETTLED_ELSEWHERE and case.proof_duty:
        raise Refused(
            "item.proof_duty",
            "This concern has to be proved (deadline or duty to cooperate); close it with "
            "another reason, so that it is documented.",
        )


def _to_queue(case: ItemCase, *, preferred: str | None = None) -> ItemCase:
    return replace(
        case,
        state=ItemState.WAITING,
        holder=None,
        preferred=preferred,
        parked_until=None,
        close_when_received=False,
        close_reason=None,
    )


def _closed(case: ItemCase, reason: CloseReason | None) -> ItemCase:
    return replace(_to_queue(case), state=ItemState.CLOSED, close_reason=reason or CloseReason.DONE)
