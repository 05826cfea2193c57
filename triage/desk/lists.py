"""The open items that a caller may see, in lists: by hand-out, by receipt, and his own."""

from rules.access import Caller, Permission
from rules.item import ItemState
from store.desk import item_lists
from store.desk.item_lists import Listed, Spot
from store.desk.items import Item
from triage.doorkeeper import CLEARING, require_agency
from triage.house import House

_OPEN = (ItemState.WAITING, ItemState.HELD, ItemState.PARKED, ItemState.PENDING)


def listing(
    house: House,
    caller: Caller,
    agency_code: str,
    *,
    limit: int = 100,
    after: Spot | int | None = None,
) -> tuple[Listed, ...]:
    """The open items of an agency, in the order of hand-out, for the list and the API.

    A caller who shows senders or subjects of it notes that (access_trail.py).
    `after` as in `item_lists.listing`. Raises: Refused: `access.denied`.
    """
    code = None if agency_code == CLEARING else agency_code
    require_agency(house, caller, code, Permission.READ_ITEM)
    with house.db.read() as tx:
        return item_lists.listing(tx, agency_codes=(code,), states=_OPEN, limit=limit, after=after)


def chronological(
    house: House, caller: Caller, agency_code: str, *, limit: int, after: int | None = None
) -> tuple[Item, ...]:
    """The open items of an agency by receipt. `after` is the id of the last item before.

    Raises: Refused: `access.denied`.
    """
    code = None if agency_code == CLEARING else agency_code
    require_agency(house, caller, code, Permission.READ_ITEM)
    with house.db.read() as tx:
        return item_lists.chronological(tx, agency_code=code, limit=limit, after=after)


def mine(house: House, caller: Caller) -> tuple[Item, ...]:
    """The items that the caller holds now, so that a new page finds its way back."""
    with house.db.read() as tx:
        return item_lists.held_by(tx, caller.name)
