"""Items in lists, in the order of hand-out, with what a clerk recognises the mail by."""

from collections.abc import Collection
from dataclasses import dataclass

from rules.item import ItemState
from store.engine import Tx
from store.items import Item


@dataclass(frozen=True, slots=True)
class Listed:
    """An item in a list, with what a clerk recognises the mail by."""

    item: Item
    sender: str
    subject: str


def listing(
    tx: Tx,
    *,
    agency_codes: Collection[str | None] | None,
    states: Collection[ItemState],
    limit: int,
    after: int | None = None,
) -> tuple[Listed, ...]:
    """Items in the order of hand-out; of all agencies where `agency_codes` is None.

    `after` is the id of the last item of the page before.
    """
    raise NotImplementedError


def waiting_counts(
    tx: Tx, agency_codes: Collection[str | None] | None = None
) -> dict[str | None, int]:
    """How many items wait, by agency; agencies without any are left out."""
    raise NotImplementedError


def open_of_sender(tx: Tx, sender: str, *, exclude: int) -> tuple[Item, ...]:
    """Items of the same sender that are not closed, oldest first, without item `exclude`."""
    raise NotImplementedError
