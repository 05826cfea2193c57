"""Rules whose target is gone switch themselves off, with an alarm; the rules below go on.

Asked now and then in each postbox that is sorted. A folder is gone if it is not there and would
not be made by filing, or if mail of ours has lain in it. Source: F18; own decision 0037.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from rules import routing
from rules.rulesets.law import agency_of_folder
from rules.rulesets.ruleset import Rule
from store.approved import rulesets
from store.approved.rulesets import OffRule, Version
from store.database.engine import Tx
from store.places import sightings
from store.trail import audit
from triage.house import House
from triage.ports import Postbox

log = structlog.get_logger()

FOLDER_GONE = "rule.folder_gone"
AGENCY_GONE = "rule.agency_gone"


def look(house: House, box: Postbox, *, region: str) -> int:
    """Switch off the rules in force in that region whose target is gone; how many just now.

    None of a version that was put into force while the folders were listed: the list may be older.
    Idempotent. Raises: TryLater, Refused: as `Postbox.folders`.
    """
    aimed = _aimed(house, region)
    if aimed is None:
        return 0
    with house.db.read() as tx:
        version = rulesets.get(tx, aimed.set_id, aimed.version)
        before = rulesets.newest_activation(tx, version.id)
    present = frozenset(box.folders())
    with house.db.write() as tx:
        rulesets.wait_for(tx, version.id)
        if rulesets.newest_activation(tx, version.id) != before:
            return 0
        lost = list(_lost(house, tx, box.name, aimed, version, region=region, present=present))
        done = [off for off in lost if rulesets.switch_off(tx, off)]
        for off in done:
            _note(tx, version, off)
    for off in done:
        log.error(
            "ruleset.rule_off", ruleset=version.set_id, version=version.version, rule=off.rule_id,
            code=off.code, region=off.region,
        )  # fmt: skip
    if done:
        house.rulebook.forget()
    return len(done)


@dataclass(frozen=True, slots=True)
class Tried:
    """How many rules that still hold have a target, and those whose target is gone."""

    rules: int
    lost: tuple[OffRule, ...] = ()


def tried(house: House, postbox: str, *, region: str, present: frozenset[str]) -> Tried:
    """What `look` would switch off with these folders of the postbox; writes nothing.

    Raises: TryLater: `store.away`.
    """
    aimed = _aimed(house, region)
    if aimed is None:
        return Tried(0)
    with house.db.read() as tx:
        version = rulesets.get(tx, aimed.set_id, aimed.version)
        lost = tuple(_lost(house, tx, postbox, aimed, version, region=region, present=present))
    return Tried(len(aimed.rules), lost)


def number_aimed(house: House, *, region: str) -> int:
    """How many rules that hold in that region have a target. Raises: TryLater: `store.away`."""
    aimed = _aimed(house, region)
    return len(aimed.rules) if aimed else 0


@dataclass(frozen=True, slots=True)
class _Aimed:
    """The rules of the set in force that name a target and are not switched off."""

    set_id: str
    version: int
    rules: tuple[Rule, ...]


def _aimed(house: House, region: str) -> _Aimed | None:
    now, local = house.clock(), house.local_now()
    held = house.rulebook.at(house.db, region=region, moment=now, local=local, now=now)
    if held is None:
        return None
    rules = tuple(
        rule
        for rule in held.compiled.rules.rules
        if rule.id not in held.off and (rule.action.agency or rule.action.folder)
    )
    return _Aimed(held.compiled.rules.id, held.compiled.version, rules) if rules else None


def _lost(  # noqa: PLR0913 - one row needs them all
    house: House,
    tx: Tx,
    postbox: str,
    aimed: _Aimed,
    version: Version,
    *,
    region: str,
    present: frozenset[str],
) -> Iterator[OffRule]:
    for rule in aimed.rules:
        folder, agency = rule.action.folder or "", rule.action.agency
        code = agency or agency_of_folder(folder, house.directory)
        found = house.directory.agency(code)
        level = folder.partition("/")[0]
        if found is None and level not in {routing.CLEARING_FOLDER, routing.SC_FOLDER}:
            target = agency or folder
            yield OffRule(version.id, rule.id, "", AGENCY_GONE, target, house.clock())
        elif folder and found is not None and found.region != region:
            continue
        elif folder and folder not in present and _was_ours(house, tx, postbox, folder):
            yield OffRule(version.id, rule.id, region, FOLDER_GONE, folder, house.clock())


def _was_ours(house: House, tx: Tx, postbox: str, folder: str) -> bool:
    """Whether a folder that is not there is gone, and not just not made yet."""
    return not house.policy.create_folders or sightings.was_used(tx, postbox, folder=folder)


def _note(tx: Tx, version: Version, off: OffRule) -> None:
    audit.add(
        tx,
        "worker",
        action="ruleset.rule_off",
        subject=f"ruleset:{version.set_id}.{version.version}",
        details={"rule": off.rule_id, "code": off.code, "region": off.region, "target": off.target},
        at=off.at,
    )
