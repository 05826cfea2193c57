"""Stations 2 to 4 up to the commit: parsed, judged, ruled. Nothing is stored here.

Bytes become a `ParsedMail`, the judge says what it is about, the rules say who works on it
where and until when. What is found goes into one commit in triage/sort.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from classify.facts import whereabouts
from ingest import bounce
from ingest.bounce import Bounce
from rules import head_only, routing
from rules.deadlines import due as due_of
from rules.local_day import local_day
from rules.mail import BodyParts, ParsedMail
from rules.rulesets.law import Ruled
from rules.verdict import Judgement, Verdict
from store.mails.ledger import Message
from triage import heads
from triage.house import House, Judging
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
        received=local_day(received_at),
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
