"""What happens to an item when somebody marks its mail in the postbox.

A mark does what a clerk might do, and less: nothing under the hands of a clerk, nothing past the
bolt. Source: Weisung 202404002 (QuickStep); Weisung 202001001 no. 2.4 a 5; own decision 0046.
"""

from dataclasses import dataclass

from rules import payment
from rules.codes import PaymentRelevant
from rules.errors import Conflict, Refused
from rules.item import ItemCase, ItemState, MarkedConcern, MarkedDone, apply, receipt_missing
from rules.marks import CLOSES_AS, Effect, MarkRule, Outcome


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done: an event for the item, or none, and what became of the mark."""

    outcome: Outcome
    event: MarkedConcern | MarkedDone | None = None


def asked(case: ItemCase, rule: MarkRule | None, *, first_concern: str) -> Asked:
    """What a new mark of a person asks of an item in that state; `rule` None: not configured.

    Total: what can't be done is an outcome. Source: own decision 0046.
    """
    if rule is None or rule.effect is Effect.NOTE:
        return Asked(Outcome.NOTED)
    if case.state is ItemState.CLOSED:
        return Asked(Outcome.ALREADY)
    if case.state is ItemState.HELD:
        return Asked(Outcome.HELD)
    if rule.concern is not None:
        return _correction(case, rule, first_concern)
    if receipt_missing(case):
        return Asked(Outcome.RECEIPT_MISSING)
    return _tried(case, MarkedDone(CLOSES_AS[rule.effect]), Outcome.CLOSED)


def _correction(case: ItemCase, rule: MarkRule, first_concern: str) -> Asked:
    """Another concern; it may make the mail payment-relevant, never the other way round."""
    if rule.concern is None or rule.concern.value == first_concern:
        return Asked(Outcome.ALREADY)
    level: PaymentRelevant = payment.relevance(rule.concern, announced=True)
    event = MarkedConcern(payment.higher(case.payment, level))
    return _tried(case, event, Outcome.CORRECTED)


def _tried(case: ItemCase, event: MarkedConcern | MarkedDone, outcome: Outcome) -> Asked:
    try:
        apply(case, event)
    except (Conflict, Refused):
        # Waits for the eAkte, by a clerk's word: hers to end.
        return Asked(Outcome.HELD)
    return Asked(outcome, event)
