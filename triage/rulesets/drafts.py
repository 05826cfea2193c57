"""Rule sets of admins: drafts, checking, putting into force. Each deed in the trail.

Scope: an admin of a region sees and changes the sets of that region; the set for all regions
belongs to who isn't limited. Source: F17, F18; N7; own decision 0037.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from rules.access import Caller, Permission, may_see_region, require, require_person
from rules.codes import Role
from rules.errors import Refused
from rules.local_day import BERLIN
from rules.rulesets import force as rule_force
from rules.rulesets.finding import Finding, has_errors
from rules.rulesets.force import TAKES_EFFECT, Activation
from rules.rulesets.lint import lint
from rules.rulesets.ruleset import RuleSet
from rules.rulesets.text import read_rules
from store.approved import rulesets
from store.approved.rulesets import NewDraft, OffRule, Version
from store.database.engine import Tx
from store.trail import audit
from triage.house import House


@dataclass(frozen=True, slots=True)
class Checked:
    """A text with what is wrong with it; `rules` None where it could not be read."""

    rules: RuleSet | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One version with its rules as read today, its faults, and where it holds or will hold."""

    version: Version
    checked: Checked
    activations: tuple[Activation, ...]
    off: tuple[OffRule, ...]


@dataclass(frozen=True, slots=True)
class RegionLine:
    """One region ("": all without a set of their own): what holds now, and what is planned.

    `stand` names just that, for who goes back.
    """

    region: str
    now: Version | None
    since: datetime | None
    planned: tuple[tuple[Version | None, datetime], ...]
    stand: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """All that an admin sees first. Versions by set, newest first."""

    lines: tuple[RegionLine, ...]
    versions: tuple[Version, ...]
    off: tuple[OffRule, ...]


def check(house: House, caller: Caller, text: str) -> Checked:
    """Everything that is wrong with a text. Stores nothing. Raises: Refused: `access.denied`."""
    require(caller, Permission.CHANGE_RULES)
    with house.db.read() as tx:
        return _check(house, tx, text)


def save(house: House, caller: Caller, text: str) -> tuple[Version, Checked]:
    """Keep a text as draft of the set that it names, over the open draft or as next version.

    Faults of single rules may stay in a draft; a text that can't be read is not kept.
    Raises: Refused: `access.denied`, `ruleset.findings` (with `findings`).
    """
    require(caller, Permission.CHANGE_RULES)
    now = house.clock()
    with house.db.write() as tx:
        checked = _check(house, tx, text)
        if checked.rules is None:
            raise _with_findings(checked.findings)
        rules = checked.rules
        require_region(caller, rules.region)
        last = rulesets.newest(tx, rules.id)
        if last is not None:
            require_region(caller, last.region)
        draft = NewDraft(rules.id, rules.region, rules.title, text)
        saved = rulesets.save(tx, draft, author=caller.name, now=now)
        _note(tx, caller, saved, "ruleset.saved", {"findings": len(checked.findings)}, now)
    return saved, checked


def show(house: House, caller: Caller, set_id: str, version: int | None = None) -> Shown:
    """One version; the newest where none is named.

    Raises: Refused: `access.denied`, `ruleset.unknown`, also out of scope.
    """
    require(caller, Permission.CHANGE_RULES)
    with house.db.read() as tx:
        found = _get(tx, caller, set_id, version)
        return Shown(
            found,
            _check(house, tx, found.text),
            tuple(one for one in rulesets.activations(tx) if one.ruleset_id == found.id),
            tuple(one for one in rulesets.off_rules(tx) if one.ruleset_id == found.id),
        )


def overview(house: House, caller: Caller) -> Overview:
    """What holds where, and all versions of the caller's regions. Raises: `access.denied`."""
    require(caller, Permission.CHANGE_RULES)
    now = house.clock()
    mine = None if caller.whole_regions is None else sorted(caller.whole_regions)
    with house.db.read() as tx:
        versions = rulesets.listing(tx, regions=None if mine is None else ["", *mine])
        activations, off = rulesets.activations(tx), rulesets.off_rules(tx)
    by_id = {one.id: one for one in versions}
    regions = ["", *(mine if mine is not None else house.directory.region_names())]
    lines = tuple(_line(activations, by_id, region, now) for region in regions)
    return Overview(lines, versions, tuple(one for one in off if one.ruleset_id in by_id))


