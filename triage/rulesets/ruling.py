"""Where a judged mail goes: the built-in routing, and the rule set over it.

Used by sorting and by dry runs alike, so that a dry run tells what sorting would do.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rules import machine_mail, routing
from rules.addressed import agency_addressed
from rules.codes import Concern, Team
from rules.directory import Directory
from rules.mail import ParsedMail
from rules.rulesets.law import Route, Ruled, rule_over
from rules.rulesets.match import Seen
from rules.verdict import AgencyFound, Facts, Home, Judgement
from triage.rulesets.rulebook import InForce


@dataclass(frozen=True, slots=True)
class RulesFor:
    """What sorting passes on of a kept mail: its region, its size, and who knows its rule set.

    `find` gives the set in force for a region; None: the built-in routing alone. `only_head` is
    why no body is here to ask (rules/head_only.py), or "".
    """

    region: str
    size_bytes: int
    find: Callable[[str], InForce | None]
    only_head: str = ""


NO_RULES = RulesFor("", 0, lambda _: None)
"""For judging without a database."""


def route(
    directory: Directory,
    mail: ParsedMail,
    judgement: Judgement,
    *,
    mailbox: str,
    rules: RulesFor = NO_RULES,
) -> Ruled:
    """Team, agency and folder of the mail, with what the rule set said."""
    built_in = _built_in(directory, mail, judgement, mailbox)
    region = rules.region or _region(directory, built_in, mailbox)
    found = rules.find(region)
    if found is None or built_in.team is Team.NONE:
        return Ruled(built_in, None)
    seen = _seen(mail, judgement, built_in, region=region, rules=rules)
    return rule_over(found.compiled, built_in, seen=seen, directory=directory, off=found.off)


def _built_in(directory: Directory, mail: ParsedMail, judgement: Judgement, mailbox: str) -> Route:
    # Our own mail come back is a machine's, however much it reads like a person's (F10).
    is_loop = machine_mail.is_loop(mail)
    team = Team.NONE if is_loop else routing.team_of(judgement.channel)
    facts = judgement.facts
    agency = _agency(directory, mail, facts, mailbox)
    first = judgement.concerns[0].code if judgement.concerns else Concern.SONSTIGES
    return Route(team, agency, routing.folder_of(team, agency, first))


def _agency(directory: Directory, mail: ParsedMail, facts: Facts, mailbox: str) -> AgencyFound:
    """The agency in charge; where neither residence nor postbox tells it, the one addressed.

    The residence is that of the customer, also where somebody else writes for him.
    """
    home = facts.home or Home(facts.plz, facts.place)
    found = routing.find_agency(
        directory,
        plz=home.plz,
        place=home.place,
        mailbox=mailbox,
        kundennummer=facts.kundennummer,
    )
    if found.code or home.plz or home.place:
        return found
    named = agency_addressed(directory, subject=mail.subject, text=mail.body.new)
    if named:
        return routing.by_words(named)
    return routing.of_office(found) if facts.home else found


def _region(directory: Directory, built_in: Route, mailbox: str) -> str:
    """The region of a mail that came out of no postbox: its agency's, or the address's."""
    found = directory.agency(built_in.agency.code)
    return found.region if found else directory.by_mailbox(mailbox).region or ""


def _seen(
    mail: ParsedMail, judgement: Judgement, built_in: Route, *, region: str, rules: RulesFor
) -> Seen:
    facts = judgement.facts
    return Seen(
        subject=mail.subject,
        body=mail.body.new,
        sender=mail.sender,
        recipients=mail.recipients,
        headers=mail.headers,
        attachments=tuple(one.name for one in mail.attachments if not one.inline),
        size_bytes=rules.size_bytes,
        channel=judgement.channel,
        concerns=tuple((one.code, one.probability) for one in judgement.concerns),
        payment=judgement.payment_relevant,
        plz=facts.plz,
        place=facts.place,
        kundennummer=facts.kundennummer,
        is_foreign="language" in judgement.review_because,
        team=built_in.team,
        agency=built_in.agency.code,
        region=region,
        only_head=bool(rules.only_head),
        heard_danger="danger" in judgement.review_because,
    )
