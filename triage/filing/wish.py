"""The wish that a mail lies in the folder that fits its item now. Filing fulfils it later."""

from datetime import datetime

from rules.codes import AgencyHow, Concern
from rules.routing import folder_of
from rules.verdict import AgencyFound
from store.acts import wishes
from store.database.engine import Tx
from store.desk.items import Item
from triage.house import House


def into_folder(house: House, tx: Tx, item: Item, *, now: datetime) -> None:
    """The wish to lie in the folder that fits the item now; nothing happens if it does already.

    In the caller's transaction, who changed agency or concern just before.
    """
    agency = house.directory.agency(item.agency_code)
    found = AgencyFound(
        agency.code if agency else None, agency.name if agency else None, AgencyHow.CLERK
    )
    folder = folder_of(item.team, found, Concern(item.first_concern))
    wishes.want(tx, item.message_id, dst_folder=folder, now=now)
