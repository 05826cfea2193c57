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
    """Wish the mail into the folder that fits its item now; nothing happens if it lies there.

    In the transaction in which the caller has changed agency, team or concern.
    """
    agency = house.directory.agency(item.agency_code)
    found = AgencyFound(
        agency.code if agency else None, agency.name if agency else None, AgencyHow.CLERK
    )
    folder = folder_of(item.team, found, Concern(item.first_concern))
    wishes.want(tx, item.message_id, dst_folder=folder, now=now)
