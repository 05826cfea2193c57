"""What the rules look at of one item, and the two questions that everybody asks of it.

Source: Weisung 202001001 no. 2.4 a 5; F49, N1; own decision 0005.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from rules.codes import PaymentRelevant, Team
from rules.item_events import CloseReason


class ItemState(StrEnum):
    """Where an item is.

    `waiting` in the queue, `held` by one clerk, `parked` until a day, `pending` for the receipt
    of the eAkte, `closed` for good (or until somebody reopens it).
    """

    WAITING = "waiting"
    HELD = "held"
    PARKED = "parked"
    PENDING = "pending"
    CLOSED = "closed"


class EakteState(StrEnum):
    """How far the hand-over to the eAkte is; `waived` is a person's reasoned "no"."""

    NONE = "none"
    OWED = "owed"
    SENT = "sent"
    RECEIVED = "received"
    REJECTED = "rejected"
    WAIVED = "waived"


HOP_ALARM: Final = 2
"""Moves between teams or agencies after which somebody must look. Source: N15."""

OWES_PROOF: Final = frozenset({PaymentRelevant.YES, PaymentRelevant.OPEN})
"""Answers about money with which an item has to reach the eAkte; in doubt it does.
Source: Weisung 202001001 no. 2.4 a 5; own decision 0005."""

SETTLED: Final = frozenset({EakteState.RECEIVED, EakteState.WAIVED})
"""Where nothing is owed to the eAkte any more. Source: own decision 0005."""


@dataclass(frozen=True, slots=True)
class ItemCase:
    """All of an item that the rules look at.

    `holder` is the pseudonymous id of the clerk while `held`; `preferred` the clerk to whom a
    waiting item is offered first; `hops` counts returns and forwards; `proof_duty` forbids the
    short way "settled elsewhere"; `waiver` is the written reason of a person's "no".
    """

    payment: PaymentRelevant
    eakte: EakteState
    team: Team = Team.EZ
    state: ItemState = ItemState.WAITING
    holder: str | None = None
    preferred: str | None = None
    parked_until: date | None = None
    close_when_received: bool = False
    close_reason: CloseReason | None = None
    proof_duty: bool = False
    hops: int = 0
    waiver: str = ""


def new_case(payment: PaymentRelevant, *, team: Team, proof_duty: bool = False) -> ItemCase:
    """The case of a freshly sorted mail; what moves money owes a hand-over from the first moment.

    Source: Weisung 202001001 no. 2.4 a 5.
    """
    eakte = EakteState.OWED if payment in OWES_PROOF else EakteState.NONE
    return ItemCase(payment=payment, eakte=eakte, team=team, proof_duty=proof_duty)


def receipt_missing(case: ItemCase) -> bool:
    """Whether the bolt is shut: money moves, and neither receipt nor reasoned "no" is there.

    Source: Weisung 202001001 no. 2.4 a 5; F49.
    """
    return case.payment in OWES_PROOF and case.eakte not in SETTLED
