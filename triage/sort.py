"""Station 4, sorted: verdicts, items and wishes to file of many mails go into one commit.

What is written was found before, without a transaction, in triage/deciding.py.
"""

from collections.abc import Sequence
from datetime import datetime

from rules import danger, machine_mail, payment, proof
from rules.codes import Channel, Concern, Team
from rules.item import new_case
from rules.ledger import LedgerState
from rules.rulesets.law import ASIDE_FOLDER, ASIDE_REASON
from rules.verdict import as_json
from store.acts import wishes
from store.database.engine import Tx
from store.desk import items
from store.desk.items import NewItem
from store.mails import aside, ledger, verdicts
from store.mails.ledger import Described, Message
from store.mails.verdicts import NewVerdict
from store.places import sightings
from store.trail import audit
from store.trail.audit import Note
from triage.answers import conversation, returned
from triage.deciding import Sorted
from triage.house import House


def write(house: House, tx: Tx, found: Sequence[Sorted]) -> frozenset[int]:
    """Verdicts, items and wishes in the caller's transaction; the ids that were written.

    A mail that somebody else sorted meanwhile is left out. All or none: where it raises, the
    caller rolls back and tries each by itself. Raises: Conflict: `ledger.step`, `item.exists`.
    """
    now = house.clock()
    rows = ledger.locked_many(tx, (one.message.id for one in found))
    ours = [one for one in found if rows[one.message.id].state is LedgerState.KEPT]
    ids = frozenset(one.message.id for one in ours)
    ledger.describe_many(tx, [_described(one, rows[one.message.id]) for one in ours], now=now)
    conversation.note(tx, ((one.message, one.mail) for one in ours))
    _write_verdicts(house, tx, ours, now)
    targets = {one.message.id: one.verdict.folder for one in ours}
    wishes.want_many(tx, targets, now=now)
    for message_id in sightings.left(tx, ids):
        # Somebody took it out of the postbox before it was sorted; it is worked on all the same.
        ledger.take_out(tx, message_id, now=now)
    audit.add_many(tx, "worker", map(_note, ours), at=now)
    for one in ours:
        if one.bounce is not None:
            returned.take(house, tx, one.message, one.bounce)
    return ids


def _described(found: Sorted, row: Message) -> Described:
    is_aside = found.verdict.team is Team.NONE
    return Described(
        row,
        LedgerState.ASIDE if is_aside else LedgerState.SORTED,
        _aside_reason(found) if is_aside else "",
        sender=found.mail.sender,
        subject=found.mail.subject,
        message_id=found.mail.message_id,
        defects=found.verdict.defects,
    )


def _write_verdicts(house: House, tx: Tx, found: Sequence[Sorted], now: datetime) -> None:
    """Each into the queue of its team, or aside where a machine wrote it or a rule says so.

    One that has an item from before (a replay) keeps that, and its verdict.
    """
    aside_ones = [one for one in found if one.verdict.team is Team.NONE]
    for one in aside_ones:
        _set_aside(tx, one, now)
    queued = [one for one in found if one.verdict.team is not Team.NONE]
    served = items.messages_with_item(tx, (one.message.id for one in queued))
    fresh = [one for one in queued if one.message.id not in served]
    verdicts.add_many(tx, map(_new_verdict, [*aside_ones, *fresh]), now=now)
    items.create_many(
        tx,
        [
            _new_item(house, one, team=one.verdict.team, review=one.verdict.judgement.review)
            for one in fresh
        ],
        now=now,
    )


def _note(found: Sorted) -> Note:
    return Note(
        "mail.sorted",
        f"message:{found.message.id}",
        {"folder": found.verdict.folder, "rules": found.verdict.rules},
    )


def enqueue_for_review(house: House, tx: Tx, found: Sorted) -> int:
    """Keep the verdict and put the mail into the queue of the EZ, to be looked at; the item's id.

    The caller sets the ledger state in the same transaction. Raises: Conflict: `item.exists`.
    """
    now = house.clock()
    verdicts.add(tx, _new_verdict(found), now=now)
    return items.create(tx, _new_item(house, found, team=Team.EZ, review=True), now=now)


def _new_verdict(found: Sorted) -> NewVerdict:
    model = found.verdict.judgement.model
    return NewVerdict(found.message.id, "machine", model, as_json(found.verdict))


def _set_aside(tx: Tx, found: Sorted, now: datetime) -> None:
    """Machine mail, or by a rule: kept, counted, shown, never deleted unseen. Own decision 0037."""
    is_by_rule = found.verdict.folder == ASIDE_FOLDER
    aside.put(
        tx,
        found.message.id,
        step="sort",
        reason_code=_aside_reason(found),
        detail=found.verdict.rules if is_by_rule else Channel.MASCHINELL.value,
        now=now,
    )


def _aside_reason(found: Sorted) -> str:
    if found.verdict.folder == ASIDE_FOLDER:
        return ASIDE_REASON
    return machine_mail.kind(found.mail).value


def _new_item(house: House, found: Sorted, *, team: Team, review: bool) -> NewItem:
    verdict = found.verdict
    judgement = verdict.judgement
    agency = house.directory.agency(verdict.agency.code) if verdict.agency.code else None
    concerns = payment.by_weight(tuple(c.code for c in judgement.concerns))
    alert = _alert(found)
    return NewItem(
        message_id=found.message.id,
        agency_code=verdict.agency.code,
        region=agency.region if agency else (found.message.region or ""),
        team=team,
        folder=verdict.folder,
        channel=judgement.channel.value,
        first_concern=(concerns[0] if concerns else Concern.SONSTIGES).value,
        payment=judgement.payment_relevant,
        eakte=new_case(judgement.payment_relevant, team=team).eakte,
        review=review or bool(alert),
        due_on=verdict.due,
        received_at=found.message.received_at,
        proof_duty=proof.has_proof_duty(concerns),
        language="other" if "language" in judgement.review_because else "de",
        alert=alert,
    )


def _alert(found: Sorted) -> str:
    """By the rule's words, or by the judge's: whichever hears it, somebody reads it first."""
    heard = "danger" in found.verdict.judgement.review_because
    text = f"{found.mail.subject}. {found.mail.body.new}"
    return danger.SELF_HARM if heard else danger.alert_of(text)
