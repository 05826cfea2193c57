"""Marks on a message in Exchange: its categories, those of people among them.

Exchange replaces the whole list, so it is read, changed, and written only if the message is as it
was read: what a person sets in that moment is never overwritten.
Source: EWS reference (UpdateItem, ConflictResolution); own decision 0047.
"""

from exchangelib import Account
from exchangelib.errors import ErrorIrresolvableConflict, ErrorItemNotFound

from ingest.exchange import calls
from rules.errors import Conflict
from rules.marks import fold
from rules.postbox import MarkChange

_TRIES = 3
"""So often somebody may come in between. Source: own decision 0047."""


def change_categories(account: Account, item_id: str, change: MarkChange) -> bool:
    """Put categories on and take others off; False where the message is gone.

    Nothing is sent where all is so already. Raises: Conflict: somebody changes the message all the
    time (`postbox.mark_conflict`); and as exchangelib.
    """
    for _ in range(_TRIES):
        try:
            change_key, before = calls.categories(account, item_id)
            after = changed(before, change)
            if after != before:
                calls.replace_categories(account, item_id, change_key=change_key, names=after)
        except ErrorItemNotFound:
            return False
        except ErrorIrresolvableConflict:
            continue
        return True
    raise Conflict(
        "postbox.mark_conflict",
        "Somebody else is changing this message at the moment: its marks are set later.",
    )


def changed(before: tuple[str, ...], change: MarkChange) -> tuple[str, ...]:
    """The list afterwards: what people have set keeps spelling and order."""
    off = {fold(name) for name in change.remove}
    kept = tuple(name for name in before if fold(name) not in off)
    there = {fold(name) for name in kept}
    return kept + tuple(name for name in change.add if fold(name) not in there)
