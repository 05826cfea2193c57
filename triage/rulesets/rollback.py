"""Going back from a rule set: what is planned is withdrawn, or the version before holds again.

Source: F17; own decisions 0037, 0129.
"""

from dataclasses import dataclass
from datetime import datetime

from rules.access import Caller, Permission, require
from rules.errors import Refused
from rules.rulesets import force as rule_force
from rules.rulesets.force import TAKES_EFFECT, Activation
from store.approved import rulesets
from store.approved.rulesets import Version
from store.database.engine import Tx
from triage.house import House
from triage.rulesets.drafts import note, require_admin_person, require_region, stand


@dataclass(frozen=True, slots=True)
class WentBack:
    """What a rollback did: `withdrawn` planned ones, or `to` holds from `from_at` on (or none).

    Without `from_at` nothing was left to do: `to` holds already.
    """

    withdrawn: int
    to: Version | None
    from_at: datetime | None


@dataclass(frozen=True, slots=True)
class _WayBack:
    """Where a region stands: `back` is a taking back that has not begun, `coming` other plans."""

    current: Activation | None
    back: Activation | None
    coming: tuple[Activation, ...]
    before_id: int | None

    @property
    def to_id(self) -> int | None:
        """The version that holds after a rollback; None: none."""
        if self.back is None and not self.coming:
            return self.before_id
        return self.holding_id

    @property
    def holding_id(self) -> int | None:
        """The version that holds, as soon as a taking back has begun; None: none."""
        found = self.back or self.current
        return found.ruleset_id if found else None


def rollback(
    house: House, caller: Caller, region: str, *, seen: str = "", to: str = ""
) -> WentBack:
    """Withdraw what is planned for a region; where nothing is, the version before holds again.

    `seen` is the `stand` that the person was shown; empty: not asked. Repeated before that begins
    it changes nothing. `to` is what shall hold afterwards, as `leads_back_to` names it; where that
    holds already nothing is done. One person may do it: what comes back was put into force by two.
    Going back from the first set leaves the region without one.
    Raises: Refused: `access.*`, `ruleset.none_in_force`. Conflict: `ruleset.changed`: something
    else holds or is planned by now.
    """
    require(caller, Permission.CHANGE_RULES)
    require_admin_person(caller)
    require_region(caller, region)
    with house.db.write() as tx:
        rulesets.alone(tx, region)
        done = _go_back(tx, caller, region, house.clock(), seen=seen, to=to)
    house.rulebook.forget()
    return done


def leads_back_to(house: House, caller: Caller, region: str) -> str:
    """What a rollback would let hold: `set.version`, or `none`.

    Raises: Refused: `access.denied`, `ruleset.none_in_force`.
    """
    require(caller, Permission.CHANGE_RULES)
    require_region(caller, region)
    with house.db.read() as tx:
        way = _way_back(tx, region, house.clock())
        if not (way.coming or way.back):
            _require_way(way, region)
        return _named(tx, way.to_id)


def _go_back(tx: Tx, caller: Caller, region: str, now: datetime, *, seen: str, to: str) -> WentBack:
    way = _way_back(tx, region, now)
    if to and not way.coming and to == _named(tx, way.holding_id):
        return WentBack(0, _version(tx, way.holding_id), way.back.from_at if way.back else None)
    if (seen and seen != stand(way.current, way.coming)) or (to and to != _named(tx, way.to_id)):
        raise rulesets.changed(region or "alle Regionen")
    for one in way.coming:
        rulesets.withdraw(tx, one.id, now=now)
    if way.coming:
        details = {"region": region, "withdrawn": [one.ruleset_id for one in way.coming]}
        note(tx, caller, f"region:{region}", "ruleset.withdrawn", details, now)
        return WentBack(len(way.coming), None, None)
    if way.back is not None:
        return WentBack(0, _version(tx, way.back.ruleset_id), way.back.from_at)
    return _put_back(tx, caller, _require_way(way, region), way.to_id, now)


def _way_back(tx: Tx, region: str, now: datetime) -> _WayBack:
    activations = rulesets.activations(tx)
    current = rule_force.in_force(activations, region=region, at=now)
    back = rule_force.going_back(activations, current=current, now=now)
    planned = rule_force.planned(activations, region=region, now=now)
    coming = tuple(one for one in planned if one != back)
    before = rule_force.before(activations, current=current) if current else None
    return _WayBack(current, back, coming, before)


def _require_way(way: _WayBack, region: str) -> Activation:
    """What holds, where there is something to take back."""
    if way.current is None or way.current.ruleset_id is None:
        raise Refused(
            "ruleset.none_in_force",
            "No rule set of its own holds in this region; there is nothing to take back.",
            region=region,
        )
    return way.current


def _named(tx: Tx, ruleset_id: int | None) -> str:
    found = _version(tx, ruleset_id)
    return f"{found.set_id}.{found.version}" if found else "none"


def _put_back(
    tx: Tx, caller: Caller, current: Activation, to_id: int | None, now: datetime
) -> WentBack:
    region, from_at = current.region, now + TAKES_EFFECT
    rulesets.put_in_force(tx, to_id, region=region, from_at=from_at, by=caller.name, now=now)
    to = _version(tx, to_id)
    details = {"region": region, "to": f"{to.set_id}.{to.version}" if to else None}
    note(tx, caller, f"region:{region}", "ruleset.rolled_back", details, now)
    return WentBack(0, to, from_at)


def _version(tx: Tx, ruleset_id: int | None) -> Version | None:
    return rulesets.by_ids(tx, [ruleset_id])[ruleset_id] if ruleset_id else None
