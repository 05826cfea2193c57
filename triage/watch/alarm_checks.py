"""What else is watched for alarms: leases nobody took, keys that end, a trail that isn't sealed.

Source: F60; own decisions 0024, 0057, 0068.
"""

from datetime import date, timedelta
from typing import Final

from store.database.engine import Tx
from store.desk import items
from store.doors import api_keys
from store.doors.api_keys import KeyRow
from store.processes import leases
from store.trail import audit
from triage.house import House
from triage.keys import WARN_DAYS, state_of

STUCK: Final = "leases:stuck"
KEYS: Final = "keys:ending"

STUCK_AFTER: Final = timedelta(minutes=5)
"""A lease over its end for so long: its worker died and no other took it. Own decision 0024."""


def stuck_leases(house: House, tx: Tx) -> int:
    """Leases of configured postboxes, and of items, that ran out five minutes ago or longer.

    A lease that was given back in order is not stuck; a postbox nobody serves shows as silent.
    """
    before = house.clock() - STUCK_AFTER
    names = [f"postbox:{box.name}" for box in house.policy.postboxes]
    return leases.abandoned(tx, names, before=before) + items.overdue_leases(tx, before=before)


def ending_keys(house: House, tx: Tx) -> int:
    """Keys of the store that end within the time of `keys list`, or have ended in it unrevoked."""
    today = house.today()
    return sum(_wants_another(row, today) for row in api_keys.all_keys(tx))


def _wants_another(row: KeyRow, today: date) -> bool:
    state = state_of(row, today)
    # Ended is no all-clear: from that day on its machine is turned away.
    lately = (today - row.expires_on).days <= WARN_DAYS
    return state == "expiring" or (state == "expired" and lately)


def unsealed(house: House) -> int:
    """Entries of the trail that wait for their seal; more than some minutes' worth is a fault.

    Raises: TryLater: `store.away`.
    """
    with house.db.read() as tx:
        return audit.unsealed(tx)