def activate(
    house: House,
    caller: Caller,
    set_id: str,
    version: int,
    *,
    day: date | None = None,
    seen: str = "",
) -> datetime:
    """Let a version hold from a local day on (today: at once); from when exactly, aware UTC.

    `seen` is the SHA-256 of the text that the person has read; empty: not asked.
    Raises: Refused: `access.*`, `ruleset.unknown`, `ruleset.same_person` (an author),
    `ruleset.findings`, `ruleset.day`. Conflict: `ruleset.changed`.
    """
    require(caller, Permission.CHANGE_RULES)
    require_admin_person(caller)
    wanted = day or house.today()
    with house.db.write() as tx:
        found = _get(tx, caller, set_id, version)
        require_region(caller, found.region)
        rulesets.alone(tx, found.region)
        # Only here: who waits for the lock for seconds would let it hold before workers know of it.
        now = house.clock()
        if seen and seen != found.sha256:
            raise rulesets.changed(set_id)
        if caller.name in found.authors:
            raise Refused(
                "ruleset.same_person",
                "Who wrote on a rule set does not put it into force; a second person has to.",
                ruleset=set_id,
            )
        checked = _check(house, tx, found.text)
        if checked.rules is None or has_errors(checked.findings):
            raise _with_findings(checked.findings)
        from_at = _begin(checked.rules, wanted, today=house.today(), now=now)
        rulesets.activate(tx, found, from_at=from_at, by=caller.name, now=now)
        details = {"region": found.region, "from": from_at.isoformat()}
        _note(tx, caller, found, "ruleset.activated", details, now)
    house.rulebook.forget()
    return from_at


def may_read(caller: Caller, region: str) -> bool:
    """Whether the caller may read a set of that region. That for all is read in each region."""
    return not region or may_see_region(caller, region)


def in_force_texts(tx: Tx, *, region: str, now: datetime) -> tuple[Version, ...]:
    """The versions that hold or are planned for exactly that region."""
    activations = rulesets.activations(tx)
    current = rule_force.in_force(activations, region=region, at=now)
    coming = rule_force.planned(activations, region=region, now=now)
    ids = [one.ruleset_id for one in (current, *coming) if one and one.ruleset_id]
    return tuple(rulesets.by_ids(tx, ids).values())


def _begin(rules: RuleSet, wanted: date, *, today: date, now: datetime) -> datetime:
    if wanted < today or not rules.valid_on(wanted):
        raise Refused(
            "ruleset.day",
            f"It can't hold from {wanted} on: that day is over, or outside gilt_ab and gilt_bis"
            " of the rule set; choose another.",
            day=wanted,
        )
    return now + TAKES_EFFECT if wanted == today else datetime.combine(wanted, time(tzinfo=BERLIN))


def _check(house: House, tx: Tx, text: str) -> Checked:
    read = read_rules(text)
    if read.rules is None:
        return Checked(None, read.findings)
    versions = in_force_texts(tx, region=read.rules.region, now=house.clock())
    others = [rules for one in versions if (rules := read_rules(one.text).rules)]
    today = house.today()
    return Checked(read.rules, lint(read.rules, house.directory, today=today, in_force=others))


def _get(tx: Tx, caller: Caller, set_id: str, version: int | None) -> Version:
    found = rulesets.get(tx, set_id, version)
    if not may_read(caller, found.region):
        raise rulesets.unknown(set_id, version)
    return found


def stand(current: Activation | None, coming: Iterable[Activation]) -> str:
    """The name of what holds and is planned, for who decides on it."""
    return f"{current.id if current else 0}+{'+'.join(str(one.id) for one in coming)}"


def _line(
    activations: tuple[Activation, ...], by_id: dict[int, Version], region: str, now: datetime
) -> RegionLine:
    current = rule_force.in_force(activations, region=region, at=now)
    version = by_id.get(current.ruleset_id or 0) if current else None
    coming = rule_force.planned(activations, region=region, now=now)
    return RegionLine(
        region,
        version,
        current.from_at if current and version else None,
        tuple((by_id.get(one.ruleset_id or 0), one.from_at) for one in coming),
        stand(current, coming),
    )


def require_region(caller: Caller, region: str) -> None:
    """Whether the caller changes sets of that region. Raises: Refused: `access.denied`."""
    if not may_see_region(caller, region or None):
        raise Refused(
            "access.denied",
            "This rule set is of another region; ask the lead of that region.",
            region=region,
            why="other_region",
        )


def require_admin_person(caller: Caller) -> None:
    """For what takes effect. Raises: Refused: `access.denied`, `access.machine`."""
    if caller.role is not Role.ADMIN:
        raise Refused("access.denied", "Only a person puts rules into force or takes them back.")
    require_person(caller)


def _with_findings(findings: tuple[Finding, ...]) -> Refused:
    first = findings[0]
    return Refused(
        "ruleset.findings",
        f"The rule set has {len(findings)} finding(s), the first in line {first.line}"
        f" [{first.code}]; details name them all, POST /v1/admin/rulesets/check their remedies.",
        findings=[
            {"code": one.code, "line": one.line, "rule": one.rule, "level": one.level.value}
            for one in findings
        ],
    )


def _note(
    tx: Tx,
    caller: Caller,
    version: Version,
    action: str,
    details: Mapping[str, object],
    now: datetime,
) -> None:
    note(tx, caller, f"ruleset:{version.set_id}.{version.version}", action, details, now)


def note(
    tx: Tx, caller: Caller, subject: str, action: str, details: Mapping[str, object], now: datetime
) -> None:
    """An entry in the trail, in the transaction of the deed."""
    audit.add(tx, caller.name, action=action, subject=subject, details=details, at=now)
