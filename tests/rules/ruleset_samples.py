"""Rule sets and mails for the tests of rules."""

from dataclasses import replace
from datetime import date
from functools import cache

from rules.codes import AgencyHow, Channel, Concern, PaymentRelevant, Team
from rules.directory import Directory
from rules.rulesets.law import Route
from rules.rulesets.lint import lint
from rules.rulesets.match import CompiledSet, Seen, compile_set
from rules.rulesets.ruleset import RuleSet
from rules.rulesets.text import read_rules
from rules.verdict import AgencyFound
from triage import wiring

HEAD = 'id = "regeln"\ntitel = "Regeln"\ngilt_ab = 2026-11-01\n'
TODAY = date(2026, 11, 23)
KASSEL = Route(Team.EZ, AgencyFound("435", "Kassel", AgencyHow.PLZ), "435 Kassel/Termin")
SC_OF_NOBODY = Route(Team.SC, AgencyFound(None, "", AgencyHow.UNKNOWN), "Service Center/Termin")
SC = Route(Team.SC, AgencyFound("435", "Kassel", AgencyHow.PLZ), "Service Center/Termin")

SEEN = Seen(
    subject="Frage zur Umschulung",
    body="Guten Tag, ich möchte eine Weiterbildung im Lager machen.",
    sender="alex@post.firma.example",
    recipients=("kassel@arbeitsagentur.de",),
    headers=(("list-id", "Rundbrief <liste.verein.example>"),),
    attachments=("Antrag.PDF",),
    size_bytes=48_000,
    channel=Channel.FREIE_EMAIL,
    concerns=((Concern.TERMIN, 0.9), (Concern.BERATUNG, 0.6)),
    payment=PaymentRelevant.NO,
    plz="34117",
    place="Kassel",
    kundennummer="435A123456",
    is_foreign=False,
    team=Team.EZ,
    agency="435",
    region="Südwest",
)


@cache
def directory() -> Directory:
    return wiring.load_directory()


def rule(when: str, then: str = 'thema = "beratung"', rule_id: str = "r1", more: str = "") -> str:
    """One rule as text."""
    return (
        f'\n[[regel]]\nid = "{rule_id}"\ntitel = "Regel {rule_id}"\n[regel.wenn]\n{when}\n'
        f"{more}\n[regel.dann]\n{then}\n"
    )


def rules(*texts: str, head: str = HEAD) -> RuleSet:
    """The rule set of these rules, which must be readable."""
    read = read_rules(head + "".join(texts))
    assert read.rules is not None, read.findings
    return read.rules


def compiled(*texts: str) -> CompiledSet:
    return compile_set(rules(*texts), 3)


def codes(*texts: str, head: str = HEAD, in_force: tuple[RuleSet, ...] = ()) -> list[str]:
    """What the lint says, as codes in order of lines."""
    found = lint(rules(*texts, head=head), directory(), today=TODAY, in_force=in_force)
    return [one.code for one in found]


def seen(**changed: object) -> Seen:
    return replace(SEEN, **changed)
