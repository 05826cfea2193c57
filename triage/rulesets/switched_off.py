"""Rules that switched themselves off: told once a rule and region, and once when it is over.

Over is it when the rule is in force again, or its set no more. Source: F20, F60; own decisions
0037, 0068.
"""

from typing import Final

import structlog

from rules.rulesets.force import in_force
from store.approved import rulesets
from store.approved.rulesets import OffRule, Version
from store.database.engine import Tx
from triage.house import House
from triage.watch import standing_alarms
from triage.watch.standing_alarms import Trouble, Watch

NAME: Final = "rule:"
"""Begins the names of these alarms; set and rule follow, and the region of a set for all."""

log = structlog.get_logger()


def passed_over(house: House, tx: Tx) -> dict[str, OffRule]:
    """Rules of sets in force that are passed over, by the name of their alarm."""
    rows = rulesets.off_rules(tx)
    if not rows:
        return {}
    activations, now = rulesets.activations(tx), house.clock()
    regions = {one.region for one in activations}
    held = {one.ruleset_id for r in regions if (one := in_force(activations, region=r, at=now))}
    named = rulesets.by_ids(tx, {row.ruleset_id for row in rows})
    return {_name(named[row.ruleset_id], row): row for row in rows if row.ruleset_id in held}


def _name(version: Version, row: OffRule) -> str:
    # In a set for all the same rule may lack its folder in one region after the other.
    where = f":{row.region}" if row.region and not version.region else ""
    return f"{NAME}{version.set_id}.{row.rule_id}{where}"


def _tell(changed: tuple[Trouble, ...]) -> None:
    """Log what is over, after its commit; that a rule went off `targets` has logged."""
    for one in changed:
        if not one.stands:
            log.info("ruleset.alarm_over", rule=one.name.removeprefix(NAME))


def _read(house: House, tx: Tx) -> tuple[Trouble, ...]:
    return tuple(Trouble(name, 1) for name in passed_over(house, tx))


WATCH: Final = Watch(standing_alarms.RULES, "ruleset.alarm", _read, _tell)
"""The rules that are off now."""
