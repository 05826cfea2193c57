"""What may be deleted today, what may not and why: read, asked of the rules, never written.

Source: Weisung 202404002 "Regelungen"; § 84 SGB X; F51, N10; own decision 0054.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from rules.codes import PaymentRelevant
from rules.item import EakteState
from rules.ledger import LedgerState
from rules.local_day import day_bounds, local_day
from rules.retention import Keep, Record, Retention, RetentionRules, cutoff, retention
from rules.sweep import PlanRow, Tally, plan_hash, tallies
from store.database.engine import Tx
from store.deletion import holds
from store.deletion import retention as ended_mail
from store.deletion.retention import Ended
from triage.house import House

PAGE = 1000
"""Messages looked at in one read: no transaction of a preview is long. Source: own decision 0054.
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do today. `has_more`: what is beyond `plan_mails` comes with the next one.

    `tallies` count every message of the caller's regions that is not deleted yet, by the answer of
    the rules, those in work without their postbox; `hash` names exactly these rows on this day.
    """

    day: date
    rules: RetentionRules
    rows: tuple[PlanRow, ...]
    tallies: tuple[Tally, ...]
    has_more: bool
    hash: str


def foreseen(house: House, regions: Collection[str] | None) -> Preview:
    """As `orders.preview`, with no caller to ask: of these regions, or of all (None)."""
    today, policy = house.today(), house.policy.sweep
    before = day_bounds(cutoff(today, policy.rules))[1]
    rows: list[PlanRow] = []
    counted: list[tuple[str, str, Keep, int]] = []
    for one, answer in _ended(house, regions, before=before, today=today):
        if one.item_open:
            continue  # `remaining` counts it by its item
        counted.append((one.postbox or "", one.agency_code or "", answer.keep, 1))
        if answer.may_go:
            rows.append(row_of(one))
    with house.db.read() as tx:
        others = ended_mail.remaining(tx, since=before, regions=regions)
    counted += [
        (box or "", agency or "", _still(state), many) for box, agency, state, many in others
    ]
    planned = tuple(rows[: policy.plan_mails])
    return Preview(
        today,
        policy.rules,
        planned,
        tallies(counted),
        has_more=len(rows) > len(planned),
        hash=plan_hash(planned, day=today, rules=policy.rules),
    )


def _ended(
    house: House, regions: Collection[str] | None, *, before: datetime, today: date
) -> Iterator[tuple[Ended, Retention]]:
    """What ended before that moment, with the answer of the rules; a page a transaction."""
    after = 0
    while True:
        with house.db.read() as tx:
            found = ended_mail.ended(tx, before=before, limit=PAGE, after=after, regions=regions)
            answers = decided(tx, found, today, rules=house.policy.sweep.rules)
        yield from answers
        if len(found) < PAGE:
            return
        after = found[-1].message_id


def decided(
    tx: Tx, found: Sequence[Ended], today: date, *, rules: RetentionRules
) -> list[tuple[Ended, Retention]]:
    """The answer of the rules for each, with the holds that are in force in this transaction."""
    held = holds.of_messages(tx, (one.message_id for one in found))
    boxes = holds.of_postboxes(tx)
    answers = []
    for one in found:
        reasons = held.get(one.message_id, ()) + boxes.get(one.postbox or "", ())
        record = Record(
            state=one.state,
            ended_on=local_day(one.ended_at),
            payment=one.payment or PaymentRelevant.NO,
            eakte=one.eakte or EakteState.NONE,
            holds=reasons,
            seen=one.seen,
            item_open=one.item_open,
            on_its_way=one.on_its_way,
        )
        answers.append((one, retention(record, today, rules=rules)))
    return answers


def named(found: Sequence[Ended]) -> list[Ended]:
    """Messages that a person has named one by one count as looked at."""
    return [replace(one, seen=True) for one in found]


def row_of(one: Ended) -> PlanRow:
    """What a plan says of a message."""
    return PlanRow(
        one.message_id,
        one.sha256,
        one.state,
        local_day(one.ended_at),
        one.postbox or "",
        one.agency_code or "",
    )


def tallied(answers: Sequence[tuple[Ended, Retention]]) -> tuple[Tally, ...]:
    """The answers of the rules, counted by postbox, agency and reason."""
    return tallies(
        (one.postbox or "", one.agency_code or "", answer.keep, 1) for one, answer in answers
    )


def _still(state: LedgerState) -> Keep:
    """Why something of the rest stays: its work goes on, or it ended too late for any period."""
    ended = state in {LedgerState.DONE, LedgerState.ASIDE, LedgerState.GONE}
    return Keep.PERIOD if ended else Keep.NOT_DONE
