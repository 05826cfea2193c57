"""What a person says an item is about instead: in one form, with its due day, as a verdict.

By a clerk at the desk (triage/work.py) or by a mark in Outlook (triage/marks/).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from rules import deadlines, facts, payment
from rules.access import Caller
from rules.codes import STAND_ALONE, Concern, PaymentRelevant
from rules.deadlines import Due
from rules.errors import Refused
from rules.item import written
from rules.item_case import OWES_PROOF
from rules.local_day import local_day
from rules.verdict import ConcernFound, Facts
from store.database.engine import Tx
from store.desk.items import Item
from store.mails import verdicts
from store.mails.verdicts import NewVerdict, StoredVerdict
from triage.house import House


@dataclass(frozen=True, slots=True)
class Correction:
    """What the clerk says instead of the machine. `concerns` most weighty first, never empty.

    `reason` is required (10 characters or more) where payment goes from yes or open to no, and
    where it is no beside a concern that moves money and that nobody has named before.
    """

    concerns: tuple[Concern, ...]
    payment_relevant: PaymentRelevant
    kundennummer: str | None = None
    reason: str = ""


def in_order(said: Correction) -> Correction:
    """Each concern once, and the Kundennummer in its one form.

    Raises: Refused: `correction.empty`, `correction.stands_alone`, `correction.kundennummer`.
    """
    if not said.concerns:
        raise Refused("correction.empty", "A correction names at least one concern.")
    concerns = tuple(dict.fromkeys(said.concerns))
    alone = STAND_ALONE.intersection(concerns)
    if len(concerns) > 1 and alone:
        names = ", ".join(sorted(alone))
        raise Refused(
            "correction.stands_alone",
            f"A correction never names {names} beside another concern. Leave one of them out.",
        )
    return replace(said, concerns=concerns, kundennummer=_normal(said.kundennummer))


def require_reason(said: Correction, before: StoredVerdict | None) -> None:
    """A "no" beside a concern that moves money, which nobody named before, is a reasoned one.

    The radio button of "no" stands as the machine has set it: who only ticks the concern would let
    go of what moves money. As marks in Outlook do not (rules/mark_law.py).

    Raises: Refused: `item.reason_too_short`.
    """
    if said.payment_relevant is not PaymentRelevant.NO:
        return
    body = before.body if before else {}
    known = {one["code"] for one in body.get("concerns", ())}
    added = [code for code in said.concerns if code.value not in known]
    if any(payment.relevance(code, announced=True) in OWES_PROOF for code in added):
        written(said.reason)


def sooner(
    house: House, item: Item, concerns: Iterable[Concern], money: PaymentRelevant
) -> Due | None:
    """The due day that a correction sets, where it is before the item's; it never becomes later.

    By what is said alone: days that the mail names were counted when it was sorted.
    """
    agency = house.directory.agency(item.agency_code)
    due = deadlines.due(
        tuple(ConcernFound(code, 1.0, announced=True) for code in concerns),
        money,
        received=local_day(item.received_at),
        land=agency.land if agency else None,
        facts=Facts(),
        rules=house.judging.deadlines,
    )
    if due.day is None or (item.due_on is not None and item.due_on <= due.day):
        return None
    return due


def add_verdict(
    tx: Tx, caller: Caller, item: Item, correction: Correction, due: Due | None, now: datetime
) -> None:
    """The clerk's verdict: the machine's facts, the clerk's concerns, which are certain."""
    latest = verdicts.latest(tx, item.message_id)
    body = dict(latest.body) if latest else {}
    body |= {
        "concerns": [certain(code, because="clerk") for code in correction.concerns],
        "payment_relevant": correction.payment_relevant.value,
        "payment_because": ["clerk" + (f": {correction.reason}" if correction.reason else "")],
        "review": False,
        "review_because": [],
    }
    if due is not None and due.day is not None:
        body |= {"due": due.day.isoformat(), "due_because": due.told}
    if correction.kundennummer is not None:
        body["defects"] = [
            one for one in body.get("defects", ()) if one not in facts.NUMBER_DEFECTS
        ]
        body["facts"] = dict(body.get("facts", {})) | {"kundennummer": correction.kundennummer}
    verdicts.add(tx, NewVerdict(item.message_id, "clerk", caller.name, body), now=now)


def certain(code: Concern, *, because: str) -> dict[str, object]:
    """A concern as people state it, in the public JSON of a verdict."""
    return {
        "code": code.value,
        "probability": 1.0,
        "announced": True,
        "because": [because],
        "spans": [],
        "recognisers": [],
    }


def _normal(said: str | None) -> str | None:
    """The Kundennummer in its one form: so the eAkte compares it. Raises: Refused."""
    number = facts.kundennummer(said) if said is not None else None
    if said is not None and number is None:
        raise Refused(
            "correction.kundennummer",
            "The Kundennummer of a correction has three digits, a letter and six digits, as in"
            " 123A456789. Send it so, or leave it out.",
        )
    return number
