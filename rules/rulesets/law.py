"""What a rule set may change, and what it never may: the law of the house over an admin's rules.

The channel decides the team before any rule. What moves money, or has to be proved, always
becomes an item, so that it meets the eAkte's bolt; so does what speaks of danger to life, so that
somebody reads it first; machine mail is asked nothing; no agency is
ever invented. A rule that asks for more hits, changes nothing, and says so.
Source: Weisung 202404002 no. 2 (channel before topic); Weisung 202001001 no. 2.4 a 5 and 6
(eAkte, Nachweispflicht); F20; own decisions 0037 and 0051.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from rules import danger, routing
from rules.codes import AgencyHow, Concern, PaymentRelevant, Team
from rules.directory import Directory
from rules.proof import has_proof_duty
from rules.rulesets.match import CompiledSet, Outcome, Seen
from rules.rulesets.ruleset import Action, ActionKind, Rule
from rules.verdict import AgencyFound, RuleTrace

ASIDE_FOLDER: Final = "Beiseite"
"""Where a mail lies that a rule set aside. Source: own decision 0037."""

ASIDE_REASON: Final = "mail.rule"
"""Its reason on the page "Beiseitegelegt". Own decision 0037."""


class Held(StrEnum):
    """Why a rule that matched changed nothing."""

    PAYMENT = "rule.held_payment"
    PROOF = "rule.held_proof"
    DANGER = "rule.held_danger"
    TEAM = "rule.held_team"
    AGENCY = "rule.held_agency"


@dataclass(frozen=True, slots=True)
class Route:
    """Who works on a mail, and in which folder it lies."""

    team: Team
    agency: AgencyFound
    folder: str


@dataclass(frozen=True, slots=True)
class Ruled:
    """The route after the rules; `trace` None where no rule set is in force."""

    route: Route
    trace: RuleTrace | None


def rule_over(
    compiled: CompiledSet | None,
    built_in: Route,
    *,
    seen: Seen,
    directory: Directory,
    off: frozenset[str] = frozenset(),
) -> Ruled:
    """The route of a mail: the built-in one, changed by the first rule that hits, if it may.

    Source: F13, F15; own decision 0037.
    """
    if compiled is None:
        return Ruled(built_in, None)
    outcome = compiled.ask(seen, off=off)
    if outcome.hit is None:
        return Ruled(built_in, _trace(compiled, outcome))
    asked = _asked(outcome.hit, built_in, seen, directory)
    if isinstance(asked, Held):
        return Ruled(built_in, _trace(compiled, outcome, held=asked.value))
    return Ruled(asked, _trace(compiled, outcome))


def agency_of_folder(folder: str, directory: Directory) -> str | None:
    """The code of the active agency whose subfolder a path begins with, or None.

    Source: Weisung 202404002 no. 3; own decision 0015.
    """
    level = folder.partition("/")[0]
    found = directory.agency(level[:3])
    if found is None or level != routing.folder_level(f"{found.code} {found.name}"):
        return None
    return found.code


def _asked(rule: Rule, built_in: Route, seen: Seen, directory: Directory) -> Route | Held:
    action = rule.action
    if action.kind is ActionKind.KEEP:
        return built_in
    if action.kind is ActionKind.ASIDE:
        return _aside(built_in, seen)
    if action.kind is ActionKind.CLEARING:
        return _clearing(rule, built_in)
    if action.kind is ActionKind.FOLDER:
        return _into_folder(rule, built_in, directory)
    return _routed(rule, action, built_in, seen, directory)


def _aside(built_in: Route, seen: Seen) -> Route | Held:
    if seen.payment is not PaymentRelevant.NO:
        return Held.PAYMENT
    if has_proof_duty(code for code, _ in seen.concerns):
        return Held.PROOF
    if seen.heard_danger or danger.in_mail(seen.subject, seen.body):
        return Held.DANGER
    return replace(built_in, team=Team.NONE, folder=ASIDE_FOLDER)


def _clearing(rule: Rule, built_in: Route) -> Route | Held:
    if built_in.team is not Team.EZ:
        return Held.TEAM
    return Route(Team.EZ, _nobody(rule), routing.CLEARING_FOLDER)


def _into_folder(rule: Rule, built_in: Route, directory: Directory) -> Route | Held:
    folder = rule.action.folder or routing.CLEARING_FOLDER
    level = folder.partition("/")[0]
    team = Team.SC if level == routing.SC_FOLDER else Team.EZ
    if team is not built_in.team:
        return Held.TEAM
    if team is Team.SC:
        return replace(built_in, folder=folder)
    if level == routing.CLEARING_FOLDER:
        return Route(team, _nobody(rule), folder)
    code = agency_of_folder(folder, directory)
    agency = _agency(code, rule, directory)
    return Held.AGENCY if agency is None else Route(team, agency, folder)


def _routed(
    rule: Rule, action: Action, built_in: Route, seen: Seen, directory: Directory
) -> Route | Held:
    topic = action.topic or (seen.concerns[0][0] if seen.concerns else Concern.SONSTIGES)
    if action.agency is None:
        if built_in.team is Team.EZ and built_in.agency.code is None:
            return Held.AGENCY
        agency = built_in.agency
    elif built_in.team is not Team.EZ:
        return Held.TEAM
    else:
        named = _agency(action.agency, rule, directory)
        if named is None:
            return Held.AGENCY
        agency = named
    return Route(built_in.team, agency, routing.folder_of(built_in.team, agency, topic))


def _agency(code: str | None, rule: Rule, directory: Directory) -> AgencyFound | None:
    found = directory.agency(code)
    if found is None:
        return None
    return AgencyFound(found.code, found.name, AgencyHow.RULE, f"Regel „{rule.id}“")


def _nobody(rule: Rule) -> AgencyFound:
    return AgencyFound(None, None, AgencyHow.RULE, f"Regel „{rule.id}“: bitte klären")


def _trace(compiled: CompiledSet, outcome: Outcome, *, held: str = "") -> RuleTrace:
    return RuleTrace(
        id=compiled.rules.id,
        version=compiled.version,
        hit=outcome.hit.id if outcome.hit else None,
        because=outcome.because,
        held=held,
        misses=outcome.misses,
    )
