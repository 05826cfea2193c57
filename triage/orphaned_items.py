"""An agency is merged into another one, or goes to another region, while its items are open.

Nobody asks for the line of an agency that is no more, and who may see the new region only may not
open what still names the old one: such items go on in the line that is meant. The mail stays in the
folder where it lies. Source: SOURCES section 2 (mergers of 1 January 2026).
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from rules.agencies import Agency
from rules.errors import Conflict
from store.database.engine import Tx
from store.desk import items, orphaned_items
from store.desk.items import Item, ItemChange
from store.trail.audit import Note, add_many
from triage.house import House

BATCH: Final = 500
"""Items of one line in one round; more follow in the next one. Half of rounds.SEAL_BATCH."""


def hand_on(house: House, tx: Tx, *, now: datetime) -> int:
    """Put what stands in such lines into the right ones, in the caller's transaction; how many.

    What a clerk holds follows when she has let go of it.
    """
    notes: list[Note] = []
    for item, agency in _strays(house, tx):
        change = ItemChange(agency_code=agency.code, region=agency.region)
        with suppress(Conflict):  # a clerk was faster; the next round looks again
            items.save_unheld(tx, item.id, version=item.version, change=change, now=now)
            notes.append(_note(item, agency))
    add_many(tx, "worker", notes, at=now)
    return len(notes)


def _strays(house: House, tx: Tx) -> Iterator[tuple[Item, Agency]]:
    """Each with the agency that has it now."""
    for code, region in sorted(orphaned_items.lines(tx)):
        agency = house.directory.agency(code)
        if agency is not None and (agency.code, agency.region) != (code, region):
            for item in orphaned_items.standing(tx, code, region, limit=BATCH):
                yield item, agency


def _note(item: Item, agency: Agency) -> Note:
    where = {"to": agency.code, "from": item.agency_code, "from_region": item.region}
    return Note("item.forwarded", f"message:{item.message_id}", {"item": item.id} | where)
