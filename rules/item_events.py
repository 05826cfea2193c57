"""What may happen to an item. Each event is a value; `rules.item.apply` says what follows from it.

Source: F33, F38, F49, N15; own decision 0005.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.codes import PaymentRelevant


class CloseReason(StrEnum):
    """Why an item is done; figures count by it. Source: F38; own decision 0005."""

    ANSWERED = "answered"
    DONE = "done"
    HANDED_OVER = "handed_over"
    PASSED_ON = "passed_on"
    SETTLED_ELSEWHERE = "settled_elsewhere"
    NOTHING_TO_DO = "nothing_to_do"


class AfterReceipt(StrEnum):
    """What the clerk wants once the receipt is there: close by itself, or see it again first."""

    CLOSE = "close"
    COME_BACK = "come_back"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A clerk took the item out of the queue."""

    clerk: str


@dataclass(frozen=True, slots=True)
class Released:
    """The holder gave it back undone, or the lease ran out."""


@dataclass(frozen=True, slots=True)
class Freed:
    """A supervisor took it from its holder, or out of parking, back into the queue."""


@dataclass(frozen=True, slots=True)
class Parked:
    """The holder puts it aside until the morning of a day."""

    until: date
    today: date


@dataclass(frozen=True, slots=True)
class Unparked:
    """The day of a parked item has come."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The holder says it belongs to the other team (EZ to SC, SC to EZ)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The holder says it belongs to another agency; routing is done by the caller."""

    agency_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentCorrected:
    """The holder corrects the payment relevance; down to `no` it needs a written reason.

    `other_record`: the Kundennummer was another one before, so what was handed over until now went
    to the record of somebody else.
    """

    to: PaymentRelevant
    reason: str = ""
    other_record: bool = False


@dataclass(frozen=True, slots=True)
class Waived:
    """The holder decides, with a written reason, that this one needs no place in the eAkte."""

    reason: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The package left for the eAkte (or is written to leave)."""


@dataclass(frozen=True, slots=True)
class ReceiptArrived:
    """The eAkte confirmed the package. May come twice, late, or after a waiver."""


@dataclass(frozen=True, slots=True)
class HandoverRejected:
    """The eAkte refused the package, or the outlet gave it up for good."""


@dataclass(frozen=True, slots=True)
class HandoverRepeated:
    """An operator sends the same package again, after it was given up or refused."""


@dataclass(frozen=True, slots=True)
class ReceiptAwaited:
    """The holder is done but for the receipt. `reason` is the close reason for the day it comes."""

    then: AfterReceipt
    reason: CloseReason


@dataclass(frozen=True, slots=True)
class CloseAsked:
    """The holder closes the item now."""

    reason: CloseReason


@dataclass(frozen=True, slots=True)
class MarkedDone:
    """Somebody marked the mail in the postbox as worked off; nobody holds the item."""

    reason: CloseReason


@dataclass(frozen=True, slots=True)
class MarkedConcern:
    """Somebody marked the mail in the postbox with another concern; nobody holds the item."""

    payment: PaymentRelevant


@dataclass(frozen=True, slots=True)
class MovedByHand:
    """Somebody moved the mail into the folder of another agency; nobody holds the item."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """A supervisor or a second message brings a closed item back."""


Event = (
    Claimed
    | Released
    | Freed
    | Parked
    | Unparked
    | Returned
    | Forwarded
    | PaymentCorrected
    | Waived
    | HandedOver
    | ReceiptArrived
    | HandoverRejected
    | HandoverRepeated
    | ReceiptAwaited
    | CloseAsked
    | MarkedDone
    | MarkedConcern
    | MovedByHand
    | Reopened
)
