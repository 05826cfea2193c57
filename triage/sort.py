"""Stations 2 to 4: parsed, judged, sorted. Pure until the one commit at the end.

Bytes become a `ParsedMail`, the judge says what it is about, the rules say who works on it
where and until when; then verdicts, items and wishes to file of many mails go into one commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from classify.facts import whereabouts
from ingest import bounce
from ingest.bounce import Bounce
from rules import danger, head_only, machine_mail, payment, proof, routing
from rules.codes import Channel, Concern, Team
from rules.deadlines import due as due_of
from rules.item import new_case
from rules.ledger import LedgerState
from rules.mail import BodyParts, ParsedMail
from rules.rulesets.law import ASIDE_FOLDER, ASIDE_REASON, Ruled
from rules.verdict import Judgement, Verdict, as_json
from store import aside, audit, items, ledger, sightings, verdicts, wishes
from store.audit import Note
from store.engine import Tx
from store.items import NewItem
from store.ledger import Described, Message
from store.verdicts import NewVerdict
from triage import heads
from triage.answers import conversation, returned
from triage.house import BERLIN, House, Judging
from triage.rulesets import ruling
from triage.rulesets.ruling import NO_RULES, RulesFor


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that was parsed, ready to be judged."""

    message: Message
    mail: ParsedMail
    mailbox: str
    bounce: Bounce | None
    """What it reports of an answer of ours."""
    only_head: str
    """Why there is no body (rules/head_only.py), or ""."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """A message with everything that sorting found, ready to be written."""

    message: Message
    mail: ParsedMail
    verdict: Verdict
    bounce: Bounce | None = None
    """What it reports of an answer of ours."""


def decide(
    judging: Judging,
    mail: ParsedMail,
    *,
    received_at: datetime,
    mailbox: str = "",
    rules: RulesFor = NO_RULES,
) -> Verdict:
    """The verdict on a parsed mail: judgement, team, agency, folder, due day. Stores nothing.

    `received_at` aware UTC. `mailbox` is the address or postbox that got it; where empty, the
    first recipient that is an address of ours counts. Without `rules` the built-in routing alone.
    """
    box = mailbox or addressed(judging, mail)
    judgement = judging.judge.judge(mail, received_at=received_at, mailbox=box)
    return _verdict(judging, mail, judgement, received_at=received_at, mailbox=box, rules=rules)


def _verdict(
    judging: Judging,
    mail: ParsedMail,
    judgement: Judgement,
    *,
    received_at: datetime,
    mailbox: str,
    rules: RulesFor,
) -> Verdict:
    """As `decide`, for what was judged already."""
    if rules.only_head:
        mail = replace(mail, defects=(rules.only_head, *mail.defects))
        judgement = _of_head(judging, mail, judgement, mailbox=mailbox, reason=rules.only_head)
    ruled = ruling.route(judging.directory, mail, judgement, mailbox=mailbox, rules=rules)
    return _with_due(judging, mail, judgement, ruled, received_at=received_at)


def judged(judging: Judging, mails: Sequence[Opened]) -> Sequence[Judgement]:
    """What the judge says of each of them, in their order; together, for that takes less time."""
    return judging.judge.judge_many(
        [one.mail for one in mails],
        received_at=[one.message.received_at for one in mails],
        mailboxes=[one.mailbox for one in mails],
    )


def _of_head(
    judging: Judging, mail: ParsedMail, judgement: Judgement, *, mailbox: str, reason: str
) -> Judgement:
    """The judgement on a head; the place, which a body would tell, is looked for in the subject."""
    told = judgement.facts
    if told.plz is None and told.place is None:
        said = whereabouts.find(BodyParts(mail.subject), judging.directory, mailbox=mailbox)
        told = replace(told, plz=said.plz, place=said.place)
    return head_only.judgement_of(replace(judgement, facts=told), mail, reason)


def addressed(judging: Judging, mail: ParsedMail) -> str:
    """The recipient that belongs to an agency or region of ours, or the first one, or ""."""
    for address in mail.recipients:
        hint = judging.directory.by_mailbox(address)
        if hint.agencies or hint.region:
            return address
    return mail.recipients[0] if mail.recipients else ""


def mailbox_of(house: House, message: Message, mail: ParsedMail) -> str:
    """The address or postbox that got a kept mail.

    By the door it is the recipient that the mail server named, where that is an agency's: the
    header may name another one as well, or nobody of ours (a hidden copy, a mailing list). Else it
    is as in `addressed`: what a Service Center's postbox got was often sent on by an agency's.
    """
    own = message.postbox or ""
    if message.source == "smtp" and house.directory.by_mailbox(own).agencies:
        return own
    return addressed(house.judging, mail) or own


def _with_due(
    judging: Judging, mail: ParsedMail, judgement: Judgement, ruled: Ruled, *, received_at: datetime
) -> Verdict:
    route, facts = ruled.route, judgement.facts
    found = judging.directory.agency(route.agency.code)
    due = due_of(
        judgement.concerns,
        judgement.payment_relevant,
        received=received_at.astimezone(BERLIN).date(),
        land=found.land if found else None,
        facts=facts,
        rules=judging.deadlines,
    )
    return Verdict(
        judgement=judgement,
        team=route.team,
        agency=route.agency,
        folder=route.folder,
        due=due.day,
        due_because=due.told,
        rules=routing.RULES_ID + (f"+{ruled.trace.label}" if ruled.trace else ""),
        defects=(*mail.defects, *facts.defects),
        ruleset=ruled.trace,
    )


def prepare(house: House, message: Message, data: bytes) -> Sorted:
    """Parse and decide, without a transaction: this is the part that takes time."""
    return decided(house, opened(house, message, data))


def opened(house: House, message: Message, data: bytes) -> Opened:
    """The first half of `prepare`; `decided` is the other."""
    only_head = heads.why(message, data)
    mail = heads.read(house, data, only_head=only_head)
    mailbox = mailbox_of(house, message, mail)
    return Opened(message, mail, mailbox, bounce.read(data), only_head)


def decided(house: House, one: Opened) -> Sorted:
    """Judged by itself, and with its verdict."""
    return ruled(house, one, *judged(house.judging, [one]))


def ruled(house: House, one: Opened, judgement: Judgement) -> Sorted:
    """What was judged with its verdict: who works on it, where and until when."""
    verdict = _verdict(
        house.judging,
        one.mail,
        judgement,
        received_at=one.message.received_at,
        mailbox=one.mailbox,
        rules=replace(house.rules_for(one.message), only_head=one.only_head),
    )
    return Sorted(one.message, one.mail, verdict, one.bounce)


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
    wishes.want_many(tx, targets, kind="file", now=now)
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


def enqueue(house: House, tx: Tx, found: Sorted, *, team: Team, review: bool) -> int:
    """Keep the verdict and put the mail into the queue of `team`; the item's id.

    The caller sets the ledger state in the same transaction. Raises: Conflict: `item.exists`.
    """
    now = house.clock()
    verdicts.add(tx, _new_verdict(found), now=now)
    return items.create(tx, _new_item(house, found, team=team, review=review), now=now)


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
