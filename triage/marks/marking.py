"""Our marks follow the item: the wish is written with each deed. Own decision 0046.

What becomes of the wish is in marks/written.py.
"""

from collections.abc import Iterable
from datetime import datetime

from rules.marks import wanted
from store.acts import mark_wishes
from store.database.engine import Tx
from store.desk import items
from store.desk.items import Item


def show(tx: Tx, item: Item, *, now: datetime) -> None:
    """Wish for the marks that fit the item now, in the transaction that changed it."""
    marks = wanted(item.state, item.close_reason)
    mark_wishes.want(tx, item.message_id, marks=marks, now=now)


def show_each(tx: Tx, item_ids: Iterable[int], *, now: datetime) -> None:
    """As `show`, for items that went on by the clock."""
    for item_id in item_ids:
        show(tx, items.get(tx, item_id), now=now)
