"""Items that teams and agencies hand to each other: told once a region, and once when it is over.

Nobody is told of the single item by name: the page "Lage" and `postlotse items wandering` list
them. Whether an alarm stands is kept in the database, as for what is on its way out.
Source: F21, N15 (Irrläufer: alarm at two); own decision 0031.
"""

from typing import Final

import structlog

from rules.access import Caller
from rules.item import HOP_ALARM
from store.database.engine import Tx
from store.desk import wandering
from store.desk.items import Item
from triage.doorkeeper import visible_agencies
from triage.house import House
from triage.watch import standing_alarms
from triage.watch.standing_alarms import Trouble, Watch

NAME = "items:wandering:"
"""Begins the names of these alarms; the region follows."""

log = structlog.get_logger()


def _tell(changed: tuple[Trouble, ...]) -> None:
    """Log what was noted, after its commit; the trail has it for good."""
    for one in changed:
        region = one.name.removeprefix(NAME)
        if one.stands:
            log.error("items.wandering", region=region, number=one.number, hops=HOP_ALARM)
        else:
            log.info("items.wandering_over", region=region)


def listing(house: House, caller: Caller, *, limit: int) -> tuple[Item, ...]:
    """The open items that wander, of agencies that the caller may see; without mail content.

    The one that wandered most comes first. The door has asked for the right to look at figures.
    """
    codes = visible_agencies(house, caller)
    with house.db.read() as tx:
        return wandering.listing(tx, agency_codes=codes, limit=limit)


def _read(house: House, tx: Tx) -> tuple[Trouble, ...]:
    """Every region, so that one without wandering items ends its alarm; "" is: no region known."""
    found = wandering.by_region(tx)
    names = dict.fromkeys((*house.directory.region_names(), "", *found))
    return tuple(Trouble(f"{NAME}{name}", found.get(name, 0)) for name in names)


WATCH: Final = Watch(standing_alarms.WANDERING, "items.wandering", _read, _tell)
"""The regions of the house, each with how many open items wander in it."""
