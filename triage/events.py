"""The event feed: what happened to mail and items, for machines and for pages that are live.

Made of sealed entries of the trail. No person, no content, no detail: who wants more asks for the
item by its number, with his own rights. Own decision 0050.
"""

from typing import Any

from rules.access import Caller, Permission, require
from rules.errors import Conflict
from rules.event_types import TYPES
from store.trail import events
from store.trail.events import Event, Page, Reach
from triage.house import House


def page(house: House, caller: Caller, *, after: int, limit: int, seal: str = "") -> Page:
    """Events behind the number `after` that concern the caller's agencies and regions.

    `seal` is that of the entry `after`, where the caller knows it.
    Raises: Refused: `access.denied`. Conflict: `events.cursor_ahead`: the database was set back;
    no such number was given out yet, or again by now, to another entry.
    """
    require(caller, Permission.READ_EVENTS)
    reach = Reach(TYPES, caller.agencies, caller.regions)
    with house.db.read() as tx:
        found = events.page(tx, reach, after=after, limit=limit)
        newest = events.tail(tx)
        is_another = bool(seal) and events.seal_of(tx, after) != seal
    if after > newest or is_another:
        raise Conflict(
            "events.cursor_ahead",
            f"The feed ends at {newest}; a cursor of {after} comes from another database."
            " Begin anew with cursor=now, and compare what you have.",
            newest=str(newest),
        )
    return found


def as_json(event: Event) -> dict[str, Any]:
    """The members that page, open line and webhook have in common; keys may be added."""
    return {
        "id": str(event.seq),
        "type": event.type,
        "at": event.at.isoformat(),
        "message_id": event.message_id,
        "item_id": event.item_id,
        "agency_code": event.agency_code,
        "region": event.region,
    }


def tail(house: House) -> int:
    """The number of the newest event, for who wants to know only what comes from now on."""
    with house.db.read() as tx:
        return events.tail(tx)
