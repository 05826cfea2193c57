"""Items that teams and agencies hand to each other: told once a region, and once when it is over.

Nobody is told of the single item by name: the page "Lage" and `postlotse items wandering` list
them. Whether an alarm stands is kept in the database, as for what is on its way out.
Source: F21, N15 (Irrläufer: alarm at two); own decision 0031.
"""

from functools import partial

import structlog

from rules.access import Caller
from rules.item import HOP_ALARM
from store import wandering
from store.engine import Tx
from store.items import Item
from triage import standing
from triage.doorkeeper import visible_agencies
from triage.house import House
from triage.standing import Trouble

NAME = "items:wandering:"
"""Begins the names of these alarms; the region follows."""

log = structlog.get_logger()


def look(house: House) -> tuple[Trouble, ...]:
    """The regions of the house, each with how many open items wander in it. Raises: TryLater."""
    with house.db.read() as tx:
        return _read(house, tx)


def note(house: House, tx: Tx, seen: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """What began or ended since the last time; as `standing.note_troubles`."""
    return standing.note_troubles(
        house,
        tx,
        standing.WANDERING,
        seen,
        read=partial(_read, house, tx),
        action="items.wandering",
    )


def tell(changed: tuple[Trouble, ...]) -> None:
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
    """All regions, so that one without any ends its alarm; "" is what has no region yet."""
    found = wandering.by_region(tx)
    names = dict.fromkeys((*house.directory.region_names(), "", *found))
    return tuple(Trouble(f"{NAME}{name}", found.get(name, 0)) for name in names)
