"""An agency is merged into another one while its items are open: they go on in the heir's line.

Nobody asks for the line of an agency that is no more, so its items would wait in it for ever. The
mail stays in the folder where it lies. Source: SOURCES section 2 (mergers of 1 January 2026).
"""

from contextlib import suppress
from datetime import datetime
from typing import Final

from rules.directory import Directory
from rules.errors import Conflict
from store import items, merged_agencies
from store.audit import Note, add_many
from store.engine import Tx
from store.items import ItemChange
from triage.house import House

BATCH: Final = 500
"""Items in one round; more follow in the next one. As rounds.SEAL_BATCH, for fewer writes each."""


def hand_on(house: House, tx: Tx, *, now: datetime) -> int:
    """Put what stands in such lines into their heirs', in the caller's transaction; how many.

    What a clerk holds follows when she has let go of it.
    """
    codes = merged(house.directory)
    notes: list[Note] = []
    for item in merged_agencies.left_behind(tx, codes, limit=BATCH) if codes else ():
        heir = house.directory.agency(item.agency_code)
        if heir is None:
            continue
        change = ItemChange(agency_code=heir.code, region=heir.region)
        with suppress(Conflict):  # a clerk was faster; the next round looks again
            items.save_unheld(tx, item.id, version=item.version, change=change, now=now)
            details = {"item": item.id, "to": heir.code, "from": item.agency_code}
            notes.append(
                Note(
                    "item.forwarded",
                    f"message:{item.message_id}",
                    details | {"from_region": item.region},
                )
            )
    add_many(tx, "worker", notes, at=now)
    return len(notes)


def merged(directory: Directory) -> frozenset[str]:
    """The codes of agencies that are no more."""
    return frozenset(agency.code for agency in directory.agencies if not agency.active)
