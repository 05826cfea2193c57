"""The doctor's look at the targets of rules: the set in force beside the folders that are there.

Source: F18, F59; own decisions 0037, 0045.
"""

from collections.abc import Iterator

from rules.errors import HouseError
from triage.doctor.finding import Finding, bad, good, of_error, warn
from triage.house import House
from triage.rulesets import targets as rule_targets
from triage.settings.postbox import PostboxSettings
from triage.watch.remedies import REMEDIES


def targets(house: House, box: PostboxSettings, there: frozenset[str] | None) -> Iterator[Finding]:
    """Each rule whose folder or agency is gone; `there` None: the postbox can't be reached.

    A rule that a worker has switched off already is told with the loops.
    """
    name = f"postboxes:{box.name}:rules"
    try:
        if there is None:
            yield from _untried(name, rule_targets.number_aimed(house, region=box.region))
            return
        found = rule_targets.tried(house, box.name, region=box.region, present=there)
    except HouseError as exc:
        yield of_error(name, exc)
        return
    for off in found.lost:
        told = f"Das Ziel {off.target} der Regel {off.rule_id} gibt es nicht mehr [{off.code}]."
        yield bad(f"{name}:{off.rule_id}", told, REMEDIES[off.code])
    if found.rules and not found.lost:
        yield good(name, f"Regeln mit Ziel: {found.rules}; die Ziele sind da oder werden angelegt.")


def _untried(name: str, number: int) -> Iterator[Finding]:
    if number:
        yield warn(
            name,
            f"Regeln mit Ziel: {number}, nicht geprüft: das Postfach ist nicht erreichbar.",
            "Zuerst das Postfach erreichbar machen, dann `postlotse doctor` noch einmal.",
        )
