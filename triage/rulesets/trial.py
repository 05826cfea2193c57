"""Dry run: what a rule set would change for stored mails. Writes nothing, anywhere.

Mails are parsed anew; the judgement is the one kept with the machine's verdict, so that a dry
run of ten thousand mails takes seconds. What is in force now is held against the set that is
tried, both on the same judgement. Source: F16, N7; own decision 0037.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from rules.access import Caller, Permission, require
from rules.codes import PaymentRelevant
from rules.errors import Refused
from rules.judged import judgement_of
from rules.rulesets.law import Ruled
from rules.rulesets.match import CompiledSet, compile_set
from rules.rulesets.text import read_rules
from rules.rulesets.trial import Trial, Tried, summed
from store.approved import rulesets, trials
from store.approved.trials import StoredMail
from triage import deciding, heads
from triage.house import House
from triage.rulesets import drafts, ruling
from triage.rulesets.rulebook import InForce
from triage.rulesets.ruling import RulesFor

PAGE: Final = 200
"""Mails read in one transaction: a long one costs the queue. Own decision 0037."""

MAILS: Final = 1_000
"""Mails tried where no number is given. Own decision 0037."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which stored mails are tried: of the last `days`, at most `mails`, newest first."""

    days: int | None = None
    mails: int = MAILS

    def since(self, now: datetime) -> datetime:
        """The moment from which on mails count, aware UTC."""
        return now - timedelta(days=self.days) if self.days else datetime.min.replace(tzinfo=UTC)


def trial(
    house: House,
    caller: Caller,
    text: str,
    *,
    span: Span,
    progress: Callable[[int], None] = lambda _: None,
) -> Trial:
    """What the rule set in the text would change for stored mails of its region.

    `progress` is told after each page how many mails are done; what it raises ends the run.
    Raises: Refused: `access.denied`, `ruleset.findings`: the text can't be read.
    """
    require(caller, Permission.CHANGE_RULES)
    read = read_rules(text)
    if read.rules is None:
        raise Refused(
            "ruleset.findings",
            "The rule set can't be read; POST /v1/admin/rulesets/check names line and remedy.",
            findings=[{"code": one.code, "line": one.line} for one in read.findings],
        )
    if not drafts.may_read(caller, read.rules.region):
        raise rulesets.unknown(read.rules.id, None)
    compiled = compile_set(read.rules, 0)
    outcomes: list[Tried | None] = []
    for stored in _mails(house, caller, read.rules.region, span):
        outcomes.append(_try(house, compiled, stored))
        if len(outcomes) % PAGE == 0:
            progress(len(outcomes))
    return summed(
        (one for one in outcomes if one is not None),
        rules=tuple(rule.id for rule in read.rules.rules),
        unread=outcomes.count(None),
    )


def _mails(house: House, caller: Caller, region: str, span: Span) -> Iterator[StoredMail]:
    """The stored mails, newest first, read in pages so that no transaction is long."""
    regions = [region] if region else caller.whole_regions
    since, left = span.since(house.clock()), span.mails
    with house.db.read() as tx:
        before = trials.highest(tx)
    while left > 0:
        with house.db.read() as tx:
            found = trials.page(
                tx, regions=regions, since=since, before=before, limit=min(PAGE, left)
            )
        yield from found
        if len(found) < min(PAGE, left):
            return
        left, before = left - len(found), found[-1].message.id


def _try(house: House, compiled: CompiledSet, stored: StoredMail) -> Tried | None:
    """Both routes of one mail; None where its content is gone or its verdict can't be read."""
    if stored.data is None or not stored.body:
        return None
    message = stored.message
    only_head = heads.why(message, stored.data)
    mail = heads.read(house, stored.data, only_head=only_head)
    try:
        judgement = judgement_of(stored.body)
    except (KeyError, ValueError):
        return None
    mailbox = deciding.mailbox_of(house, message, mail)
    rules = house.rules_for(replace(message, received_at=house.clock()))

    def ruled(find: Callable[[str], InForce | None]) -> Ruled:
        asked = RulesFor(rules.region, rules.size_bytes, find, only_head)
        return ruling.route(house.directory, mail, judgement, mailbox=mailbox, rules=asked)

    def instead(region: str) -> InForce | None:
        """The tried set where it would hold: in its region, or where no region has its own."""
        now = rules.find(region)
        is_other = now is not None and now.compiled.rules.region not in {"", compiled.rules.region}
        if compiled.rules.region not in {"", region} or (is_other and not compiled.rules.region):
            return now
        return InForce(compiled, frozenset())

    payment = PaymentRelevant(judgement.payment_relevant)
    return Tried(message.id, payment, ruled(rules.find), ruled(instead))
