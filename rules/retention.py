"""When the content of a message may go. What stays is a tombstone without content.

Three keys open the lock: the item is done, what moves money is handed over (receipt or reasoned
"no"), and the period is over. A hold keeps it shut. The eAkte keeps its own, much longer time;
this is only our working copy.
Source: Weisung 202404002 "Regelungen" (deletion of worked-off mails); § 84 (2) SGB X; Art. 17
DSGVO; F51, N10; own decision 0017.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from rules.codes import PaymentRelevant
from rules.item import EakteState
from rules.ledger import LedgerState


class Keep(StrEnum):
    """Why content stays, as a stable code; `NOT` means that it may go."""

    NOT = "not"
    HOLD = "hold"
    NOT_DONE = "not_done"
    UNSEEN = "unseen"
    RECEIPT_MISSING = "receipt_missing"
    ON_ITS_WAY = "on_its_way"
    PERIOD = "period"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Period:
    """How long after the end of work, and what that rests on."""

    days: int
    source: str


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """The periods by the end a message came to.

    No source in law or Weisung names a number for the working copy; they are set by the
    house and have to be confirmed by its data protection officer. Ten years are quoted for
    SGB II payment files (VV-ZBR BHO), for SGB III no period was found: both concern the eAkte.
    Source: facts section 6; own decision 0017.
    """

    done: Period = Period(90, "Hausregel; Frist nicht belegt")
    aside: Period = Period(30, "Hausregel; Frist nicht belegt")
    gone: Period = Period(30, "Hausregel; von Hand aus dem Postfach entfernt")


HOUSE_RETENTION: Final = RetentionRules()


def on_order(basis: str) -> RetentionRules:
    """The periods where a person's data have to go at once: none. Every other lock stays shut.

    Source: Art. 17 DSGVO; § 84 (2) SGB X; own decision 0054.
    """
    period = Period(0, basis)
    return RetentionRules(period, period, period)


def cutoff(today: date, rules: RetentionRules) -> date:
    """The last local day of ending from which any period can be over today.

    What ended later can't be deleted by age whatever it is, so nobody need look at it.
    Source: own decision 0054.
    """
    return today - timedelta(days=min(period.days for period in _periods(rules).values()))


_ENDS: Final = frozenset({LedgerState.DONE, LedgerState.ASIDE, LedgerState.GONE})


@dataclass(frozen=True, slots=True)
class Record:
    """What the rules look at. `ended_on` is the local day on which the ledger state was reached.

    `payment` and `eakte` are those of the item; a message without an item has `no` and `none`.
    `seen` says that a person looked at what was set aside; elsewhere it is not asked for.
    `item_open` says that somebody still has to work on it, though it is gone from the postbox.
    `holds` are reasons of people to keep it (a lawsuit, a request for access), as ids or codes.
    `on_its_way` says that something of it still has to leave the house, or may be moving in the
    postbox at this moment.
    """

    state: LedgerState
    ended_on: date
    payment: PaymentRelevant = PaymentRelevant.NO
    eakte: EakteState = EakteState.NONE
    holds: tuple[str, ...] = ()
    seen: bool = False
    item_open: bool = False
    on_its_way: bool = False


@dataclass(frozen=True, slots=True)
class Retention:
    """The answer: may the content go today, and why (a code, and a sentence in German)."""

    may_go: bool
    keep: Keep
    because: str


def retention(record: Record, today: date, *, rules: RetentionRules = HOUSE_RETENTION) -> Retention:
    """Whether the content of a message may be deleted today.

    Holds are named before anything else, so that a preview shows them. What was set aside may be
    a misjudged message, so it is never deleted unseen; but what somebody took out of the postbox
    is `gone`, and no longer aside. Source: Weisung 202001001 no. 2.4 a 5 (receipt first); Weisung
    202404002 "Regelungen"; label guide, row `maschinell` ("never deleted unseen"); § 84 (2) SGB X;
    own decision 0017.
    """
    locked = _lock(record)
    if locked is not None:
        keep, because = locked
        return Retention(False, keep, because)
    period = _periods(rules)[record.state]
    earliest = record.ended_on + timedelta(days=period.days)
    if today < earliest:
        because = f"Frist läuft bis {earliest:%d.%m.%Y} ({period.days} Tage, {period.source})."
        return Retention(False, Keep.PERIOD, because)
    because = f"Frist abgelaufen ({period.days} Tage, {period.source})."
    return Retention(True, Keep.NOT, because)


def _lock(record: Record) -> tuple[Keep, str] | None:
    """What keeps the content whatever its age, or None."""
    if record.state is LedgerState.DELETED:
        return Keep.DELETED, "Der Inhalt ist bereits gelöscht."
    if record.holds:
        return Keep.HOLD, f"Löschsperre: {', '.join(record.holds)}."
    if record.state is LedgerState.ASIDE and not record.seen:
        return Keep.UNSEEN, "Beiseitegelegt und noch von niemandem angesehen."
    if record.state not in _ENDS or record.item_open:
        return Keep.NOT_DONE, "Der Vorgang ist nicht abgeschlossen."
    settled = record.eakte in (EakteState.RECEIVED, EakteState.WAIVED)
    if record.payment is not PaymentRelevant.NO and not settled:
        return Keep.RECEIPT_MISSING, "Zahlungsrelevant, aber die Quittung der eAkte fehlt."
    if record.on_its_way:
        return Keep.ON_ITS_WAY, "Eine Antwort, Übergabe oder Ablage ist noch unterwegs."
    return None


def _periods(rules: RetentionRules) -> dict[LedgerState, Period]:
    return {
        LedgerState.DONE: rules.done,
        LedgerState.ASIDE: rules.aside,
        LedgerState.GONE: rules.gone,
    }
